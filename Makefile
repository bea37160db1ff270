# Thin on purpose: each target is a line that can be typed.
PORT ?= 8000

.PHONY: run test deps

# Everything for a first look: what is missing is installed, then a server with a room in which simulated runners run.
run: deps
	swift build -c release --product runroom
	swift build -c release --product simulator
	bash .ci/demo $(PORT)

# Some tests at a time, where `swift test` can be told so: a test that has its share of the machine can tell slow from stuck.
test: deps
	swift test $$(swift test --help-hidden | grep -o -- '--experimental-maximum-parallelization-width' | head -1 | sed 's/$$/ 16/')
	bash .ci/browser

deps:
	@bash .ci/deps
