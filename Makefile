.DEFAULT_GOAL := help
.PHONY: help setup run test check format migrate lock bench soak clean

# The first interpreter found that is new enough; override with `make PYTHON=/path/to/python3.12`.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help: ## List what can be made.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: $(READY) ## Create .venv with every dependency, locked by version and hash.

$(READY): deploy/requirements.txt pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "Tacit needs Python 3.11 or later; none was found on PATH." >&2; exit 2; fi
	@$(PYTHON) -m venv $(VENV) || { echo "Could not create $(VENV). On Debian or Ubuntu: apt install python3-venv" >&2; exit 2; }
	@echo "Installing the locked dependencies into $(VENV) ..."
	@# The lock is complete. Left to resolve "coverage[toml]", pip would ask for a newer release than the locked one.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r deploy/requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m pip check --quiet
	@touch $(READY)

run: setup ## Run half a year of a sample book in seconds, then serve its pages until Ctrl-C.
	@$(BIN)/tacit demo

test: setup ## Run the tests on every core (add ARGS="-k name" to choose).
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup ## Format, lint, types and import rules, as CI checks them.
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup ## Rewrite the code in the project's format.
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

migrate: setup ## Bring the database of the home in TACIT_HOME to the newest schema.
	@$(BIN)/tacit init

bench: setup ## Run every benchmark against its floor.
	@for b in tick relay book web inbox replies; do $(BIN)/python -m benchmarks.$$b || exit 1; done

soak: setup ## Run at full length what `make test` samples: faults, and a year of real data.
	@TACIT_SOAK=1 $(BIN)/python -m pytest tests/faults tests/ravenstack tests/browser tests/web tests/services/test_random_histories.py $(ARGS)

lock: ## Choose the dependencies' versions anew (needs uv).
	uv pip compile --universal --generate-hashes --no-header --python-version 3.11 \
		--all-extras --group dev --upgrade -o deploy/requirements.txt pyproject.toml

clean: ## Remove what the other targets made.
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
