# One short line each; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Debian packages that the build needs beside the Swift toolchain.
BUILD_PACKAGES := libldns-dev libssl-dev libcurl4-openssl-dev libjansson-dev libyaml-dev pkg-config \
    golang-go golang-etcd-server-dev
# Libraries that an `import Foundation` in a dependency would link: half of the program, ICU above
# all. Nothing of ours needs them; if that changes, the link fails (docs/decisions/0006).
UNLINKED := Foundation FoundationInternationalization CoreFoundation _FoundationICU
RELEASE := swift build -c release --static-swift-stdlib -Xswiftc -use-ld=lld $(foreach library,$(UNLINKED),\
    $(addprefix -Xswiftc ,-Xfrontend -disable-autolink-library -Xfrontend $(library)))
SECONDS ?= 600
# Tests that are run one target after the other, and one test of them after the other.
TURNS := PipamAgentTests PeerTests ConsensusTests SimulationTests ClusterTests
empty :=
ALONE := ^($(subst $(empty) $(empty),|,$(TURNS)))\.
# The consensus engine: etcd's, as an archive that SwiftPM finds through pkg-config.
ENGINE := .build/etcdraft
export PKG_CONFIG_PATH := $(CURDIR)/$(ENGINE)$(if $(PKG_CONFIG_PATH),:$(PKG_CONFIG_PATH))

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: dependencies
dependencies:
	@missing=; for package in $(BUILD_PACKAGES); do \
	    dpkg-query -W -f '$${db:Status-Status}' $$package 2>/dev/null | grep -qx installed \
	        || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	    echo "installing$$missing (needs root)"; \
	    as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	    $$as_root apt-get update -q && \
	    $$as_root env DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y --no-install-recommends $$missing; \
	fi

.PHONY: servers
servers: dependencies
	@Tests/Servers/install

.PHONY: engine
engine: dependencies ## Build the consensus engine from Debian's etcd packages
	@Sources/System/CEtcdRaft/build $(ENGINE)

.PHONY: build
build: dependencies engine ## Build the programs (debug)
	swift build --product pipam
	swift build --product pipamctl

.PHONY: release
release: dependencies engine ## Build the programs as they are shipped
	$(RELEASE) --product pipam
	$(RELEASE) --product pipamctl

.PHONY: demo
demo: servers build ## Show the main job on a made-up cluster (DEMO=keep stays up)
	@.build/servers/bin/python Tests/Demo/demo.py

.PHONY: test
test: servers engine lint ## Everything that a change must pass
	swift build --build-tests
	@# Whatever watches the clock, and whatever wants the processor for itself, is run by itself.
	swift test --skip-build --skip '$(ALONE)'
	@for tests in $(TURNS); do \
	    echo "# $$tests" && swift test --skip-build --no-parallel --filter "^$$tests\." || exit 1; \
	done
	@$(MAKE) --no-print-directory fuzz SECONDS=5

.PHONY: mixed-test
mixed-test: servers ## One cluster of etcd 3.4 and 3.5 (OLD=pipam of Debian 12 NEW=of 13)
	@[ -n "$(OLD)" ] && [ -n "$(NEW)" ] || { sed -n '2,20p' Tests/Servers/mixed_cluster.py; exit 2; }
	.build/servers/bin/python Tests/Servers/mixed_cluster.py --old '$(OLD)' --new '$(NEW)'

.PHONY: bench
bench: servers engine ## Measure against others (ONLY=name for one of them, ARGS= for its options)
	$(RELEASE) --product pipam
	PIPAM_BENCHMARKS=1 $(RELEASE) --product collect-bench
	PIPAM_BENCHMARKS=1 $(RELEASE) --product powerdns-bench
	PIPAM_BENCHMARKS=1 $(RELEASE) --product cluster-bench
	PIPAM_BENCHMARKS=1 $(RELEASE) --product zone-server
	PIPAM_BENCHMARKS=1 $(RELEASE) --product dns-bench
	@[ -z "$(ONLY)" ] || [ -x "Benchmarks/$(ONLY)/run" ] || \
	    { echo "no benchmark $(ONLY); there are: $$(ls Benchmarks)" >&2; exit 2; }
	@for name in $(or $(ONLY),$(notdir $(wildcard Benchmarks/*))); do \
	    echo "# $$name"; .build/servers/bin/python Benchmarks/$$name/run $(ARGS) || exit 1; \
	done

.PHONY: soak
soak: servers engine ## Change a zone a million times under queries and transfers (ARGS=--commits n)
	PIPAM_BENCHMARKS=1 $(RELEASE) --product zone-server
	.build/servers/bin/python Benchmarks/dns/soak $(ARGS)

.PHONY: simulate
simulate: engine ## Simulate clusters (SEEDS=n from FIRST=n on, NODES=3|5, KIND=elections, or one SEED=n)
	$(RELEASE) --product simulate
	@Tests/Simulate/run .build/release/simulate $(if $(NODES),--nodes $(NODES)) \
	    $(if $(KIND),--kind $(KIND)) \
	    $(if $(SEED),--first $(SEED) --seeds 1,--first $(or $(FIRST),0) --seeds $(or $(SEEDS),500))

.PHONY: mutants
mutants: engine ## Plant faults and demand that the simulation finds each (ONLY=name for one)
	@Tests/Mutants/run $(ONLY)

include Tests/Fuzz/rules.mk

.PHONY: lint
lint: ## Check the format; the walls between modules are checked by TidyTests
	swift format lint --strict --recursive --parallel Sources Tests Package.swift

.PHONY: format
format: ## Bring the sources into the format
	swift format --in-place --recursive --parallel Sources Tests Package.swift
