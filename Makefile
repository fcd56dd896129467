.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# Everything happens in the clone's own environment, whatever is active in the caller's shell.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE UV_PYTHON UV_PROJECT_ENVIRONMENT

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
LOCKED = $(UV) pip install --python $(BIN)/python --require-hashes
RESOLVE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	--custom-compile-command "make lock" $(RESOLVE_ARGS)
EDITABLE = $(UV) pip install --python $(BIN)/python --no-deps --build-constraints requirements/build.txt --editable .
SOURCES := src tools tests benchmarks hatch_build.py
BENCH_NODE_PACKAGES := @cedar-policy/cedar-wasm@4.13.0 @cloud-copilot/iam-simulate@0.1.173
ARGS ?=

.PHONY: help
help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: $(VENV)/.run $(VENV)/.postgres $(VENV)/.console ## Install iamd into .venv; the program is .venv/bin/iamd

$(UV): requirements/uv.txt tools/venv.sh
	@tools/venv.sh $(VENV)

$(VENV)/.run: $(UV) requirements/run.txt requirements/build.txt pyproject.toml hatch_build.py tools/build_reference.py tools/build_native.py
	@echo "==> installing the dependencies"
	@$(LOCKED) --compile-bytecode -r requirements/run.txt
	@echo "==> installing iamd, building the reference data and the compiled engine (a minute)"
	@$(EDITABLE)
	@$(BIN)/python -m compileall -q src
	@$(BIN)/iamd version | sed -n 's/^engine */==> the engine is /p'
	@touch $@

$(VENV)/.postgres: $(VENV)/.run requirements/postgres.txt
	@echo "==> installing what PostgreSQL needs"
	@$(LOCKED) -r requirements/postgres.txt
	@touch $@

# Edited sources run as plain Python until they are compiled again.
$(VENV)/.engine: $(VENV)/.run $(wildcard src/iamd/*.py src/iamd/*/*.py)
	@echo "==> compiling the engine and the request path"
	@IAMD_BUILD_STRICT=1 $(EDITABLE)
	@touch $@

# The system's Node.js where it is new enough, else one out of a package.
$(VENV)/.node: $(VENV)/.run requirements/console.txt tools/build_console.py
	@$(BIN)/python -m tools.build_console --has-node 2>/dev/null || { \
		echo "==> installing Node.js to build the console with"; \
		$(LOCKED) -r requirements/console.txt; \
	}
	@touch $@

.PHONY: console
console: $(VENV)/.console ## Build the console's pages, if they are not current

$(VENV)/.console: $(VENV)/.node $(shell find console -name node_modules -prune -o -type f -print)
	@$(BIN)/python -m tools.build_console
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@echo "==> installing the development tools"
	@command -v curl >/dev/null || tools/needs.sh curl # which the runbook calls
	@PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null || tools/needs.sh nginx # whose example is tested
	@PATH="$$PATH:/usr/sbin" command -v pgbouncer >/dev/null || tools/needs.sh pgbouncer # before a database of tests
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || tools/needs.sh postgresql
	@$(LOCKED) -r requirements/dev.txt
	@touch $@

$(VENV)/.bench: $(VENV)/.dev requirements/bench.txt
	@echo "==> installing what the benchmarks compare with"
	@$(LOCKED) -r requirements/bench.txt
	@! command -v npm >/dev/null || npm install --silent --no-audit --no-fund --prefix $(VENV)/bench-node $(BENCH_NODE_PACKAGES) || true
	@touch $@

$(VENV)/.fuzz: $(VENV)/.dev requirements/fuzz.txt
	@echo "==> installing the coverage-guided fuzzer"
	@$(LOCKED) -r requirements/fuzz.txt
	@touch $@

$(VENV)/.release: $(UV) requirements/release.txt
	@echo "==> installing what looks at the dependencies"
	@$(UV) venv --quiet --clear --python $(BIN)/python $(VENV)/release
	@$(UV) pip install --quiet --python $(VENV)/release/bin/python --require-hashes -r requirements/release.txt
	@touch $@

