# The connector's commands. Needed beforehand: Python 3.11 or newer, make and a package index. `make` lists the commands.
PYTHON3 ?= python3
# Lambda's Python and processor, for build and deploy: what `sam deploy --guided` kept, or else the template's defaults.
saved = $(shell sed -nE 's/.*[ "]$(1)=[\\"]*([a-z0-9_.]+).*/\1/p' samconfig.toml)
DEFAULT_PYTHON := $(or $(call saved,Python),3.13)
DEFAULT_ARCH := $(or $(call saved,Architecture),arm64)
PYTHON ?= $(DEFAULT_PYTHON)
ARCH ?= $(DEFAULT_ARCH)
# For run and demo: the port that the embedded AWS listens on (0: any free one).
PORT ?= 0
# For run and demo: which Clinicea is served; docs/fake-clinicea.md lists the worlds.
WORLD ?= evidence
# For test: how many processes share the tests (auto: one for each processor, four at most; 0: pytest's own alone).
PROCESSES ?= auto
# For test: more arguments for pytest. For doctor: see docs/doctor.md. For deploy: more arguments for `sam deploy`.
ARGS ?=
# For deploy: the template's parameters, Name=value …; without any, those that samconfig.toml keeps.
PARAMETERS ?=
# For bench: ARGS="--only cold,warm", ARGS=--small (both for trying: docs/performance.md stays), ARGS=--page.
# For chaos: how many bookings, the seed of all chance, the share of Clinicea's calls that are hit.
BOOKINGS ?= 10000
SEED ?= 1
FAULTS ?= 0.33
# For reconcile: the day. For doctor: a registered patient's number. For all commands on a deployment: the deployed stack.
DAY ?=
MOBILE ?=
STACK ?= convox-clinicea
# For bookings, redrive and resolve: which bookings; what a person decides, and why.
ID ?=
STATE ?=
REASON ?=
OLDER ?=
GO ?=
WHY ?=
APPOINTMENT ?=
PATIENT ?=
# For disclosures: asked by one of them (or PATIENT, DAY). For erase: those that have not ended too; do not ask.
AGENT ?=
CALL ?=
OPEN ?=
YES ?=

SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:
export SAM_CLI_TELEMETRY := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Validation needs the name of a region, and no account.
export AWS_DEFAULT_REGION ?= ap-south-1

# Each environment is complete when its stamp is there; the stamp's name holds the version of the Python that it was made with.
VERSION := $(shell $(PYTHON3) -c 'import sys; print("%d.%d" % sys.version_info[:2] if sys.version_info >= (3, 11) else "")' 2>/dev/null)
STAMP := .ready-$(VERSION)
DEV := .venv/$(STAMP)
SAM := .tools/sam/$(STAMP)
EMULATOR := .tools/emulator/$(STAMP)
CHECKS := .tools/checks/$(STAMP)
RUNTIME := .tools/runtime/$(STAMP)
PICTURES := .tools/pictures/$(STAMP)
LOCK := .tools/lock/$(STAMP)
ENVIRONMENTS = @$(MAKE) --no-print-directory -j 4
# The layer's requirements are installed once for each Python and processor.
export CONNECTOR_LAYER_CACHE := $(CURDIR)/.tools/layer
CHECKED := layers/connector/convox_clinicea layers/connector/build.py layers/connector/packing.py bench functions local commands tests

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  Settings: PYTHON3=$(PYTHON3) (runs the tools)  PYTHON=$(PYTHON) ARCH=$(ARCH) (Lambda's)  PORT=$(PORT) (make run)"

.PHONY: run
run: ## The product on this machine: deploy, play a sample call, serve until Ctrl-C
	$(ENVIRONMENTS) $(SAM) $(EMULATOR)
	@exec .tools/emulator/bin/python -m local --port $(PORT) --world $(WORLD)

.PHONY: demo
demo: ## The same, ending after the sample call; fails unless its appointments stand in the calendar
	$(ENVIRONMENTS) $(SAM) $(EMULATOR)
	@exec .tools/emulator/bin/python -m local --port $(PORT) --world $(WORLD) --demo

.PHONY: test
test: ## Everything that CI checks: lint, types, import directions, template, all tests with coverage
	$(ENVIRONMENTS) $(DEV) $(SAM) $(EMULATOR) $(RUNTIME) $(CHECKS)
	@$(MAKE) --no-print-directory lint types
	@echo "== tests"
	@.venv/bin/python -m pytest --numprocesses=$(PROCESSES) --maxprocesses=4 --no-loadscope-reorder \
	  --cov --cov-report=term-missing:skip-covered $(ARGS)

.PHONY: lint
lint: $(DEV) $(SAM) $(CHECKS) ## Ruff, import directions, the template (cfn-lint, SAM, checkov), secrets in the tree
	@echo "== lint"
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@echo "== import directions"
	@PYTHONPATH=.:layers/connector .venv/bin/lint-imports --no-cache
	@echo "== template"
	@.tools/sam/bin/cfn-lint template.yaml
	@.tools/sam/bin/sam validate --lint
	@.tools/checks/bin/python -m commands.check_template
	@echo "== OpenAPI document"
	@PYTHONPATH=layers/connector .venv/bin/python -m commands.openapi --check
	@echo "== secrets in the tree"
	@.tools/checks/bin/python -m commands.scan_secrets

.PHONY: types
types: $(DEV) ## Strict type check
	@echo "== types"
	@.venv/bin/mypy $(CHECKED)

.PHONY: format
format: $(DEV) ## Format the code and repair what ruff can
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

.PHONY: build
build: $(SAM) ## Build functions and layer for Lambda (PYTHON=3.13 ARCH=arm64), without Docker
	@env -u MAKEFLAGS -u MAKELEVEL PYTHON=$(PYTHON) ARCH=$(ARCH) PYTHON3=$(CURDIR)/.tools/sam/bin/python \
	  .tools/sam/bin/sam build --parameter-overrides Python=$(PYTHON) Architecture=$(ARCH)

.PHONY: chaos
chaos: $(DEV) ## The proof: bookings through every fault, simulated (BOOKINGS=10000 SEED=1 FAULTS=0.33 ARGS=--attended)
	@.venv/bin/python -m tests.chaos --bookings $(BOOKINGS) --seed $(SEED) --faults $(FAULTS) $(ARGS)

.PHONY: bench
bench: ## How fast it is, measured on AWS's runtime client in about 12 minutes (ARGS="--only cold" ARGS=--small)
	$(ENVIRONMENTS) $(DEV) $(SAM) $(EMULATOR) $(RUNTIME) $(PICTURES)
	@PYTHONPATH=.:layers/connector .venv/bin/python -m bench $(ARGS)

.PHONY: openapi
openapi: $(DEV) ## Write docs/openapi.json anew, from the code
	@PYTHONPATH=layers/connector .venv/bin/python -m commands.openapi

.PHONY: audit
audit: $(CHECKS) ## Known vulnerabilities of every locked package; one that cannot be looked up is a failure
	@.tools/checks/bin/python -m commands.audit $(ARGS)

.PHONY: gameday
gameday: ## Clinicea goes away during steady calls, and comes back; fails if a booking is lost (ARGS="--calls 40 --down-seconds 40")
	$(ENVIRONMENTS) $(SAM) $(EMULATOR)
	@exec .tools/emulator/bin/python -m local --port $(PORT) --gameday $(ARGS)

.PHONY: reconcile
reconcile: $(EMULATOR) ## A day's bookings against Clinicea's calendar (DAY=2026-12-01 STACK=convox-clinicea)
	@.tools/emulator/bin/python -m commands.reconcile --stack $(STACK) $(if $(DAY),--day $(DAY))

# What is given to make stands in the environment, too: read from there, no quote in it is the shell's to understand.
.PHONY: bookings
bookings: $(EMULATOR) ## Bookings by state, age and reason (STATE=needs_attention REASON= OLDER=12h ID= ARGS=--json)
	@.tools/emulator/bin/python -m commands.bookings --stack $(STACK) $(if $(ID),--id "$$ID") \
	  $(if $(STATE),--state "$$STATE") $(if $(REASON),--reason "$$REASON") $(if $(OLDER),--older "$$OLDER") $(ARGS)

.PHONY: redrive
redrive: $(EMULATOR) ## Send parked bookings on again; says what it would do (ID= REASON= OLDER=), does it with GO=yes WHY="…"
	@.tools/emulator/bin/python -m commands.redrive --stack $(STACK) $(if $(ID),--id "$$ID") \
	  $(if $(REASON),--reason "$$REASON") $(if $(OLDER),--older "$$OLDER") $(if $(filter yes,$(GO)),--go) $(if $(WHY),--why "$$WHY")

.PHONY: resolve
resolve: $(EMULATOR) ## End a parked booking (ID= AS=booked APPOINTMENT= [PATIENT=] WHY="…", or ID= AS=rejected WHY="…")
	@.tools/emulator/bin/python -m commands.resolve --stack $(STACK) --id "$$ID" --as "$$AS" \
	  $(if $(APPOINTMENT),--appointment "$$APPOINTMENT") $(if $(PATIENT),--patient "$$PATIENT") --why "$$WHY"

.PHONY: dashboard
dashboard: BOOKINGS = 2000
dashboard: FAULTS = 0.1
dashboard: $(DEV) $(PICTURES) ## The CloudWatch dashboard as a picture, from a simulated day (BOOKINGS=2000 SEED=1 FAULTS=0.1)
	@mkdir -p .local
	@.venv/bin/python -m tests.chaos --bookings $(BOOKINGS) --seed $(SEED) --faults $(FAULTS) --metrics .local/metrics.jsonl
	@.tools/pictures/bin/python -m commands.dashboard .local/metrics.jsonl .local/dashboard.png \
	  --title "convox-clinicea: $(BOOKINGS) bookings, seed $(SEED), faults $(FAULTS) (simulated)"

.PHONY: disclosures
disclosures: $(EMULATOR) ## Who was shown which patient's data (PATIENT= or AGENT= or CALL= or DAY=; ARGS=--json)
	@.tools/emulator/bin/python -m commands.disclosures --stack $(STACK) $(if $(PATIENT),--patient "$$PATIENT") \
	  $(if $(AGENT),--agent "$$AGENT") $(if $(CALL),--call "$$CALL") $(if $(DAY),--day "$$DAY") $(ARGS)

.PHONY: holds
holds: $(EMULATOR) ## What is held on a person (asks for the mobile, or takes it from the environment: MOBILE)
	@.tools/emulator/bin/python -m commands.holds --stack $(STACK)

.PHONY: erase
erase: $(EMULATOR) ## Erase it, after a question (OPEN=yes: what has not ended too; YES=yes: do not ask)
	@.tools/emulator/bin/python -m commands.holds --stack $(STACK) --erase $(if $(filter yes,$(OPEN)),--open) \
	  $(if $(filter yes,$(YES)),--yes) $(if $(WHY),--why "$$WHY")

.PHONY: doctor
doctor: $(DEV) ## What is assumed about Clinicea, checked on your account (MOBILE=+91… STACK=convox-clinicea)
	@PYTHONPATH=.:layers/connector .venv/bin/python -m commands.doctor --stack $(STACK) $(if $(MOBILE),--mobile "$$MOBILE") $(ARGS)

.PHONY: check-config
check-config: $(DEV) ## Call table, clinics, dialect: in order? (CALL_TABLE= CLINICS= DIALECT=file, or PARAMETERS="Dialect=ssm:/…")
	@PYTHONPATH=.:layers/connector .venv/bin/python -m commands.check_config --samconfig samconfig.toml \
	  $(if $(CALL_TABLE),--call-table "$(CALL_TABLE)") $(if $(CLINICS),--clinics "$(CLINICS)") \
	  $(if $(DIALECT),--dialect "$(DIALECT)") $(PARAMETERS)

.PHONY: restore
restore: $(EMULATOR) ## Put back what the ledger lost, from a restored table (FROM=<table>); does it with GO=yes WHY="…"
	@.tools/emulator/bin/python -m commands.restore --stack $(STACK) --from "$$FROM" $(if $(filter yes,$(GO)),--go) $(if $(WHY),--why "$$WHY")

.PHONY: smoke
smoke: $(EMULATOR) ## Does the deployed stack answer as it should? Books nothing (STACK=convox-clinicea ARGS=--mobile=…)
	@.tools/emulator/bin/python -m commands.smoke --stack $(STACK) $(ARGS)

.PHONY: deploy
deploy: $(SAM) $(EMULATOR) ## Check, deploy the build, smoke; asks on first use (PARAMETERS="Name=value …" ARGS="…" for sam deploy)
	@.tools/emulator/bin/python -m commands.deploy --python $(if $(PARAMETERS),$(PYTHON),$(DEFAULT_PYTHON)) \
	  --arch $(if $(PARAMETERS),$(ARCH),$(DEFAULT_ARCH)) --sam="$(ARGS)" $(PARAMETERS)

.PHONY: parameters
parameters: $(DEV) ## Write docs/parameters.md from the template
	@.venv/bin/python -m commands.parameter_page

.PHONY: lock
lock: $(LOCK) ## Renew the locked requirements from requirements/*.in
	@for pair in layer:layers/connector/requirements.txt dev:requirements/dev.txt sam:requirements/sam.txt \
	  emulator:requirements/emulator.txt checks:requirements/checks.txt runtime:requirements/runtime.txt usual:requirements/usual.txt pictures:requirements/pictures.txt lock:requirements/lock.txt; do \
	  echo "locking $${pair#*:}"; \
	  .tools/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --custom-compile-command 'make lock' "requirements/$${pair%%:*}.in" --output-file "$${pair#*:}" || exit 1; \
	done

.PHONY: clean
clean: ## Remove everything that was built or installed here
	rm -rf .venv .tools .local .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

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
$(CHECKS): requirements/checks.txt | python
	$(call environment,checkov and the audits,.tools/checks,$<)
$(RUNTIME): requirements/runtime.txt | python
	$(call environment,the Lambda runtime client,.tools/runtime,$<)
$(PICTURES): requirements/pictures.txt | python
	$(call environment,the drawing library,.tools/pictures,$<)
$(LOCK): requirements/lock.txt | python
	$(call environment,the lock tool,.tools/lock,$<)
