# `make help` lists what can be done. Everything is installed into .venv, nothing elsewhere.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --no-input
PINNED := requirements.txt sandbox/requirements.txt requirements-tracing.txt
CODE := config messaging accounts integrations core sandbox tests bench deploy manage.py
# A file's tests share the processes that they start; two files at a time.
AT_ONCE := -n 2 --dist loadfile
FUZZ_SEED := $(or $(SEED),$(shell date +%s))
LOCK := $(BIN)/uv pip compile pyproject.toml --generate-hashes --universal \
	--python-version 3.11 --no-header --quiet

.PHONY: help demo sandbox test test-services bench faults fuzz upgrade-test postman screenshots check checked-types checked-code checked-project docs audit format lock clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: .venv/demo.installed ## Run everything on this machine and carry one DM (ONCE=1: then stop)
	@$(BIN)/python manage.py demo $(if $(ONCE),--once)

sandbox: .venv/demo.installed ## Run only the pretend Workplace and the pretend ovice
	@$(BIN)/python -m sandbox

test: .venv/dev.installed ## Run the whole test suite on the embedded defaults
	@$(BIN)/python -m pytest $(AT_ONCE) $(ARGS)

test-services: .venv/dev.installed ## Run what touches them on the PostgreSQL and Redis of DATABASE_URL and REDIS_URL
	@test -n "$$DATABASE_URL" -a -n "$$REDIS_URL" || \
		{ echo "Set DATABASE_URL and REDIS_URL to services that hold nothing of value."; exit 2; }
	@SERVICES=1 $(BIN)/python -m pytest $(AT_ONCE) --ignore tests/sandbox --ignore tests/config/demo \
		--ignore-glob 'tests/browser/test_*' $(ARGS)

bench: .venv/dev.installed ## Measure the relay (ONLY=accept,relay: some of it; QUICK=1: a tenth)
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick)

faults: .venv/dev.installed ## Kill and freeze everything for 20 minutes (SECONDS=…, SEED=…, ONLY="broker killed")
	@FAULTS_DATABASE=postgres FAULTS_SECONDS=$(or $(SECONDS),1200) FAULTS_ONLY="$(ONLY)" \
		FAULTS_SEED=$(or $(SEED),$(shell date +%s)) $(BIN)/python -m pytest -x -o faulthandler_timeout=0 tests/faults

# One process for each of two cores, each with a database of its own; on a given one there is one.
fuzz: .venv/dev.installed ## Send a million hostile inputs in an hour (SECONDS=…, SEED=…, ONLY=events or ONLY=events:7)
	@printf '%s\n' $(if $(DATABASE_URL)$(findstring :,$(ONLY)),$(FUZZ_SEED),$(FUZZ_SEED).1 $(FUZZ_SEED).2) | \
		FUZZ_SECONDS=$(or $(SECONDS),3600) FUZZ_ONLY="$(ONLY)" xargs -P 2 -I '{}' env FUZZ_SEED='{}' \
		$(BIN)/python -m pytest -q -s -p no:logging -o faulthandler_timeout=0 tests/fuzz/test_fuzz.py

upgrade-test: .venv/dev.installed ## Upgrade a busy system from the schema before the newest one (FROM=a commit)
	@UPGRADE_FROM=$(or $(FROM),before) $(BIN)/python -m pytest -o faulthandler_timeout=1200 tests/upgrade

postman: .venv/demo.installed ## Run the Postman collection and a generic client against the sandbox (Node)
	@npm --prefix docs/postman ci --silent --no-audit --no-fund
	@PYTHON=$(CURDIR)/$(BIN)/python npm --prefix docs/postman test --silent

screenshots: .venv/dev.installed ## Take the README's and the docs' pictures from the running demo (Chromium)
	@$(BIN)/python -m docs.pictures.take

check: .venv/dev.installed ## Check format, types, imports, migrations, settings, dead code and sizes
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target checked-types checked-code checked-project

checked-types:
	$(BIN)/mypy

checked-code:
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/python tests/sizes.py
	$(BIN)/python -m tests.lint_prose
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive $(filter-out tests,$(CODE))

checked-project:
	$(BIN)/python manage.py makemigrations --check --dry-run --settings tests.settings
	$(BIN)/python tests/lint_migrations.py
	ENV_FILE=tests/production.env $(BIN)/python manage.py check --deploy --fail-level WARNING

docs: .venv/dev.installed ## Build the documentation as a site into .site; a warning is an error
	@$(BIN)/mkdocs build --quiet --strict

# Not in the gate: it asks a service of advisories, which cannot be reached from everywhere.
audit: .venv/dev.installed ## Ask PyPI's advisories about the pinned packages (needs the network)
	@$(BIN)/pip-audit --require-hashes --disable-pip $(addprefix --requirement ,$(PINNED)) || \
		{ echo "Either a package above has a known weakness, or the advisories cannot be reached" \
			"from here: then nothing is known, good or bad."; exit 1; }

format: .venv/dev.installed ## Format the code
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

lock: .venv/dev.installed ## Pin the dependencies of pyproject.toml anew, with hashes
	$(LOCK) --upgrade --output-file requirements.txt
	$(LOCK) --extra sandbox --constraint requirements.txt --output-file sandbox/requirements.txt
	$(LOCK) --extra tracing --constraint requirements.txt --output-file requirements-tracing.txt
	$(LOCK) --extra sandbox --extra tracing --extra dev --constraint sandbox/requirements.txt \
		--output-file requirements-dev.txt

clean: ## Remove the virtual environment and everything that was generated
	rm -rf .venv staticfiles .mypy_cache .ruff_cache .pytest_cache .site .hypothesis .import_linter_cache

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Kotozute needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 2; }
	@echo "Creating a virtual environment in .venv …"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python's venv module is missing; on Debian: apt install python3-venv"; exit 2; }

.venv/demo.installed: sandbox/requirements.txt | .venv/bin/pip
	@echo "Installing Python packages into .venv (only the first time, about a minute) …"
	@$(PIP) install --require-hashes -r sandbox/requirements.txt
	@touch $@

.venv/dev.installed: requirements-dev.txt | .venv/bin/pip
	@echo "Installing Python packages into .venv (only the first time, about a minute) …"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@
