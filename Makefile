# Callendar from a checkout. Needs Python 3.11 or later with venv, and nothing else; `make help` lists what there is.

PORT ?= 8080
RESET ?=
PEOPLE ?=
WITH ?=
ASTERISK ?=
UPGRADE ?=

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps --no-compile
PINNED := --only-binary :all: --require-hashes --requirement
HERE := --no-build-isolation --editable .
PIN := $(BIN)/uv pip compile pyproject.toml --extra demo --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header
DEBIAN := chromium fonts-dejavu-core fonts-inter

# What of $(1) was asked for: neither empty nor 0.
asked = $(filter-out 0,$(1))

.NOTPARALLEL:
.SUFFIXES:
.PHONY: help demo test lint unit bench lock clean browser console

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1 /p' $(MAKEFILE_LIST) | while read -r name what; do printf 'make %-6s %s\n' "$$name" "$$what"; done

demo: .venv/demo.stamp console ## a company of 30 with its calendars; PORT=8080 RESET=1 PEOPLE=10000
	@exec $(BIN)/callendar demo --port $(PORT) $(if $(call asked,$(RESET)),--reset) $(if $(PEOPLE),--people $(PEOPLE)) \
		$(if $(WITH),--with $(WITH)) $(if $(call asked,$(ASTERISK)),--asterisk)

test: browser lint console ## everything: format, lint, types, import contracts, the console's checks, all tests
	$(BIN)/python -m pytest

lint: .venv/dev.stamp ## format, lint, types, import contracts, the console's checks
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python scripts/console.py run check test

unit: .venv/dev.stamp ## the quick tests alone: no sockets, no sleeping
	$(BIN)/python -m pytest tests/unit

bench: .venv/dev.stamp console ## measure side by side with others' work
	$(BIN)/python -m bench

lock: .venv/dev.stamp ## pin requirements/ anew from pyproject.toml; UPGRADE=1 takes the newest of everything
	$(PIN) $(if $(call asked,$(UPGRADE)),--upgrade) --group dev --output-file requirements/dev.txt
	$(PIN) --group build --constraints requirements/dev.txt --output-file requirements/demo.txt

clean: ## remove all that make and its tools have made, the demo's data included
	rm -rf .venv .demo dist console/dist console/node_modules .hypothesis .import_linter_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

console: .venv/demo.stamp
	@$(BIN)/python scripts/console.py build

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Callendar needs Python 3.11 or later; name one with make PYTHON=/path/to/python3.' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) lacks its venv module. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

# The set for development holds the demo's whole.
.venv/demo.stamp: requirements/demo.txt pyproject.toml | .venv/bin/python
	@echo 'Setting up .venv: what requirements/demo.txt pins, and Callendar itself'
	@$(PIP) $(PINNED) requirements/demo.txt
	@$(PIP) $(HERE)
	@touch $@

.venv/dev.stamp: requirements/dev.txt pyproject.toml | .venv/bin/python
	@echo 'Setting up .venv: what requirements/dev.txt pins, and Callendar itself'
	@$(PIP) $(PINNED) requirements/dev.txt
	@$(PIP) $(HERE)
	@touch $@ .venv/demo.stamp

# The browser that the tests drive, from Debian.
browser:
	@has=$$(dpkg-query --show --showformat='$${db:Status-Status} ' $(DEBIAN) 2>/dev/null); \
	if [ "$$has" = '$(foreach name,$(DEBIAN),installed) ' ]; then exit 0; fi; \
	if [ "$$(id -u)" != 0 ]; then \
		echo 'The browser tests need Chromium and fonts. Run: sudo apt-get install -y $(DEBIAN)' >&2; exit 1; \
	fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	add() { apt-get install -y -qq --no-install-recommends $(DEBIAN); }; \
	echo 'Installing from Debian: $(DEBIAN)'; \
	{ apt-cache show $(DEBIAN) && add; } >/dev/null 2>&1 || { apt-get update -qq && add; } >/dev/null
