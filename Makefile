# Everything sets itself up: python3 (>= 3.11, with venv), git and make are enough.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= auto

.PHONY: demo test lint stress bench interface lock clean
.DEFAULT_GOAL := test

$(VENV)/.ready: requirements.lock requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(VENV)/.ready  ## the whole story on this machine
	$(BIN)/gitops-actions demo $(DEMO)

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint  ## what CI runs
	$(BIN)/pytest -n $(JOBS) -m "not stress"

stress: $(VENV)/.ready  ## the full-size runs
	$(BIN)/pytest -n 4 --dist loadgroup -m stress -o faulthandler_timeout=0 --durations=20

bench: $(VENV)/.ready  ## the figures that README quotes
	$(BIN)/python -m benchmarks

interface: $(VENV)/.ready  ## writes the options into action.yml, the GitLab components and their pages
	$(BIN)/python -m action.interface

lock: $(VENV)/.ready  ## renew both lock files
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --custom-compile-command "make lock" -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --custom-compile-command "make lock" --extra dev -o requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache dist
