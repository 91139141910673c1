"""The values of a grid point by name, and labels made of them."""

from string import Formatter
from typing import Any

from whysgd.base.powers import format_number
from whysgd.runs.grid import Point


def value_of(point: Point, name: str) -> Any:
    """A value of a grid point by its name.

    Args:
        point: of any experiment.
        name: `learning_rate`, `reg_coefficient`, `effective_learning_rate` (the learning rate
            times the updates on each minibatch), `epochs` (the budget), a field of the program,
            such as `batch_size` or `schedule.start`, or a quotient of two of these, such as
            `learning_rate/batch_size`.

    Raises:
        ValueError: a point has no such value.
    """
    if "/" in name:
        dividend, divisor = name.split("/")
        return value_of(point, dividend) / value_of(point, divisor)
    match name:
        case "learning_rate" | "reg_coefficient":
            return getattr(point, name)
        case "effective_learning_rate":
            return point.program.updates_per_batch * point.learning_rate
        case "epochs":
            return point.program.num_epochs
    value: Any = point.program
    for field in name.split("."):
        if field not in type(value).model_fields:
            raise ValueError(f"a grid point has no value {name!r}")
        value = getattr(value, field)
        if value is None:
            break
    return value


def filled_label(label: str, point: Point) -> str:
    """Fills the fields of a label with the values of a grid point.

    Args:
        label: text with fields such as `{batch_size}`, or `{schedule.start:%}` for a value in
            percent.
        point: whose values they are.
    """
    return _Labels().vformat(label, (point,), {})


def label_fields(label: str) -> set[str]:
    """The names of the values that a label tells."""
    return {field for _, field, _, _ in Formatter().parse(label) if field}


class _Labels(Formatter):
    """Finds fields among the values of a grid point and writes numbers as powers of two."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:
        return value_of(args[0], field_name), field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "%":
            return f"{100 * value:g} %"
        return format_number(value) if isinstance(value, float) else format(value, format_spec)
