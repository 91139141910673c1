"""Values of the configuration that cannot be meant, and numbers that must stay what they are."""

import math

import pytest

from tests.hostile.lines import assert_one_line
from whysgd.cli import main
from whysgd.config.moved import with_keys_moved
from whysgd.runs.grid import plan_jobs
from whysgd.studies.registry import read_settings

RATE = "experiments.learning_rate.learning_rate"


def sweeps_of(settings):
    return settings.scale.sweeps["implicit_regularization"]


def planned(overrides, **config):
    """The settings with some values replaced, after their jobs were planned."""
    settings = read_settings({"scale": "tiny", "overrides": with_keys_moved(overrides), **config})
    plan_jobs(settings.scale)
    return settings


def nested(key, value):
    """{"a": {"b": value}} of "a.b"."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


# A key of a scale file, a value, and a part of the line.
VALUES = [
    # Numbers beyond what training computes in.
    (RATE, "2^-1000", "beyond float32"),
    (RATE, "2^1000", "beyond float32"),
    (RATE, "2^-127", "2\\^-127 is beyond float32"),
    (RATE, "2^128", "2\\^128 is beyond float32"),
    (RATE, 1e-300, "beyond float32"),
    (RATE, 1e300, "beyond float32"),
    (RATE, "1e39", "beyond float32"),
    (RATE, [0.1, 1e-40], "beyond float32"),
    (RATE, "2^-200..2^-190", "beyond float32"),
    ("experiments.learning_rate.reg_coefficient", "2^-140", "reg_coefficient: 2\\^-140 is beyond"),
    ("programs.mlp.weight_decay", 1e-60, "weight_decay: 1e-60 is beyond float32"),
    ("programs.mlp.weight_decay", 1e60, "weight_decay: 1e\\+60 is beyond float32"),
    (
        "programs.mlp.penalty",
        {"method": "central_difference", "radius": 1e-50},
        "penalty.radius: 1e-50 is beyond float32",
    ),
    # No numbers at all.
    (RATE, "2^-3000", "must be positive, not 0"),
    (RATE, "2^99999999999999999999", "too large|too long|neither"),
    (RATE, "2^-1075..2^-1074", "begins below the smallest number"),
    (RATE, "2^-1..2^-9", "runs downwards"),
    (RATE, "2**-3", "neither a number nor a power"),
    (RATE, "2^-3.5", "neither a number nor a power"),
    (RATE, "1,5", "neither a number nor a power"),
    (RATE, "½", "neither a number nor a power"),
    (RATE, "nan", "not a number"),
    (RATE, float("inf"), "too large or not a number"),
    (RATE, -math.inf, "too large or not a number"),
    (RATE, "0x10", "neither a number nor a power"),
    (RATE, True, "neither a number nor a power"),
    (RATE, [], "empty"),
    (RATE, [[0.1]], "neither a number nor a power"),
    (RATE, {"from": 1}, "neither a number nor a power"),
    (RATE, [0.1, "0.1"], "stands twice"),
    (RATE, 0, "must be positive, not 0"),
    (RATE, -0.5, "must be positive, not -0.5"),
    # Budgets that no run reaches, or that are none.
    ("experiments.learning_rate.epochs", 1e300, "epochs: more than 2\\^53 updates"),
    ("experiments.learning_rate.epochs", "1e308", "epochs: more than 2\\^53 updates"),
    ("experiments.learning_rate.epochs", "2^1023", "epochs: more than 2\\^53 updates"),
    ("experiments.learning_rate.epochs", 1e-300, "less than one minibatch"),
    ("experiments.learning_rate.epochs", "1e309", "too large"),
    ("programs.mlp.num_evaluations", 10**9, "num_evaluations: .* 1000000, not"),
    ("programs.mlp.num_evaluations", 0, "num_evaluations"),
    ("programs.mlp.num_evaluations", 2.5, "num_evaluations"),
    # Integers.
    ("runs.seeds", [2**63, 1], "`seeds` must be at most 2\\^63 - 1"),
    ("runs.seeds", [10**30, 1, 2], "`seeds` must be at most 2\\^63 - 1"),
    ("runs.seeds", 20240601123456789.0, "not exact as a floating-point number; write its digits"),
    ("runs.seeds", "2.0240601123456789e16", "not exact as a floating-point number"),
    ("runs.seeds", "9007199254740993.0", "not exact"),
    ("runs.seeds", [0.5], "0.5 is not a whole number"),
    ("runs.seeds", ["1.5"], "'1.5' is not a whole number"),
    ("runs.seeds", [-1, 0, 1], "must not be negative"),
    ("runs.seeds", [True], "neither a number"),
    ("runs.seeds", "9" * 500, "too large|neither"),
    ("datasets.digits.split_seed", 20240601123456789.0, "split_seed.* not exact"),
    ("datasets.digits.split_seed", -1, "split_seed"),
    ("programs.mlp.batch_size", 2**60, "more than the 40 training images"),
    ("programs.mlp.batch_size", "2^-1", "not a whole number"),
    ("programs.mlp.updates_per_batch", [1e20], "not exact"),
    ("programs.mlp.base_width", 1e30, "base_width"),
    ("jobs.threads", 1_000_000, "jobs.threads: .* 1024, not 1000000"),
    ("jobs.threads", 0, "jobs.threads"),
    ("jobs.max_members", 0, "jobs.max_members"),
    ("jobs.gpu", -1, "jobs.gpu"),
    ("jobs.mem_mb", "lots", "jobs.mem_mb"),
    # Networks.
    ("programs.mlp.model", "mlp-99999999999", "has 7,4.*,935 parameters, which take 60,000 GB"),
    ("programs.mlp.model", "mlp-9999999-9999999", "parameters, which take"),
    ("programs.mlp.model", "mlp-" + "9" * 400, "a width or depth of 400 digits"),
    ("programs.mlp.model", "wrn-600000004-1", "600000004 layers; more than 10000"),
    ("programs.mlp.model", "wrn-10-99999999", "parameters, which take"),
    ("programs.mlp.model", "wrn-11-1", "unknown model 'wrn-11-1'"),
    ("programs.mlp.model", "mlp" + "-8" * 20000, "20000 layers; more than 10000"),
    ("programs.mlp.model", "mlp" + "-64" * 100, "folder's name would have"),
    ("programs.mlp.model", "mlp-0", "unknown model"),
    ("programs.mlp.model", "mlp-٣", "unknown model"),
    ("programs.mlp.model", "mlp-8\n", "unknown model"),
    ("programs.mlp.model", "../mlp-8", "unknown model"),
    ("programs.mlp.model", None, "`model` is missing"),
    # Data sets.
    ("datasets.digits.num_train", 10**12, "the data set has 1797 images"),
    ("datasets.digits.downsample", 10**9, "does not divide"),
    ("datasets.digits.source", "../digits", "unknown data set"),
    ("datasets.digits.source", "noise-1x1x1", "unknown data set"),
    (
        "datasets.digits",
        {"source": "npz", "path": "x.npz", "image_shape": [10**6, 10**6, 3], "num_classes": 2},
        "have .* numbers, which take|has .* parameters, which take",
    ),
    ("datasets.digits.path", "a.npz", "is for source npz only"),
    # Shapes of the file itself.
    ("runs", None, "runs"),
    ("runs", [1, 2], "runs"),
    ("runs.sceds", [1], "runs.sceds: unknown key"),
    ("datasets", "digits", "datasets"),
    ("programs.mlp.schedule.kind", "x" * 10_000, "schedule.kind"),
    ("description", {"a": 1}, "description"),
]


@pytest.mark.parametrize(("key", "value", "pattern"), VALUES)
def test_a_value_that_cannot_be_meant_is_one_line(key, value, pattern):
    assert_one_line(lambda: planned(nested(key, value)), pattern)


@pytest.mark.parametrize(
    "written",
    [
        [20240601123456789, 1, 2],
        ["20240601123456789", "1", "2"],  # as Snakemake hands over what --config overrides holds
        [" 20240601123456789", 1, 2.0],
    ],
)
def test_integers_stay_what_was_written(written):
    assert planned({"runs": {"seeds": written}}).scale.sweeps[
        "implicit_regularization"
    ].runs.seeds == (20240601123456789, 1, 2)
    batch_sizes = {"programs": {"mlp": {"batch_size": ["4", 8.0, "2^4"]}}}
    assert sweeps_of(planned(batch_sizes)).programs["mlp"].batch_size == (4, 8, 16)


def test_snakemake_hands_numbers_in_a_nested_setting_over_as_text():
    # Why whole numbers are read from text digit by digit.
    from snakemake.cli import parse_config

    given = parse_config(["overrides={runs: {seeds: [20240601123456789]}}"])
    assert given == {"overrides": {"runs": {"seeds": ["20240601123456789"]}}}


@pytest.mark.parametrize("exponent", [-126, -64, 0, 127])
def test_every_power_that_float32_holds_is_taken(exponent):
    value = f"2^{exponent}"
    settings = planned({"experiments": {"learning_rate": {"learning_rate": value}}})
    assert sweeps_of(settings).experiments["learning_rate"].learning_rate == (2.0**exponent,)


# Options of `whysgd train`, and the line.
OPTIONS = [
    (["--threads", "1000000"], "--threads must be from 1 to 1024, not 1000000"),
    (["--threads", "-1"], "--threads must be from 1 to 1024, not -1"),
    (["--threads", "0"], "--threads must be from 1 to 1024, not 0"),
    (["--seed", str(2**63)], "--seed must be from 0 to 2^63 - 1"),
    (["--seed", "-1"], "--seed must be from 0 to 2^63 - 1"),
    (["--learning-rate", "2^-1000"], "learning_rate: 2^-1000 is beyond float32"),
    (["--learning-rate", "2^1000"], "beyond float32"),
    (["--learning-rate", "nan"], "not a number"),
    (["--learning-rate", ""], "neither a number"),
    (["--reg-coefficient", "1e-40"], "reg_coefficient: 1e-40 is beyond float32"),
    (["--set", "epochs=1e300"], "epochs: more than 2^53 updates"),
    (["--set", "model=mlp-99999999999"], "take 60,000 GB or more"),
    (["--set", "model=wrn-600000004-1"], "600000004 layers"),
    (["--set", "model"], "write KEY=VALUE"),
    (["--set", "model=[a"], "not valid YAML"),
    (["--set", "=1"], "unknown key"),
    (["--set", "batch_size=2^60"], "training images"),
    (["--experiment", "../tiny"], "no '../tiny'"),
    (["--scale", "no/such.yaml"], "cannot be read"),
    (["--scale", "{a}"], "brace"),
]


@pytest.mark.parametrize(("options", "line"), OPTIONS)
def test_an_option_that_cannot_be_meant_is_one_line(options, line, capsys):
    given = ["train", "--scale", "tiny", "--experiment", "learning_rate"]
    if "--learning-rate" not in options:
        given += ["--learning-rate", "2^-3"]
    assert main([*given, *options]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert line in captured.err


def test_without_a_fault_the_scale_is_planned():
    assert planned({}).scale.jobs.threads == 1  # so no case is refused for another reason
