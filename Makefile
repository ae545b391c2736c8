# make run: a practice show on this machine. make test: every check. Needs Python 3.11+ and make, nothing else.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
ARGS ?=

.PHONY: run test lint types contracts unit bench clean lock

run: $(RUN_STAMP)
	@exec $(BIN)/changkong demo $(ARGS)

test: $(DEV_STAMP) lint types contracts unit

lint: $(DEV_STAMP)
	$(BIN)/ruff check bot classifiers replies lottery tests benchmarks
	$(BIN)/ruff format --check bot classifiers replies lottery tests benchmarks
	@if [ -x $(BIN)/hadolint ]; then $(BIN)/hadolint Dockerfile && echo "Dockerfile: ok"; \
	else echo "Dockerfile: not linted, hadolint has no wheel for this system"; fi

types: $(DEV_STAMP)
	$(BIN)/mypy

contracts: $(DEV_STAMP)
	$(BIN)/lint-imports --no-cache

unit: $(DEV_STAMP)
	COVERAGE_FILE=.coverage.d/data $(BIN)/python -m pytest -n 2 --dist loadfile -q --cov --cov-report=term --durations=10

bench: $(DEV_STAMP)
	@for b in classify record draws storm; do echo "== $$b"; $(BIN)/python benchmarks/$$b.py || exit 1; done

lock: $(DEV_STAMP)
	.ci/lock

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Changkong needs Python 3.11 or newer; on Debian/Ubuntu type: sudo apt install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing; type: sudo apt install $$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" >&2; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..." >&2
	@$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): $(BIN)/python requirements.lock pyproject.toml
	@echo "Installing what Changkong runs on (about 120 MB to fetch the first time) ..." >&2
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock >&2
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): $(BIN)/python requirements-dev.lock pyproject.toml
	@echo "Installing what the tests need ..." >&2
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements-dev.lock >&2
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@ $(RUN_STAMP)

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.d .import_linter_cache
