"""The configuration: what it accepts, and that every mistake names its key."""

import json
from pathlib import Path

import pytest
import yaml

from whysgd.base.errors import UserError
from whysgd.claims.kinds import LARGEST_BATCH_FRACTION
from whysgd.cli import main
from whysgd.config.archive import SCALE, write_archive
from whysgd.config.files import CONFIG_DIR, known_scales, merged
from whysgd.config.refusals import check_own_files, check_targets
from whysgd.config.schema import json_schema
from whysgd.config.settings import Config, ScaleSettings, load_settings
from whysgd.config.tables import schema_tables
from whysgd.runs.grid import experiment_points, plan_jobs
from whysgd.studies.implicit_regularization.study import STUDY


@pytest.mark.parametrize("scale", known_scales())
def test_every_scale_is_valid_and_plans(scale):
    settings = load_settings({"scale": scale})
    assert plan_jobs(settings.scale).ensembles
    assert settings.folder.as_posix() == f"results/{scale}"


def test_the_schema_on_disk_is_the_one_of_the_code():
    on_disk = json.loads((CONFIG_DIR / "schema.json").read_text(encoding="utf-8"))
    assert on_disk == json_schema(), "run: whysgd schema > config/schema.json"


def test_the_tables_of_keys_on_disk_are_those_of_the_code(capsys):
    assert main(["schema", "--tables"]) == 0
    printed = capsys.readouterr().out
    on_disk = (CONFIG_DIR / "README.md").read_text(encoding="utf-8")
    assert on_disk == printed, "run: whysgd schema --tables > config/README.md"


def test_the_tables_have_every_key_of_the_configuration():
    sections = schema_tables().split("\n## ")[1:]
    listed = {
        line.split("`")[1]
        for section in sections
        for line in section.splitlines()
        if line.startswith("| `")
    }
    scale = ScaleSettings.model_json_schema()
    records = [Config.model_json_schema(), scale, *scale["$defs"].values()]
    assert listed == {key for record in records for key in record["properties"]}


