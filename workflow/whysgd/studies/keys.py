"""The key of every job of the workflow: what its result depends on, in one hash.

Keys follow from configuration, code and files that people write; nothing that a job has made is
looked at. A job that reads what another makes has the other's key in its own. `whysgd.base.keys`
says what a key is, docs/architecture.md how Snakemake uses them.
"""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from whysgd.base.code_digest import own_digest, script_digest
from whysgd.base.keys import FileDigests, job_key
from whysgd.base.record import identity
from whysgd.claims.records import JUDGING_FILE
from whysgd.config.archive import archive_files
from whysgd.config.settings import Settings
from whysgd.data.sources import reader_module
from whysgd.runs.figures import FigureSpec
from whysgd.runs.grid import Plan
from whysgd.spec.ensemble import Ensemble
from whysgd.studies.study import Computation, Study
from whysgd.training.digest import training_digest

# Left out of the digests of scripts: what writes logs and starts TensorFlow; what checks the
# configuration, describes what is trained and lists the studies, since what these say is in the
# keys by value.
OUTSIDE = (
    "whysgd.base.scripting",
    "whysgd.config",
    "whysgd.runs.sizes",
    "whysgd.spec.datasets",
    "whysgd.spec.ensemble",
    "whysgd.spec.networks",
    "whysgd.spec.operations",
    "whysgd.spec.program",
    "whysgd.spec.sources",
    "whysgd.studies.registry",
    "whysgd.training.job",
)
# A data set's description is told by value, too, and so is which module reads it.
_OUTSIDE_DATA = (*OUTSIDE, "whysgd.spec", "whysgd.data.sources")
_ARCHIVE = "whysgd.config.archive"  # but where its files are written or read
_ARITHMETIC = "whysgd.training.arithmetic"  # which starting TensorFlow sets
_MEMORY = Path(".snakemake", "whysgd", "file_digests.json")


class Keys:
    """The keys of a scale's jobs, each worked out when it is first asked for."""

    def __init__(
        self,
        settings: Settings,
        plan: Plan,
        studies: Iterable[Study],
        runs_of: Callable[[FigureSpec], Iterable[str]],
    ) -> None:
        """Works out nothing yet.

        Args:
            settings: the whole configuration.
            plan: the training jobs of its scale.
            studies: all that there are.
            runs_of: gives the ids of the runs that a figure reads.
        """
        self._settings, self._scale, self._plan = settings, settings.scale, plan
        self._runs_of = runs_of
        self._studies, self._files = tuple(studies), FileDigests(_MEMORY)
        self._figures = {
            figure.name: (study, figure) for study in self._studies for figure in study.figures
        }
        self._computing = {
            table.name: (study, job)
            for study in self._studies
            for job in study.computations_at(self._scale)
            for table in job.tables
        }
        self._dataset_names = {spec: name for name, spec in self._scale.all_datasets.items()}
        self._script, self._own = cache(self._script_digest), cache(own_digest)
        self.dataset, self.training = cache(self._dataset), cache(self._training)
        self.table, self.drawing = cache(self._table), cache(self._drawing)

    def _script_digest(self, script: str, *modules: str) -> str:
        return script_digest(script, *modules, without=OUTSIDE)

    def _dataset(self, name: str) -> str:
        """Key of preparing a data set, by its own reader alone, and a user's file by content."""
        spec = self._scale.all_datasets[name]
        reader = reader_module(spec.source)
        return job_key(
            code=script_digest("prepare_dataset.py", reader, without=_OUTSIDE_DATA),
            settings=[identity(spec), spec.published_image_shape, spec.num_classes],
            files=[] if spec.path is None else [self._files.of(spec.path)],
        )

    def _training(self, run_id: str) -> str:
        """Key of training an ensemble, by the code that can change its numbers."""
        ensemble = self._plan.ensembles[run_id]
        return job_key(
            code=f"{self._own('train.py')} {training_digest(ensemble.program)}",
            settings=identity(ensemble),
            reads=[self.dataset(self._dataset_names[ensemble.program.dataset])],
        )

    def timing(self, ensemble: Ensemble) -> str:
        """Key of timing a program on this machine."""
        return job_key(code=self._script("calibrate.py"), settings=identity(ensemble))

    def _table(self, name: str) -> str:
        """Key of what makes a table: of a figure's runs, which is named as it is, or another."""
        if self._settings.tables_from is not None:
            return self.taking_tables()
        if name in self._computing:
            return self.computation(*self._computing[name])
        study, figure = self._figures[name]
        runs = list(self._runs_of(figure))
        return job_key(
            code=self._script("table.py"),
            settings=[
                repr(figure),
                identity(figure.part_of(self._scale.sweeps[study.name])),
                [self._plan.ensembles[run_id].program.num_epochs for run_id in runs],
            ],
            reads=map(self.training, runs),
        )

    def computation(self, study: Study, job: Computation) -> str:
        """Key of computing tables without runs."""
        settings = study.settings_at(self._scale)
        assert settings is not None
        dataset = study.dataset_at(self._scale) if job.dataset else None
        return job_key(
            code=self._script("compute.py", _ARITHMETIC, *map(study.table_module, job.tables)),
            settings=[
                identity(settings),
                None if dataset is None else self._scale.all_datasets[dataset].num_classes,
            ],
            reads=[
                *([] if dataset is None else [self.dataset(dataset)]),
                *map(self.table, job.reads),
            ],
        )

    def taking_tables(self) -> str:
        """Key of taking published tables, wherever they lie."""
        assert self._settings.tables_from is not None
        return job_key(
            code=self._script("take_tables.py", _ARCHIVE),
            files=map(self._files.of, archive_files(self._settings.tables_from)),
        )

    def _drawing(self, study: Study, figure: FigureSpec) -> str:
        """Key of drawing a figure."""
        return job_key(
            code=self._script("figure.py", study.figure_module(figure)),
            settings=[
                self._settings.scale_name,
                figure.name,
                study.configuration(figure, self._scale),
                list(figure.reads),
            ],
            files=map(self._files.of, study.paper_files),
            reads=map(self.table, figure.reads.values()),
        )

    def claims(self, tables: Iterable[str]) -> str:
        """Key of judging all claims from some tables, named as `table` knows them."""
        judged = [p for study in self._studies for p in (study.claims_file, *study.paper_files)]
        return job_key(
            code=self._script("claims.py"),
            settings=[
                self._settings.scale_name,
                {name: identity(sweeps.runs) for name, sweeps in self._scale.sweeps.items()},
            ],
            files=map(self._files.of, [JUDGING_FILE, *judged]),
            reads=[f"{name} {self.table(name)}" for name in tables],
        )

    def provenance(self, drawn: Iterable[tuple[Study, FigureSpec]], claims: str) -> str:
        """Key of recording where the given figures, and claims of the given key, come from."""
        return job_key(
            code=self._script("provenance.py", *(study.module for study in self._studies)),
            settings=identity(self._scale),
            reads=[*(self.drawing(study, figure) for study, figure in drawn), claims],
        )

    def reading(self, script: str, tables: Iterable[str], provenance: str) -> str:
        """Key of a job that makes something of some tables and of the record of provenance."""
        return job_key(
            code=self._script(script, _ARCHIVE),
            settings=[self._settings.scale_name, identity(self._scale)],
            reads=[*(f"{name} {self.table(name)}" for name in tables), provenance],
        )