$(VENV)/.docs: $(VENV)/.run requirements/docs.txt
	@echo "==> installing the documentation tools"
	@$(LOCKED) -r requirements/docs.txt
	@touch $@

# Data go to .iamd in the clone unless the environment names another place. The console is built meanwhile.
.PHONY: run
run: $(VENV)/.run console-meanwhile ## Run the server; more flags in ARGS (make run ARGS=--in-memory)
	@$(if $(IAMD_IN_MEMORY)$(IAMD_DATA_DIR),,IAMD_DATA_DIR=.iamd) exec $(BIN)/iamd serve $(ARGS)

.PHONY: console-meanwhile
console-meanwhile: $(VENV)/.run
	@{ $(MAKE) --no-print-directory console >$(VENV)/console.log 2>&1 || \
		echo "the console could not be built: see $(VENV)/console.log" >&2; } &

# Three at a time, also on two cores: many tests wait for servers and browsers.
.PHONY: test
test: lint $(VENV)/.engine $(VENV)/.console $(VENV)/.browser ## Run the linters and every test; chosen tests in ARGS (make test ARGS=tests/policy)
	@$(BIN)/pytest -n 3 -q $(ARGS)

.PHONY: test-pure
test-pure: $(VENV)/.dev $(VENV)/.console $(VENV)/.browser ## Run every test on the plain form of the engine and of the request path; chosen tests in ARGS
	@IAMD_ENGINE=pure $(BIN)/pytest -n 3 -q $(ARGS)

# Tests that are marked `embedded` are of SQLite, and stay on it.
.PHONY: test-postgresql
test-postgresql: $(VENV)/.engine $(VENV)/.dev $(VENV)/.console $(VENV)/.browser ## Run every test with PostgreSQL in SQLite's place; chosen tests in ARGS
	@IAMD_TEST_DATABASE=postgresql $(BIN)/pytest -n 3 -q $(ARGS)

$(VENV)/.browser: $(VENV)/.dev tools/browser.sh
	@tools/browser.sh
	@touch $@

.PHONY: screenshots
screenshots: $(VENV)/.dev $(VENV)/.console $(VENV)/.browser ## Take pictures of every page of the console, light and dark, into build/screenshots
	@$(BIN)/python -m tools.screenshots $(ARGS)

.PHONY: cases
cases: $(VENV)/.dev $(VENV)/.engine ## Run the written decision cases on both forms of the engine
	@IAMD_ENGINE=compiled $(BIN)/pytest -q tests/policy/test_cases.py
	@IAMD_ENGINE=pure $(BIN)/pytest -q tests/policy/test_cases.py

.PHONY: nightly
nightly: $(VENV)/.dev $(VENV)/.engine ## Try the properties of the engine and its prover on ten times as many examples, in both forms
	@for form in compiled pure; do \
		echo "==> the $$form engine"; \
		HYPOTHESIS_PROFILE=nightly IAMD_ENGINE=$$form $(BIN)/pytest -n 2 -q --timeout 3600 tests/policy tests/spec tests/analysis/symbolic || exit 1; \
	done

# In a folder of its own, mutants/; `mutmut show` tells how one of them differs.
.PHONY: mutants
mutants: $(VENV)/.dev ## Change the code that decides, one place at a time, and list what no test notices (an hour)
	@HYPOTHESIS_PROFILE=mutants IAMD_ENGINE=pure $(BIN)/mutmut run --max-children 1
	@$(BIN)/mutmut results

.PHONY: lint
lint: $(VENV)/.dev $(VENV)/.node ## Check style, types, import rules, sizes and names
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m tools.check_sizes
	@$(BIN)/python -m tools.check_engine
	@$(BIN)/python -m tools.check_native
	@$(BIN)/python -m tools.check_names
	@$(BIN)/python -m tools.reference_pages --check
	@$(BIN)/python -m tools.build_console --check

