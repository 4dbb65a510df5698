# The project's commands; operators' are in ./connector. Needed: Python 3.11 or newer, make and a package index.
PYTHON3 ?= python3
# Where make deploy finds stack, region and parameters; another file is another deployment.
export DEPLOY_FILE ?= deploy.toml
# Lambda's Python and processor: as deploy.toml says, or else the template's defaults. Typed for deploy, they are kept there.
saved = $(shell sed -nE 's/^ *$(1) *= *"([a-z0-9_.]+)".*/\1/p' $(DEPLOY_FILE) 2>/dev/null)
typed = $(if $(filter command line,$(origin $(1))),$(2)=$($(1)))
PYTHON ?= $(or $(call saved,python),3.13)
ARCH ?= $(or $(call saved,architecture),arm64)
# For run and demo: the port that the embedded AWS listens on (0: any free one).
PORT ?= 0
# For run and demo: which Clinicea is served; docs/fake-clinicea.md lists the worlds.
WORLD ?= evidence
# For test: how many processes share the tests (auto: one for each processor, four at most; 0: pytest's own alone).
PROCESSES ?= auto
# For test: another date and time, in UTC (CLOCK='2028-02-29 12:00:00'). Needs Linux and a C compiler.
CLOCK ?=
# For test: more arguments for pytest. For deploy: more arguments for `sam deploy`.
ARGS ?=
# For deploy: the template's parameters, Name=value …, over those in deploy.toml; it keeps them.
PARAMETERS ?=
# For bench: ARGS="--only cold,warm", ARGS=--small (both for trying: docs/performance.md stays), ARGS=--page.
# For chaos: how many bookings, the seed of all chance, the share of Clinicea's calls that are hit.
BOOKINGS ?= 10000
SEED ?= 1
FAULTS ?= 0.33
# For browser: CHROMIUM=required fails where there is none, else the tests are skipped by name. KEEP=yes: pictures of docs/.
export CHROMIUM ?=
export KEEP ?=
# For deploy: local (the stack on this machine), or a stack's name on AWS. Empty: the one that `make run` serves here,
# else the one that deploy.toml names. YES=yes: do not ask before something is changed.
STACK ?=
YES ?=

SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:
export SAM_CLI_TELEMETRY := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# What is given to make stands in the environment, too: read from there, no quote in it is the shell's to understand.
ON_STACK = $(if $(STACK),--stack "$$STACK")
CONFIRMED = $(if $(filter yes,$(YES)),--yes)

# Each environment is complete when its stamp is there; the stamp's name holds the version of the Python that it was made with.
VERSION := $(shell $(PYTHON3) -c 'import sys; print("%d.%d" % sys.version_info[:2] if sys.version_info >= (3, 11) else "")' 2>/dev/null)
STAMP := .ready-$(VERSION)
DEV := .venv/$(STAMP)
SAM := .tools/sam/$(STAMP)
EMULATOR := .tools/emulator/$(STAMP)
CHECKS := .tools/checks/$(STAMP)
CONNECTOR := .tools/connector/$(STAMP)
RUNTIME := .tools/runtime/$(STAMP)
PICTURES := .tools/pictures/$(STAMP)
BROWSER_TOOLS := .tools/browser/$(STAMP)
LOCK := .tools/lock/$(STAMP)
ENVIRONMENTS = @$(MAKE) -s --no-print-directory -j 4
# The layer's requirements are installed once for each Python and processor.
export CONNECTOR_LAYER_CACHE := $(CURDIR)/.tools/layer
PYTEST := .venv/bin/python -m pytest
CHECKED := layers/connector/convox_clinicea layers/connector/build.py layers/connector/packing.py bench functions local commands tests

# A target's ## is told to everybody, its ### to those who change the code.
.PHONY: help
help:
	@awk -F ':.* ## ' '/^[a-z-]+:.* ## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "For who changes the code:"
	@awk -F ':.* ### ' '/^[a-z-]+:.* ### / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "For operators and integrators: ./connector --help (bookings, disclosures, doctor, smoke, logs, …)"
	@echo
	@echo "  Settings: PYTHON3=$(PYTHON3) (runs the tools)  PYTHON=$(PYTHON) ARCH=$(ARCH) (Lambda's)  PORT=$(PORT) (make run)"

# For run, demo and gameday: how Clinicea is logged in to (api_key or staff_session), and the template's parameters.
AUTHENTICATION ?=
LAUNCH = $(if $(AUTHENTICATION),--authentication $(AUTHENTICATION)) $(if $(PARAMETERS),--parameter $(PARAMETERS))

.PHONY: run
run: ## The product on this machine: deploy, sample call, serve until Ctrl-C (AUTHENTICATION= PARAMETERS="SettleSeconds=60")
	$(ENVIRONMENTS) $(SAM) $(EMULATOR)
	@exec .tools/emulator/bin/python -m local --port $(PORT) --world $(WORLD) $(LAUNCH)

