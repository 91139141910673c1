"""What the tables of this study are computed from."""

from whysgd.studies.computing import Given
from whysgd.theory.inputs import TheoryInputs
from whysgd.theory.settings import TheorySettings


def theory_inputs(given: Given) -> TheoryInputs:
    """The checked settings, the images, and the problems that can be made of them.

    Raises:
        ValueError: the computation was given no data set.
    """
    if given.dataset is None or given.num_classes is None:
        raise ValueError("the theory study computes its tables from a data set")
    return TheoryInputs(
        TheorySettings.model_validate(given.settings), given.dataset, given.num_classes
    )
