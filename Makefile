# The whole vocabulary of the workshop. Every word does only what is out of date.
#
#   make run      set up, start Calanus with its demo, print the address
#   make test     set up, pass the tests
#   make check    the whole gate: format, lint, types, rooms, page, tests

PYTHON ?= python3
PY := .venv/bin/python
PIP := PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 $(PY) -m pip --disable-pip-version-check
NPM := $(PY) tools/npm.py --loglevel=error

# Two test processes: each starts its own PostgreSQL databases, so more gain little on a small machine.
WORKERS ?= 2
# Each of them computes on one processor: waiting for one another's threads took longer than computing.
TESTS := OMP_NUM_THREADS=1 $(PY) -m pytest -n $(WORKERS)
# Words for one run, such as: make run ARGS="--port 9000"   or   make test ARGS="tests/jobs -k kill"
ARGS ?=

# How many calls `make fuzz` makes, and which: another seed makes others.
CALLS ?= 10000
SEED ?= $(shell date +%s)

.PHONY: help run env ui browser tools test fuzz test-python test-page test-install test-postgresql \
        check lint types rooms lint-page format lock docs api bench clean

help:
	@sed -n '3,5s/^#  //p' Makefile
	@echo "   Others: env ui browser tools test-python test-page test-install test-postgresql"
	@echo "           lint types rooms lint-page format fuzz lock docs api bench clean"

run: env ui
	@exec .venv/bin/calanus serve --demo $(ARGS)

# --- Setting up --------------------------------------------------------------------------------

env: .venv/package.done

# The lock names every file by its hash; where it comes from is pip's own configuration.
.venv/lock.done: requirements-dev.lock .venv/made.done
	@echo "Installing what Calanus needs into .venv (a minute or two the first time)"
	@$(PIP) install -q -q --require-hashes -r requirements-dev.lock
	@touch $@

.venv/package.done: .venv/lock.done pyproject.toml hatch_build.py
	@PIP_REQUIRE_HASHES=0 $(PIP) install -q -q --no-index --no-deps --no-build-isolation --editable .
	@touch $@

.venv/made.done:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Calanus needs Python 3.11 or newer, and '$(PYTHON)' is not. Debian 12, Ubuntu 24.04 and later have it:" >&2; \
	  echo "    apt-get install python3 python3-venv      (or name another one: make PYTHON=python3.12 …)" >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python has no venv module. On Debian and Ubuntu it is a package of its own:" >&2; \
	  echo "    apt-get install python3-venv" >&2; \
	  exit 1; }
	@$(PYTHON) -m venv --clear .venv
	@printf '%s\n' "$$PWD" > .venv/where && touch $@

# A virtual environment remembers the folder it was made in: one that was moved or copied is made again.
ifneq ($(wildcard .venv/where),)
ifneq ($(shell cat .venv/where),$(shell pwd))
.PHONY: .venv/made.done
endif
endif

# ui/build.py keeps its own stamps: it installs and builds only what changed.
ui: env
	@$(PY) ui/build.py

browser: env
	@$(PY) tests/browser.py

# Clients of others and what fuzzes, in an environment of their own; without them tests are skipped,
# and in CI fail.
tools: env .venv/tools/done

.venv/tools/done: requirements-tools.lock .venv/made.done
	@echo "Installing the clients of others that the tests run, into .venv/tools"
	@$(PYTHON) -m venv --clear .venv/tools
	@if PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 .venv/tools/bin/python -m pip --disable-pip-version-check \
	  install -q -q --require-hashes -r requirements-tools.lock; then touch $@; else \
	  rm -rf .venv/tools; echo "They could not be installed: the tests that run them are skipped." >&2; fi

# --- Tests -------------------------------------------------------------------------------------

test: test-page test-python

test-python: env ui browser tools
	$(TESTS) $(ARGS)

# Calls made up by schemathesis, as each role: make fuzz CALLS=10000 SEED=7
fuzz: env tools
	CALANUS_FUZZ_CALLS=$(CALLS) CALANUS_FUZZ_SEED=$(SEED) $(PY) -m pytest -s tests/other_clients/test_fuzz.py $(ARGS)

test-page: env ui
	$(NPM) run test

# The wheel, as a stranger would build and install it. It needs the package registries.
test-install: env
	CALANUS_TEST_INSTALL=1 $(PY) -m pytest tests/test_install.py $(ARGS)

# The same tests on another PostgreSQL: make test-postgresql PG_BIN=/usr/lib/postgresql/15/bin
test-postgresql: env ui tools
	@test -x "$(PG_BIN)/postgres" || { echo "PG_BIN names no folder with PostgreSQL's programs: '$(PG_BIN)'" >&2; exit 1; }
	CALANUS_PG_BIN="$(PG_BIN)" $(TESTS) -m "not browser" $(ARGS)

# --- The gate ----------------------------------------------------------------------------------

check: lint types rooms lint-page test

lint: env
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

types: env
	$(PY) -m pyright

# Imports flow downhill; what is imported is declared, what is declared is imported.
rooms: env
	.venv/bin/lint-imports
	$(PY) -m deptry src

lint-page: env ui
	$(NPM) run check
	$(NPM) run lint

format: env ui
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .
	$(NPM) run format

# --- Rarely ------------------------------------------------------------------------------------

lock:
	@test -x .venv/bin/uv || $(PIP) install -q uv
	.venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --group dev pyproject.toml -o requirements-dev.lock
	.venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --group tools -o requirements-tools.lock

# Pages that are written from the code: settings, errors, rights, licences, operations.
docs: env
	$(PY) tools/reference.py

# The page's client, from what the API offers.
api: env ui
	$(PY) tools/openapi.py
	$(NPM) run api

bench: env
	.venv/bin/calanus bench $(ARGS)

clean:
	rm -rf .venv src/calanus/page ui/node_modules ui/build ui/.svelte-kit dist \
	  .pytest_cache .ruff_cache .import_linter_cache .hypothesis tests/.results
