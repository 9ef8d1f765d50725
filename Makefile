# What to say to this project; CONTRIBUTING.md says more. Nothing here needs root.
# requirements-simulators.txt holds no more of others' simulators than tests/instruments/simulators.in says.
.PHONY: help setup run test lint bench docs words lock

CATALOGUES := $(wildcard lims/translations/*/LC_MESSAGES/messages.po)
INSTALL := pip install --quiet --disable-pip-version-check --require-hashes
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q

help:            ## this list
	@grep -E '^[a-z]+:.*##' Makefile

setup: .venv/installed $(CATALOGUES:.po=.mo)  ## make .venv with the command `lims`

run: setup       ## start the demonstration laboratory: database, web, worker, simulated bench
	.venv/bin/lims up

test: setup .venv/installed-dev .simulators/installed  ## run the tests
	.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

lint: setup .venv/installed-dev  ## check style, types and the floors of the house
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: setup .venv/installed-dev  ## measure how fast it is, each figure beside its floor
	.venv/bin/python -m tests.speed

docs: setup .venv/installed-dev  ## make the documentation in site/
	.venv/bin/mkdocs build --strict

words: setup     ## collect the sentences anew and bring the catalogues up to date
	.venv/bin/lims words collect

lock:            ## write the lock files anew (needs uv)
	$(COMPILE) --extra server --extra build pyproject.toml -o requirements.txt
	$(COMPILE) --extra server --extra build --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	$(COMPILE) --no-deps tests/instruments/simulators.in -o requirements-simulators.txt

.venv/installed: requirements.txt
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; python3 is $$(python3 --version 2>&1)."; exit 1; }
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	python3 -m venv .venv
	.venv/bin/$(INSTALL) -r requirements.txt
	.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	.venv/bin/$(INSTALL) -r requirements-dev.txt
	@touch $@

.simulators/installed: requirements-simulators.txt | .venv/installed
	.venv/bin/$(INSTALL) --no-deps --upgrade --target .simulators -r requirements-simulators.txt
	@touch $@

%.mo: %.po | .venv/installed
	.venv/bin/pybabel -q compile -i $< -o $@
