# `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help setup lint lint-infra test contract emulated conserve properties mutants bless fuzz bench fleet lambda demo pins clean

VENV := .venv
PY := $(VENV)/bin/python
TOOLS := target/tools
CARGO_DENY := $(TOOLS)/bin/cargo-deny
CARGO_FUZZ := $(TOOLS)/bin/cargo-fuzz
CARGO_MUTANTS := $(TOOLS)/bin/cargo-mutants

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.installed: .config/requirements.txt
	@python3 -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement $<
	@touch $@

$(CARGO_DENY):
	cargo install --quiet --locked --debug --root $(TOOLS) cargo-deny@0.20.2

setup: $(VENV)/.installed ## install what the tests and the demo need into .venv

lint: $(VENV)/.installed $(CARGO_DENY) lint-infra ## check formatting, lints, spelling, licences, templates and policies
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --workspace --all-targets --locked --no-default-features -- -D warnings
	$(VENV)/bin/typos --config .config/typos.toml
	$(CARGO_DENY) --workspace --config .config/deny.toml check --hide-inclusion-graph licenses bans sources
	@if timeout 60 $(CARGO_DENY) --workspace --config .config/deny.toml fetch db >/dev/null 2>&1; \
		then $(CARGO_DENY) --offline --workspace --config .config/deny.toml check --hide-inclusion-graph advisories; \
		else echo "advisories skipped: their database cannot be reached from here"; fi

# The cases of property tests are the same in each run, so that it is the change that fails or passes. `make properties` has new ones.
test: $(VENV)/.installed lambda ## run all tests, with the real Lambda binary and an AWS emulator
	cargo test --workspace --locked --no-run
	$(PY) -W ignore -m unittest discover --start-directory tests/infra
	$(PY) -m unittest discover --start-directory tests/support/tests --top-level-directory tests/support
	$(PY) -W ignore -m unittest discover --start-directory tests/demo
	$(PY) -m unittest discover --start-directory tests/contract
	PROPTEST_RNG_SEED=1 cargo test --workspace --locked

# The kinds of processor that this one can stand for, and what holds the transformer back to each.
AVX512 := $(if $(shell grep -m1 -o avx512_vbmi2 /proc/cpuinfo 2>/dev/null),avx512)
LEVELS := $(if $(filter aarch64 arm64,$(shell uname -m)),neon,$(AVX512) avx2 sse4_2)
HELD_BACK_avx2 := --cfg disable_dispatch_avx512 --cfg base64_turbo_backend=\"avx2\"
HELD_BACK_sse4_2 := --cfg disable_dispatch_avx512 --cfg disable_dispatch_avx2 --cfg base64_turbo_backend=\"soft\"
ANSWERS := 200000
contract: ## the transformer beside an independent reading of its contract: ANSWERS (200000) on each level of SIMD that is here
	$(foreach level,$(LEVELS),$(MAKE) --no-print-directory contract-$(level) &&) true

contract-%:
	$(RELEASED) RUSTFLAGS="$(HELD_BACK_$*)" cargo build --quiet --release --locked \
		--package catchment-transformer --no-default-features --example answer --target-dir target/contract/$*
	@echo "$*: $$(target/contract/$*/release/examples/answer level)"
	python3 tests/contract --answers $(ANSWERS) --schemas 3 $(if $(SEED),--seed $(SEED)) -- target/contract/$*/release/examples/answer

EMULATOR := $(CURDIR)/target/emulator
EMULATED_ANSWERS := 5000
# The emulator runs no dynamic linker.
emulated: ## make contract on an emulated processor that has AVX-512: EMULATED_ANSWERS (5000), a minute or two
	$(RELEASED) RUSTFLAGS="-C target-feature=+crt-static" cargo build --quiet --release --locked \
		--package catchment-transformer --no-default-features --example answer --target x86_64-unknown-linux-gnu --target-dir target/contract/emulated
	python3 -m pip install --quiet --disable-pip-version-check --upgrade --require-hashes --no-deps --target $(EMULATOR) --requirement .config/emulator.txt
	cc -shared -fPIC -o $(EMULATOR)/icelake.so tests/contract/icelake.c
	@echo "emulated: $$($(EMULATE) level)"
	python3 tests/contract --answers $(EMULATED_ANSWERS) --schemas 3 $(if $(SEED),--seed $(SEED)) -- $(EMULATE)

EMULATE = env LD_PRELOAD=$(EMULATOR)/icelake.so PYTHONPATH=$(EMULATOR) python3 tests/contract/emulated.py \
	target/contract/emulated/x86_64-unknown-linux-gnu/release/examples/answer

# Tests of the transformer in a build that is fast, and soon made.
RELEASED := CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
TEST_RELEASED := cargo test --release --locked --package catchment-transformer --no-default-features --target-dir target/conserve
SEEDS := 200
conserve: ## a million events from SEEDS (200) seeds through the transformer and back: none is lost
	$(RELEASED) CONSERVE_SEEDS=$(SEEDS) CONSERVE_EVENTS=5000 $(TEST_RELEASED) --quiet --test conserve -- --nocapture

CASES := 20000
properties: ## the property tests of the transformer, with CASES (20000) new cases each
	$(RELEASED) PROPTEST_CASES=$(CASES) $(TEST_RELEASED) --no-fail-fast --lib --test ocsf --test properties --test schemas

demo: $(VENV)/.installed ## logs of two accounts on their way to S3, on this machine; ARGS=--once ends by itself
	@echo "Building catchment, then the transformer: some minutes the first time, a second after that"
	@cargo build --locked --package catchment
	@$(MAKE) --no-print-directory lambda
	@$(PY) tests/demo $(ARGS)

