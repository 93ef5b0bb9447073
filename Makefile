# How hard is a border to close? `make` answers for the embedded data, `make help` lists the goals.
# Needs GNU make 4.3 or newer, python3 3.11 or newer, and git for the clone itself.

# Settings, given on the command line as in `make SOURCE=overpass BORDERS=mx-gt`.
SOURCE = gazetteer
BORDERS = $(if $(MADE),us-mx mx-gt,$(FOUND))
ELEVATION = GLO-90
CLOSE =
# Another source whose results tell how complete those of SOURCE are, such as `ne`.
AGAINST =
# Of the goal `brief`: one border.
BORDER =
# The day that `situation` and `brief` are asked of; empty, that of the newest statement.
TODAY =
DSN =
DAYS =
# Of the goal `export`: public, or local for all that there is.
PROFILE = public
# Of the goal `tiles`: the folder where npm has put maplibre-gl and pmtiles.
PACKAGES =
# Of the goal `border`: two countries, extracts that hold their border, and what may be left out.
FROM =
TO =
FILES =
NAME =
FORCE =
CORRIDOR =
ANCHORS =
# Of the goal `world`: extracts, where Dask runs, and where files lie.
PLANET =
WORKERS = $(shell nproc 2>/dev/null || echo 1)
SCHEDULER =
HOST = 127.0.0.1
RESULTS =
RAWS =
UNTIL =
# Stages at a time, of one border or of several, where no -j says so: one for each core, as far as
# memory reaches (pipeline/ops/jobs.py).
JOBS = $(shell $(PYTHON) -m pipeline.ops.jobs 2>/dev/null || echo 1)
# A VENV that is named is used as it stands; .venv is made from requirements.lock.
VENV = .venv
PYTHON = python3

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.DELETE_ON_ERROR:
.SECONDEXPANSION:
.DEFAULT_GOAL := all
GOALS := $(or $(MAKECMDGOALS),all)
# Goals that run no stage, and those of them that only read and may run beside another make.
READING := help show status
# A run of many borders has a lock of its own: it goes on for hours.
APART := world
IDLE := $(READING) check format test coverage mutants docs clean border $(APART)

ifeq ($(filter grouped-target,$(.FEATURES)),)
$(error this is make $(MAKE_VERSION), expected GNU make 4.3 or newer)
endif

ifneq ($(filter-out $(READING) $(APART),$(GOALS)),)
ifneq ($(LOCKED),$(CURDIR))
# One make at a time works in a checkout: this one hands its goals to one that holds the lock.
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
.PHONY: check format test coverage mutants bench readme pictures writable FORCE
tool = @$(VENV)/bin/python -m pipeline

# Goals of a user --------------------------------------------------------------------------------------

all: $$(GPKGS) $$(COMPARISON) $$(PAGES)  ## (default) run the flow on SOURCE, then print its table
	$(tool) show $(OUT) $(AGAINST_OPTION)

# Lists of files come through the environment too, so that what is in a name is never run.
border: | $$(READY)  ## write a border from FROM to TO out of FILES, and run it
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

# The flow once more, on crossings as <border>.status.csv has them on a day, in a folder of its own.
situation: $$(LAID)  ## as of TODAY: what <border>.status.csv says, laid over the map
	@$(MAKE) --no-print-directory OUT=$(NOW) LEFT_OUT='network crossings' BORDERS='$(BORDERS)' all

brief: $$(if $$(BORDER),$$(OUT)/$$(BORDER).gpkg)  ## one page on BORDER as of TODAY: PDF, PNG, DOCX and text
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

# Names may hold quotes: they come through the environment, never through the words of a recipe.
whatif: $$(PLACED)  ## print what CLOSE, OPEN (crossings) and POSTS (links), by id or name, do
	$(tool) whatif $(OUT) pipeline/borders $(RAW) "$$CLOSE" "$$OPEN" "$$POSTS" $(BORDERS)

verify: $$(GPKGS)  ## recompute cuts and witness paths of SOURCE from the published layers alone
	$(tool) verify $(GPKGS)

snapshots:  ## a page of what changed over the snapshots that `refresh` kept of SOURCE
	$(tool) snapshots $(wildcard data/snapshots/$(SOURCE)/20*/processed) $(OUT)/snapshots.html

parquet: $$(GPKGS) $$(CODE.parquet)  ## write a GeoParquet twin of the GeoPackages of SOURCE
	$(call run,parquet,$(BORDERS)) $(GPKGS) $(OUT)/parquet
	@echo 'Written: $(OUT)/parquet'

export: $$(GPKGS) $$(COMPARISON) $$(CODE.export) $$(CODE.report)  ## write GeoJSON, FlatGeobuf, XLSX and the page to hand on (PROFILE=local: all)
	$(call run,export,$(BORDERS)) $(GPKGS) $(OUT)/export-$(PROFILE) --profile '$(PROFILE)'
	$(call run,report,$(BORDERS)) $(GPKGS) $(COMPARISON) $(OUT)/export-$(PROFILE)/report.html \
	  --profile '$(PROFILE)'
	@echo 'Written: $(OUT)/export-$(PROFILE)'

osm-tasks: $$(GPKGS)  ## tasks for OpenStreetMap: a MapRoulette challenge and a JOSM file a border
	@set -e; for border in $(BORDERS); do $(VENV)/bin/python -m pipeline osmtasks \
	  $(OUT)/$$border.gpkg pipeline/borders/$$border.toml $(OUT)/osm-tasks/$$border $(RAW)/$$border.toml; done
	@echo 'Written: $(OUT)/osm-tasks'

# Whatever is built of whatever source, and every snapshot that is kept; nothing is run for it.
release:  ## a data set to cite, in data/release, of all sources and snapshots that are built
	$(tool) release $(filter-out $(wildcard data/processed/*@*),$(patsubst %/comparison.csv,%,\
	  $(wildcard data/processed/*/comparison.csv data/snapshots/*/20*/processed/comparison.csv))) \
	  data/release
	@echo 'Written: data/release'

tiles: $$(GPKGS) $$(CODE.tiles)  ## write vector tiles and a page to host (PACKAGES=node_modules)
	$(call run,tiles,$(BORDERS)) $(GPKGS) $(OUT)/tiles-$(PROFILE) --profile '$(PROFILE)' \
	  --packages '$(PACKAGES)'
	@echo 'Written: $(OUT)/tiles-$(PROFILE)'

postgis: $$(GPKGS) $$(CODE.postgis)  ## load SOURCE into the database DSN, schema SOURCE
	@test -n "$$DSN" || { echo "error: DSN is empty, expected what psql connects by" >&2; exit 1; }
	$(call run,postgis,$(BORDERS)) $(GPKGS) "$$DSN" $(SOURCE)

# Its own makes work in this checkout under the lock that this one holds.
refresh: | $$(READY)  ## fetch SOURCE anew, run and check it aside, then serve it (docs/refresh.md)
	@env $(foreach word,BORDERS ELEVATION,$(if $(findstring command,$(origin $(word))),$(word)='$($(word))')) \
	  JOBS='$(patsubst -j%,%,$(filter -j%,$(MAKEFLAGS)))' \
	  $(VENV)/bin/python -m pipeline refresh $(SOURCE) $(VENV)

status: | $$(READY)  ## say how old each source is; fail if one is older than DAYS (8)
	$(tool) status data/raw $(DAYS)

clean:  ## remove all results; raw data stay
	@find data/processed -mindepth 1 ! -name .gitkeep -delete

help:  ## list the goals and settings
	@echo 'make [GOAL] [NAME=VALUE] [-j1]      (GNU make 4.3 or newer, Python 3.11 or newer)'
	@echo; echo 'Goals'
	@sed -n 's/^\([a-z-]*\):.*## /\1#/p' Makefile | awk -F'#' '{printf "  %-10s %s\n", $$1, $$2}'
	@echo; echo 'Settings                                          Example'
	@printf '  %-10s %-36s %s\n' \
	  SOURCE 'folder of data/raw to work on' 'SOURCE=overpass' \
	  BORDERS 'some of its borders' 'BORDERS="mx-gt us-mx"' \
	  AGAINST 'source that tells what SOURCE lacks' 'AGAINST=ne' \
	  CLOSE 'crossings, by id or name, joined' 'CLOSE=road-n123,road-n456' \
	  OPEN,POSTS 'of `whatif`: crossings, and links' 'OPEN=road-n123 POSTS=w456.0' \
	  N,DEPTH 'of `placement`: posts, depth in km' 'N=5 DEPTH=100' \
	  DSN 'database, as psql takes it (no password)' 'DSN="dbname=gis host=localhost"' \
	  DAYS 'age at which `status` fails' 'DAYS=2' \
	  PROFILE 'what `export` leaves out' 'PROFILE=local (nothing)' \
	  JOBS 'stages at a time (cores, memory)' 'JOBS=1' \
	  PACKAGES 'npm packages of the page of `tiles`' 'PACKAGES=node_modules' \
	  ELEVATION 'model fetched with a source' 'ELEVATION=GLO-30 (empty: none)' \
	  TODAY 'day that `situation` is asked of' 'TODAY=2026-11-26' \
	  BORDER 'border of `brief`' 'BORDER=us-mx' \
	  FROM,TO 'countries of `border`, by code' 'FROM=ES TO=AD' \
	  FILES 'extracts that hold it' 'FILES="spain.osm.pbf andorra.osm.pbf"' \
	  NAME,FORCE 'its name; overwrite its file' 'NAME=pyrenees FORCE=1' \
	  CORRIDOR 'its width in km' 'CORRIDOR=100' \
	  ANCHORS 'a point on either side' 'ANCHORS="ES:1.4,42.3 AD:1.6,42.6"' \
	  PLANET 'extracts of `world`' 'PLANET=europe-latest.osm.pbf'
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

# Files of tests side by side on two cores; those of one file share what they have built.
test: | $$(READY)  ##- run the tests
	@$(VENV)/bin/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Each file of tests is measured apart: a run that was broken off goes on, and after an edit of tests
# only theirs run again. Kernels are seen where they run as plain Python: their own tests run once
# more without the compiler.
MEASURED = $(VENV)/bin/python -m coverage
MEASURE = rm -rf $(@D) && mkdir -p $(@D) && echo '  $(<F)' && \
  $(MEASURED) run --data-file='$(CURDIR)/$(@D)/data' -m pytest -q $< >$(@D)/log 2>&1 || \
  { tail -n 40 $(@D)/log; exit 1; } && touch $@
KERNEL_TESTS = flow redundancy interdiction placement routing travel effort terrain onfoot
MEASURED_TESTS = $(patsubst tests/test_%.py,build/coverage/%,$(wildcard tests/test_*.py)) \
  $(KERNEL_TESTS:%=build/coverage/%-plain)
MEASURED_CODE = $(shell find pipeline -name '*.py' -o -name '*.toml') \
  $(filter-out tests/test_%,$(wildcard tests/*.py))
coverage: $(MEASURED_TESTS:=/done) | $$(READY)  ##- share of the pipeline's branches that the tests run; fails below 95 %
	@$(MEASURED) combine --quiet --keep $(MEASURED_TESTS) && $(MEASURED) report

build/coverage/%-plain/done: tests/test_%.py $$(MEASURED_CODE) | $$(READY)
	@export NUMBA_DISABLE_JIT=1; $(MEASURE)

build/coverage/%/done: tests/test_%.py $$(MEASURED_CODE) | $$(READY)
	@$(MEASURE)

# What is known already stays in build/mutants: a run that was broken off goes on.
MODULE =
SAMPLE =
BUDGET =
TABLE =
mutants: | $$(READY)  ##- share of planted faults that the tests notice (MODULE=graph.flow SAMPLE=60)
	@$(VENV)/bin/python -m bench.mutants build/mutants $(if $(MODULE),--module '$(MODULE)') \
	  $(if $(SAMPLE),--sample '$(SAMPLE)') $(if $(BUDGET),--budget '$(BUDGET)') $(if $(TABLE),--table)

bench: $(if $(filter trucks,$(BENCH)),.venv-trucks/stamp,.venv-bench/stamp $(if $(BENCH),,.venv-trucks/stamp)) | $$(READY)  ##- speed beside other packages: rows not yet measured, or BENCH=<name>
	@$(VENV)/bin/python -m bench.run data/processed/bench .venv-bench/bin/python $(BENCH)

readme: $$(COMPARISON)  ##- fill the tables of README.md and docs/results.md from what SOURCE gave
	$(tool) readme $(OUT) README.md docs/results.md

docs: | $$(READY)  ##- the documentation site, in build/site
	@NO_MKDOCS_2_WARNING=1 $(VENV)/bin/python -m mkdocs build --strict --quiet

pictures: $$(PAGES)  ##- the README's pictures (needs chromium and QGIS)
	@$(VENV)/bin/python -m tests.pictures $(OUT) docs

# Which borders: those of the source's raw files that have a border file ------------------------------

ifneq ($(filter-out $(IDLE),$(GOALS)),)
ifneq ($(words $(SOURCE))$(findstring /,$(SOURCE))$(filter .%,$(SOURCE)),1)
$(error SOURCE='$(SOURCE)', expected the name of one folder in data/raw)
endif
endif
RAW := data/raw/$(SOURCE)
# A run of many borders goes to the source `world` unless a source is named.
WORLD := $(if $(filter command%,$(origin SOURCE)),$(SOURCE),world)
WORLD_RAW := data/raw/$(WORLD)
WORLD_OUT := data/processed/$(WORLD)
# A border made from files goes to the source `files` unless a source is named.
BORDER_RAW := data/raw/$(if $(filter command%,$(origin SOURCE)),$(SOURCE),files)
OUT := data/processed/$(SOURCE)
FACTS := data/raw/gazetteer
EXTRACTS := data/raw/geofabrik/extracts
# `overpass-<day>` is the source overpass as the map was on that day.
DAY := $(patsubst overpass-%,%,$(filter overpass-%,$(SOURCE)))
KIND := $(if $(DAY),overpass,$(SOURCE))
# FETCHING, the sources that are fetched, comes with the rules below.
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

# The files of a border that come from outside: its map, its elevation model, and what the data say
# of their own depth and reach.
raw = $(if $(MADE),$(RAW)/$1.osm.pbf,$(call there,$1))
dem = $(if $(and $(ELEVATION),$(FETCHED)),$(RAW)/$1.dem.tif,$(wildcard $(RAW)/$1.dem.tif))
own = $(wildcard $(RAW)/$1.toml)
status = $(wildcard $(RAW)/$1.status.csv)

# The rules of the stages, from pipeline/stages.toml -------------------------------------------------

# BLAS may add in another order with more threads, and equal input must give equal bytes; borders
# side by side must not ask for more cores than there are.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
run = @echo '$1 $2'; exec env \
  $(if $(filter-out -j1,$(filter -j%,$(MAKEFLAGS))),NUMBA_NUM_THREADS=1) \
  $(VENV)/bin/python -m pipeline $1

define line


endef
READY := $(filter .venv/stamp,$(VENV)/stamp)
# Stages that are left out have written already what others read (goal `situation`).
LEFT_OUT =
OTHERS = $(if $(AGAINST),$(wildcard $(BORDERS:%=data/processed/$(AGAINST)/%.gpkg)))
AGAINST_OPTION = $(AGAINST:%=--against=data/processed/%)
RULES := $(shell $(PYTHON) -m pipeline.ops.rules $(LEFT_OUT))
ifneq ($(.SHELLSTATUS),0)
$(error the rules cannot be made from pipeline/stages.toml by $(PYTHON))
endif
$(eval $(subst ~~,$(line),$(RULES)))

PLACED = $(foreach stage,travel placement posture,$(BORDERS:%=$(OUT)/%/$(stage)/stamp))
N = 5
DEPTH = 100
# Of the goal `placement`: observe, to count what passes; the chance of posts that stand.
AIM =
STANDING =
GPKGS = $(BORDERS:%=$(OUT)/%.gpkg)
COMPARISON = $(OUT)/comparison.csv $(OUT)/claims.json
PAGES = $(OUT)/report.html $(OUT)/borders.qgz
# They are renamed into place when they are whole: what is there after a failure is the last good one.
.PRECIOUS: $(COMPARISON)

# Files from outside are known by content, not by date (pipeline/ops/seen.py): a stage waits for the
# note on such a file. The gazetteer's map is made here.
from-raw = $(if $(filter gazetteer,$(KIND)),$(call raw,$1),$(OUT)/$1/raw.seen)
SEEN := raw dem own status
notes = $(foreach kind,$(SEEN),$(OUT)/$1/$(kind).seen=$(call $(kind),$1))
STALE = $(eval STALE := $(shell $(PYTHON) -m pipeline.ops.seen stale $(foreach border,$(BORDERS),$(call notes,$(border)))))$(STALE)
$(foreach kind,$(SEEN),$(BORDERS:%=$(OUT)/%/$(kind).seen)): $(OUT)/%.seen: \
  $$(if $$(filter $$@,$$(STALE)),FORCE) | $$(call $$(*F),$$(*D)) writable
	@$(PYTHON) -m pipeline.ops.seen note $@ $(call $(*F),$(*D))

# Network and crossings as they are on a day, made of those as mapped.
NOW = data/processed/$(SOURCE)@$(or $(TODAY),newest)
LAID = $(BORDERS:%=$(NOW)/%/crossings/stamp)
ifeq ($(LEFT_OUT),)
$(LAID): $(NOW)/%/crossings/stamp: $(OUT)/%/network/stamp $(OUT)/%/crossings/stamp \
  $(OUT)/%/status.seen $(CODE.situation)
	$(call run,situation,$*) $(OUT)/$* $(RAW)/$*.status.csv '$(TODAY)' $(NOW)/$*
endif

# Likewise what is compared: the borders, and the same borders of AGAINST. One that is no longer
# there must leave.
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
  $(error $(border) lies there twice: $(call raw,$(border)), expected one of them)))
endif

# Results that bear a time to come, of a clock that was ahead, would pass for newer than what is
# edited from now on: they count as the oldest and are made again.
ifneq ($(filter-out $(IDLE),$(GOALS)),)
AHEAD := $(shell find $(OUT) -type f -newermt '1 minute' -exec touch -t 197001020000 {} + -print 2>/dev/null)
$(if $(AHEAD),$(info $(words $(AHEAD)) results bear a time to come (a clock was ahead): made again))
endif

# A refresh was killed while it put its files in their places: the rest of them first.
CHECKED := data/snapshots/$(SOURCE)/new/checked
ifneq ($(wildcard $(CHECKED)),)
ifneq ($(filter-out $(IDLE) refresh,$(GOALS)),)
$(info $(shell $(VENV)/bin/python -m pipeline refresh $(SOURCE) $(VENV)))
ifneq ($(.SHELLSTATUS),0)
$(error a broken refresh of $(SOURCE) cannot be finished)
endif
endif
endif

# A file of one's own that a refresh has refused is not made unchecked by the next make.
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

# The packages, each checked against its hash; the stamp comes last: half a .venv is made anew.
.venv/stamp: requirements.lock
	@echo 'venv'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'error: $(PYTHON) has no ensurepip, expected it (Debian: python3-venv)' >&2; exit 1; }
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
	  --only-binary :all: --require-hashes --requirement requirements.lock
	@touch $@

# The packages to compare with have an environment of their own, made from their own lock.
.venv-bench/stamp: bench/requirements.lock
	@echo 'venv-bench'
	@rm -rf .venv-bench && $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
	  --require-hashes --only-binary :all: --requirement $<
	@touch $@

# Valhalla's wheels need Python 3.12 or newer: without one its row of the bench is left out.
TRUCKS_PYTHON = python3.12
.venv-trucks/stamp: bench/trucks.lock
	@rm -rf .venv-trucks; mkdir .venv-trucks
	@if $(TRUCKS_PYTHON) --version >/dev/null 2>&1; then \
	  echo 'venv-trucks' && $(TRUCKS_PYTHON) -m venv .venv-trucks && \
	  .venv-trucks/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
	    --require-hashes --only-binary :all: --requirement $< && touch $@; \
	else echo 'no $(TRUCKS_PYTHON): the row `trucks` is left out (TRUCKS_PYTHON=... names another)'; fi

# Goals side by side would find what `clean` is about to remove.
ifneq ($(filter clean,$(GOALS)),)
.NOTPARALLEL:
endif
endif
