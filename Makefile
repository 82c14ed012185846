# Every task of the project; `make help` lists them. Works from a fresh clone: each target installs what it needs.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

V := .venv
PY := $(V)/bin/python
FLASK := $(V)/bin/flask
CATALOGUES := $(wildcard app/translations/*/LC_MESSAGES/messages.po)
COMPILED := $(CATALOGUES:.po=.mo)
LOCK := $(V)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
CODE := app bench migrations scripts tests

.PHONY: help run worker migrate db-shell test check format bench lock vendor translations screenshots clean

help: ## List every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Settings come from the environment: PORT, LALANH_DATA, LALANH_DEMO, DATABASE_URL … (README.md)"

run: $(V)/run.stamp $(COMPILED) ## Install what is missing and start the whole site; Ctrl-C stops it
	@exec $(FLASK) serve

worker: $(V)/run.stamp ## Start one more worker for the queued jobs
	@exec $(FLASK) worker

migrate: $(V)/run.stamp ## Bring the database to the newest migration
	$(FLASK) db upgrade

db-shell: $(V)/run.stamp ## Open psql on the database that this checkout uses
	@exec $(FLASK) database shell

test: $(V)/dev.stamp $(COMPILED) ## Run every test: unit, database, API, browser (PYTEST="-k word" to choose)
	@scripts/install-packages test
	$(PY) -m pytest -n $${TEST_WORKERS:-2} $(PYTEST)

check: $(V)/dev.stamp ## Lint, types, templates, import rules, translations, migrations
	$(V)/bin/ruff check .
	$(V)/bin/ruff format --check .
	$(V)/bin/mypy
	$(V)/bin/djlint templates --lint --quiet
	$(V)/bin/lint-imports --no-logo
	$(PY) scripts/translations.py check
	scripts/check-migrations

format: $(V)/dev.stamp ## Rewrite the code in the project's format
	$(V)/bin/ruff check --fix-only --quiet .
	$(V)/bin/ruff format .

bench: $(V)/dev.stamp $(COMPILED) ## Measure the site beside bare SQL, matching beside the optimum, a simulated city
	$(PY) -m bench

lock: $(V)/dev.stamp ## Compile requirements*.in into hashed requirements*.txt (UPGRADE=1 for newer versions)
	$(LOCK) $(if $(UPGRADE),--upgrade) requirements.in -o requirements.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) requirements-dev.in -o requirements-dev.txt

vendor: $(V)/dev.stamp ## Copy the browser libraries anew from npm, by package-lock.json, and show what changed
	npm ci --ignore-scripts --no-audit --no-fund
	$(PY) scripts/vendor.py
	git --no-pager diff --stat -- static/vendor

translations: $(V)/dev.stamp ## Collect the texts into the catalogues and compile them
	$(PY) scripts/translations.py update
	$(MAKE) --no-print-directory $(COMPILED)

screenshots: $(V)/dev.stamp $(COMPILED) ## Make the pictures in docs/screenshots/
	@scripts/install-packages test
	$(PY) scripts/screenshots.py

clean: ## Remove what tools made (.venv, caches); the site's data stays where it is
	rm -rf $(V) node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis test-results
	find $(CODE) -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(V)/run.stamp: requirements.txt scripts/install-packages scripts/install-python scripts/link-project
	@scripts/install-packages run
	@scripts/install-python $(V) requirements.txt
	@touch $@

$(V)/dev.stamp: requirements-dev.txt $(V)/run.stamp
	@scripts/install-python $(V) requirements-dev.txt
	@touch $@

%.mo: %.po | $(V)/run.stamp
	@$(V)/bin/pybabel --quiet compile --input-file $< --output-file $@