bless: $(VENV)/.installed lambda ## rewrite golden files, snapshots, policy copies and table columns; then review the diff
	BLESS=1 INSTA_UPDATE=always cargo test --workspace --locked
	$(PY) tests/infra/policies.py
	$(PY) tests/infra/columns.py

lint-infra: $(VENV)/.installed
	$(VENV)/bin/cfn-lint --config-file .config/cfn-lint.yaml
	for template in infra/*.yaml; do \
		SAM_CLI_TELEMETRY=0 $(VENV)/bin/sam validate --lint --region us-west-2 --template-file $$template || exit 1; done
	cd tests/infra && $(CURDIR)/$(PY) -W ignore -m unittest test_alarms test_policies test_templates

# RUSTC_BOOTSTRAP=1 gives stable Rust the coverage flags that libFuzzer needs. No sanitizer: we have no unsafe code.
$(CARGO_FUZZ):
	cargo install --quiet --locked --debug --root $(TOOLS) cargo-fuzz@0.13.2

FUZZ_SECONDS := 600
FUZZ_TARGETS := event record message settings fleet policy
fuzz: $(CARGO_FUZZ) ## fuzz every parser in turn, for FUZZ_SECONDS (600) in all
	$(foreach target,$(FUZZ_TARGETS),mkdir -p target/fuzz-corpus/$(target) && \
		RUSTC_BOOTSTRAP=1 PATH="$(CURDIR)/$(TOOLS)/bin:$$PATH" cargo fuzz run --fuzz-dir crates/transformer/fuzz --sanitizer none \
		$(target) target/fuzz-corpus/$(target) crates/transformer/fuzz/seeds/$(target) -- -max_len=8192 -print_final_stats=1 \
		-max_total_time=$$(( $(FUZZ_SECONDS) / $(words $(FUZZ_TARGETS)) )) &&) true

$(CARGO_MUTANTS):
	cargo install --quiet --locked --debug --root $(TOOLS) cargo-mutants@27.1.0

# In a copy of the committed state that stays between runs, so that only what is mutated is built again.
MUTANTS_TREE := target/mutants/tree
SHARD := 0/1
mutants: $(CARGO_MUTANTS) ## plant faults in the pure modules, which tests must find; takes hours; SHARD=0/8 is an eighth
	mkdir -p $(MUTANTS_TREE)
	find $(MUTANTS_TREE) -mindepth 1 -maxdepth 1 ! -name target -exec rm -rf {} +
	git archive HEAD | tar --extract --touch --directory $(MUTANTS_TREE)
	$(MUTATE) --package catchment --output ../cli
	$(MUTATE) --package catchment-transformer --output ../transformer --cargo-test-arg=--test=batches --cargo-test-arg=--test=properties --cargo-test-arg=--test=schemas

MUTATE = cd $(MUTANTS_TREE) && CARGO_PROFILE_DEV_DEBUG=0 PROPTEST_CASES=64 $(CURDIR)/$(CARGO_MUTANTS) mutants \
	--in-place --config $(CURDIR)/.config/mutants.toml --shard $(SHARD) --sharding round-robin

bench: ## measure the transformer; writes target/bench/summary.json
	cargo bench --locked --package catchment-transformer --no-default-features --bench transform

fleet: $(VENV)/.installed ## set up 1,000 accounts in an emulator, and measure it against the quotas; ARGS=--broken breaks some, --assumed enters them by role, --verify proves each path
	cargo build --release --locked --package catchment --bin catchment
	$(PY) tests/fleet $(ARGS)

# The architecture of the Lambda: this machine's, or `make lambda ARCH=arm64` after `rustup target add` for it.
ARCH := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)
LAMBDA_TARGET := $(if $(filter arm64,$(ARCH)),aarch64,x86_64)-unknown-linux-gnu
LAMBDA_DIR := target/lambda/$(ARCH)

# Linked by zig against the glibc of provided.al2023. Its clang has to be told that it may use 512-bit vectors;
# libdeflate asks the processor for them before it does. No path of this machine gets into the binary, so that whoever
# builds the same source gets the same zip.
REMAPPED := $(CURDIR)=. $(or $(CARGO_HOME),$(HOME)/.cargo)=cargo
LAMBDA_RUSTFLAGS = $(REMAPPED:%=--remap-path-prefix=%) --remap-path-prefix=$(shell rustc --print sysroot)=rust
LAMBDA_CFLAGS := $(if $(filter x86_64,$(ARCH)),-mevex512) $(REMAPPED:%=-ffile-prefix-map=%)
lambda: $(VENV)/.installed ## target/lambda/transformer.zip and its SBOM, for ARCH (default: this machine's)
	@CFLAGS_$(subst -,_,$(LAMBDA_TARGET))="$(LAMBDA_CFLAGS)" RUSTFLAGS="$(LAMBDA_RUSTFLAGS)" PATH="$(CURDIR)/$(VENV)/bin:$$PATH" \
		cargo lambda build --quiet --release --locked --package catchment-transformer --bin transformer \
		--target $(LAMBDA_TARGET).2.34 --lambda-dir $(LAMBDA_DIR) --flatten transformer
	@$(PY) tests/support/package.py $(LAMBDA_DIR)/bootstrap target/lambda/transformer.zip $(LAMBDA_TARGET)
	@ls -l target/lambda/transformer.zip

# For every platform, so that the hashes are those of all wheels of a version.
pins: ## resolve .config/requirements.in into requirements.txt, with hashes
	python3 -m venv --clear target/pins
	target/pins/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	target/pins/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--output-file .config/requirements.txt .config/requirements.in

clean: ## remove target and .venv
	rm -rf target $(VENV)
