"""One run from the command line."""

import io

import numpy as np
import pandas as pd
import pytest
import yaml

from whysgd.cli import main
from whysgd.config.settings import scale_content, scale_path
from whysgd.training.history import COLUMNS

TINY = ["train", "--scale=tiny", "--experiment=small_rate"]


def test_a_run_prints_its_history(capsys):
    assert main([*TINY, "--seed=3"]) == 0
    captured = capsys.readouterr()
    history = pd.read_csv(io.StringIO(captured.out))
    assert list(history.columns) == list(COLUMNS)
    assert list(history["update"]) == [0, 5, 10]
    assert set(history["seed"]) == {3}
    assert "best test accuracy" in captured.err


def test_the_options_change_the_run(capsys):
    main([*TINY, "--learning-rate=2^-5", "--reg-coefficient=2^-2", "--set=batch_size=4"])
    changed = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert set(changed["learning_rate"]) == {2**-5}
    assert set(changed["reg_coefficient"]) == {0.25}
    assert changed["update"].iloc[-1] == 20


@pytest.mark.parametrize(("budget", "updates"), [("epochs=3", 15), ("updates=7", 7)])
def test_a_budget_replaces_the_programs(capsys, budget, updates):
    assert main([*TINY, f"--set={budget}"]) == 0
    history = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert history["update"].iloc[-1] == updates


def test_a_history_file_reads_back_equal(capsys, tmp_path):
    from whysgd.training.history import read_history

    main([*TINY, f"--output={tmp_path / 'h.csv'}"])
    main(TINY)
    printed = pd.read_csv(io.StringIO(capsys.readouterr().out))
    pd.testing.assert_frame_equal(read_history(tmp_path / "h.csv"), printed, rtol=0, atol=0)
    assert np.isfinite(printed["train_loss"]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--experiment=nothing"], "--experiment: no 'nothing'; known: small_rate"),
        (["--experiment=learning_rate"], "choose learning_rate among 2^-4, 2^-3"),
        (["--experiment=batch_size", "--learning-rate=2^-4"], "choose batch_size among 4, 8\n"),
        ([*TINY[2:], "--learning-rate=fast"], "'fast' is neither a number nor a power"),
        ([*TINY[2:], "--learning-rate=-1"], "`learning_rate` must be positive"),
        ([*TINY[2:], "--set=batch_size"], "--set batch_size: write KEY=VALUE"),
        ([*TINY[2:], "--set=batch_sise=4"], "batch_sise: unknown key"),
        ([*TINY[2:], "--set=batch_size=41"], "41 is more than the 40 training images"),
        ([*TINY[2:], "--set=batch_size=[4"], "the value is not valid YAML"),
        ([*TINY[2:], "--set=batch_size=.inf"], "too large or not a number"),
        ([*TINY[2:], "--set=dataset=letters"], "unknown 'letters'"),
        ([*TINY[2:], "--set=program=cnn"], "unknown 'cnn'"),
        ([*TINY[2:], "--set=model=cnn"], "unknown model 'cnn'"),
        ([*TINY[2:], "--set=epochs=1", "--set=updates=5"], "not both"),
        ([*TINY[2:], "--output=/"], "is a folder, not a file"),
        ([*TINY[2:], "--output=/dev/null/h.csv"], "/dev/null is not a folder"),
        ([*TINY[2:], "--seed=-1"], "--seed must be from 0 to"),
        ([*TINY[2:], "--threads=0"], "--threads must be from 1 to 1024"),
        ([*TINY[2:], "--scale=huge"], "scale: unknown 'huge'"),
    ],
)
def test_a_mistake_is_one_line_and_status_1(capsys, arguments, message):
    assert main(["train", "--scale=tiny", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_lists_of_the_program_are_told_as_the_experiments_own(capsys, tmp_path):
    scale = scale_content(scale_path("tiny"))
    scale["studies"]["implicit_regularization"]["programs"]["mlp"] |= {
        "batch_size": [4, 8],
        "epochs": [1, 0.5],
    }
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(scale))
    arguments = ["train", f"--scale={path}", "--experiment=learning_rate", "--seed=1"]
    assert main(arguments) == 1
    assert capsys.readouterr().err == (
        "error: experiment learning_rate has 8 grid points: choose batch_size among 4, 8; "
        "choose epochs among 1, 0.5; choose learning_rate among 2^-4, 2^-3\n"
    )
    # The experiment's budget takes the place of the program's list.
    assert main([*arguments, "--set=updates=8", "--learning-rate=2^-4"]) == 1
    assert capsys.readouterr().err.endswith("2 grid points: choose batch_size among 4, 8\n")


def test_the_schema_is_printed(capsys):
    assert main(["schema"]) == 0
    assert '"additionalProperties": false' in capsys.readouterr().out
