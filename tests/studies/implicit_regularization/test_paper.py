"""The values of this study's paper, and scale `paper` beside them."""

import pytest

from whysgd.config.settings import load_settings
from whysgd.runs.grid import experiment_points
from whysgd.spec.paper import PaperValue, load_paper_values
from whysgd.studies.implicit_regularization.study import STUDY

VALUES = load_paper_values(*STUDY.paper_files)


def test_every_value_has_a_provenance_and_a_source():
    values = VALUES
    assert {value.provenance for value in values.values()} == {
        "stated",
        "derived",
        "recalled",
        "proposed",
    }
    assert values["figure2a.ratio_of_optima"] == PaperValue(
        value=16, provenance="stated", source="Section 2.3: test optimum over train optimum"
    )
    assert {key.split(".")[0][:7] for key in values} == {
        "protoco",
        *(f"figure{number}" for number in range(1, 8)),
    }


def test_numbers_that_follow_from_others_agree_with_them():
    values = {key: value.value for key, value in VALUES.items()}
    assert values["protocol.updates"] == values["protocol.epochs"] * 50_000 / 32
    assert values["figure3b.updates"] == values["figure3b.epochs_per_batch_size"] * 50_000
    assert values["figure4a.minibatches"] == values["figure4a.epochs"] * 50_000 / 32
    assert values["figure6c.updates"] == values["figure6.epochs"] * 60_000 / 16
    for figure in ("figure2a", "figure2b"):
        optima = (values[f"{figure}.optimal_learning_rate_{kind}"] for kind in ("test", "train"))
        test, train = optima
        assert test / train == values[f"{figure}.ratio_of_optima"]
    coefficient = values["figure6a.optimal_reg_coefficient"]
    rate = values["figure6a.optimal_learning_rate"]
    assert coefficient / rate == values["figure6a.ratio_of_optima"]


def _settings_of_the_paper():
    """Keys of scale `paper` and the paper's values for them."""
    figure1 = {
        "programs.wrn.model": "protocol.network",
        "datasets.cifar.source": "protocol.dataset",
        "programs.wrn.augmentation": "protocol.augmentation",
        "programs.wrn.crop_padding": "protocol.crop_padding",
        "programs.wrn.batch_size": "protocol.batch_size",
        "programs.wrn.epochs": "protocol.epochs",
        "programs.wrn.weight_decay": "protocol.weight_decay",
        "runs.keep_best": "protocol.keep_best",
        "experiments.small_rate.learning_rate": "figure1a.learning_rate",
        "experiments.small_rate_regularized.learning_rate": "figure1a.learning_rate",
        "experiments.small_rate_regularized.reg_coefficient": "figure1a.reg_coefficient",
        "experiments.learning_rate.learning_rate": "protocol.learning_rates",
        "experiments.reg_coefficient.learning_rate": "figure1b.learning_rate",
        "experiments.reg_coefficient.reg_coefficient": "protocol.reg_coefficients",
        "experiments.learning_rate_regularized.reg_coefficient": "figure2b.reg_coefficient",
    }
    figures3_and_4 = {
        "experiments.batch_size.batch_size": "figure3a.batch_sizes",
        "experiments.batch_size_regularized.updates": "figure3b.updates",
        "experiments.batch_size_regularized.learning_rate": "figure3b.learning_rate",
        "programs.decaying_wrn.model": "figure4.network",
        "programs.decaying_wrn.batch_size": "figure4.batch_size",
        "programs.decaying_wrn.epochs": "figure4a.epochs",
        "programs.decaying_wrn.schedule.start": "figure4.schedule_start",
        "programs.decaying_wrn.schedule.every": "figure4.schedule_every",
        "experiments.n_step_epochs.updates_per_batch": "figure4.updates_per_batch",
        "experiments.n_step_updates.updates_per_batch": "figure4.updates_per_batch",
        "experiments.n_step_budget.updates_per_batch": "figure4.updates_per_batch",
        "programs.decaying_wrn.augmentation": "figure4.augmentation",
        "programs.decaying_wrn.weight_decay": "figure4.weight_decay",
        "experiments.n_step_updates.updates": "figure4b.updates",
        "experiments.n_step_budget.epochs": "figure4c.epochs",
    }
    figures6_and_7 = {
        "programs.mlp.model": "figure6.network",
        "datasets.fashion.source": "figure6.dataset",
        "programs.mlp.preprocessing": "figure6.preprocessing",
        "programs.mlp.batch_size": "figure6.batch_size",
        "programs.mlp.epochs": "figure6.epochs",
        "experiments.mlp_reg_coefficient.learning_rate": "figure6.learning_rate",
        "experiments.mlp_batch_size_regularized.updates": "figure6c.updates",
        "experiments.mlp_n_step_epochs.updates_per_batch": "figure7.updates_per_batch",
        "experiments.mlp_n_step_updates.updates_per_batch": "figure7.updates_per_batch",
        "experiments.mlp_n_step_updates.updates": "figure7b.updates",
    }
    return {**figure1, **figures3_and_4, **figures6_and_7}


@pytest.mark.parametrize(("key", "paper_key"), _settings_of_the_paper().items())
def test_scale_paper_is_the_paper_s(key, paper_key):
    value = load_settings({"scale": "paper"}).scale.model_dump()
    for part in key.split("."):
        value = value[part]
    expected = VALUES[paper_key].value
    if isinstance(value, tuple) and not isinstance(expected, tuple):
        expected = (expected,)
    assert value == expected


def test_scale_paper_has_the_paper_s_data_and_runs():
    scale = load_settings({"scale": "paper"}).scale
    sizes = {name: (data.num_train, data.num_test) for name, data in scale.datasets.items()}
    assert sizes["cifar"] == (50_000, 10_000)
    assert sizes["fashion"] == (60_000, 10_000)
    assert len(scale.runs.seeds) == 7
    programs = {point.program for point in experiment_points(scale, "mlp_learning_rate")}
    (program,) = programs
    assert program.num_updates == 1_500_000
    assert program.weight_decay == 0
    assert program.augmentation == "none"
    assert program.schedule.kind == "constant"