.PHONY: demo
demo: ## The same, ending after the sample call; fails unless its appointments stand in the calendar
	$(ENVIRONMENTS) $(SAM) $(EMULATOR)
	@exec .tools/emulator/bin/python -m local --port $(PORT) --world $(WORLD) $(LAUNCH) --demo

.PHONY: test
test: ## Everything that CI checks: lint, types, import directions, template, all tests with coverage (CLOCK=…: at another date)
	$(ENVIRONMENTS) $(DEV) $(SAM) $(EMULATOR) $(CONNECTOR) $(RUNTIME) $(CHECKS)
	@$(MAKE) --no-print-directory lint types
	@$(if $(CLOCK),$(MAKE) --no-print-directory layers)
	@echo "== tests"
	@$(if $(CLOCK),.venv/bin/python -m tests.support.set_clock "$$CLOCK" )$(PYTEST) \
	  --numprocesses=$(PROCESSES) --maxprocesses=4 --no-loadscope-reorder \
	  --cov --cov-report=term-missing:skip-covered $(ARGS)

.PHONY: nightly
nightly: test ### What is to run each night: make test, then every mutant of the booking protocol (20 minutes)
	@$(MAKE) --no-print-directory chaos ARGS=--mutants

.PHONY: unit
unit: ### The unit tests alone: the quick check of a change, or of another Python (PYTHON3=python3.13)
	$(ENVIRONMENTS) $(DEV) $(CHECKS)
	@echo "== unit tests"
	@.venv/bin/python -m pytest tests/unit --numprocesses=$(PROCESSES) --maxprocesses=4 --no-loadscope-reorder $(ARGS)

.PHONY: check
check: ### What to run while you work: lint, types, unit tests
	@$(MAKE) --no-print-directory lint types unit

# At another date no package index can be reached (TLS): what the tests build is installed into the cache before.
.PHONY: layers
layers: $(DEV)
	@for layer in "3.13 arm64" "$(VERSION) $(subst aarch64,arm64,$(shell uname -m))"; do set -- $$layer; \
	  .venv/bin/python layers/connector/build.py --python $$1 --arch $$2 .tools/clock/layer || exit 1; done

.PHONY: browser
browser: ### The desk in a browser, with pictures in .local/pictures (CHROMIUM=required KEEP=yes)
	$(ENVIRONMENTS) $(SAM) $(EMULATOR) $(BROWSER_TOOLS)
	@echo "== the desk in a browser"
	@.tools/browser/bin/python -m pytest tests/browser --confcutdir=tests/browser $(ARGS)

.PHONY: lint
lint: $(DEV) $(SAM) $(CHECKS) ## Ruff, import directions, the template (cfn-lint, SAM, checkov), secrets in the tree
	@echo "== lint"
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@echo "== import directions"
	@PYTHONPATH=.:layers/connector .venv/bin/lint-imports --no-cache
	@echo "== template"
	@.tools/sam/bin/cfn-lint template.yaml
	@AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-ap-south-1} .tools/sam/bin/sam validate --lint # a region's name, no account
	@.tools/checks/bin/python -m commands.check_template
	@echo "== OpenAPI document"
	@PYTHONPATH=layers/connector .venv/bin/python -m commands.openapi --check
	@echo "== secrets in the tree"
	@.tools/checks/bin/python -m commands.scan_secrets

.PHONY: types
types: $(DEV) ### Strict type check
	@echo "== types"
	@.venv/bin/mypy $(CHECKED)

.PHONY: format
format: $(DEV) ### Format the code and repair what ruff can
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

.PHONY: build
build: $(SAM) ## Build functions and layer for Lambda (PYTHON=3.13 ARCH=arm64), without Docker
	@env -u MAKEFLAGS -u MAKELEVEL PYTHON=$(PYTHON) ARCH=$(ARCH) PYTHON3=$(CURDIR)/.tools/sam/bin/python \
	  .tools/sam/bin/sam build --parameter-overrides Python=$(PYTHON) Architecture=$(ARCH)

.PHONY: chaos
chaos: $(DEV) ## The proof: bookings through every fault, simulated (BOOKINGS=10000 SEED=1 FAULTS=0.33 ARGS=--attended; ARGS=--mutants)
	@.venv/bin/python -m tests.chaos --bookings $(BOOKINGS) --seed $(SEED) --faults $(FAULTS) $(ARGS)

.PHONY: large-ledger
large-ledger: $(DEV) ### Rights, reconciliation and lists on a ledger of 300 MB, in memory (MEGABYTES=300; some minutes, 2 GB)
	@PYTHONPATH=.:layers/connector .venv/bin/python -m tests.chaos.large_ledger --megabytes $(or $(MEGABYTES),300)

.PHONY: bench
bench: ## How fast it is, measured on AWS's runtime client in about 20 minutes (ARGS="--only cold" ARGS=--small)
	$(ENVIRONMENTS) $(DEV) $(SAM) $(EMULATOR) $(RUNTIME) $(PICTURES) $(BROWSER_TOOLS)
	@PYTHONPATH=.:layers/connector .venv/bin/python -m bench $(ARGS)

