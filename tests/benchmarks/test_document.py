"""The tables, read back from their text."""

import pytest

from tests.benchmarks.synthetic import MACHINE, write_row, write_rows
from whysgd.base.errors import UserError
from whysgd.base.files import write_json
from whysgd.benchmarks.document import BEGIN, END, performance_lines, update_document

OURS = {"plain": 10.0, "penalty": 25.0, "n4": 12.0}
JAX = {"plain": 20.0, "penalty": 20.0, "n4": 6.0}
KERAS = {"plain": 300.0, "penalty": 500.0, "n4": 240.0}


@pytest.fixture
def folder(tmp_path):
    write_row(tmp_path, "mlp64-63", whysgd=OURS, jax=JAX, keras=KERAS)
    write_row(tmp_path, "mlp64-1", whysgd=OURS, jax=JAX)
    return tmp_path


def cells(lines, *start):
    """The cells of the table lines that begin with the given ones."""
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in lines if "|" in line]
    return [row[len(start) :] for row in rows if tuple(row[: len(start)]) == start]


def test_times_are_per_update_and_run(folder):
    lines = performance_lines(folder)
    speed = cells(lines, "MLP 64x3", "63", "n = 4")[0]
    assert speed[0] == "12 (11.4 to 12.6)"
    assert speed[1] == "240 (228 to 252)"
    assert speed[3] == "6 (5.7 to 6.3)"
    assert speed[4] == ""  # PyTorch was not there


def test_methods_are_listed_with_cost_and_error(tmp_path):
    content = {
        "costs": {"mlp64-7": {"plain": [1.0, 2.0], "a": [2.0, 4.0]}, "wrn8-1": {"plain": [1.0]}},
        "errors": {"mlp relu": {"a": 1e-6, "b 0.5": 0.9}, "wrn relu": {"b 0.5": 0.04}},
    }
    write_json(tmp_path / "methods.json", {"name": "methods", **content, **MACHINE})
    lines = performance_lines(tmp_path)
    assert cells(lines, "a") == [["2.00 (2.00 to 2.00)", "", "1e-06", ""]]
    assert cells(lines, "b 0.5") == [["", "", "0.9", "0.04"]]


def test_ratios_are_taken_within_rounds(folder):
    ratios = cells(performance_lines(folder), "MLP 64x3", "63", "plain")[1]
    assert ratios == ["0.50 (0.50 to 0.50) JAX", "0.03 (0.03 to 0.03)"]


def test_rows_stand_in_the_order_of_the_suite_whatever_was_measured_first(folder):
    members = [row[0] for row in cells(performance_lines(folder), "MLP 64x3")]
    assert members[:6] == ["1"] * 3 + ["63"] * 3


def test_the_machine_is_told_once(folder):
    assert sum("Abacus" in line for line in performance_lines(folder)) == 1


@pytest.mark.parametrize(("penalty", "met"), [(29.9, "yes"), (30.1, "**no**")])
def test_the_penalty_is_held_against_the_fastest_plain_step_of_anybody(tmp_path, penalty, met):
    write_rows(tmp_path, whysgd=OURS)
    write_row(tmp_path, "mlp64-1", whysgd={**OURS, "plain": 15.0, "penalty": penalty}, jax=OURS)
    start = "exact penalty step over the fastest plain step of any contestant"
    assert cells(performance_lines(tmp_path), start)[0][-1] == met


@pytest.mark.parametrize(("keras", "met"), [(200.1, "yes"), (199.9, "**no**")])
def test_keras_is_to_be_twenty_times_slower_at_63_members(tmp_path, keras, met):
    ours = dict.fromkeys(OURS, 10.0)
    write_row(tmp_path, "mlp64-63", whysgd=ours, keras=dict.fromkeys(OURS, keras))
    start = "ensemble of 63 small MLPs against Keras `fit`, per run"
    assert cells(performance_lines(tmp_path), start)[0][-1] == met


