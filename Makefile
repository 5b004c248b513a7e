# Named commands. The first one that is run sets up .venv.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c '$(NEW_ENOUGH)' 2> /dev/null && echo $$python && break; done)
TORCH ?= torch==2.13.0
# Without a GPU: the build without CUDA, gigabytes smaller; if its index is unreachable, the default one.
TORCH_INDEX ?= $(if $(shell command -v nvidia-smi),,https://download.pytorch.org/whl/cpu)

SHELL := /bin/bash
export PATH := $(abspath .venv)/bin:$(PATH)
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup reproduce report paper test test-cluster lint deps schema bench faults readme picture site crate lock experiments pull prune

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*##/  make \1 -/'

setup: $(READY)  ## make .venv with the pinned packages

$(READY): requirements.txt
	@$(or $(PYTHON),false) -c '$(NEW_ENOUGH)' || \
		{ echo "error: found no Python 3.11 or later; name one: make setup PYTHON=/path/to/python3.12" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	pip install --quiet --upgrade pip setuptools
	$(if $(TORCH_INDEX),pip install --quiet --retries 0 --timeout 10 --index-url $(TORCH_INDEX) "$(TORCH)" 2>/dev/null ||) pip install --quiet "$(TORCH)"
	pip install --quiet --requirement requirements.txt
	@touch $@

reproduce: $(READY)  ## run the experiments of params.yaml: all tables and figures
	dvc repro
	@python -m workflow.show

report: $(READY)  ## results/report.html from the results so far; dvc makes it only when all runs are done
	python -m stages.report --params params.yaml --sequences data/sequences.safetensors --models models \
		--predictions predictions --smoothers smoothers --results results --paper paper --profiles profiles \
		--bench bench/results --studies results/studies --out results/report.html

paper: $(READY)  ## the paper's parameters on Human3.6M (needs the licensed data)
	python -m stages.fetch --params profiles/paper.yaml --raw data/raw --manifest data/manifest.json --check
	python -m workflow.profile paper
	dvc repro
	@python -m workflow.show

test: $(READY)  ## all tests, three processes for every two cores, because many wait for others
	OMP_NUM_THREADS=1 python -m pytest --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) * 3 / 2)) --dist loadscope --no-loadscope-reorder

test-cluster: $(READY)  ## Snakemake on a SLURM of this machine; as root, with Debian's slurmctld slurmd slurm-client munge
	TEST_CLUSTER=yes python -m pytest --verbose tests/cluster

lint: $(READY)  ## style, types, imports between rooms, code lists of dvc.yaml
	ruff check
	ruff format --check
	mypy
	lint-imports --no-cache --no-logo
	python -m workflow.deps --check

deps: $(READY)  ## write the code lists of dvc.yaml
	python -m workflow.deps

schema: $(READY)  ## write the JSON schema of params.yaml for editors
	python -m workflow.schema

site: $(READY)  ## docs/index.html, the report of the demo that is in git
	python -m workflow.site

readme: $(READY)  ## write the README's generated parts
	python -m workflow.readme

picture: $(READY)  ## write the README's picture, docs/real-video.svg: a real video lifted by NETWORK=file, or by the default one
	out=$$(mktemp -d) && trap 'rm -r "$$out"' EXIT && \
	python -m jointaware lift tests/reference/real-video/cam01.npz $(if $(NETWORK),--network "$(NETWORK)") --svg --out "$$out" && \
	mv "$$out/cam01.svg" docs/real-video.svg

bench: $(READY)  ## measure speed and memory, on a GPU too if there is one; VIDEOPOSE3D=path MOTIONBERT=path: compare with them
	python -m bench.demo
	python -m bench.human36m
	python -m bench.aggregate
	python -m bench.video $(if $(VIDEOPOSE3D),--videopose3d "$(VIDEOPOSE3D)")
	$(if $(VIDEOPOSE3D),python -m bench.speed --videopose3d "$(VIDEOPOSE3D)")
	$(if $(MOTIONBERT),python -m bench.transformer --motionbert "$(MOTIONBERT)")
	$(if $(shell command -v nvidia-smi),python -m bench.gpu $(if $(VIDEOPOSE3D),--videopose3d "$(VIDEOPOSE3D)"))

faults: $(READY)  ## try kills, damaged and hostile files, full disks …; LONG=yes: thousands, for hours; goes on where it was stopped
	python -m bench.faults $(if $(LONG),--long --resume)

crate: $(READY)  ## pack the finished results for an archive: crate.zip, an RO-Crate
	python -m workflow.crate --out crate.zip

lock: $(READY)  ## write requirements.txt from what .venv has
	(head -1 requirements.txt; pip freeze --exclude torch) > .lock && mv .lock requirements.txt

experiments: $(READY)  ## what dvc exp run has tried: parameters and errors that differ
	@python -m workflow.experiments

pull: $(READY)  ## results from the DVC remote instead of training; says in one line what is wrong with the remote
	@python -m workflow.pull

prune: $(READY)  ## delete runs that params.yaml no longer has, and old training checkpoints
	python -m workflow.prune