def test_every_key_of_the_tables_has_a_meaning():
    assert [line for line in schema_tables().splitlines() if line.endswith("|  |")] == []


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"runz": 1}, "scale quick: runz: unknown key"),
        ({"runs": {"keep_best": 9}}, "`keep_best` = 9 is more than the 7 `seeds`"),
        ({"runs": {"seeds": []}}, "runs.seeds: empty"),
        ({"runs": {"seeds": [-1, 2, 3, 4, 5]}}, "`seeds` must not be negative"),
        ({"datasets": {"digits": {"source": "numerals"}}}, "unknown data set 'numerals'"),
        ({"datasets": {"digits": {"num_train": 1700}}}, "the data set has 1797 images"),
        ({"datasets": {"digits": {"downsample": 3}}}, "datasets.digits: `downsample` = 3 does not"),
        ({"datasets": {"digits": {"num_classes": 10}}}, "`num_classes` is for source npz only"),
        ({"datasets": {"digits": {"source": "npz"}}}, "datasets.digits: `path` is missing"),
        ({"datasets": {"digits": {"image_shape": [8]}}}, "datasets.digits.image_shape"),
        ({"programs": {"mlp": {"weight_decay": -1}}}, "programs.mlp.weight_decay: "),
        ({"programs": {"mlp": {"dataset": "letters"}}}, "programs.mlp.dataset: unknown 'letters'"),
        ({"programs": {"mlp": {"updates": 9}}}, "programs.mlp: give the budget as"),
        ({"programs": {"mlp": {"batch_size": 0}}}, "`batch_size` must be positive"),
        (
            {"experiments": {"learning_rate": {"learning_rate": -0.5}}},
            "experiments.learning_rate: `learning_rate` must be positive, not -0.5",
        ),
        (
            {"experiments": {"learning_rate": {"learning_rate": []}}},
            "experiments.learning_rate.learning_rate: empty",
        ),
        (
            {"experiments": {"learning_rate": {"lerning_rate": 1}}},
            "experiments.learning_rate.lerning_rate: unknown key",
        ),
        ({"experiments": {"learning_rate": {"program": "cnn"}}}, "unknown 'cnn'"),
        ({"programs": {"mlp": {"model": "mlp-0"}}}, "programs.mlp.model: unknown model 'mlp-0'"),
        (
            {"experiments": {"batch_size": {"learning_rate_over_batch_size": -1}}},
            "`learning_rate_over_batch_size` must be positive",
        ),
        ({"theory": {"dataset": "letters"}}, "theory.dataset: unknown 'letters'; known: digits"),
        ({"theory": {"batch_size": 200}}, "theory: 12800 images are needed, and digits has 320"),
        ({"theory": {"scaled_steps": [0.5, 0]}}, "theory: `scaled_steps` must be positive"),
        ({"theory": {"scaled_steps": [0.5, 0.2]}}, "a slope needs at least 3 points"),
        ({"theory": {"norm_batch_size": 7}}, "`norm_batch_size` must divide `norm_images`"),
        ({"theory": {"norm_epochs": [-1, 2]}}, "`norm_epochs` must not be negative"),
        (
            {"theory": {"norm_epochs": [0, 8, 2]}},
            "scale quick: theory: `norm_epochs` must increase: 2 follows 8",
        ),
        ({"theory": {"num_batches": 6}}, "theory.num_batches: Input should be less than 6, not 6"),
        ({"theory": {"cubic_parameters": 1}}, "theory.cubic_parameters: "),
        (
            {"theory": {"cubic_batches": [1, 7]}},
            "theory: `cubic_batches` must be at most 6, not 7: 5040 orders",
        ),
        ({"theory": {"cubic_batches": 4}}, "theory: `cubic_batches` must hold 1"),
        ({"theory": {"cubic_batches": [2, 4]}}, "theory: `cubic_batches` must hold 1"),
        ({"theory": {"cubic_batches": 1}}, "theory: `cubic_batches` must hold 1"),
        ({"theory": {"sampled_batches": 4}}, "theory: `sampled_batches` = 4 is one of"),
        ({"theory": {"validity_batches": [9, 16]}}, "theory: `validity_batches`: one must be at"),
        (
            {"theory": {"scaled_steps": [1, 2, 2.1]}},
            "theory: `scaled_steps` must be at most 2, not 2.1: beyond, updates grow",
        ),
        ({"theory": {"validity_steps": [1, 4]}}, "theory: `validity_steps` must be at most 2"),
        ({"theory": {"kinked_steps": [4, 8.5]}}, "theory: `kinked_steps` must be at most 8, not"),
        (
            {"experiments": {"reg_coefficient": {"reg_coefficient": [0, 0.5]}}},
            "`reg_coefficient` must be positive, not 0",
        ),
        (
            {"programs": {"mlp": {"schedule": {"start": 0.6}}}},
            "programs.mlp.schedule: `start` is for kind halving",
        ),
    ],
)
def test_a_mistake_names_its_key(overrides, message):
    with pytest.raises(UserError) as caught:
        load_settings({"overrides": overrides})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"programs": {"mlp": {"batch_size": 321}}}, "batch_size: 321 is more than the 320"),
        ({"programs": {"mlp": {"epochs": 0.001}}}, "epochs: less than one minibatch"),
        ({"programs": {"mlp": {"epochs": None}}}, "give a budget"),
        ({"programs": {"mlp": {"model": None}}}, "`model` is missing"),
        (
            {"programs": {"wrn": {"crop_padding": 8}}},
            "crop_padding = 8 must be less than the 8 x 8",
        ),
        (
            {"datasets": {"digits": {"downsample": 8}}},
            "crop_padding = 1 must be less than the 1 x 1",
        ),
        (
            {"programs": {"mlp": {"base_width": 32}}},
            "programs.mlp.base_width: does nothing with `model` = mlp-",
        ),
        (
            {"programs": {"mlp": {"crop_padding": 2}}},
            "programs.mlp.crop_padding: does nothing with `augmentation` = none",
        ),
        (
            {"experiments": {"learning_rate": {"crop_padding": 2}}},
            "experiments.learning_rate.crop_padding: does nothing",
        ),
        ({"experiments": {"n_step_updates": {"updates": 3201}}}, "3201 is no multiple of"),
    ],
)
def test_a_mistake_that_only_the_grid_sees_names_its_key(overrides, message):
    settings = load_settings({"overrides": overrides})
    with pytest.raises(UserError) as caught:
        plan_jobs(settings.scale)
    assert message in str(caught.value)
    assert ".:" not in str(caught.value)  # no empty key


