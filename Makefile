# Thin on purpose: each target is a line that can be typed.
PORT ?= 8000

# A pipe fails where its first part does.
SHELL = bash
.SHELLFLAGS = -o pipefail -c

.PHONY: run test test-fast deps

# Everything for a first look: what is missing is installed, then a server with a room in which simulated runners run.
run: deps
	swift build -c release --product runroom
	swift build -c release --product simulator
	bash .ci/demo $(PORT)

# Some tests at a time, where `swift test` can be told so: a test that has its share of the machine can tell slow from stuck.
SOME = $$(swift test --help-hidden | grep -o -- '--experimental-maximum-parallelization-width' | head -1 | sed 's/$$/ 16/')

# What fails, and little else; the whole of it is kept beside the build.
BRIEFLY = (mkdir -p .build && tee .build/tests.log) | .ci/brief

test: deps
	swift test $(SOME) | $(BRIEFLY)
	bash .ci/browser

# While working: a quarter of the seeds of all tests but those that start processes, and none in a browser.
test-fast:
	RUNROOM_TEST_FAST=1 swift test $(SOME) --skip '^EndToEndTests\.' | $(BRIEFLY)

deps:
	@bash .ci/deps
