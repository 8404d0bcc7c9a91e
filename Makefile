# Each target installs into .venv what is missing. `make check` is the one answer to "is it fine?".
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
RUN := $(VENV)/installed-run
INSTALLED := $(VENV)/installed-dev

.PHONY: install run demo test check lint coverage mutants kafka secrets bench faults lock clean

install: $(INSTALLED)

$(RUN): deploy/lock/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "DoseWarden needs Python 3.11 or later; say which with make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "Python cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }
	$(PIP) --require-hashes -r deploy/lock/run.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $(RUN)

$(INSTALLED): $(RUN) deploy/lock/dev.txt
	$(PIP) --require-hashes -r deploy/lock/dev.txt
	@touch $(INSTALLED)

# The stack with the ward day, until Ctrl-C.
run: $(RUN)
	$(BIN)/dosewarden up

# The same, ending by itself: exit 0 only if every expected alert was raised, delivered, acked or withdrawn.
demo: $(RUN)
	$(BIN)/dosewarden up --demo

# One process per core; tests on a real Kafka keep to one of them (tests/side_by_side.py).
PARALLEL := -n auto --maxprocesses 8

# A site key, an authority and certificates for `docker compose up`, once; docs/compose.md.
secrets: $(RUN)
	$(BIN)/python -m services.launcher.own_authority deploy/compose/secrets

# All tests. Those on a real Kafka and Redis run where these can be had; under CI=true a missing one fails.
test: $(INSTALLED)
	$(BIN)/python -m services.launcher.servers.real_kafka --fetch-only || [ "$$CI" != true ]
	$(BIN)/python -m pytest $(PARALLEL)

# Lint, and the tests that need no server.
check: lint
	$(BIN)/python -m pytest -q $(PARALLEL) -m "not redis and not embedded and not kafka and not slow"

# Format, lint, types, contracts.
lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Branch coverage of the pure part: knowledge, ledger, checks, engine; fails below 95 %.
coverage: $(INSTALLED)
	$(BIN)/python -m coverage run -m pytest -q tests/checks tests/engine tests/knowledge tests/ledger tests/schemas tests/core
	$(BIN)/python -m coverage report

# How many small changes to dose arithmetic and reconciling the tests notice; minutes. Results: docs/tests.md.
# mutmut wants a newer click than Faust allows: it has an environment of its own and sees the product's first.
MUTANTS := .mutants-venv
mutants: $(INSTALLED)
	$(PYTHON) -m venv $(MUTANTS)
	$(MUTANTS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/lock/mutants.txt
	PYTHONPATH=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') $(MUTANTS)/bin/mutmut run
	$(MUTANTS)/bin/mutmut results

# A real Apache Kafka in the foreground, until Ctrl-C. Needs Java 17 and Maven.
kafka: $(INSTALLED)
	$(BIN)/python -m services.launcher.servers.real_kafka

# Side by side on a real Kafka, in one run: a bare loop, Quix Streams and our processor.
bench: $(INSTALLED)
	$(BIN)/python -m benchmarks

# The fault suite: kills, joins, pauses, torn writes, on the embedded broker and a real Kafka.
faults: $(INSTALLED)
	$(BIN)/python -m services.launcher.servers.real_kafka --fetch-only
	$(BIN)/python -m pytest tests/processor tests/stack tests/notifier/test_crashes.py -m "embedded or kafka or redis"

# Pin every dependency anew, with hashes; needs uv.
COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate --no-emit-index-url
lock:
	$(COMPILE) --extra install -o deploy/lock/run.txt
	$(COMPILE) --extra install --extra dev -o deploy/lock/dev.txt
	$(subst pyproject.toml,deploy/lock/mutants.in,$(COMPILE)) -o deploy/lock/mutants.txt

clean:
	rm -rf $(VENV) $(MUTANTS) mutants .kafka .run .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