def test_what_an_experiment_does_away_with_leaves_no_trace_in_its_runs():
    own = {"program": "wrn", "model": "mlp-8", "augmentation": "none", "learning_rate": 0.1}
    plain = {"program": "plain", "learning_rate": 0.1}
    wrn = load_settings().scale.programs["wrn"].model_dump(exclude_none=True)
    for key in ("base_width", "crop_padding"):
        del wrn[key]
    plain_program = {**wrn, "model": "mlp-8", "augmentation": "none"}
    overrides = {
        "programs": {"plain": plain_program},
        "experiments": {"one": own, "other": plain},
    }
    scale = load_settings({"overrides": overrides}).scale
    assert experiment_points(scale, "one") == experiment_points(scale, "other")


@pytest.mark.parametrize(
    ("experiment", "changes", "message"),
    [
        ("learning_rate", {"batch_size": [8, 16]}, "figure1b would show points that differ in"),
        ("learning_rate", {"updates_per_batch": [1, 2]}, "`updates_per_batch`"),
        ("small_rate", {"learning_rate": [0.1, 0.2]}, "`learning_rate` as one curve"),
        ("n_step_budget", {"reg_coefficient": [0.1, 0.2]}, "`reg_coefficient` as one curve"),
    ],
)
def test_points_that_would_be_mixed_in_a_curve_are_refused(experiment, changes, message):
    scale = load_settings({"overrides": {"experiments": {experiment: changes}}}).scale
    faults = []
    for figure in STUDY.figures:
        try:
            figure.check(scale)
        except UserError as error:
            faults.append(str(error))
    assert faults
    assert all(fault.startswith(f"experiments.{experiment}: ") for fault in faults)
    assert any(message in fault for fault in faults)


@pytest.mark.parametrize("scale", ["quick", "reduced", "paper", "tiny"])
def test_no_curve_of_ours_is_mixed(scale):
    settings = load_settings({"scale": scale}).scale
    for figure in STUDY.figures_at(settings):
        figure.check(settings)


@pytest.mark.parametrize("scale", ["quick", "reduced", "paper"])
def test_the_large_batch_is_large_by_the_rule_of_the_claims(scale):
    for point in experiment_points(load_settings({"scale": scale}).scale, "large_batch"):
        largest = LARGEST_BATCH_FRACTION * point.program.dataset.num_train
        assert point.program.batch_size > largest


def test_an_unknown_scale_lists_the_known_ones():
    with pytest.raises(UserError, match="scale: unknown 'huge'; known: .*quick"):
        load_settings({"scale": "huge"})


