# What one does with this tree. `make demo` and `make test` are all a newcomer needs; both install what is missing.
SWIFT ?= swift
BUILD := .build/debug
# More tests at once than this only make each other wait on a small machine.
TEST := $(SWIFT) test --disable-xctest --skip-build --experimental-maximum-parallelization-width 4

.PHONY: help build demo test unit trials bench lint format docs packages clean

help: ## these lines
	@sed -nE 's/^([a-z]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

packages: ## install the Debian packages that are missing
	@scripts/install-packages build lab test

build: packages ## build the three programs
	$(SWIFT) build

demo: build ## the main job on the real thing: libvirt, QEMU, NFS, a script in a guest
	scripts/demo $(BUILD)

test: packages lint ## every test, on real guests too; as root
	$(SWIFT) build --build-tests
	Tests/Guest/runner-test.sh
	scripts/all-tests $(BUILD) $(TEST)

unit: packages ## the tests without the end-to-end ones
	$(SWIFT) build --build-tests
	scripts/unit-tests $(TEST)

trials: build ## shops in simulated time, with faults drawn from seeds; COUNT=10000 SEED=1
	scripts/trials $(BUILD) $(or $(COUNT),10000) $(or $(SEED),1)

bench: packages ## the figures that are promised, each beside a floor or a peer of the same run; BENCH=NAME for one
	$(SWIFT) build -c release
	.build/release/vmshop-bench $(BENCH)

lint: ## format and imports are as they should be
	$(SWIFT) format lint --strict --recursive --parallel Sources Tests Benchmarks Package.swift
	scripts/check-imports

format: ## format the Swift sources in place
	$(SWIFT) format --in-place --recursive --parallel Sources Tests Benchmarks Package.swift

docs: ## draw the pictures from their text
	scripts/draw-pictures

clean: ## remove what was built, and labs that were left
	-scripts/lab sweep
	rm -rf .build