.PHONY: openapi
openapi: $(DEV) ### Write docs/openapi.json anew, from the code
	@PYTHONPATH=layers/connector .venv/bin/python -m commands.openapi

.PHONY: audit
audit: $(CHECKS) ### Known vulnerabilities of every locked package; one that cannot be looked up is a failure
	@.tools/checks/bin/python -m commands.audit $(ARGS)

.PHONY: gameday
gameday: ### Clinicea goes away during steady calls, and comes back; fails if a booking is lost (ARGS="--calls 40 --down-seconds 40")
	$(ENVIRONMENTS) $(SAM) $(EMULATOR)
	@exec .tools/emulator/bin/python -m local --port $(PORT) --world $(WORLD) $(LAUNCH) --gameday $(ARGS)

.PHONY: dashboard
dashboard: BOOKINGS = 2000
dashboard: FAULTS = 0.1
dashboard: $(DEV) $(PICTURES) ### The CloudWatch dashboard as a picture, from a simulated day (BOOKINGS=2000 SEED=1 FAULTS=0.1)
	@mkdir -p .local
	@.venv/bin/python -m tests.chaos --bookings $(BOOKINGS) --seed $(SEED) --faults $(FAULTS) --metrics .local/metrics.jsonl
	@.tools/pictures/bin/python -m commands.dashboard .local/metrics.jsonl .local/dashboard.png \
	  --title "convox-clinicea: $(BOOKINGS) bookings, seed $(SEED), faults $(FAULTS) (simulated)"

.PHONY: deploy
deploy: ## Check, ask, deploy the build, smoke: as deploy.toml says (PARAMETERS="Name=value …" is kept there)
	$(ENVIRONMENTS) $(SAM) $(EMULATOR) $(CONNECTOR)
	@PYTHONPATH=.:layers/connector .tools/connector/bin/python -m commands.deploy $(ON_STACK) $(CONFIRMED) --sam="$(ARGS)" $(call typed,PYTHON,Python) \
	  $(call typed,ARCH,Architecture) $(PARAMETERS)

.PHONY: parameters
parameters: $(DEV) ### Write docs/parameters.md from the template
	@.venv/bin/python -m commands.parameter_page

.PHONY: shape
shape: $(DEV) ### What a reader has to open, counted: modules loaded, lines of modules and handlers, tests (commands/shape.py)
	@.venv/bin/python -m commands.shape

.PHONY: lock
lock: $(LOCK) ### Renew the locked requirements from requirements/*.in (ARGS=--keep: only their hashes; ARGS=--newest: of today, too)
	@.tools/lock/bin/python -m commands.lock $(ARGS)

.PHONY: clean
clean: ## Remove everything that was built or installed here
	rm -rf .venv .tools .local .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The operators' commands are verbs of ./connector, which asks for its environment here.
MOVED := bookings calls check-config disclosures doctor erase holds invoke logs people reconcile redrive resolve restore \
  rotate-token smoke tasks usage-key withdraw
.PHONY: $(MOVED)
$(MOVED):
	@echo "make $@ is now ./connector $@; ./connector $@ --help shows an example" >&2; exit 2

.PHONY: connector-environment
connector-environment: $(CONNECTOR)

.PHONY: python
python:
	@test -n "$(VERSION)" || { echo "Python 3.11 or newer is needed; '$(PYTHON3)' is not. Name one: make PYTHON3=python3.13 …"; exit 1; }

# --- Environments, each of its own: the tools' requirements exclude one another ---------------------------------------
define environment
	@echo "installing $(1) (Python $(VERSION)) …"
	@rm -f $(2)/.ready-*
	@$(PYTHON3) -m venv --clear $(2)
	@$(2)/bin/python -m pip install -qq --require-hashes --no-deps --only-binary=:all: -r $(3)
	@touch $@
	@echo "installed $(1)"
endef
$(DEV): requirements/dev.txt | python
	$(call environment,the tests and linters,.venv,$<)
$(SAM): requirements/sam.txt | python
	$(call environment,the AWS SAM CLI,.tools/sam,$<)
$(EMULATOR): requirements/emulator.txt | python
	$(call environment,the embedded AWS,.tools/emulator,$<)
$(CONNECTOR): requirements/connector.txt | python
	$(call environment,the operators' program,.tools/connector,$<)
$(CHECKS): requirements/checks.txt | python
	$(call environment,checkov and the audits,.tools/checks,$<)
$(RUNTIME): requirements/runtime.txt | python
	$(call environment,the Lambda runtime client,.tools/runtime,$<)
$(PICTURES): requirements/pictures.txt | python
	$(call environment,the drawing library,.tools/pictures,$<)
$(BROWSER_TOOLS): requirements/browser.txt | python
	$(call environment,the browser's driver,.tools/browser,$<)
$(LOCK): requirements/lock.txt | python
	$(call environment,the lock tool,.tools/lock,$<)
