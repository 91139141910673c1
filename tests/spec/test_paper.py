"""Values of papers."""

import pytest

from whysgd.base.errors import UserError
from whysgd.spec.paper import PaperValue, load_paper_values


@pytest.mark.parametrize(
    ("text", "value"),
    [("2^-6", 2.0**-6), (0.5, 0.5), ([1, 2], (1, 2)), ("2^-2..2^-1", (0.25, 0.5)), ("no", "no")],
)
def test_values_are_numbers_powers_lists_or_words(text, value):
    record = PaperValue(value=text, provenance="stated", source="here")
    assert record.value == value


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
