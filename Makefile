# What a person can do here: `make help`.
.DEFAULT_GOAL := help
.PHONY: help setup lint lint-infra test test-infra bless fuzz bench lambda demo pins clean

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

lint: $(VENV)/.installed $(CARGO_DENY) lint-infra ## format, clippy, the pure rooms alone, licences, templates and policies
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --workspace --all-targets --locked --no-default-features -- -D warnings
	$(CARGO_DENY) --workspace --config .config/deny.toml check --hide-inclusion-graph licenses bans sources

test: $(VENV)/.installed test-infra ## every test
	cargo test --workspace --locked

lint-infra: $(VENV)/.installed
	$(VENV)/bin/cfn-lint --config-file .config/cfn-lint.yaml
	for template in infra/*.yaml; do \
		SAM_CLI_TELEMETRY=0 $(VENV)/bin/sam validate --lint --region us-west-2 --template-file $$template || exit 1; done
	$(PY) -W ignore -m unittest discover --start-directory tests/infra --pattern 'test_[!d]*.py'

# The templates on the emulator, with the Lambda that `make lambda` builds.
test-infra: $(VENV)/.installed target/lambda/transformer.zip
	$(PY) -W ignore -m unittest discover --start-directory tests/infra --pattern 'test_d*.py'

# One zip that starts on either architecture, from those that are built.
target/lambda/transformer.zip: infra/bundle.py $(wildcard target/lambda/transformer-*.zip)
	$(PY) infra/bundle.py $@ $(filter %.zip,$^)

bless: $(VENV)/.installed ## write golden files anew: the templates' copies of policies/
	$(PY) tests/infra/policies.py

clean: ## remove what the build and the set-up left
	rm -rf target $(VENV)
