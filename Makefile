# The commands of this repository; `make help` lists them. Everything is built under build/.
PORT ?= 4000
DATA ?= data
CONFIG ?=
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60

release := build/release
need := tools/install_dependencies
ctest := ctest --output-on-failure --no-tests=error -j $(JOBS)

.DEFAULT_GOAL := help
.PHONY: help run build test bench lint format asan tsan shared fuzz clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10
	@echo
	@echo "Variables: PORT=$(PORT) DATA=$(DATA) CONFIG=$(CONFIG) JOBS=$(JOBS) FUZZ_SECONDS=$(FUZZ_SECONDS)"

run: build ## install what is missing, build, start on port $(PORT) with the data folder $(DATA)
	@exec $(release)/gatehouse serve --port $(PORT) --data $(DATA) $(if $(CONFIG),--config $(CONFIG))

build: ## build/release/gatehouse and build/release/fake_provider
	@$(need) build
	cmake --preset release $(if $(wildcard $(release)/CMakeCache.txt),,-DGATEHOUSE_TESTS=OFF)
	cmake --build $(release) -j $(JOBS) --target gatehouse fake_provider

test: ## install what is missing, build, run every test
	@$(need) build test
	cmake --preset release -DGATEHOUSE_TESTS=ON
	cmake --build $(release) -j $(JOBS)
	cd $(release) && $(ctest)

bench: ## compare with nginx and other gateways (see bench/README.md)
	@$(need) build bench
	cmake --preset release -DGATEHOUSE_BENCHES=ON $(if $(wildcard $(release)/CMakeCache.txt),,-DGATEHOUSE_TESTS=OFF)
	cmake --build $(release) -j $(JOBS)
	bench/run

lint: ## format, policy, clang-tidy
	@$(need) build test lint
	tools/check_format
	tools/lint_policy --self-test
	tools/lint_policy
	cmake --preset strict
	tools/check_tidy build/strict

format: ## rewrite sources with clang-format
	@$(need) lint
	tools/check_format --fix

asan: ## unit, fuzz corpus and functional tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(need) build test
	cmake --preset asan
	cmake --build build/asan -j $(JOBS)
	cd build/asan && $(ctest) -L 'unit|fuzz|functional'

tsan: ## unit, fuzz corpus and functional tests under ThreadSanitizer
	@$(need) build test
	cmake --preset tsan
	cmake --build build/tsan -j $(JOBS)
	cd build/tsan && $(ctest) -L 'unit|fuzz|functional'

shared: ## every module as a shared library, warnings as errors: rejects cycles and missing links
	@$(need) build
	cmake --preset shared -DGATEHOUSE_WERROR=ON
	cmake --build build/shared -j $(JOBS)

fuzz: ## every fuzz target for $(FUZZ_SECONDS) seconds
	@$(need) build fuzz
	cmake --preset fuzz
	cmake --build build/fuzz -j $(JOBS)
	tools/run_fuzzers build/fuzz $(FUZZ_SECONDS)

clean: ## remove build/
	rm -rf build