def test_a_scale_may_be_a_file_of_the_users(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text((CONFIG_DIR / "scales" / "quick.yaml").read_text(encoding="utf-8"))
    assert load_settings({"scale": str(path)}).folder.as_posix() == "results/mine"
    path.write_text("- not\n- a mapping\n")
    with pytest.raises(UserError, match=r"mine.yaml: must hold keys and values"):
        load_settings({"scale": str(path)})
    path.write_text("a: [")
    with pytest.raises(UserError, match="not valid YAML"):
        load_settings({"scale": str(path)})
    with pytest.raises(UserError, match=r"absent.yaml: cannot be read"):
        load_settings({"scale": str(tmp_path / "absent.yaml")})


def test_a_scale_of_the_users_must_not_take_the_name_of_one_of_ours(tmp_path):
    path = tmp_path / "quick.yaml"
    path.write_text((CONFIG_DIR / "scales" / "quick.yaml").read_text(encoding="utf-8"))
    with pytest.raises(UserError, match=r"quick\.yaml has the name of a scale .* rename it"):
        load_settings({"scale": str(path)})
    assert load_settings({"scale": str(CONFIG_DIR / "scales" / "quick.yaml")})


def test_merging_replaces_leaves_only():
    base = {"a": {"b": 1, "c": 2}, "d": [1]}
    assert merged(base, {"a": {"b": 3}, "d": [2, 3]}) == {"a": {"b": 3, "c": 2}, "d": [2, 3]}
    assert base == {"a": {"b": 1, "c": 2}, "d": [1]}


OWN_FILE = {"source": "npz", "path": "own.npz", "image_shape": [4, 4, 1], "num_classes": 3}


@pytest.mark.parametrize("key", ["results", "data_folder", "calibration"])
def test_a_path_may_begin_with_the_home_folder(key, monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    settings = load_settings({key: "~/there"})
    assert getattr(settings, key) == Path("/home/someone/there")
    with pytest.raises(UserError, match=rf"config: {key}: no home folder is known for '~nobody-"):
        load_settings({key: "~nobody-of-this-name/there"})


def test_a_file_of_the_users_may_lie_below_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "own.npz").touch()
    own = {**OWN_FILE, "path": "~/own.npz"}
    settings = load_settings({"overrides": {"datasets": {"digits": own}}})
    assert settings.scale.datasets["digits"].path == str(tmp_path / "own.npz")
    check_own_files(settings)
    (ensemble, *_) = plan_jobs(settings.scale).ensembles.values()
    assert ensemble.program.dataset.path == str(tmp_path / "own.npz")


def test_a_scale_of_the_users_may_lie_below_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.yaml").write_text((CONFIG_DIR / "scales" / "tiny.yaml").read_text())
    assert load_settings({"scale": "~/mine.yaml"}).folder.as_posix() == "results/mine"


def test_the_data_folder_is_no_part_of_any_run():
    elsewhere = load_settings({"data_folder": "somewhere"})
    assert elsewhere.data_folder is not None
    assert load_settings().data_folder is None
    assert plan_jobs(elsewhere.scale).ensembles == plan_jobs(load_settings().scale).ensembles


@pytest.fixture
def published(tmp_path):
    """An archive of scale tiny, as it is passed on, without its tables' contents."""
    scale = load_settings({"scale": "tiny"}).scale.model_dump(mode="json", exclude_none=True)
    path = tmp_path / "tiny-tables.zip"
    write_archive(path, "tiny", {SCALE: yaml.safe_dump(scale).encode(), "tables/figure1.csv": b""})
    return path


def test_published_tables_bring_their_settings(published):
    settings = load_settings({"tables_from": str(published)})
    assert settings.scale == load_settings({"scale": "tiny"}).scale
    assert settings.scale_name == "tiny"
    assert settings.folder.as_posix() == "results/tiny-published"
    assert settings.published_tables == ("figure1",)
    check_own_files(settings)
    check_targets(settings, ["results/tiny-published/figures/figure1.pdf"])
    with pytest.raises(UserError, match="tables.zip goes into results/tiny-published"):
        check_targets(settings, ["results/tiny/figures/figure1.pdf"])
    assert load_settings({"tables_from": str(published), "scale": "tiny"}) == settings


def test_published_tables_may_lie_below_the_home_folder(published, monkeypatch):
    monkeypatch.setenv("HOME", str(published.parent))
    settings = load_settings({"tables_from": f"~/{published.name}"})
    assert settings.tables_from == published


@pytest.mark.parametrize("given", [{"scale": "quick"}, {"overrides": {"runs": {"keep_best": 1}}}])
def test_published_tables_are_of_their_scale_as_it_was(published, given):
    with pytest.raises(UserError, match=f"config: {next(iter(given))}: cannot be given with"):
        load_settings({"tables_from": str(published), **given})


def test_published_settings_that_do_not_fit_name_the_archive(tmp_path):
    path = tmp_path / "old-tables.zip"
    write_archive(path, "tiny", {SCALE: b"description: of another version\nrunz: 1\n"})
    with pytest.raises(UserError, match=r"old-tables\.zip: scale\.yaml: .*runz: unknown key"):
        load_settings({"tables_from": str(path)})
