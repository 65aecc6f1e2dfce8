# Portico's commands. Each is a script, readable and runnable on its own. What is set on the command
# line, as in `make run PORT=8081`, reaches it in the environment.

.DEFAULT_GOAL := help
.PHONY: help run watch test check fuzz bench release clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: ## install what is missing, build, start the local tenant and Portico on http://localhost:8080
	@scripts/run.sh

watch: ## the same, building and starting again after every change
	@scripts/watch.sh

test: ## everything that says whether it works: checks, tests, a real browser
	@scripts/test.sh

check: ## format, clippy and types only
	@scripts/check.sh

fuzz: ## what nobody would send: property tests at length, then the JSON API (Schemathesis)
	@scripts/fuzz.sh

bench: ## what is fast and what is not: load, sign-ins, first visit, Criterion, in release builds
	@scripts/bench.sh

release: ## the production build, in target/dist (EMBEDDED=1: with the embedded database)
	@scripts/release.sh

clean: ## remove all that was built and installed here; .env, .env.local and data stay
	@scripts/clean.sh
