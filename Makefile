# The front door. `make help` lists what there is; every target sets up what it needs by itself.
SHELL := /bin/bash
.DEFAULT_GOAL := help
JOBS ?= $(shell nproc)
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1

.PHONY: help bootstrap build release demo test simulate mutants lint format bench bench-service corpus sanitize fuzz faults package docs clean

help:            ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

bootstrap:       ## install what Weir needs: Debian packages, emulators, a Python environment (idempotent)
	@scripts/bootstrap

build: bootstrap ## build everything, with its tests, into build/dev
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev -- -j$(JOBS)

release: bootstrap ## build the program as users run it: build/release/bin/weir
	@cmake --preset release >/dev/null
	@cmake --build --preset release -- -j$(JOBS)

demo: release    ## attack an example Django + DynamoDB API, then the same API under Weir; two HTML reports
	@scripts/demo

test: build      ## every test: C++, Python, emulators, processes; prints counts
	@scripts/test

simulate: bootstrap ## the limiter under skewed clocks, a bad network and crashes, replayable; SEEDS=2000 of them
	@cmake --preset release >/dev/null
	@cmake --build --preset release --target weir_simulate -- -j$(JOBS)
	@build/release/bin/weir_simulate --seeds $(or $(SEEDS),2000)

mutants: bootstrap ## plant bugs in a copy of the limiter, one at a time; the simulator has to find each
	@scripts/mutants

lint: bootstrap  ## formatting, clang-tidy, layers, shell scripts, Python
	@scripts/lint

format: bootstrap ## rewrite the sources in the house format
	@scripts/lint --fix

bench: bootstrap ## the benchmarks of docs/benchmarks.md, each against its peers in the same run
	@scripts/bench

bench-service: bootstrap ## one of them: a decision over Envoy's service, beside limitador and envoyproxy/ratelimit
	@scripts/bench service

corpus: release  ## scan the corpus of real limiters and print precision and recall
	@scripts/corpus

sanitize: bootstrap ## the tests under ASan + UBSan, then under TSan
	@scripts/sanitize

fuzz: bootstrap  ## coverage-guided fuzzing of all that comes from outside; FUZZ_SECONDS=60 in total
	@scripts/fuzz

faults: build    ## lost answers, cuts, throttling, suspended and killed workers on three emulators; FAULT_SECONDS=10 each
	@scripts/faults

package: bootstrap ## what is released, into dist/: wheels, sdist, Debian packages, tarball, bill of materials, checksums
	@scripts/package

docs: bootstrap  ## the documentation as a site, into build/site; every link is checked
	@scripts/docs

clean:           ## remove what was built (not what was installed)
	@rm -rf build dist reports
