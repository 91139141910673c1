"""Where everything lies that is made at one scale."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Results:
    """The folder of a scale's results, and the paths of all that is made in it.

    Paths are text with slashes. A rule may give a wildcard, such as "{run_id}", as a name. A job is
    named by what it makes, such as "train/RUN_ID", "figure/figure3" or "claims".

    Attributes:
        folder: of the scale.
    """

    folder: Path

    # Folders of this folder that a path on the command line may be meant to lie in.
    FOLDERS = ("data", "figures", "runs", "tables")

    def path(self, *parts: str) -> str:
        """Any path below the folder."""
        return self.folder.joinpath(*parts).as_posix()

    def data(self, dataset: str) -> str:
        """A prepared data set."""
        return self.path("data", f"{dataset}.npz")

    def checksum(self, dataset: str) -> str:
        """The SHA-256 of a prepared data set."""
        return f"{self.data(dataset)}.sha256"

    def history(self, run_id: str) -> str:
        """What a training job measured."""
        return self.path("runs", run_id, "history.csv")

    def ensemble(self, run_id: str) -> str:
        """What a training job trained."""
        return self.path("runs", run_id, "ensemble.json")

    def checkpoints(self, run_id: str) -> str:
        """The folder that an unfinished training job goes on from."""
        return self.path("checkpoints", run_id)

    def events(self, run_id: str) -> str:
        """The folder of a training job's event files for TensorBoard."""
        return self.path("tensorboard", run_id)

    def table(self, name: str) -> str:
        """A table: a figure's means over runs, or one that is computed."""
        return self.path("tables", f"{name}.csv")

    def run_table(self, figure: str) -> str:
        """Every single run that a figure reads."""
        return self.table(f"{figure}_runs")

    def figure(self, name: str, kind: Literal["pdf", "png"]) -> str:
        """A figure's file."""
        return self.path("figures", f"{name}.{kind}")

    def claims(self, kind: Literal["csv", "md", "html"], so_far: bool = False) -> str:
        """The verdicts on all claims, or on those whose tables are there."""
        return self.path(f"claims{'_so_far' if so_far else ''}.{kind}")

    def page(self, name: str) -> str:
        """A page of the report."""
        return self.path("pages", f"{name}.html")

    def published(self, name: str) -> str:
        """A record that came with the tables of an archive."""
        return self.path("published", name)

    def archive(self, scale: str) -> str:
        """The tables for others."""
        return self.path(f"{scale}-tables.zip")

    def timing(self, timing_id: str) -> str:
        """What a program takes on this machine."""
        return self.path("timings", f"{timing_id}.json")

    def log(self, job: str) -> str:
        """A job's log."""
        return self.path("logs", f"{job}.log")

    def benchmark(self, job: str) -> str:
        """Time and memory of a job, as Snakemake measures them."""
        return self.path("benchmarks", f"{job}.tsv")

    @property
    def provenance(self) -> str:
        """Where the results come from."""
        return self.path("provenance.json")

    @property
    def costs(self) -> str:
        """What each figure costs."""
        return self.path("costs.csv")

    @property
    def calibration(self) -> str:
        """This machine's timings in one file."""
        return self.path("calibration.json")

    def plan(self, kind: Literal["csv", "md"]) -> str:
        """What the scale will take."""
        return self.path(f"plan.{kind}")
