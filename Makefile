# What a person can do here: `make help`.
.DEFAULT_GOAL := help
.PHONY: help setup lint test bless fuzz bench lambda demo pins clean

VENV := .venv
PY := $(VENV)/bin/python
TOOLS := target/tools
CARGO_DENY := $(TOOLS)/bin/cargo-deny

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(VENV)/.installed: .config/requirements.txt
	@python3 -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(CARGO_DENY):
	cargo install --quiet --locked --debug --root $(TOOLS) cargo-deny@0.20.2

setup: $(VENV)/.installed ## install what the tests and the demo need, into .venv

lint: $(VENV)/.installed $(CARGO_DENY) ## format, clippy, the pure rooms alone, licences
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --workspace --all-targets --locked --no-default-features -- -D warnings
	$(CARGO_DENY) --workspace --config .config/deny.toml check --hide-inclusion-graph licenses bans sources

test: $(VENV)/.installed ## every test
	$(PY) -m unittest discover --start-directory tests/support/tests --top-level-directory tests/support
	cargo test --workspace --locked

clean: ## remove what the build and the set-up left
	rm -rf target $(VENV)