.PHONY: format
format: $(VENV)/.dev ## Format the code and mend what can be mended safely
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

.PHONY: bench
bench: $(VENV)/.bench $(VENV)/.engine ## Measure speed against the anchors; prints ratios
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: chaos
chaos: $(VENV)/.dev $(VENV)/.engine ## Kill servers a thousand times under load and check that they keep their promises (half an hour); more faults in ARGS (make chaos ARGS=--help)
	@$(BIN)/python -m chaos $(ARGS)

.PHONY: failover
failover: $(VENV)/.dev $(VENV)/.engine ## Kill the database under load and promote its standby, and measure what servers make of it (2 minutes)
	@$(BIN)/python -m chaos.failover $(ARGS)

.PHONY: soak
soak: $(VENV)/.dev $(VENV)/.engine ## Work a server hard in every way for twenty minutes: nothing of it may grow
	@$(BIN)/python -m soak $(ARGS)

.PHONY: fuzz
fuzz: $(VENV)/.dev $(VENV)/.engine ## Send a hundred thousand requests, most of them wrong somewhere, to every operation
	@$(BIN)/python -m fuzz $(ARGS)

.PHONY: fuzz-broken
fuzz-broken: $(VENV)/.dev $(VENV)/.engine ## Send a hundred thousand requests whose bytes are broken to every door, the gateway's among them
	@$(BIN)/python -m fuzz.broken $(ARGS)

.PHONY: fuzz-guided
fuzz-guided: $(VENV)/.fuzz ## Feed what reads strangers' bytes with such that reach further, a minute each (half an hour)
	@$(BIN)/python -m fuzz.guided $(ARGS)

.PHONY: docs
docs: $(VENV)/.docs ## Make the pages that come from the code, then build the documentation into site/
	@$(BIN)/python -m tools.reference_pages
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

.PHONY: build
build: $(VENV)/.console ## Build the wheel and the source distribution into dist/
	@$(UV) build --python $(BIN)/python --build-constraints requirements/build.txt --require-hashes --out-dir dist

.PHONY: sbom
sbom: $(VENV)/.release ## Write the software bill of materials (CycloneDX) into dist/
	@mkdir -p dist
	@$(VENV)/release/bin/cyclonedx-py requirements requirements/postgres.txt --pyproject pyproject.toml --output-format JSON --output-file dist/iamd.cdx.json
	@echo "dist/iamd.cdx.json"

.PHONY: vulnerabilities
vulnerabilities: $(VENV)/.release ## Ask PyPI for known vulnerabilities of what iamd runs on
	@$(VENV)/release/bin/pip-audit --requirement requirements/postgres.txt --require-hashes --disable-pip

.PHONY: lock
lock: $(UV) ## Resolve the locked requirements again; RESOLVE_ARGS=--upgrade takes newer versions
	@$(RESOLVE) pyproject.toml -o requirements/run.txt
	@for group in dev bench docs fuzz; do \
		$(RESOLVE) pyproject.toml --group $$group -c requirements/run.txt -o requirements/$$group.txt; \
	done
	@$(RESOLVE) --group release -c requirements/run.txt -o requirements/release.txt
	@$(RESOLVE) pyproject.toml --extra postgres -c requirements/run.txt -o requirements/postgres.txt
	@$(RESOLVE) pyproject.toml --extra console-build -c requirements/run.txt -o requirements/console.txt
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| $(RESOLVE) - -c requirements/run.txt -o requirements/build.txt
	@$(RESOLVE) requirements/uv.in -o requirements/uv.txt

.PHONY: refresh-reference
refresh-reference: $(UV) ## Take the newest reference data: bump their pins and lock them
	@$(BIN)/python -m tools.pin_sources $(UV)
	@$(MAKE) lock

.PHONY: clean
clean: ## Remove what was built and installed; data of the server stay
	@rm -rf $(VENV) mutants build dist site src/iamd/reference/data src/iamd/console/dist console/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tools tests -name __pycache__ -prune -exec rm -rf {} +
