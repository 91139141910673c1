"""The paper's values."""

import pytest

from whysgd.errors import UserError
from whysgd.paper import PaperValue, load_paper_values


def test_every_value_has_a_provenance_and_a_source():
    values = load_paper_values()
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


@pytest.mark.parametrize(
    ("text", "value"),
    [("2^-6", 2.0**-6), (0.5, 0.5), ([1, 2], (1, 2)), ("2^-2..2^-1", (0.25, 0.5)), ("no", "no")],
)
def test_values_are_numbers_powers_lists_or_words(text, value):
    record = PaperValue(value=text, provenance="stated", source="here")
    assert record.value == value


def test_numbers_that_follow_from_others_agree_with_them():
    values = {key: value.value for key, value in load_paper_values().items()}
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


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("{value: 1, provenance: guessed, source: dream}", r"figure1\.rate\.provenance"),
        ("{value: 1, provenance: stated}", r"figure1\.rate\.source"),
        ("{value: 1, provenance: stated, source: ''}", r"figure1\.rate\.source"),
        ("{value: 1, provenance: stated, source: a, sauce: b}", r"figure1\.rate\.sauce"),
        ("{value: yes, provenance: stated, source: a}", r"figure1\.rate\.value"),
        ("{value: [], provenance: stated, source: a}", r"figure1\.rate\.value"),
    ],
)
def test_a_fault_names_its_key(tmp_path, entry, fault):
    path = tmp_path / "paper.yaml"
    path.write_text(f"figure1: {{rate: {entry}}}")
    with pytest.raises(UserError, match=fault):
        load_paper_values(path)
