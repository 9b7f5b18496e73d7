# Every target sets up what it needs: a virtual environment from requirements.lock, nothing outside this folder.
PYTHON ?= python3
BIN := .venv/bin
# Three times as many processes as the 2 cores that this is tuned for: many tests wait for time-outs and other processes.
PARALLEL := -n 6 --dist loadscope --no-loadscope-reorder
# Container images set it; without bytecode each of the many short processes would compile two thousand modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-fast test-cluster e2e e2e-cluster check check-format check-types check-layers check-models check-ledger-sql \
	check-english benchmark kills soak dbt-docs lock clean

demo: .venv/ready
	$(BIN)/newsledger demo

# A module runs in one process, since its tests may share a fixture that takes long to make.
test: .venv/ready
	$(BIN)/pytest $(PARALLEL)

# For the minutes of development: all tests but those marked `slow`.
test-fast: .venv/ready
	$(BIN)/pytest $(PARALLEL) -m "not slow"

# The tests of archive, steps, models and verification again, each ledger in PostgreSQL and all files in S3, and all kinds of
# tampering with such a ledger: needs Debian's postgresql.
CLUSTER_TESTS := tests/archive tests/steps tests/models tests/verification tests/ledger/test_verify.py
test-cluster: .venv/ready
	$(BIN)/pytest --stores cluster $(PARALLEL) $(CLUSTER_TESTS)

# A real Airflow from its first runs to backfills, by a real browser: needs Debian's chromium. NEWSLEDGER_PICTURES=docs/pictures
# keeps what it looked like. The pages are looked at while Airflow waits.
e2e: .venv/ready
	$(BIN)/pytest -n 2 --dist loadscope tests/e2e

# The services of docker-compose.cluster.yml without Docker, each in namespaces of its own, and what fails in a cluster's life:
# needs root, Debian's postgresql, redis-server, iproute2, bubblewrap and wget.
e2e-cluster: .venv/ready
	$(BIN)/pytest tests/cluster

# What things cost and how good they are; needs the evaluation data beside the checkout.
benchmark: .venv/ready
	$(BIN)/python -m tests.benchmarks.capture
	$(BIN)/python -m tests.benchmarks.ingest
	$(BIN)/python -m tests.benchmarks.extraction
	$(BIN)/python -m tests.benchmarks.annotation
	$(BIN)/python -m tests.benchmarks.maintenance
	$(BIN)/python -m tests.benchmarks.queries
	$(BIN)/python -m tests.benchmarks.airflow
	$(BIN)/python -m tests.benchmarks.ledger
	$(BIN)/python -m tests.benchmarks.writers
	$(BIN)/python -m tests.benchmarks.verification
	$(BIN)/python -m tests.benchmarks.polling

# Commands killed at 200 random moments, from poll to backup, on one host and on PostgreSQL and S3: nothing may be lost or doubled.
# One that is interrupted continues.
kills: .venv/ready
	$(BIN)/python -m tests.benchmarks.kills --kept .kills.jsonl
	$(BIN)/python -m tests.benchmarks.kills --cluster --kept .kills-cluster.jsonl

# Two simulated weeks in one process: memory, descriptors and files, a line a day. With one arena for all threads, the memory of
# the process is flat, so a leak of the program would be seen: docs/reliability.md.
soak: export MALLOC_ARENA_MAX = 1
soak: .venv/ready
	$(BIN)/python -m tests.benchmarks.soak

# Side by side, because each uses one core. What one of them prints stays together.
check: .venv/ready
	$(MAKE) --no-print-directory --jobs --keep-going --output-sync=target \
		check-format check-types check-layers check-models check-ledger-sql check-english

check-format:
	$(BIN)/ruff check
	$(BIN)/ruff format --check

check-types:
	$(BIN)/mypy

check-layers:
	$(BIN)/lint-imports

check-models:
	$(BIN)/sqlfluff lint sql

check-ledger-sql:
	$(BIN)/sqlfluff lint --config pipeline/ledger/sql/sqlfluff.cfg pipeline/export/sql pipeline/ledger/sql pipeline/models/sql pipeline/monitor/sql pipeline/pages/sql

# Idioms that make prose hard to read.
check-english:
	$(BIN)/python -m tests.style.plain_english

# dbt's site about the marts, as one HTML file, after a build in the folder DATA.
DATA := data
dbt-docs: export NEWSLEDGER_BUILD_FILE = $(DATA)/build.duckdb
dbt-docs: export NEWSLEDGER_EVENT_SOURCE = $(or $(NEWSLEDGER_COMPILED_MODELS),$(DATA)/dbt)/sources
dbt-docs: export DO_NOT_TRACK = 1
dbt-docs: .venv/ready
	$(BIN)/dbt --quiet --no-version-check docs generate --static --project-dir sql --profiles-dir sql \
		--target-path $(abspath $(DATA))/dbt/docs --log-path $(abspath $(DATA))/dbt
	@echo open $(DATA)/dbt/docs/static_index.html

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "newsledger needs Python 3.11 or later")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

# After a change of the dependencies in pyproject.toml.
lock: .venv/ready
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--extra airflow --extra cluster --group dev --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv
