# How hard is a border to close? `make` computes the answers for the embedded data, `make help`
# lists the goals. Needs GNU make 4.3 or newer, python3 3.11 or newer, and git to clone the
# repository.

# Settings, given on the command line as in `make SOURCE=overpass BORDERS=mx-gt`.
SOURCE = gazetteer
BORDERS = $(if $(MADE),us-mx mx-gt,$(FOUND))
ELEVATION = GLO-90
CLOSE =
# Another source, such as `ne`, whose results show how complete those of SOURCE are.
AGAINST =
# For the goal `brief`: one border.
BORDER =
# The day for `situation` and `brief`; if empty, the day of the newest statement.
TODAY =
DSN =
DAYS =
# For the goal `export`: public, or local for all data.
PROFILE = public
# For the goal `tiles`: the folder where npm has installed maplibre-gl and pmtiles.
PACKAGES =
# For the goal `border`: two countries, extracts that hold their border, and optional settings.
FROM =
TO =
FILES =
NAME =
FORCE =
CORRIDOR =
ANCHORS =
# For the goal `world`: extracts, where Dask runs, and the folders of files.
PLANET =
WORKERS = $(shell nproc 2>/dev/null || echo 1)
SCHEDULER =
HOST = 127.0.0.1
RESULTS =
RAWS =
UNTIL =
# Number of stages at a time, of one border or several, if -j is not given: one for each core, if
# memory is large enough (pipeline/ops/jobs.py).
JOBS = $(shell $(PYTHON) -m pipeline.ops.jobs 2>/dev/null || echo 1)
# A VENV that a user names is used unchanged; .venv is made from requirements.lock.
VENV = .venv
PYTHON = python3

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.DELETE_ON_ERROR:
.SECONDEXPANSION:
.DEFAULT_GOAL := all
GOALS := $(or $(MAKECMDGOALS),all)
# Goals that only read, and may run beside another make; IDLE below lists all goals that run no
# stage.
READING := help show status
# A run of many borders has its own lock, because it takes hours.
APART := world
IDLE := $(READING) check format test audit coverage mutants docs clean border $(APART)

ifeq ($(filter grouped-target,$(.FEATURES)),)
$(error this is make $(MAKE_VERSION), expected GNU make 4.3 or newer)
endif

ifneq ($(filter-out $(READING) $(APART),$(GOALS)),)
ifneq ($(LOCKED),$(CURDIR))
# Only one make at a time works in a checkout: this make passes its goals to a make that holds the
# lock.
HANDED_ON := 1
.PHONY: $(GOALS) locked
$(GOALS): locked ;
locked:
	+@exec env LOCKED='$(CURDIR)' $(PYTHON) -m pipeline.ops.lock .make.lock \
	  $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,'-j$(JOBS)') $(GOALS)
endif
endif

ifndef HANDED_ON
.PHONY: all border world situation brief osm-tasks release snapshots parquet postgis placement whatif show verify status refresh clean help
.PHONY: docs export tiles
.PHONY: check format test audit coverage mutants bench readme pictures writable FORCE
tool = @$(VENV)/bin/python -m pipeline

# Goals of a user --------------------------------------------------------------------------------------

all: $$(GPKGS) $$(COMPARISON) $$(PAGES)  ## (default) run the flow on SOURCE, then print its table
	$(tool) show $(OUT) $(AGAINST_OPTION)

# Lists of files are passed through the environment, so that the shell never runs text in a name.
border: | $$(READY)  ## write the border from FROM to TO out of FILES, and run it
	@set -e; name=$$($(VENV)/bin/python -m pipeline border '$(FROM)' '$(TO)' $(BORDER_RAW) \
	  pipeline/borders $$FILES --source '$(KIND)' --name '$(NAME)' --anchors '$(ANCHORS)' \
	  $(if $(CORRIDOR),--corridor '$(CORRIDOR)') $(if $(filter 1,$(FORCE)),--force) --day '$(DAY)'); \
	$(MAKE) --no-print-directory SOURCE=$(notdir $(BORDER_RAW)) BORDERS=$$name \
	  ELEVATION='$(if $(filter command%,$(origin ELEVATION)),$(ELEVATION))' all

world: | $$(READY)  ## run all land borders of the extracts PLANET (docs/scale.md)
	@$(VENV)/bin/python -m pipeline world $(WORLD_RAW) $(WORLD_OUT) $$PLANET \
	  --workers '$(WORKERS)' --scheduler '$(SCHEDULER)' --host '$(HOST)' --until '$(UNTIL)' \
	  --raw '$(RAWS)' --results '$(RESULTS)' $(if $(CORRIDOR),--corridor '$(CORRIDOR)') \
	  --borders '$(if $(filter command%,$(origin BORDERS)),$(BORDERS))'

# Run the flow again in a separate folder, with the crossings as in <border>.status.csv on a day.
situation: $$(LAID)  ## run the flow with the statements of <border>.status.csv valid on TODAY
	@$(MAKE) --no-print-directory OUT=$(NOW) LEFT_OUT='network crossings' BORDERS='$(BORDERS)' all

brief: $$(if $$(BORDER),$$(OUT)/$$(BORDER).gpkg)  ## write one page on BORDER for TODAY: PDF, PNG, DOCX and text
	@test -n '$(BORDER)' || { echo "error: BORDER is empty, expected one of $(BORDERS)" >&2; exit 1; }
	$(tool) brief $< $(RAW)/$(BORDER).status.csv '$(TODAY)' $(OUT)/brief/$(BORDER)-$(or $(TODAY),newest) \
	  $(lastword $(sort $(wildcard data/snapshots/$(SOURCE)/20*/processed/$(BORDER).gpkg))) --facts $(FACTS)
	@echo 'Written: $(OUT)/brief/$(BORDER)-$(or $(TODAY),newest), as .pdf, .png, .docx and .txt'

show:  ## print the table of SOURCE again
	@! test -e $(CHECKED) || echo 'warning: a refresh of SOURCE=$(SOURCE) is putting its files in' \
	  'their places or was killed at it; `make SOURCE=$(SOURCE)` finishes it' >&2
	@if test -f $(OUT)/comparison.csv && test -x $(VENV)/bin/python; \
	then $(VENV)/bin/python -m pipeline show $(OUT) $(AGAINST_OPTION); \
	else echo 'error: nothing is built for SOURCE=$(SOURCE), expected a `make` before' >&2; exit 1; fi

placement: $$(PLACED)  ## print where N posts stop most at DEPTH km (or AIM=observe; STANDING=0.3)
	$(tool) place $(OUT) pipeline/borders $(RAW) '$(N)' '$(DEPTH)' $(BORDERS) \
	  $(if $(AIM),--aim '$(AIM)') $(if $(STANDING),--standing '$(STANDING)')

# Names may contain quotes: they are passed through the environment, never in the words of a recipe.
whatif: $$(PLACED)  ## print the effect of CLOSE, OPEN (crossings) and POSTS (links), by id or name
	$(tool) whatif $(OUT) pipeline/borders $(RAW) "$$CLOSE" "$$OPEN" "$$POSTS" $(BORDERS)

verify: $$(GPKGS)  ## recompute cuts and witness paths of SOURCE from the published layers only
	$(tool) verify $(GPKGS)

snapshots:  ## write a page on changes between the snapshots that `refresh` kept of SOURCE
	$(tool) snapshots $(wildcard data/snapshots/$(SOURCE)/20*/processed) $(OUT)/snapshots.html

parquet: $$(GPKGS) $$(CODE.parquet)  ## write GeoParquet copies of the GeoPackages of SOURCE
	$(call run,parquet,$(BORDERS)) $(GPKGS) $(OUT)/parquet
	@echo 'Written: $(OUT)/parquet'

export: $$(GPKGS) $$(COMPARISON) $$(CODE.export) $$(CODE.report)  ## write GeoJSON, FlatGeobuf, XLSX and a page to pass on (PROFILE=local: all data)
	$(call run,export,$(BORDERS)) $(GPKGS) $(OUT)/export-$(PROFILE) --profile '$(PROFILE)'
	$(call run,report,$(BORDERS)) $(GPKGS) $(COMPARISON) $(OUT)/export-$(PROFILE)/report.html \
	  --profile '$(PROFILE)'
	@echo 'Written: $(OUT)/export-$(PROFILE)'

osm-tasks: $$(GPKGS)  ## write tasks for OpenStreetMap: for each border a MapRoulette challenge and a JOSM file
	@set -e; for border in $(BORDERS); do $(VENV)/bin/python -m pipeline osmtasks \
	  $(OUT)/$$border.gpkg pipeline/borders/$$border.toml $(OUT)/osm-tasks/$$border $(RAW)/$$border.toml; done
	@echo 'Written: $(OUT)/osm-tasks'

# All results of all sources that are built, and all kept snapshots; no stage is run.
release:  ## write a citable data set, data/release, of all sources and snapshots that are built
	$(tool) release $(filter-out $(wildcard data/processed/*@*),$(patsubst %/comparison.csv,%,\
	  $(wildcard data/processed/*/comparison.csv data/snapshots/*/20*/processed/comparison.csv))) \
	  data/release
	@echo 'Written: data/release'

tiles: $$(GPKGS) $$(CODE.tiles)  ## write vector tiles and a web page (PACKAGES=node_modules)
	$(call run,tiles,$(BORDERS)) $(GPKGS) $(OUT)/tiles-$(PROFILE) --profile '$(PROFILE)' \
	  --packages '$(PACKAGES)'
	@echo 'Written: $(OUT)/tiles-$(PROFILE)'

postgis: $$(GPKGS) $$(CODE.postgis)  ## load SOURCE into the database DSN, schema SOURCE
	@test -n "$$DSN" || { echo "error: DSN is empty, expected what psql connects by" >&2; exit 1; }
	$(call run,postgis,$(BORDERS)) $(GPKGS) "$$DSN" $(SOURCE)

# The makes that it starts work in this checkout under the lock of this make.
refresh: | $$(READY)  ## fetch SOURCE again, run and check it in a separate folder, then serve it (docs/refresh.md)
	@env $(foreach word,BORDERS ELEVATION,$(if $(findstring command,$(origin $(word))),$(word)='$($(word))')) \
	  JOBS='$(patsubst -j%,%,$(filter -j%,$(MAKEFLAGS)))' \
	  $(VENV)/bin/python -m pipeline refresh $(SOURCE) $(VENV)

status: | $$(READY)  ## print the age of each source; fail if one is older than DAYS (8)
	$(tool) status data/raw $(DAYS)

clean:  ## remove all results; raw data stay
	@find data/processed -mindepth 1 ! -name .gitkeep -delete

help:  ## list the goals and settings
	@echo 'make [GOAL] [NAME=VALUE] [-j1]      (GNU make 4.3 or newer, Python 3.11 or newer)'
	@echo; echo 'Goals'
	@sed -n 's/^\([a-z-]*\):.*## /\1#/p' Makefile | awk -F'#' '{printf "  %-10s %s\n", $$1, $$2}'
	@echo; echo 'Settings                                          Example'
	@printf '  %-10s %-36s %s\n' \
	  SOURCE 'folder in data/raw to use' 'SOURCE=overpass' \
	  BORDERS 'some of its borders' 'BORDERS="mx-gt us-mx"' \
	  AGAINST 'source to compare SOURCE with' 'AGAINST=ne' \
	  CLOSE 'crossings to close, by id or name' 'CLOSE=road-n123,road-n456' \
	  OPEN,POSTS 'for `whatif`: crossings, and links' 'OPEN=road-n123 POSTS=w456.0' \
	  N,DEPTH 'for `placement`: posts, depth in km' 'N=5 DEPTH=100' \
	  DSN 'database for psql (no password)' 'DSN="dbname=gis host=localhost"' \
	  DAYS 'age at which `status` fails' 'DAYS=2' \
	  PROFILE 'data that `export` leaves out' 'PROFILE=local (nothing)' \
	  JOBS 'stages at a time (cores, memory)' 'JOBS=1' \
	  PACKAGES 'for `tiles`: folder of npm packages' 'PACKAGES=node_modules' \
	  ELEVATION 'elevation model to fetch' 'ELEVATION=GLO-30 (empty: none)' \
	  TODAY 'day for `situation` and `brief`' 'TODAY=2026-11-26' \
	  BORDER 'border for `brief`' 'BORDER=us-mx' \
	  FROM,TO 'for `border`: country codes' 'FROM=ES TO=AD' \
	  FILES 'extracts that hold the border' 'FILES="spain.osm.pbf andorra.osm.pbf"' \
	  NAME,FORCE 'name; overwrite the border file' 'NAME=pyrenees FORCE=1' \
	  CORRIDOR 'width of the corridor in km' 'CORRIDOR=100' \
	  ANCHORS 'a point on either side' 'ANCHORS="ES:1.4,42.3 AD:1.6,42.6"' \
	  PLANET 'extracts for `world`' 'PLANET=europe-latest.osm.pbf'
	@echo '  WORKERS, SCHEDULER, HOST, RAWS, RESULTS, UNTIL: how and where `world` runs (docs/scale.md)'
	@echo; echo "Developer's goals"
	@sed -n 's/^\([a-z-]*\):.*##- /\1#/p' Makefile | awk -F'#' '{printf "  %-10s %s\n", $$1, $$2}'

# Goals of a developer ---------------------------------------------------------------------------------

check: | $$(READY)  ##- ruff, ruff format and mypy --strict
	@$(VENV)/bin/python -m ruff check
	@$(VENV)/bin/python -m ruff format --check
	@$(VENV)/bin/python -m mypy

format: | $$(READY)  ##- let ruff fix and format the code
	@$(VENV)/bin/python -m ruff check --fix
	@$(VENV)/bin/python -m ruff format

# Test files run in parallel on two cores; the tests of one file run together and share what they
# build.
test: | $$(READY)  ##- run the tests
	@$(VENV)/bin/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# A folder or zip file of advisories in OSV form (docs/how-to/audit.md).
ADVISORIES =
audit: | $$(READY)  ##- check the packages: hashes, licences, files, and known faults (ADVISORIES=all.zip)
	$(tool) audit requirements.lock --advisories '$(ADVISORIES)'

# Each test file is measured separately, so that an interrupted run can continue, and after an edit
# of tests only the edited files run again. Coverage of kernels can only be measured in plain
# Python: their tests run again without the compiler.
MEASURED = $(VENV)/bin/python -m coverage
MEASURE = rm -rf $(@D) && mkdir -p $(@D) && echo '  $(<F)' && \
  $(MEASURED) run --data-file='$(CURDIR)/$(@D)/data' -m pytest -q $< >$(@D)/log 2>&1 || \
  { tail -n 40 $(@D)/log; exit 1; } && touch $@
KERNEL_TESTS = flow redundancy interdiction placement routing travel effort terrain onfoot
MEASURED_TESTS = $(patsubst tests/test_%.py,build/coverage/%,$(wildcard tests/test_*.py)) \
  $(KERNEL_TESTS:%=build/coverage/%-plain)
MEASURED_CODE = $(shell find pipeline -name '*.py' -o -name '*.toml') \
  $(filter-out tests/test_%,$(wildcard tests/*.py))
coverage: $(MEASURED_TESTS:=/done) | $$(READY)  ##- measure the share of branches that the tests run; fails below 95 %
	@$(MEASURED) combine --quiet --keep $(MEASURED_TESTS) && $(MEASURED) report

build/coverage/%-plain/done: tests/test_%.py $$(MEASURED_CODE) | $$(READY)
	@export NUMBA_DISABLE_JIT=1; $(MEASURE)

build/coverage/%/done: tests/test_%.py $$(MEASURED_CODE) | $$(READY)
	@$(MEASURE)

# Known results stay in build/mutants, so that an interrupted run can continue.
MODULE =
SAMPLE =
BUDGET =
TABLE =
mutants: | $$(READY)  ##- measure the share of planted faults that the tests find (MODULE=graph.flow SAMPLE=60)
	@$(VENV)/bin/python -m bench.mutants build/mutants $(if $(MODULE),--module '$(MODULE)') \
	  $(if $(SAMPLE),--sample '$(SAMPLE)') $(if $(BUDGET),--budget '$(BUDGET)') $(if $(TABLE),--table)

bench: $(if $(filter trucks,$(BENCH)),.venv-trucks/stamp,.venv-bench/stamp $(if $(BENCH),,.venv-trucks/stamp)) | $$(READY)  ##- compare the speed with other packages: rows not yet measured, or BENCH=<name>
	@$(VENV)/bin/python -m bench.run data/processed/bench .venv-bench/bin/python $(BENCH)

readme: $$(COMPARISON)  ##- fill the tables of README.md and docs/results.md from the results of SOURCE
	$(tool) readme $(OUT) README.md docs/results.md

docs: | $$(READY)  ##- build the documentation site in build/site
	@NO_MKDOCS_2_WARNING=1 $(VENV)/bin/python -m mkdocs build --strict --quiet

pictures: $$(PAGES)  ##- take the README's pictures (needs chromium and QGIS)
	@$(VENV)/bin/python -m tests.pictures $(OUT) docs

# Borders: those with a raw file in the source and a border file --------------------------------------

ifneq ($(filter-out $(IDLE),$(GOALS)),)
ifneq ($(words $(SOURCE))$(findstring /,$(SOURCE))$(filter .%,$(SOURCE)),1)
$(error SOURCE='$(SOURCE)', expected the name of one folder in data/raw)
endif
endif
RAW := data/raw/$(SOURCE)
# A run of many borders uses the source `world` unless SOURCE is given.
WORLD := $(if $(filter command%,$(origin SOURCE)),$(SOURCE),world)
WORLD_RAW := data/raw/$(WORLD)
WORLD_OUT := data/processed/$(WORLD)
# A border made from files uses the source `files` unless SOURCE is given.
BORDER_RAW := data/raw/$(if $(filter command%,$(origin SOURCE)),$(SOURCE),files)
OUT := data/processed/$(SOURCE)
FACTS := data/raw/gazetteer
EXTRACTS := data/raw/geofabrik/extracts
# `overpass-<day>` is the source overpass with the map as it was on that day.
DAY := $(patsubst overpass-%,%,$(filter overpass-%,$(SOURCE)))
KIND := $(if $(DAY),overpass,$(SOURCE))
# The rules below define FETCHING, the sources that are fetched.
FETCHED = $(filter $(FETCHING),$(KIND))
MADE = $(filter gazetteer $(FETCHING),$(KIND))
KNOWN := $(patsubst pipeline/borders/%.toml,%,$(wildcard pipeline/borders/*.toml))
KINDS := osm.pbf osm osm.gz osm.bz2
there = $(wildcard $(KINDS:%=$(RAW)/$1.%))
FOUND := $(strip $(foreach border,$(KNOWN),$(if $(call there,$(border)),$(border))))
ifneq ($(filter-out $(IDLE),$(GOALS)),)
ifneq ($(filter-out $(KNOWN),$(BORDERS)),)
$(error BORDERS='$(BORDERS)', expected some of $(KNOWN), the files in pipeline/borders)
endif
endif

# Input files of a border: its map, its elevation model, the data's own file on depth and reach, and
# its situation file.
raw = $(if $(MADE),$(RAW)/$1.osm.pbf,$(call there,$1))
dem = $(if $(and $(ELEVATION),$(FETCHED)),$(RAW)/$1.dem.tif,$(wildcard $(RAW)/$1.dem.tif))
own = $(wildcard $(RAW)/$1.toml)
status = $(wildcard $(RAW)/$1.status.csv)

# The rules of the stages, from pipeline/stages.toml -------------------------------------------------

# With more threads BLAS may add in another order, but equal input must give equal bytes; and
# borders that run side by side must not use more cores than exist.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
run = @echo '$1 $2'; exec env \
  $(if $(filter-out -j1,$(filter -j%,$(MAKEFLAGS))),NUMBA_NUM_THREADS=1) \
  $(VENV)/bin/python -m pipeline $1

define line


endef
READY := $(filter .venv/stamp,$(VENV)/stamp)
# Stages to leave out, because their output already exists (goal `situation`).
LEFT_OUT =
OTHERS = $(if $(AGAINST),$(wildcard $(BORDERS:%=data/processed/$(AGAINST)/%.gpkg)))
AGAINST_OPTION = $(AGAINST:%=--against=data/processed/%)
RULES := $(shell $(PYTHON) -m pipeline.ops.rules $(LEFT_OUT))
ifneq ($(.SHELLSTATUS),0)
$(error $(PYTHON) cannot make the rules from pipeline/stages.toml)
endif
$(eval $(subst ~~,$(line),$(RULES)))

PLACED = $(foreach stage,travel placement posture,$(BORDERS:%=$(OUT)/%/$(stage)/stamp))
N = 5
DEPTH = 100
# For the goal `placement`: AIM=observe for posts that only count; STANDING, the chance of existing
# posts.
AIM =
STANDING =
GPKGS = $(BORDERS:%=$(OUT)/%.gpkg)
COMPARISON = $(OUT)/comparison.csv $(OUT)/claims.json
PAGES = $(OUT)/report.html $(OUT)/borders.qgz
# They are renamed into place when they are complete: after a failure the last good file is there.
.PRECIOUS: $(COMPARISON)

# Changes of input files are found by content, not by date (pipeline/ops/seen.py): a stage depends
# on a note about the file. The gazetteer's map is made here and needs no note.
from-raw = $(if $(filter gazetteer,$(KIND)),$(call raw,$1),$(OUT)/$1/raw.seen)
SEEN := raw dem own status
notes = $(foreach kind,$(SEEN),$(OUT)/$1/$(kind).seen=$(call $(kind),$1))
STALE = $(eval STALE := $(shell $(PYTHON) -m pipeline.ops.seen stale $(foreach border,$(BORDERS),$(call notes,$(border)))))$(STALE)
$(foreach kind,$(SEEN),$(BORDERS:%=$(OUT)/%/$(kind).seen)): $(OUT)/%.seen: \
  $$(if $$(filter $$@,$$(STALE)),FORCE) | $$(call $$(*F),$$(*D)) writable
	@$(PYTHON) -m pipeline.ops.seen note $@ $(call $(*F),$(*D))

# Network and crossings on a day, made from the mapped ones.
NOW = data/processed/$(SOURCE)@$(or $(TODAY),newest)
LAID = $(BORDERS:%=$(NOW)/%/crossings/stamp)
ifeq ($(LEFT_OUT),)
$(LAID): $(NOW)/%/crossings/stamp: $(OUT)/%/network/stamp $(OUT)/%/crossings/stamp \
  $(OUT)/%/status.seen $(CODE.situation)
	$(call run,situation,$*) $(OUT)/$* $(RAW)/$*.status.csv '$(TODAY)' $(NOW)/$*
endif

# The list of compared borders, of SOURCE and of AGAINST, is also compared by content: a border that
# no longer exists must be removed.
compared = $(if $(wildcard $(OUT)/borders),$(file <$(OUT)/borders))
$(OUT)/borders: $$(if $$(filter-out $$(compared),$(BORDERS) $(OTHERS))$$(filter-out $(BORDERS) $(OTHERS),$$(compared)),FORCE) | writable
	@echo $(BORDERS) $(OTHERS) > $@

ifneq ($(filter-out $(IDLE),$(GOALS)),)
ifeq ($(FETCHED)$(wildcard $(RAW)/.),)
$(error SOURCE=$(SOURCE): no folder $(RAW), there are: $(notdir $(wildcard data/raw/*)))
endif
ifeq ($(BORDERS),)
$(error SOURCE=$(SOURCE): $(RAW) holds no <border>.osm.pbf (or .osm, .osm.gz, .osm.bz2) \
  of a known border: $(KNOWN))
endif
$(foreach border,$(BORDERS),$(if $(word 2,$(call raw,$(border))),\
  $(error $(border) has two files: $(call raw,$(border)), expected one of them)))
endif

# Results with a time in the future, from a clock that was ahead, would count as newer than files
# that are edited from now on: they get the oldest time and are made again.
ifneq ($(filter-out $(IDLE),$(GOALS)),)
AHEAD := $(shell find $(OUT) -type f -newermt '1 minute' -exec touch -t 197001020000 {} + -print 2>/dev/null)
$(if $(AHEAD),$(info $(words $(AHEAD)) results have a time in the future (a clock was ahead): made again))
endif

# If a refresh was killed while it moved its files into place, it is finished first.
CHECKED := data/snapshots/$(SOURCE)/new/checked
ifneq ($(wildcard $(CHECKED)),)
ifneq ($(filter-out $(IDLE) refresh,$(GOALS)),)
$(info $(shell $(VENV)/bin/python -m pipeline refresh $(SOURCE) $(VENV)))
ifneq ($(.SHELLSTATUS),0)
$(error an interrupted refresh of $(SOURCE) cannot be finished)
endif
endif
endif

# A user's file that a refresh has refused is not run without a check by the next make.
REFUSED := data/snapshots/$(SOURCE)/refused/processed
ifneq ($(if $(MADE)$(filter-out file,$(origin OUT)),,$(wildcard $(REFUSED))),)
ifneq ($(filter-out $(IDLE) refresh,$(GOALS)),)
SAME := $(shell $(PYTHON) -m pipeline.ops.seen same $(foreach border,$(BORDERS),$(REFUSED)/$(border)/raw.seen=$(call raw,$(border))))
$(if $(SAME),$(error $(SAME): a refresh of SOURCE=$(SOURCE) refused this file ($(REFUSED)/changes.md \
  says why); `make refresh SOURCE=$(SOURCE) ACCEPT_CHURN=1` accepts it, to undo it, put the former file back))
endif
endif

writable:
	@{ mkdir -p $(OUT) && test -w $(OUT); } 2>/dev/null || \
	  { echo 'error: $(OUT): cannot write there, expected a writable folder' >&2; exit 1; }

# The packages, each checked against its hash; the stamp is written last, so that an incomplete
# .venv is made again.
.venv/stamp: requirements.lock
	@echo 'venv'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'error: $(PYTHON) has no ensurepip, expected it (Debian: python3-venv)' >&2; exit 1; }
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
	  --only-binary :all: --require-hashes --requirement requirements.lock
	@touch $@

# The packages for comparison have their own environment, made from their own lock file.
.venv-bench/stamp: bench/requirements.lock
	@echo 'venv-bench'
	@rm -rf .venv-bench && $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
	  --require-hashes --only-binary :all: --requirement $<
	@touch $@

# Valhalla's wheels need Python 3.12 or newer: without it, its row of the bench is left out.
TRUCKS_PYTHON = python3.12
.venv-trucks/stamp: bench/trucks.lock
	@rm -rf .venv-trucks; mkdir .venv-trucks
	@if $(TRUCKS_PYTHON) --version >/dev/null 2>&1; then \
	  echo 'venv-trucks' && $(TRUCKS_PYTHON) -m venv .venv-trucks && \
	  .venv-trucks/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
	    --require-hashes --only-binary :all: --requirement $< && touch $@; \
	else echo 'no $(TRUCKS_PYTHON): the row `trucks` is left out (set TRUCKS_PYTHON to another one)'; fi

# Goals that run in parallel would use files that `clean` is about to remove.
ifneq ($(filter clean,$(GOALS)),)
.NOTPARALLEL:
endif
endif
