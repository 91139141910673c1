"""Drawing a figure by name and saving it."""

import importlib
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from whysgd.base.errors import UserError
from whysgd.base.files import atomic_path
from whysgd.figures.legends import add_legends
from whysgd.figures.style import FigureContext, figure_style


def draw_figure(
    name: str, module: str, tables: Mapping[str, pd.DataFrame], context: FigureContext
) -> Figure:
    """Draws a figure of any study.

    Args:
        name: of the figure.
        module: dotted name of the module that draws it, by `draw(tables, context)`.
        tables: what it is drawn from: "means", the table of a figure of runs, or computed tables by
            their names.
        context: what it knows beside the tables.

    Raises:
        UserError: a table lacks rows that a panel needs; names the figure and the panel.
    """
    with figure_style():
        try:
            figure: Figure = importlib.import_module(module).draw(tables, context)
        except UserError as error:
            raise UserError(f"{name}: {error}") from error
        add_legends(figure, context)
        # Tick labels and layout are settled here, while the style is in force.
        figure.draw_without_rendering()
    return figure


def save_figure(figure: Figure, *paths: str | Path, title: str, subject: str) -> None:
    """Writes a figure in the formats of the paths' suffixes, each file atomically.

    The same figure gives the same bytes: no time of creation is stored.

    Args:
        figure: to write.
        paths: of PDF and PNG files.
        title: the file says that it is called so.
        subject: the file says this of itself, such as where it comes from.
    """
    for path in paths:
        suffix = Path(path).suffix.removeprefix(".")
        metadata = {
            "pdf": {"Title": title, "Subject": subject, "CreationDate": None},
            "png": {"Title": title, "Description": subject, "Software": None},
        }[suffix]
        with figure_style(), atomic_path(path) as temporary:
            figure.savefig(temporary, format=suffix, metadata=metadata)
