# Plugwarden: `make run` serves the portal, `make test` runs everything. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

PORT ?= 8000
DEMO ?= 1
PYTHON ?= python3
MINUTES ?= 2
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
MODE := $(if $(filter 0,$(DEMO)),development,demo)

# An environment whose interpreter is gone (Python upgraded, folder moved) is made anew.
$(shell [ -x "$$(sed -n '1s/^#!//p;q' $(BIN)/pip 2>/dev/null)" ] || rm -rf $(STAMPS) $(BIN)/pip)

export PLUGWARDEN_ENV ?= $(MODE)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(STAMPS)/base ## Set up what is missing, load the demo (DEMO=0: start empty) and serve on PORT
	@exec $(BIN)/python manage.py serve --port='$(PORT)'

setup: $(STAMPS)/base ## All of `make run` but the serving
	@$(BIN)/python manage.py prepare

test: $(STAMPS)/dev ## Unit, integration and browser tests on SQLite, database tests again on PostgreSQL
	@$(BIN)/python tests/run_all.py $(ARGS)

check: $(STAMPS)/dev ## Lint, types, import rules, migrations, deployment settings, templates
	@$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	PLUGWARDEN_ENV=test $(BIN)/lint-imports
	PLUGWARDEN_ENV=test $(BIN)/python manage.py makemigrations --check --dry-run
	env -u PLUGWARDEN_ENV PLUGWARDEN_ENV_FILE=.env.production.example $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/djlint templates --lint --quiet

fuzz: $(STAMPS)/dev ## Look for archives, manifests and attestations that break a rule, for MINUTES (2); AREAS="zips nested" for some
	@PLUGWARDEN_ENV=test $(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(AREAS)

bench: $(STAMPS)/dev ## Measure against baselines of the same run; prints ratios
	@PLUGWARDEN_ENV=test $(BIN)/python -m tests.bench $(ARGS)

format: $(STAMPS)/dev ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: $(STAMPS)/dev ## Resolve requirements/*.in anew, with hashes
	@for name in base dev guarddog kms; do
	  extra=$$([ $$name = guarddog ] && echo --no-deps || true)
	  UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-emit-find-links $$extra requirements/$$name.in -o requirements/$$name.txt
	done

clean: ## Remove the demo and everything else under var/ (asks first)
	@read -r -p "Delete var/ with its database, keys and reports? [y/N] " answer
	[ "$$answer" = y ] && rm -rf var

$(STAMPS)/system: requirements/system.sh
	@requirements/system.sh run
	mkdir -p $(STAMPS) && touch $@

$(STAMPS)/venv: $(STAMPS)/system
	@umask 022
	[ -x $(BIN)/pip ] || $(PYTHON) -m venv --clear $(VENV)
	mkdir -p $(STAMPS) && touch $(STAMPS)/system $@

$(STAMPS)/base: $(STAMPS)/venv requirements/base.txt requirements/guarddog.txt
	@umask 022
	echo "Installing the locked requirements …"
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/base.txt
	rm -rf $(VENV)/guarddog-rules
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps --target $(VENV)/guarddog-rules -r requirements/guarddog.txt
	touch $@

$(STAMPS)/dev: $(STAMPS)/base requirements/dev.txt
	@umask 022
	requirements/system.sh test
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	touch $@

.PHONY: help run setup test check fuzz bench format lock clean
