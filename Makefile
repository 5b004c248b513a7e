# Everything by name. `make reproduce` and `make test` set up what they need; a second call costs no set-up.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c '$(NEW_ENOUGH)' 2> /dev/null && echo $$python && break; done)
TORCH ?= torch==2.13.0
# Where there is no GPU the build without CUDA, gigabytes smaller; where that index is out of reach, the usual one.
TORCH_INDEX ?= $(if $(shell command -v nvidia-smi),,https://download.pytorch.org/whl/cpu)

SHELL := /bin/bash
export PATH := $(abspath .venv)/bin:$(PATH)
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup reproduce report paper test lint bench readme crate lock prune

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*##/  make \1 -/'

setup: $(READY)  ## make .venv with the pinned packages

$(READY): requirements.txt
	@$(or $(PYTHON),false) -c '$(NEW_ENOUGH)' || \
		{ echo "error: found no Python 3.11 or later; name one: make setup PYTHON=/path/to/python3.12" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	pip install --quiet --upgrade pip
	$(if $(TORCH_INDEX),pip install --quiet --retries 0 --timeout 10 --index-url $(TORCH_INDEX) "$(TORCH)" 2>/dev/null ||) pip install --quiet "$(TORCH)"
	pip install --quiet --requirement requirements.txt
	@touch $@

reproduce: $(READY)  ## run what params.yaml asks for: all tables and figures
	dvc repro
	@dvc metrics show

report: $(READY)  ## the page again, of whatever is there; dvc makes it only when all runs are
	python -m stages.report --params params.yaml --sequences data/sequences.safetensors --models models \
		--predictions predictions --results results --paper paper --profiles profiles --bench bench/results \
		--out results/report.html

paper: $(READY)  ## the paper's own parameters on Human3.6M (needs the licensed data)
	python -m stages.fetch --params profiles/paper.yaml --raw data/raw --manifest data/manifest.json --check
	python -m workflow.profile paper
	dvc repro

test: $(READY)  ## all tests
	python -m pytest

lint: $(READY)  ## style and types
	ruff check
	ruff format --check
	mypy

readme: $(READY)  ## bring the README's generated parts up to date
	python -m workflow.readme

bench: $(READY)  ## measure the demo and data of Human3.6M's size; VIDEOPOSE3D=path: its speed beside ours; a GPU, where one is
	python -m bench.demo
	python -m bench.human36m
	python -m bench.aggregate
	$(if $(VIDEOPOSE3D),python -m bench.speed --videopose3d "$(VIDEOPOSE3D)")
	$(if $(shell command -v nvidia-smi),python -m bench.gpu $(if $(VIDEOPOSE3D),--videopose3d "$(VIDEOPOSE3D)"))

crate: $(READY)  ## pack the finished results for an archive: crate.zip, an RO-Crate
	python -m workflow.crate --out crate.zip

lock: $(READY)  ## write requirements.txt from what .venv has
	(head -1 requirements.txt; pip freeze --exclude torch) > .lock && mv .lock requirements.txt

prune: $(READY)  ## delete runs that params.yaml no longer has, and all training checkpoints
	python -m workflow.prune
