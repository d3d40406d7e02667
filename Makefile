# `make` lists all commands. They need Python 3.11 or newer, and nothing else.

SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# Newer than the lock files if the environment is up to date.
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
# Create the environment again if Python was updated or the folder was moved.
ifneq ($(shell $(BIN)/python -c 'print(1)' 2>/dev/null),1)
$(shell rm -f $(READY) $(READY_DEV))
endif
PORT ?=
WORKERS ?= 2
HOST ?=
WORKERS ?= 2
AT := $(if $(PORT),--port $(PORT)) $(if $(HOST),--host $(HOST))
T ?=
WORKERS ?= 2

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do printf '%-18s %s\n' "$$name" "$$what"; done

setup: $(READY) ## create the virtual environment

up: port $(READY) ## start everything with demo data, until Ctrl-C (PORT=8001 for another port)
	@$(BIN)/python cli.py up $(AT) $(if $(V),--verbose)

port:
	@test -e $(READY) || sh .ci/port "$(HOST)" "$(PORT)"

demo: $(READY) ## run an analyst's first job from start to end, without a progress display
	@$(BIN)/python cli.py demo

down: $(READY) ## stop a running `make up`; no data is removed
	@$(BIN)/python cli.py down

doctor: $(READY) ## say what is wrong on this machine, and how to fix it
	@$(BIN)/python cli.py doctor $(AT)

migrate: $(READY) ## migrate the database of the settings, or of a running `make up`
	@$(BIN)/python cli.py migrate

restore-drill: $(READY) ## back up, restore into an empty cluster and store, and read a dashboard
	@$(BIN)/python cli.py restore-drill

test: $(READY_DEV) ## run the tests; T=tests/reports/test_reports.py runs some
	@with=''; sh .ci/chromium || with='not browser'; \
	sh .ci/clients || with="$${with:+$$with and }not clients"; \
	command -v java >/dev/null || with="$${with:+$$with and }not java"; \
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "$$with" $(T)

# How long it takes is set by the environment: CHAOS_SECONDS, CHAOS_FROZEN, CHAOS_WEEKS, CHAOS_KILLS,
# CHAOS_EXECUTIONS, HOSTILE_WEEKS, UNSTEADY_SECONDS, DISKS_SECONDS, and OUTAGES (1: five minutes; 0.1: a tenth), OUTAGES_WATCHERS, OUTAGES_WEEKS.
chaos: $(READY_DEV) ## kill, freeze and cut off processes and servers while executions and a collection run
	@CHAOS_EXECUTIONS=$${CHAOS_EXECUTIONS:-40} CHAOS_KILLS=$${CHAOS_KILLS:-50} CRASHES=$${CRASHES:-1000} $(BIN)/python -m pytest -n 0 tests/executions/test_crashes.py tests/executions/test_chaos.py
	@CHAOS_WEEKS=$${CHAOS_WEEKS:-52} CHAOS_SECONDS=$${CHAOS_SECONDS:-300} CHAOS_FROZEN=$${CHAOS_FROZEN:-60} $(BIN)/python -m pytest -n 0 tests/collections/test_chaos.py
	@HOSTILE_WEEKS=$${HOSTILE_WEEKS:-52} UNSTEADY_SECONDS=$${UNSTEADY_SECONDS:-60} BAD_COLUMNS=1 $(BIN)/python -m pytest -n 0 -s tests/collections/test_hostile_amc.py tests/graph/test_unsteady_database.py tests/views/test_bad_parts.py
	@DISKS_SECONDS=$${DISKS_SECONDS:-180} $(BIN)/python -m pytest -n 0 -s tests/collections/test_full_disks.py
	@OUTAGES=$${OUTAGES:-1} $(BIN)/python -m pytest -n 0 -s tests/local/test_lost_servers.py

check: format lint types imports agree schema-current locks ## run all checks except the tests
	@echo 'All checks passed.'

schema: $(READY) ## write schema.graphql
	@$(BIN)/python cli.py schema

schema-compare: $(READY) ## what clients would notice of this schema: OLD=old.graphql, or BASE=a commit (main)
	@old="$(OLD)"; if test -z "$$old"; then old=$$(mktemp); trap 'rm -f "$$old"' EXIT; git show "$(or $(BASE),main):schema.graphql" > "$$old" || exit 2; fi; \
	$(BIN)/python cli.py schema --compare "$$old"

migration: $(READY_DEV) ## write a migration from the models: make migration m="reports have an owner"
	@test -n "$(m)" || { echo 'Say what it does: make migration m="reports have an owner"'; exit 1; }
	@$(BIN)/python cli.py migrate --new "$(m)"

locks-new: ## pin the newest versions that pyproject.toml allows (needs uv)
	uv pip compile -q --upgrade --universal --generate-hashes --no-header --extra local --group setup pyproject.toml -o requirements.lock
	uv pip compile -q --upgrade --universal --generate-hashes --no-header --group dev -c requirements.lock -o requirements-dev.lock

clean: ## remove the data of `make up`, after asking
	@test ! -x $(BIN)/python || $(BIN)/python cli.py clean

# The parts of `check`, each of which can be run alone.
.PHONY: help setup up port demo down doctor migrate restore-drill test chaos check schema schema-compare migration locks-new clean
.PHONY: format lint types imports agree schema-current locks

format: $(READY_DEV)
	@$(BIN)/ruff format --check --quiet . || { echo 'To fix it: .venv/bin/ruff format .'; exit 1; }

lint: $(READY_DEV)
	@$(BIN)/ruff check --quiet .

types: $(READY_DEV)
	@$(BIN)/python -m mypy

imports: $(READY_DEV)
	@told=$$($(BIN)/lint-imports) || { echo "$$told"; exit 1; }

agree: $(READY_DEV)
	@$(BIN)/python cli.py migrate --models

schema-current: $(READY)
	@$(BIN)/python cli.py schema --check

locks:
	@if grep -n '://' requirements.lock requirements-dev.lock tests/clients/package-lock.json; then echo 'A lock file contains the address of a registry.'; exit 1; fi

$(READY): requirements.lock pyproject.toml
	@sh .ci/python $(VENV)
	@echo 'Installing packages; this happens only once ...'
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(READY_DEV): requirements-dev.lock $(READY)
	@echo 'Installing packages for development; this happens only once ...'
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
