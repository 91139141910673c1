"""Figure 3: batch sizes agree where the ratio to the batch size does."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.panels import batch_size_panels
from whysgd.figures.style import FigureContext, new_figure


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """(a) C over learning_rate / B, equal epochs; (b) C_mod over reg_coefficient / B."""
    table = tables["means"]
    figure, panels = new_figure(2)
    batch_size_panels(panels, "ab", table, context)
    return figure
