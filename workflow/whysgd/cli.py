"""The command line: one run without Snakemake, how jobs are doing, the configuration's schema."""

import argparse
import json
import logging
import sys
from pathlib import Path

import yaml

from whysgd.base.errors import TrainingInterruptedError, UserError
from whysgd.base.files import check_output
from whysgd.base.powers import format_number
from whysgd.base.scripting import ends_with_its_reader, logging_to
from whysgd.config.files import merged, validated
from whysgd.config.scales import MOST_THREADS
from whysgd.config.settings import Settings, scale_content, scale_path
from whysgd.config.sweeps import Sweeps
from whysgd.reporting.schema import json_schema
from whysgd.reporting.schema_tables import schema_tables
from whysgd.reporting.status import print_status
from whysgd.runs.grid import experiment_points, plan_jobs
from whysgd.runs.sizes import check_sizes
from whysgd.spec.ensemble import LARGEST_SEED, Ensemble
from whysgd.studies.registry import read_settings


def main(arguments: list[str] | None = None) -> int:
    """Entry point of `whysgd`; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        with ends_with_its_reader():
            options.command(options)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except TrainingInterruptedError as error:
        print(f"stopped by a signal {error}", file=sys.stderr)
        return error.exit_status
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="whysgd", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = commands.add_parser("train", help="train one run and print its history as CSV")
    train.add_argument("--scale", default="quick", help="scale file (default: %(default)s)")
    train.add_argument("--experiment", required=True, help="experiment of the scale to start from")
    train.add_argument("--study", help="whose experiment; needed where several have the name")
    train.add_argument("--learning-rate", help="such as 0.125 or 2^-3; default: the experiment's")
    train.add_argument("--reg-coefficient", help="such as 2^-5; default: the experiment's")
    train.add_argument("--seed", type=int, default=0, help="(default: %(default)s)")
    train.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="any other key of the experiment, such as batch_size=16; may be repeated",
    )
    train.add_argument("--threads", type=int, default=1, help="(default: %(default)s)")
    train.add_argument("--gpu", action="store_true", help="train on a GPU if there is one")
    train.add_argument("--output", type=Path, help="file for the history; default: print it")
    train.add_argument(
        "--checkpoints",
        type=Path,
        metavar="FOLDER",
        help="write checkpoints there, and go on from the newest one; default: none",
    )
    train.set_defaults(command=_train)
    benchmark = commands.add_parser(
        "benchmark", help="time training against other ways to write it, and update the table"
    )
    benchmark.add_argument(
        "--rows", nargs="+", default=[], help="such as mlp64, or mlp64-7; default: all"
    )
    benchmark.add_argument("--quick", action="store_true", help="a smoke test; times mean nothing")
    benchmark.add_argument(
        "--results",
        type=Path,
        default=Path("results/benchmarks"),
        metavar="FOLDER",
        help="(default: %(default)s)",
    )
    benchmark.add_argument(
        "--document", type=Path, metavar="FILE", help="whose table to write anew; default: none"
    )
    benchmark.set_defaults(command=_benchmark)
    status = commands.add_parser(
        "status", help="say what is done, running, waiting, diverged and failed"
    )
    status.add_argument(
        "--config",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="as for snakemake, such as scale=paper",
    )
    status.set_defaults(command=_status)
    scale = commands.add_parser(
        "scale", help="print a scale with the sections of all studies, as one file to start from"
    )
    scale.add_argument("scale", nargs="?", default="quick", help="(default: %(default)s)")
    scale.set_defaults(command=_scale)
    schema = commands.add_parser("schema", help="print the JSON schema of the configuration")
    schema.add_argument(
        "--tables", action="store_true", help="print its keys as tables instead, in Markdown"
    )
    schema.set_defaults(command=_schema)
    return parser


def _schema(options: argparse.Namespace) -> None:
    print(schema_tables() if options.tables else json.dumps(json_schema(), indent=2))


def _scale(options: argparse.Namespace) -> None:
    content = scale_content(scale_path(options.scale))
    print(yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=100), end="")


def _train(options: argparse.Namespace) -> None:
    settings = read_settings({"scale": options.scale})
    ensemble = _single_run(settings, options)
    if not 1 <= options.threads <= MOST_THREADS:
        raise UserError(f"--threads must be from 1 to {MOST_THREADS}, not {options.threads}")
    if options.output:
        check_output(options.output)
    from whysgd.training.job.runtime import start_tensorflow

    start_tensorflow(options.threads, gpus=int(options.gpu))
    from whysgd.data.prepare import prepared
    from whysgd.training.checkpoints import remove_checkpoints
    from whysgd.training.history import write_history
    from whysgd.training.job.run import train_ensemble

    # A folder for each run: others may have theirs in the same place.
    checkpoints = options.checkpoints and options.checkpoints / ensemble.run_id
    dataset = prepared(ensemble.program.dataset, settings.data_folder)
    with logging_to(logging.StreamHandler(sys.stderr), "%(message)s") as logger:
        history = train_ensemble(ensemble, dataset, logger, checkpoint_folder=checkpoints)
    if options.output:
        write_history(options.output, history)
    else:
        history.to_csv(sys.stdout, index=False, lineterminator="\n")
    if checkpoints:
        remove_checkpoints(checkpoints)


def _benchmark(options: argparse.Namespace) -> None:
    from whysgd.benchmarks.bench import FULL, QUICK
    from whysgd.benchmarks.document import performance_lines, update_document
    from whysgd.benchmarks.suite import chosen, run_suite
    from whysgd.training.job.runtime import start_tensorflow

    rows, figures = chosen(options.rows)
    start_tensorflow(1)  # here for the initial parameters; contestants have their own processes
    check_output(options.results / "row.json")
    with logging_to(logging.StreamHandler(sys.stderr), "%(message)s"):
        run_suite(rows, figures, QUICK if options.quick else FULL, options.results)
    lines = performance_lines(options.results)
    print("\n".join(lines))
    if options.document:
        update_document(options.document, lines)


def _status(options: argparse.Namespace) -> None:
    settings = read_settings(dict(_assignment(text, "--config") for text in options.config))
    print_status(settings, plan_jobs(settings.scale))


def _single_run(settings: Settings, options: argparse.Namespace) -> Ensemble:
    """The one run that the options describe.

    Raises:
        UserError: the experiment does not exist, a key is wrong, or a list is left to sweep.
    """
    name, sweeps = options.experiment, _sweeps_with(settings, options)
    changes = dict(_assignment(text) for text in options.set)
    for axis in ("learning_rate", "reg_coefficient"):
        value = getattr(options, axis)
        if value is not None:
            changes[axis] = value
            changes[f"{axis}_over_batch_size"] = None
    budgets = [key for key in ("epochs", "updates") if changes.get(key) is not None]
    if len(budgets) == 1:
        changes[{"epochs": "updates", "updates": "epochs"}[budgets[0]]] = None
    experiment = merged(sweeps.experiments[name].model_dump(), changes)
    content = {**sweeps.model_dump(), "experiments": {name: experiment}}
    chosen = validated(Sweeps, content, f"scale {settings.scale_name}")
    points = experiment_points(chosen, name)
    if len(points) > 1:
        choices = _open_axes(chosen, name)
        raise UserError(f"experiment {name} has {len(points)} grid points: {choices}")
    if not 0 <= options.seed <= LARGEST_SEED:
        raise UserError(f"--seed must be from 0 to 2^63 - 1, not {options.seed}")
    check_sizes({points[0].program}, settings.scale.jobs)
    return Ensemble(program=points[0].program, members=(points[0].member(options.seed),))


def _sweeps_with(settings: Settings, options: argparse.Namespace) -> Sweeps:
    """The sweeps of the study that has the experiment.

    Raises:
        UserError: none has it, or several have and the options name none.
    """
    name, studies = options.experiment, settings.scale.sweeps
    if options.study is not None:
        if options.study not in studies:
            raise UserError(f"--study: no {options.study!r}; known: {', '.join(studies)}")
        studies = {options.study: studies[options.study]}
    found = [study for study, sweeps in studies.items() if name in sweeps.experiments]
    if not found:
        known = dict.fromkeys(e for sweeps in studies.values() for e in sweeps.experiments)
        raise UserError(f"--experiment: no {name!r}; known: {', '.join(known)}")
    if len(found) > 1:
        raise UserError(f"--experiment: {name!r} is of {' and '.join(found)}; choose with --study")
    return studies[found[0]]


def _assignment(text: str, option: str = "--set") -> tuple[str, object]:
    key, separator, value = text.partition("=")
    if not separator:
        raise UserError(f"{option} {text}: write KEY=VALUE")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError:
        raise UserError(f"{option} {text}: the value is not valid YAML") from None


def _open_axes(sweeps: Sweeps, name: str) -> str:
    """Keys with several values, whether the experiment or its program has them."""
    own = sweeps.experiments[name].model_dump(exclude_none=True)
    base = sweeps.programs[own["program"]].model_dump(exclude_none=True)
    if "epochs" in own or "updates" in own:  # one budget replaces the other
        base = {key: values for key, values in base.items() if key not in ("epochs", "updates")}
    return "; ".join(
        # Epochs are counted, even where they are fractions.
        f"choose {key} among "
        + ", ".join(f"{v:g}" if key == "epochs" else format_number(v) for v in values)
        for key, values in {**base, **own}.items()
        if isinstance(values, tuple) and len(values) > 1
    )
