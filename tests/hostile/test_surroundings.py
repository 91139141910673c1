"""What a user's shell and folders say to other programs changes nothing here."""

import os
import subprocess
import sys

import matplotlib as mpl
import pytest

from tests.hostile.drawing import drawn

# Settings of a matplotlibrc, each of which would change or break a figure.
RC_SETTINGS = [
    {"savefig.facecolor": "black", "figure.facecolor": "black", "axes.facecolor": "black"},
    {"savefig.bbox": "tight", "savefig.pad_inches": 1.0},
    {"savefig.transparent": True, "savefig.dpi": 20, "figure.dpi": 300},
    {"text.usetex": True},
    {"text.color": "white", "axes.labelcolor": "white", "axes.titlecolor": "white"},
    {"mathtext.fontset": "cm", "mathtext.default": "regular"},
    {"font.family": ["serif"], "font.size": 30.0},
    {"font.family": ["No Such Font"], "font.sans-serif": ["Arial", "No Such Font"]},
    {"axes.unicode_minus": False, "axes.formatter.use_locale": True},
    {"axes.prop_cycle": mpl.cycler(color=["red"]), "image.cmap": "jet"},
    {"axes.xmargin": 0.4, "axes.ymargin": 0.4, "axes.autolimit_mode": "round_numbers"},
    {"axes.titlelocation": "right", "axes.titley": 0.5, "xaxis.labellocation": "left"},
    {"lines.linestyle": ":", "lines.marker": "h", "lines.antialiased": False},
    {"errorbar.capsize": 9.0, "scatter.marker": "D"},
    {"legend.loc": "center", "legend.fancybox": False, "legend.numpoints": 4},
    {"xtick.bottom": False, "xtick.labelbottom": False, "xtick.minor.visible": True},
    {"ytick.right": True, "ytick.labelright": True, "ytick.direction": "inout"},
    {"path.simplify": False, "path.sketch": (1.0, 100.0, 2.0)},
    {"pdf.fonttype": 3, "pdf.compression": 0, "pdf.use14corefonts": True},
    {"figure.autolayout": True, "figure.titlesize": 40.0},
    {"hatch.color": "red", "patch.force_edgecolor": True, "patch.linewidth": 8.0},
    {"grid.linestyle": "--", "grid.alpha": 0.1, "axes.axisbelow": False},
]


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    with mpl.rc_context():
        mpl.rcdefaults()
        return drawn(tmp_path_factory.mktemp("expected"))


@pytest.mark.parametrize("settings", RC_SETTINGS, ids=lambda settings: ",".join(settings))
def test_no_setting_of_a_matplotlibrc_changes_a_figure(settings, expected, tmp_path):
    with mpl.rc_context(settings):
        assert drawn(tmp_path) == expected


def test_seaborn_asks_for_fonts_that_matplotlib_does_not_ship():
    # Why `figure_style` names the font.
    import seaborn as sns

    assert sns.axes_style("ticks")["font.sans-serif"][0] != "DejaVu Sans"
    assert mpl.rcParamsDefault["font.sans-serif"][0] == "DejaVu Sans"


# As the Snakefile does for the jobs that it starts, and as a job does.
DRAW = """
import sys
from pathlib import Path
from whysgd.base.scripting import offer_package_to_scripts
offer_package_to_scripts()
from tests.hostile.drawing import drawn
sys.stdout.buffer.write(b"".join(drawn(Path(sys.argv[1]))))
"""


@pytest.mark.parametrize(
    ("rc", "environment"),
    [
        (b"text.usetex: True\nsavefig.facecolor: black\nbackend: tkagg\n", {"DISPLAY": ":77"}),
        ("# Größe\nsavefig.facecolor: black\n".encode("latin-1"), {"LC_ALL": "C"}),
        (b"no.such.key: 1\naxes.grid: perhaps\n\x00", {"LANG": "de_DE.UTF-8", "LC_ALL": "tr_TR"}),
        (None, {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}),
        (None, {"MPLBACKEND": "no such backend", "PYTHONHASHSEED": "3"}),
    ],
)
def test_a_figure_is_the_same_in_any_surroundings(rc, environment, expected, tmp_path):
    if rc is not None:
        (tmp_path / "matplotlibrc").write_bytes(rc)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DRAW, tmp_path],
        cwd=tmp_path,
        env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == b"".join(expected)


def test_matplotlib_refuses_a_backend_that_it_does_not_find():
    # Why jobs are told theirs.
    environment = {**os.environ, "MPLBACKEND": "no such backend"}
    command = [sys.executable, "-c", "import matplotlib"]
    refused = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert "is not a valid value for backend" in refused.stderr


KERAS = """
from whysgd.base.errors import UserError
from whysgd.training.job.runtime import start_tensorflow
try:
    start_tensorflow(1)
except UserError as error:
    print("error:", error)
else:
    import keras
    from whysgd.models import build_network
    network = build_network(
        "mlp-3", input_shape=(2, 2, 1), num_classes=2, replicas=1, base_width=1, dtype="float32"
    )
    print(
        keras.config.backend(), keras.config.floatx(), keras.config.image_data_format(),
        keras.config.epsilon(), keras.layers.Dense(1).compute_dtype,
        network.initial_parameters([0])[0].dtype,
    )
"""
AS_OURS = "tensorflow float32 channels_last 1e-07 float32 float32"


@pytest.mark.parametrize(
    ("content", "environment", "said"),
    [
        (None, {"KERAS_BACKEND": "torch"}, AS_OURS),
        (None, {"KERAS_BACKEND": "no such", "TF_USE_LEGACY_KERAS": "1"}, AS_OURS),
        (None, {"KERAS_MAX_EPOCHS": "many", "KERAS_NNX_ENABLED": "true"}, AS_OURS),
        (
            '{"backend": "torch", "floatx": "float16", "image_data_format": "channels_first", '
            '"epsilon": 0.5}',
            {},
            AS_OURS,
        ),
        ("not JSON", {}, AS_OURS),
        ('{"floatx": "float17"}', {}, "error: {}: Keras cannot be started with these settings"),
        ('{"epsilon": "small"}', {}, "error: {}: Keras cannot be started with these settings"),
        ("[]", {}, "error: {}: Keras cannot be started with these settings"),
    ],
)
def test_keras_runs_on_tensorflow_in_float32_or_says_why_not(
    content, environment, said, tmp_path, monkeypatch
):
    home = tmp_path / "keras"
    home.mkdir()
    if content is not None:
        (home / "keras.json").write_text(content)
    for name, value in {"KERAS_HOME": str(home), **environment}.items():
        monkeypatch.setenv(name, value)
    done = subprocess.run([sys.executable, "-c", KERAS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(said.format(home / "keras.json"))
    assert done.stdout.count("\n") == 1
