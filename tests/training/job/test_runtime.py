"""TensorFlow's start: quiet, but not about errors. In processes of their own."""

import importlib
import os
import subprocess
import sys

import pytest

from whysgd.training.job.runtime import _START_UP_NOTICES, _without_lines, _without_modules

QUIET = """
from whysgd.training.job.runtime import start_tensorflow
start_tensorflow(1)
import tensorflow as tf
square = tf.function(tf.square)
for size in range(1, 12):  # one function compiled for many shapes
    square(tf.zeros(size))
"""
OPTIONAL = """
import sys
from whysgd.training.job.runtime import start_tensorflow
start_tensorflow(1)
assert not {"jax", "matplotlib", "sklearn"} & set(sys.modules)
import matplotlib.pyplot, sklearn.datasets
"""
LOUD = QUIET + 'tf.get_logger().warning("something else")'


def run_alone(code):
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True
    )


def test_warnings_of_tensorflow_come_out():
    assert b"something else" in run_alone(LOUD).stderr


def test_a_start_is_silent():
    run = run_alone(QUIET)
    assert run.stderr == b""
    assert run.stdout == b""


def test_other_lines_come_out(capfd):
    with _without_lines(_START_UP_NOTICES):
        os.write(2, b"E0000 something is wrong\n")
        os.write(2, b"I0000 00:00:1 1 port.cc:153] oneDNN custom operations are on. You may\n")
    assert capfd.readouterr().err == "E0000 something is wrong\n"


def test_other_lines_come_out_of_a_block_that_fails(capfd):
    def fail():
        with _without_lines(_START_UP_NOTICES):
            os.write(2, b"E0000 something is wrong\n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert capfd.readouterr().err == "E0000 something is wrong\n"


def test_what_training_does_not_use_is_not_imported_but_can_be_later():
    run_alone(OPTIONAL)


def test_modules_are_hidden_within_a_block_only(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with _without_modules(["colorsys", "sys"]):
        with pytest.raises(ImportError):
            importlib.import_module("colorsys")
        assert importlib.import_module("sys") is sys  # imported before, so not hidden
    assert importlib.import_module("colorsys").rgb_to_hsv(0, 0, 0) == (0, 0, 0)


def test_single_precision_is_not_shortened_on_gpus():
    from tensorflow import config  # started for all tests by conftest

    assert not config.experimental.tensor_float_32_execution_enabled()
