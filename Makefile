# Everything a newcomer, an operator or the CI calls. `make demo` and `make test` need only Python >= 3.11, pip and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: setup demo test lint schema bench soak clean

setup: $(VENV)/.runtime

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python >= 3.11 is needed / 需要 Python 3.11 及以上") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

# Hash-pinned first, then the project itself without its dependencies and without a build environment of its own.
$(VENV)/.runtime: requirements/runtime.txt pyproject.toml $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(VENV)/.runtime
	@exec $(BIN)/hub demo $(DEMO_ARGS)

# One process a core, each with a database server of its own; the tests of a file stay together.
test: $(VENV)/.dev
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile $(PYTEST_ARGS)

# The longer proofs: more random examples of the same properties, and the kill -9 test many times over.
soak: $(VENV)/.dev
	HUB_SOAK=1 $(BIN)/python -m pytest -m "soak or property" $(PYTEST_ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hub schema export --check
	$(BIN)/hub policy check
	$(BIN)/hub policy firewall

schema: $(VENV)/.runtime
	$(BIN)/hub schema export
	$(BIN)/hub policy matrix

bench: $(VENV)/.dev
	$(BIN)/python -m bench $(BENCH_ARGS)

clean:
	rm -rf $(VENV) .hub .pytest_cache .mypy_cache .ruff_cache
