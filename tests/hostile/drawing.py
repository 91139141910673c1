"""A small figure that shows most of what a setting could change."""

from whysgd.figures.render import save_figure
from whysgd.figures.style import figure_style, new_figure


def drawn(folder):
    """The bytes of a figure's files."""
    with figure_style():
        figure, (axes,) = new_figure(1)
        axes.plot([1, 2, 4], [-0.5, 0.1, 0.25], marker="o", label=r"$C_{\mathrm{mod}}$")
        axes.errorbar([1, 2], [0.0, 0.1], [0.05, 0.1], label="mean")
        axes.scatter([3.0], [0.0])
        axes.set(xscale="log", xlabel=r"learning rate $\epsilon$", ylabel="accuracy")
        axes.legend()
    files = [folder / "f.pdf", folder / "f.png"]
    save_figure(figure, *files, title="a title", subject="a subject")
    return [file.read_bytes() for file in files]