@pytest.mark.parametrize(
    ("row", "factor", "met"),
    [
        ("mlp64-63", 0.99, ["yes", "yes"]),
        ("mlp64-63", 1.01, ["**no**", "yes"]),
        ("wrn8-1", 1.01, ["**no**", "yes"]),
        ("mlp64-7", 1.49, ["yes", "yes"]),
        ("mlp64-7", 1.51, ["yes", "**no**"]),
    ],
)
def test_small_ensembles_of_small_networks_may_lose_by_half(tmp_path, row, factor, met):
    ours = {kind: factor * time for kind, time in JAX.items()}
    slower = {kind: 5 * time for kind, time in JAX.items()}
    write_rows(tmp_path, whysgd=JAX, jax=slower, torch=slower)
    write_row(tmp_path, row, whysgd=ours, jax=slower, torch=JAX)
    lines = [line for line in performance_lines(tmp_path) if "faster of JAX and PyTorch," in line]
    assert [cells([line])[0][-1] for line in lines] == met


@pytest.mark.parametrize(("matmuls", "met"), [(7.1, "yes"), (6.9, "**no**")])
def test_the_share_of_the_matmul_rate_is_its_time_over_ours(tmp_path, matmuls, met):
    write_row(tmp_path, "mlp256-7", whysgd=OURS, matmuls={"plain": 9.0})
    write_row(tmp_path, "mlp256-63", whysgd=OURS, matmuls={"plain": matmuls})
    start = "ensemble MLP 256: achieved rate over the machine's batched-matmul rate"
    assert cells(performance_lines(tmp_path), start)[0][-1] == met


@pytest.mark.parametrize(("copies", "met"), [(5.9, "yes"), (6.1, "**no**")])
def test_memory_counts_from_before_the_parameters(tmp_path, copies, met):
    peak = {"copy_bytes": 100, "before_bytes": 70, "peak_bytes": 70 + 100 * copies}
    write_json(tmp_path / "memory.json", {**peak, **MACHINE})
    assert cells(performance_lines(tmp_path))[2 + 6][2:] == [
        f"{copies:.2f} copies of 0.00 GB",
        met,
    ]


@pytest.mark.parametrize(
    ("power", "last", "met"),
    [(1, 1.0, ["yes", "yes"]), (1.2, 1.0, ["yes", "**no**"]), (1, 1.1, ["**no**", "yes"])],
)
def test_growth_is_linear_in_updates_and_flat_in_members(tmp_path, power, last, met):
    def case(members, minibatches, seconds):
        return {"members": members, "minibatches": minibatches, "cpu_seconds": [seconds] * 3}

    growth = {
        "members": [case(1, 63, 63.0), case(63, 1, 63 * last)],
        "updates": [case(7, length, length**power) for length in (256, 1024, 4096)],
    }
    write_json(tmp_path / "growth.json", {**growth, **MACHINE})
    found = [
        cells([line])[0][-1]
        for line in performance_lines(tmp_path)
        if "against members" in line or "against updates" in line
    ]
    assert found == met


def test_what_was_not_measured_is_neither_met_nor_missed(tmp_path):
    write_row(tmp_path, "wrn8-1", whysgd=OURS)
    lines = performance_lines(tmp_path)
    assert cells(lines, "jobs") == [["", "not measured", "not all measured"]]
    start = "exact penalty step over the fastest plain step of any contestant"
    assert cells(lines, start)[0][-2:] == ["wrn8-1 2.5", "not all measured"]


def test_nothing_measured_is_one_line(tmp_path):
    with pytest.raises(UserError, match="holds no measurements; run `make benchmark`"):
        performance_lines(tmp_path)


def test_writing_the_tables_again_changes_nothing(folder, tmp_path):
    document = tmp_path / "performance.md"
    document.write_text(f"# By hand\n\n{BEGIN}\nold\n{END}\n\nAlso by hand.\n")
    update_document(document, performance_lines(folder))
    once = document.read_text()
    update_document(document, performance_lines(folder))
    assert document.read_text() == once
    assert once.startswith(f"# By hand\n\n{BEGIN}\n")
    assert once.endswith(f"{END}\n\nAlso by hand.\n")
    assert "old" not in once
    assert "| MLP 64x3 | 63 | plain |" in once


@pytest.mark.parametrize("text", ["no markers", f"{END}\n{BEGIN}\n", f"{BEGIN}\n"])
def test_a_document_without_markers_is_left_alone(tmp_path, text):
    document = tmp_path / "performance.md"
    document.write_text(text)
    with pytest.raises(UserError, match=r"performance\.md: needs the lines"):
        update_document(document, ["new"])
    assert document.read_text() == text
