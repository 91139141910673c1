"""Drawing a figure by name and saving it."""

import importlib
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from whysgd.base.errors import UserError
from whysgd.base.files import atomic_path
from whysgd.figures.legends import add_curve_legend, add_legends
from whysgd.figures.style import FigureContext, figure_style


def draw_figure(module: str, table: pd.DataFrame, context: FigureContext) -> Figure:
    """Draws a figure.

    Args:
        module: name of the module in `whysgd.figures` that draws it.
        table: the figure's tidy table.
        context: what it knows beside the table.

    Raises:
        UserError: the table lacks rows or columns that a panel needs; names the figure.
    """
    with figure_style():
        try:
            figure: Figure = importlib.import_module(f"whysgd.figures.{module}").draw(
                table, context
            )
        except UserError as error:
            raise UserError(f"{module}: {error}") from error
        except KeyError as error:  # pandas's, of a column that is not there
            raise UserError(f"{module}: its table has no column {error}; make it again") from error
        add_legends(figure, context)
        # Tick labels and layout are settled here, while the style is in force.
        figure.draw_without_rendering()
    return figure


def draw_theory_figure(module: str, tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draws a figure of the theory study.

    Args:
        module: name of the module in `whysgd.figures` that draws it.
        tables: the tables that it reads, by name.

    Raises:
        UserError: a table lacks rows or columns that a panel needs; names the figure.
    """
    with figure_style():
        try:
            figure: Figure = importlib.import_module(f"whysgd.figures.{module}").draw(tables)
        except UserError as error:
            raise UserError(f"{module}: {error}") from error
        except KeyError as error:  # pandas's, of a column that is not there
            raise UserError(f"{module}: its table has no column {error}; make it again") from error
        add_curve_legend(figure)
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
