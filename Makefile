# The environment and the everyday commands: `make help` lists them. What is drawn, from what, is
# for Snakemake to know (Snakefile, rules/).

# Which Python makes .venv.
PYTHON ?= python3
# cpu or cuda: the one that .venv has, else cpu.
DEVICE = $(patsubst .venv/.ready-%,%,$(firstword $(wildcard .venv/.ready-*) .venv/.ready-cpu))
# A file of config/scales without .yaml; empty: the scale of config/config.yaml.
SCALE =
CONFIG = $(if $(SCALE),--config scale=$(SCALE))
# Parts of the benchmarks, such as mlp64 or wrn8-7; empty: all.
BENCH =
# What pytest is told besides, such as "-k resume" or "--nightly 3".
TESTS =

ifeq ($(filter $(DEVICE),cpu cuda),)
$(error DEVICE must be cpu or cuda, not '$(DEVICE)')
endif

READY := .venv/.ready-$(DEVICE)
IN_VENV := PATH="$(CURDIR)/.venv/bin:$$PATH"
RESOLVE := $(IN_VENV) uv pip compile --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-header --no-emit-index-url \
	--no-emit-find-links --annotation-style line
# Two processes; which tests share one, and which come first, is for tests/tiers.py to say.
PYTEST := $(IN_VENV) pytest -n 2 --dist loadgroup --no-loadscope-reorder

# Modules from outside the lock would change results unseen.
unexport PYTHONPATH PYTHONHOME

.PHONY: all status report archive setup test test-fast test-nightly test-faults test-slurm plan check benchmark unlock lock clean help

all: $(READY) ## Draw every figure, making only what is missing or out of date (the default)
	$(IN_VENV) snakemake $(CONFIG)

status: $(READY) ## Say what is done, running, waiting, diverged and failed; reads files only
	@$(IN_VENV) whysgd status $(CONFIG)

report: all ## Write results/report.zip: every claim, figure and table with captions, costs, provenance
	$(IN_VENV) snakemake $(CONFIG) --report results/report.zip

archive: $(READY) ## Pack the tables, so that others can draw the figures without training
	$(IN_VENV) snakemake $(CONFIG) archive

setup: $(READY) ## Make .venv from its hashed lock; with DEVICE=cuda, for NVIDIA GPUs

# The mark comes last: a set-up that was interrupted has none, and starts anew.
$(READY): envs/requirements-$(DEVICE).txt envs/requirements-uv.txt envs/install.py pyproject.toml
	$(PYTHON) envs/install.py $(DEVICE)
	@touch $@

test: $(READY) ## Run the tests, all but the rare and slow ones: 10 minutes
	$(PYTEST) $(TESTS)

test-fast: $(READY) ## Run the tests that do without Snakemake: 3 minutes
	$(PYTEST) -m "not workflow" $(TESTS)

test-nightly: $(READY) ## Run all tests and kill runs at 100 moments; on SLURM, too, with ALLOW_SYSTEM_SLURM=1
	$(PYTEST) --nightly all --kill-points 100 $(if $(filter 1,$(ALLOW_SYSTEM_SLURM)),--slurm) $(TESTS)

test-faults: $(READY) ## Kill runs at many random moments and compare what comes out to the last bit
	$(IN_VENV) pytest tests/pipeline/test_faults.py --nightly all --kill-points 24 $(TESTS)

test-slurm: $(READY) ## Install and start SLURM on this machine, as root, and run jobs on it: ALLOW_SYSTEM_SLURM=1
	tests/slurm/cluster.sh check
	$(IN_VENV) pytest tests/slurm --slurm --nightly all $(TESTS)

plan: $(READY) ## Time a scale's programs and tell jobs, memory and hours of each figure; SCALE=NAME
	$(IN_VENV) snakemake plan --quiet all $(CONFIG)

check: $(READY) ## Check format, lint and types, and plan a run without running it
	$(IN_VENV) ruff format --check .
	$(IN_VENV) ruff check .
	$(IN_VENV) mypy
	$(IN_VENV) snakefmt --check Snakefile workflow/Snakefile rules
	$(IN_VENV) snakemake --lint
	$(IN_VENV) snakemake --dry-run

benchmark: $(READY) .venv/.with-benchmark ## Time training against JAX, Keras and others: half an hour, docs/performance.md
	$(IN_VENV) whysgd benchmark --document docs/performance.md $(if $(BENCH),--rows $(BENCH))

# Adds packages to .venv and changes none: the CPU lock is this lock's constraint.
.venv/.with-benchmark: envs/requirements-benchmark.txt $(READY)
	$(PYTHON) envs/install.py benchmark
	@touch $@

unlock: $(READY) ## Free the working folder after Snakemake itself was killed or the machine went down
	$(IN_VENV) snakemake --unlock

lock: $(READY) ## Resolve envs/*.in into the hashed locks, keeping each version that still fits
	cd envs && $(RESOLVE) uv.in --output-file requirements-uv.txt
	cd envs && $(RESOLVE) cpu.in --output-file requirements-cpu.txt
	cd envs && $(RESOLVE) cuda.in --constraint requirements-cpu.txt --output-file requirements-cuda.txt
	cd envs && $(RESOLVE) benchmark.in --constraint requirements-cpu.txt --output-file requirements-benchmark.txt

clean: ## Delete .venv, caches and ALL results, of every scale; results/README.md stays
	find results/ -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
	rm -rf .venv .snakemake .mypy_cache .pytest_cache .ruff_cache workflow/*.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "Variables: PYTHON=python3.12 makes .venv with that Python (3.11 to 3.13),"
	@echo "           DEVICE=cpu|cuda chooses the lock, SCALE=NAME a file of config/scales."
	@echo "           BENCH=\"mlp64 wrn8-7\" chooses parts of the benchmarks, TESTS=\"-k resume\" of the tests."
	@echo "One figure: .venv/bin/snakemake figure3"
