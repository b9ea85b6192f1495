# Everything a person or CI does here. Needs Python 3.11 or newer, nothing else; see CONTRIBUTING.md.

PYTHON ?= python3
ARGS ?=
WORKERS ?= 3
LAB_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
UV := $(BIN)/uv
NPM := $(PY) scripts/npm.py
READY := $(VENV)/.ready
VIEW := workbench/static/view.js
LABEXTENSIONS := $(VENV)/share/jupyter/labextensions
PACKAGES := extensions/node_modules/.package-lock.json
FRONT := $(shell find extensions -type f -not -path '*/node_modules/*' -not -path '*/test/*' -not -path '*/dev/*' 2>/dev/null)
ROOT_FLAG := $(if $(filter 0,$(shell id -u)),--allow-root)

# A recipe that fails leaves no half-made target behind that looks finished.
.DELETE_ON_ERROR:
.PHONY: help setup front types lab demo test check bench kernels soak lock clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(READY) ## make the virtual environment from the lock file

front: $(VIEW) ## build the front end

types: setup ## write the page's types, and the golden pages, from Python's models
	$(PY) scripts/make_types.py
	$(PY) scripts/make_pages.py

lab: setup front ## open the first notebook in JupyterLab (LAB_ARGS="--no-browser --port 8899")
	$(BIN)/jupyter lab --ServerApp.root_dir=. notebooks/00-first-run.ipynb $(ROOT_FLAG) $(LAB_ARGS)

demo: setup ## tell the same story in the terminal (ARGS=--yes answers every question)
	$(BIN)/workbench demo $(ARGS)

test: setup front ## run every test, browser tests included (ARGS="-k plan", WORKERS=0)
	$(NPM) test
	@chromium="$$($(PY) scripts/find_chromium.py --install)" && \
	 WORKBENCH_CHROMIUM="$$chromium" PATH="$(abspath $(BIN)):$$PATH" $(PY) -m pytest --numprocesses $(WORKERS) --dist loadfile $(ARGS)

check: setup $(PACKAGES) ## lint, types, layers and sizes, in both languages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PY) scripts/check_sizes.py
	$(PY) scripts/make_types.py --check
	$(PY) scripts/make_pages.py --check
	$(NPM) run check

bench: setup ## measure against the physical limit of this machine (ARGS="w1 w5 --runs 3")
	$(PY) tests/bench/run.py $(ARGS)

kernels: setup front ## test the controls on each supported ipykernel (ARGS="6.31.0 -- -k blocks")
	$(PY) scripts/kernel_matrix.py $(ARGS)

soak: setup ## kill 10,000 times and count what was lost (ARGS="--kills 500 --seed 7", ARGS=machine)
	$(PY) tests/crash/soak.py $(ARGS)

lock: $(UV) ## pin again what CI uses (ARGS=--upgrade for the newest)
	$(UV) pip compile pyproject.toml --quiet --all-extras --group dev --universal \
	  --python-version 3.11 --no-annotate --custom-compile-command 'make lock' \
	  --output-file requirements.lock $(ARGS)

clean: ## remove everything that was made here
	rm -rf $(VENV) build dist workbench/static extensions/node_modules \
	  .coverage .coverage.* htmlcov .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	 { echo 'Workbench needs Python 3.11 or newer: make PYTHON=/path/to/python3.11'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	 { echo "Python's venv module is missing: install it (Debian: apt-get install python3-venv)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements.lock)"

$(READY): requirements.lock pyproject.toml hatch_build.py | $(UV)
	$(UV) pip install --quiet --python $(PY) --requirements requirements.lock
	$(UV) pip install --quiet --python $(PY) --no-deps --editable .
	@touch $@

$(PACKAGES): extensions/package-lock.json | $(READY)
	$(NPM) ci
	@touch $@

$(VIEW): $(FRONT) $(PACKAGES)
	$(NPM) run build
	@mkdir -p $(LABEXTENSIONS)
	@ln -sfn $(abspath workbench/static/labextension) $(LABEXTENSIONS)/jupyter-agent-workbench
	@touch $@
