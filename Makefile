# Thin on purpose: each target is a line that can be typed.
PORT ?= 8000

.PHONY: run test deps

# Everything for a first look: what is missing is installed, then a server with a room in which simulated runners run.
run: deps
	swift build -c release --product runroom
	swift build -c release --product simulator
	bash .ci/demo $(PORT)

test: deps
	swift test
	bash .ci/browser

deps:
	@bash .ci/deps
