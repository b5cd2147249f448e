# `make run` and `make test` are all that is needed on a fresh machine; each sets up what it uses.
.DEFAULT_GOAL := help
SHELL := /bin/sh
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
ARGS ?=

.PHONY: help setup run test nightly lint types unit bench peers lock client clean

help: ## show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## set everything up: environment, packages, dashboard
	@scripts/setup.sh

run: ## set up and run Tradewind with a demo user (options: make run ARGS="--market replay ...")
	@scripts/setup.sh
	@exec $(BIN)/tradewind up --demo $(ARGS)

test: ## set up and pass all tests: lint, types, floors, unit, contract, simulation, browser
	@scripts/setup.sh --browser
	@exec scripts/test.sh $(ARGS)

nightly: ## new examples, coverage of core, mutation testing (one part: make nightly ARGS=coverage)
	@scripts/setup.sh
	@exec scripts/nightly.sh $(ARGS)

lint: ## lint and check the floors
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

types: ## mypy, strict
	@$(BIN)/mypy

bench: ## measure; the ratios go to docs/benchmarks.md
	@scripts/setup.sh
	@exec $(BIN)/python -m benchmarks $(ARGS)

peers: ## run other engines beside ours: make peers ARGS=FOLDER (of candles); goes to docs/peers.md
	@scripts/setup.sh
	@test -x .venv-peers/bin/python || $(BIN)/uv venv -q --python $(BIN)/python .venv-peers
	@$(BIN)/uv pip install -q --python .venv-peers/bin/python --require-hashes -r requirements/peers.lock
	@exec $(BIN)/python -m benchmarks.peers $(ARGS)

lock: ## re-resolve dependencies into the hash-locked requirement files
	@scripts/lock.sh $(ARGS)

client: ## regenerate the OpenAPI document and the dashboard's client from the code
	@exec scripts/client.sh

clean: ## remove what set-up and runs made (not data folders)
	@rm -rf .venv web/node_modules web/dist .ruff_cache .mypy_cache .import_linter_cache .hypothesis mutants
