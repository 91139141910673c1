"""The JSON schema of the configuration, as editors and validators use it."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from whysgd.config.files import CONFIG_DIR, known_scales, merged, read_yaml
from whysgd.config.schema import FILES, json_schema
from whysgd.config.settings import load_settings
from whysgd.studies.registry import STUDIES

SHIPPED = [
    ("config.yaml", "config.yaml"),
    ("claims.yaml", "claims.yaml"),
    *((str(study.claims_file), "studies/*/claims.yaml") for study in STUDIES),
    *((f"scales/{name}.yaml", "scales/*.yaml") for name in known_scales()),
]


CLAIMS = str(STUDIES[0].claims_file)


def validator(kind: str | None = None) -> Draft202012Validator:
    """Of one kind of file; None: of any."""
    schema = json_schema()
    if kind is not None:
        del schema["anyOf"]
        schema["$ref"] = f"#/$defs/{FILES[kind].__name__}"
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture(scope="module")
def scale_validator() -> Draft202012Validator:
    return validator("scales/*.yaml")


@pytest.mark.parametrize(("file", "kind"), SHIPPED)
def test_every_file_is_valid_as_its_kind_and_as_no_other(file, kind):
    content = read_yaml(CONFIG_DIR / file)
    validator().validate(content)
    assert [name for name in FILES if validator(name).is_valid(content)] == [kind]


@pytest.mark.parametrize("scale", known_scales())
def test_a_scale_as_archives_hold_it_is_valid(scale, scale_validator):
    settings = load_settings({"scale": scale}).scale
    scale_validator.validate(settings.model_dump(mode="json", exclude_none=True))


@pytest.mark.parametrize(
    ("file", "misspelt"),
    [
        ("config.yaml", {"scael": "quick"}),
        ("claims.yaml", {"bootstrap": {"resample": 100}}),
        (CLAIMS, {"claims": {"figure1b_rate_rises": {"hold": {"above": 0}}}}),
        ("scales/quick.yaml", {"run": {"keep_best": 2}}),
        ("scales/quick.yaml", {"programs": {"mlp": {"penalty": {"methods": "factored"}}}}),
        ("scales/quick.yaml", {"experiments": {"small_rate": {"lerning_rate": 1}}}),
        ("scales/quick.yaml", {"theory": {"norm_epoch": [1]}}),
    ],
)
def test_a_misspelt_key_is_refused(file, misspelt):
    content = merged(read_yaml(CONFIG_DIR / file), misspelt)
    for kind in (None, dict(SHIPPED)[file]):
        with pytest.raises(ValidationError):
            validator(kind).validate(content)


def program(key: str, value: Any) -> dict[str, Any]:
    return {"programs": {"mlp": {key: value}}}


@pytest.mark.parametrize(
    ("changes", "valid"),
    [
        (program("weight_decay", 0), True),
        (program("weight_decay", "2^-9"), True),
        (program("weight_decay", "1e-3"), True),
        (program("weight_decay", -1), False),
        (program("weight_decay", "2^-9..2^-1"), False),
        (program("weight_decay", "small"), False),
        (program("penalty", {"method": "central_difference", "radius": 0}), False),
        (program("penalty", {"method": "central_difference", "radius": "2^-5"}), True),
        (program("epochs", 0.5), True),
        (program("epochs", "2^-3..2^2"), True),
        (program("epochs", "2^-3..8"), False),
        (program("batch_size", [4, "2^3"]), True),
        (program("batch_size", [4, 2.5]), False),
        (program("batch_size", []), False),
        (program("num_evaluations", 0), False),
        ({"theory": {"norm_learning_rate": "2^-4"}}, True),
        ({"theory": {"norm_learning_rate": 0}}, False),
    ],
)
def test_values_are_checked_as_they_may_be_written(changes, valid, scale_validator):
    content = merged(read_yaml(CONFIG_DIR / "scales" / "quick.yaml"), changes)
    assert scale_validator.is_valid(content) == valid
