# The project's doors. Each does its own set-up; `make help` lists them.
#   make demo ARGS="--citizens 20 --speed 10"     arguments are passed on
#   make test HIL="--rig /etc/tram/bench.toml"    the same suite on a bench of real hardware

SHELL := /bin/bash
BIN := .venv/bin
# make test BUSY=8: the same beside eight busy processes.
PYTEST = $(BIN)/python $(if $(BUSY),-m tests.busy $(BUSY) $(BIN)/python) -m pytest
comma := ,
# Workers at a time, for tests that compute and for tests that wait. Beside busy processes more of them, or
# two would have a fifth of the machine.
COMPUTING := -n $(if $(BUSY),6,2) --dist loadscope
WAITING := -n $(if $(BUSY),4,2) --dist loadscope
# When and what: the log of a run tells how long each part took.
heading = @printf '\n==== %s  %s\n' "$$(date +%T)" "$(1)"
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup booth region bundle sbom lock demo test unit system hil rp2040 crash console install-test test-debian12 test-debian13 test-rp2040 test-vm test-arm64 dry-bench rungs bench check lint format schema check-firmware clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is needed: apt packages, MicroPython, .venv
	@setup/install

booth: ## install what a booth needs, without tests and virtual hardware
	@setup/install booth

region: ## install what a region needs
	@setup/install region

bundle: setup ## a folder that sets a booth up without a network; ARGS as setup/bundle says
	@setup/bundle $(ARGS)

sbom: setup ## the bill of materials of booth and region (CycloneDX), from the lock
	@setup/sbom $(ARGS)

lock: setup ## bring the lock in line with pyproject.toml; ARGS="--upgrade" for newest releases
	@setup/lock/renew $(ARGS)

demo: setup ## run a region and booths on virtual hardware with virtual citizens
	@$(BIN)/tram demo $(ARGS)

test: lint unit system hil rp2040 crash console ## every check and test

check: lint unit ## the first door for who develops: style, types, rooms and the pure tests

unit: setup ## the pure, fast tests
	$(call heading,unit: pure and fast)
	$(PYTEST) tests/unit $(COMPUTING) $(ARGS)

system: setup ## whole programs: the command line, set-up, MicroPython, PostgreSQL
	$(call heading,system: whole programs)
	$(PYTEST) tests/system $(COMPUTING) $(ARGS)

# On virtual hardware two at a time; a bench is one.
hil: setup ## the tests on virtual hardware, or on the bench that HIL names
	$(call heading,hil: on $(or $(HIL),virtual hardware))
	$(PYTEST) tests/hil $(or $(HIL),$(WAITING)) $(ARGS)

rp2040: setup ## the firmware on an emulated RP2040, in simulated time
	$(call heading,rp2040: the firmware on an emulated chip)
	@setup/pico-image >/dev/null
	$(PYTEST) tests/rp2040 tests/behaviours $(COMPUTING) $(ARGS)

crash: setup ## power cuts at random instants, and a search for planted names
	$(call heading,crash and privacy: power cuts$(comma) and a search for people)
	$(PYTEST) tests/crash tests/privacy $(WAITING) $(ARGS)

console: setup ## the consoles of booth and region in real Chromium
	$(call heading,consoles of booth and region: in real Chromium)
	$(PYTEST) tests/console $(if $(BUSY),$(WAITING)) $(ARGS)
	$(PYTEST) tests/console_monitor $(if $(BUSY),$(WAITING)) $(ARGS)

install-test: setup ## blank machines: units started, the pages followed (needs root)
	$(call heading,blank machines: units$(comma) offline installation$(comma) the pages as written)
	$(PYTEST) tests/install $(ARGS)

test-debian13: ## both README commands in a blank Debian 13 (needs root)
	@setup/test-in-debian trixie

test-debian12: ## both README commands in a blank Debian 12 (needs root)
	@setup/test-in-debian bookworm

test-rp2040: setup ## the Pico's tests on the emulated RP2040 in place of its twin
	@setup/pico-image >/dev/null
	$(PYTEST) tests/hil/test_pico*.py --rig tests/hil/rigs/rp2040.toml $(ARGS)

test-vm: setup ## a booth on a machine with a kernel of its own, and its power cuts (needs root)
	@setup/vm-image >/dev/null
	$(PYTEST) tests/vm tests/vm_cuts $(ARGS)

test-arm64: setup ## a booth on a Pi's processor, emulated where this machine has another (needs root)
	@setup/test-on-arm64 $(ARGS) || [ $$? = 77 ] # it cannot here, and has said why

dry-bench: setup ## a bench's programs, without a bench
	$(PYTEST) tests/system/rig $(ARGS)
	$(BIN)/python -m hw.bench.loopback $(BIN)/python -m pytest tests/hil $(ARGS)

rungs: setup ## docs/hardware.md: on which rungs each test was green, from the last runs
	@$(BIN)/python -m tests.rungs >.cache/hardware.md && mv .cache/hardware.md docs/hardware.md

bench: setup ## the figures, one JSON object a line
	@$(BIN)/python -m benchmarks $(ARGS)

lint: setup ## style, types and the rooms table
	$(call heading,lint: style$(comma) types$(comma) rooms)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## let ruff write the style
	$(BIN)/ruff check --fix-only -q
	$(BIN)/ruff format

schema: setup ## JSON Schemas of what is in a packet, into docs/schema
	setup/schema

check-firmware: setup ## types of the firmware, against MicroPython's library for the Pico
	$(BIN)/python -m tests.system.link.firmware_types

clean: ## remove everything that set-up and tests made
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
