"""Which part of a scale a figure reads."""

import pytest

from whysgd.runs.grid import experiment_points
from whysgd.studies.implicit_regularization.study import STUDY
from whysgd.studies.registry import read_settings

FIGURES = [figure for figure in STUDY.figures if figure.default]


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_every_figure_of_the_study_is_defined_at_quick(figure):
    scale = read_settings({"scale": "quick"}).scale.sweeps[STUDY.name]
    assert figure.defined_at(scale)
    part = figure.part_of(scale)
    assert set(part.experiments) == {reading.experiment for reading in figure.readings}
    for reading in figure.readings:  # and nothing that these experiments need is missing
        assert experiment_points(part, reading.experiment) == experiment_points(
            scale, reading.experiment
        )


def test_a_figures_part_holds_nothing_that_only_others_need():
    scale = read_settings({"scale": "quick"}).scale.sweeps[STUDY.name]
    changes = {
        "programs": {
            **scale.programs,
            "wrn": scale.programs["wrn"].model_copy(update={"base_width": 7}),
        },
    }
    figure3 = FIGURES[2]
    assert figure3.part_of(scale.model_copy(update=changes)) == figure3.part_of(scale)
