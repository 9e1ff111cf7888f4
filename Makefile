# Throughline. `make help` lists the targets; needs make and Python 3.11 or newer, nothing else.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh
# What is compiled is kept: else each process of ours compiles a thousand modules, for two seconds.
unexport PYTHONDONTWRITEBYTECODE
PY := .venv/bin/python
ASSETS := web/management/commands/vendor_assets.py

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Set-up. Each step leaves a file, so that a second run repeats nothing.

.PHONY: setup
setup: .venv/.requirements .env var/vendor/.copied ## everything the other targets need (they call it)

.venv/bin/python:
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  "$$python" -c 'import ensurepip, venv' 2>/dev/null || { lame=$$python; continue; }; \
	  echo "Making .venv with $$("$$python" --version)."; \
	  rm -rf .venv && exec "$$python" -m venv .venv; \
	done; \
	if [ -n "$$lame" ]; then \
	  echo "throughline: $$lame cannot make virtual environments; on Debian: apt-get install python3-venv." >&2; \
	else \
	  echo "throughline: Python 3.11 or newer is needed; install it, or name it: make setup PYTHON=/path/to/python3." >&2; \
	fi; exit 1

.venv/.requirements: requirements.txt requirements-dev.txt | .venv/bin/python
	@echo "Installing the Python packages."
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
	@touch $@

.env: | .venv/.requirements
	@$(PY) -m config.local_settings

node_modules/.package-lock.json: package.json package-lock.json | .venv/.requirements
	@echo "Installing the browser assets."
	@PATH="$$PATH:$(CURDIR)/.venv/bin" npm_config_cache="$(CURDIR)/var/npm" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

var/vendor/.copied: node_modules/.package-lock.json $(ASSETS) | .env
	@$(PY) manage.py vendor_assets
	@touch $@

.PHONY: chromium
chromium: setup
	@$(PY) -m tests.browser.chromium

# To use it

.PHONY: demo
demo story: export EXIT_WITH_PARENT = 1 # kill -9 of make ends all its processes
demo: setup ## sample data, one sale played through live, then serve until Ctrl-C; PORT=8010 picks another port
	@$(PY) manage.py demo $(if $(PORT),--port $(PORT)) $(ARGS)

.PHONY: story
story: setup ## a lead becomes an official invoice, headless, on a fresh database
	@$(PY) manage.py story

.PHONY: dev
dev: setup ## your own data, web with reload, a worker and the relay, until Ctrl-C
	@$(PY) manage.py migrate --verbosity 0
	@.venv/bin/celery -A config.celery worker --beat --concurrency 2 --loglevel WARNING & worker=$$!; \
	$(PY) manage.py relay & relay=$$!; \
	$(PY) manage.py runserver $(ADDRESS) & web=$$!; \
	trap 'kill $$worker $$relay $$web; wait' EXIT; trap 'exit 130' INT TERM; wait $$web

# To check it

# One more than there are cores, since tests wait for PostgreSQL; four at most.
WORKERS = $(shell $(PY) -c "import os; print(min(4, 1 + (os.cpu_count() or 1)))")
PYTEST = .venv/bin/pytest -n $(WORKERS) --dist load

.PHONY: test
test: setup chromium ## all tests, the browser's too
	@$(PYTEST) $(ARGS)

.PHONY: test-browser
test-browser: setup chromium ## only the tests in Chromium
	@.venv/bin/pytest tests/browser $(ARGS)

.PHONY: lint
lint: setup ## style, templates, types, and which way imports point
	.venv/bin/ruff check --quiet
	.venv/bin/ruff format --check --quiet
	.venv/bin/djlint templates --lint --quiet
	.venv/bin/djlint templates --check --quiet
	.venv/bin/pytest -q --no-header -p no:cacheprovider tests/architecture/test_templates.py
	.venv/bin/lint-imports --no-logo
	OFFLINE=true .venv/bin/mypy

.PHONY: drift
drift: setup
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py spectacular --validate --fail-on-warn | diff -u docs/openapi.yaml - || \
	  { echo "throughline: docs/openapi.yaml does not match the code; run: make openapi" >&2; exit 1; }

.PHONY: check
check: lint drift test ## what CI runs: lint, migrations, API description, tests

.PHONY: faults
faults: setup ## break everything on purpose and count what is lost; FAULTS_SEED=7 chooses another seed
	@.venv/bin/pytest tests/faults -m "core or faults" $(ARGS)

# These tests try more cases when a variable says so.
SAMPLED = tests/sales/test_order_stories.py tests/web/test_deleted_records.py

.PHONY: exhaustive
exhaustive: setup ## try every case of what `make test` tries by a sample; STORIES=500 makes longer samples
	@$(PYTEST) -m exhaustive $(ARGS)
	@STORIES=$${STORIES:-100} ROUNDS=$${ROUNDS:-8} AT_ONCE=$${AT_ONCE:-4} $(PYTEST) $(SAMPLED)

.PHONY: fuzz
fuzz: setup ## type wrong values into every field; FUZZ_SEED=7 chooses others, FUZZ_INPUTS=9000 more
	@FUZZ_WORST_OF_EACH=2 FUZZ_INPUTS=$${FUZZ_INPUTS:-2600} .venv/bin/pytest tests/fuzz $(ARGS)

.PHONY: bench
bench: setup ## measure; each part prints one table
	@for file in bench/[a-z]*.py; do $(PY) -m "bench.$$(basename "$$file" .py)" || exit 1; done

# To change it

.PHONY: format
format: setup ## let ruff order imports and lay out the code, djlint the templates
	.venv/bin/ruff check --fix --quiet
	.venv/bin/ruff format --quiet
	.venv/bin/djlint templates --reformat --quiet --warn

.PHONY: openapi
openapi: setup ## write docs/openapi.yaml and docs/asyncapi.yaml from the code
	$(PY) manage.py spectacular --validate --file docs/openapi.yaml
	$(PY) manage.py asyncapi --file docs/asyncapi.yaml

.PHONY: lock
lock: setup ## pin requirements*.in and package.json anew
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes requirements.in -o requirements.txt
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes requirements-dev.in -o requirements-dev.txt
	PATH="$$PATH:$(CURDIR)/.venv/bin" npm install --package-lock-only --ignore-scripts --no-audit --no-fund
