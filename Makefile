# The conductor. Needs GNU make 4.3 or newer, python3 3.11 or newer, and git for the clone itself.
# `make help` lists the goals; `make SOURCE=<name>` runs whatever borders data/raw/<name> holds.

SOURCE = gazetteer
# The elevation model that is fetched with a source: GLO-90, GLO-30, or nothing for none.
ELEVATION = GLO-90
PYTHON = python3
# Made from requirements.lock; a VENV given on the command line is used as it stands.
VENV = .venv

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.DELETE_ON_ERROR:
.SECONDEXPANSION:
.DEFAULT_GOAL := all

ifeq ($(filter grouped-target,$(.FEATURES)),)
$(error this is make $(MAKE_VERSION), expected GNU make 4.3 or newer)
endif

GOALS := $(or $(MAKECMDGOALS),all)
# What only reads may run beside another make.
ifeq ($(filter-out help show status,$(GOALS)),)
LOCKED := $(CURDIR)
endif

ifneq ($(LOCKED),$(CURDIR))
# One make at a time works in a checkout: this one hands its goals to one that holds the lock.
.PHONY: $(GOALS) locked
$(GOALS): locked ;
locked:
	+@exec env LOCKED='$(CURDIR)' $(PYTHON) -m pipeline.ops.lock .make.lock \
	  $(MAKE) --no-print-directory $(GOALS)
else

.PHONY: all parquet postgis pictures help check format test verify readme show bench refresh status clean writable FORCE

# A refresh was killed while it put its files in their places: the rest of them first.
CHECKED := data/snapshots/$(SOURCE)/new/checked
ifneq ($(wildcard $(CHECKED)),)
ifneq ($(filter-out help show status clean refresh check format test,$(GOALS)),)
$(info $(shell $(VENV)/bin/python -m pipeline.ops.refresh $(SOURCE) $(VENV)))
ifneq ($(.SHELLSTATUS),0)
$(error a broken refresh of $(SOURCE) cannot be finished)
endif
endif
endif

# Which borders: those of the source's raw files that have a border file ---------------------------

RAW := data/raw/$(SOURCE)
OUT := data/processed/$(SOURCE)
KNOWN := $(patsubst pipeline/borders/%.toml,%,$(wildcard pipeline/borders/*.toml))
KINDS := osm.pbf osm osm.gz osm.bz2
# Sources that are fetched here, `overpass-<day>` as the map was on that day.
FETCHED := $(filter overpass overpass-% geofabrik,$(SOURCE))
DAY := $(patsubst overpass-%,%,$(filter overpass-%,$(SOURCE)))
EXTRACTS := data/raw/geofabrik/extracts

ifeq ($(SOURCE),gazetteer)
BORDERS := us-mx mx-gt
raw = $(RAW)/$1.osm.pbf
else ifneq ($(FETCHED),)
BORDERS := us-mx mx-gt
raw = $(RAW)/$1.osm.pbf
else
raw = $(wildcard $(KINDS:%=$(RAW)/$1.%))
BORDERS := $(strip $(foreach border,$(KNOWN),$(if $(call raw,$(border)),$(border))))
endif
# The data's own say on depths and reach, where there is any.
own = $(wildcard $(RAW)/$1.toml)

ifneq ($(filter-out help check format test clean status,$(GOALS)),)
ifneq ($(words $(SOURCE))$(findstring /,$(SOURCE))$(filter .%,$(SOURCE)),1)
$(error SOURCE='$(SOURCE)', expected the name of one folder in data/raw)
endif
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

# The flow: each stage is named by the stamp that it writes last -----------------------------------

# A download depends on no code: what is there stays until `make refresh` or until it is removed.
ifneq ($(filter overpass overpass-%,$(FETCHED)),)
$(RAW)/%.osm.pbf: | $(READY) writable
	$(call run,sources.overpass.overpass,$*) pipeline/borders/$*.toml $@ $(DAY)
else ifneq ($(FETCHED),)
$(RAW)/%.osm.pbf: | $(READY) writable
	$(call run,sources.extracts.geofabrik,$*) pipeline/borders/$*.toml $(EXTRACTS)
	$(call run,sources.extracts.clip,$*) pipeline/borders/$*.toml $(EXTRACTS) $@
endif
ifneq ($(FETCHED),)
$(RAW)/%.dem.tif: | $(RAW)/%.osm.pbf
	$(call run,sources.elevation.elevation,$*) $(RAW)/$*.osm.pbf pipeline/borders/$*.toml $@ $(ELEVATION)
endif

# The packages, each checked against its hash; the stamp comes last: half a .venv is made anew.
READY := $(filter .venv/stamp,$(VENV)/stamp)
.venv/stamp: requirements.lock
	@echo 'venv'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'error: $(PYTHON) has no ensurepip, expected it (Debian: python3-venv)' >&2; exit 1; }
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
	  --only-binary :all: --require-hashes --requirement requirements.lock
	@touch $@

# What a stage runs on: its file and the modules it imports, and the packages installed.
CODE := $(shell $(PYTHON) -m pipeline.ops.imports pipeline)
code = $(patsubst $1:%,%,$(filter $1:%,$(CODE))) requirements.lock | $(READY) writable

# BLAS may add in another order with more threads, and equal input must give equal bytes; borders
# side by side must not ask for more cores than there are.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
run = @echo '$(lastword $(subst ., ,$1)) $2'; exec env $(if $(filter -j%,$(MAKEFLAGS)),NUMBA_NUM_THREADS=1) \
  $(VENV)/bin/python -m pipeline.$1

# Raw files are also known by size and inode: a newer download may carry an older date, and a data
# file that is gone leaves no date at all. The gazetteer's raw files are made here.
given = $(strip $(if $(filter gazetteer,$(SOURCE)),,$(call raw,$1)) $(call own,$1))
seen = $(if $(call given,$1),$(shell ls -lnLi $(call given,$1) 2>&1 | cksum | tr ' ' -),none)
noted = $(if $(wildcard $(OUT)/$1),$(file <$(OUT)/$1))
unseen = $(if $(filter $(call seen,$1),$(call noted,$1/inputs)),,FORCE)
# An elevation model beside the raw file, where there is one; known likewise.
dem = $(if $(filter gazetteer,$(SOURCE))$(if $(ELEVATION),$(FETCHED)),$(RAW)/$1.dem.tif,$(wildcard $(RAW)/$1.dem.tif))
given_dem = $(if $(filter gazetteer,$(SOURCE)),,$(call dem,$1))
seen_dem = $(if $(call given_dem,$1),$(shell ls -lnLi $(call given_dem,$1) 2>&1 | cksum | tr ' ' -),none)
unseen_dem = $(if $(filter $(call seen_dem,$1),$(call noted,$1/terrain/inputs)),,FORCE)

NETWORKS := $(BORDERS:%=$(OUT)/%/network/stamp)
CROSSINGS := $(BORDERS:%=$(OUT)/%/crossings/stamp)
CHOKEPOINTS := $(BORDERS:%=$(OUT)/%/chokepoints/stamp)
BYPASSES := $(BORDERS:%=$(OUT)/%/bypass/stamp)
TRAFFICS := $(BORDERS:%=$(OUT)/%/traffic/stamp)
ROUTES := $(BORDERS:%=$(OUT)/%/routes/stamp)
CLOSURES := $(BORDERS:%=$(OUT)/%/closures/stamp)
REDUNDANCIES := $(BORDERS:%=$(OUT)/%/redundancy/stamp)
OBSTACLES := $(BORDERS:%=$(OUT)/%/obstacles/stamp)
TERRAINS := $(BORDERS:%=$(OUT)/%/terrain/stamp)
FRONTS := $(BORDERS:%=$(OUT)/%/fronts/stamp)
POSTURES := $(BORDERS:%=$(OUT)/%/posture/stamp)
COSTS := $(BORDERS:%=$(OUT)/%/cost/stamp)
ONFOOT := $(BORDERS:%=$(OUT)/%/onfoot/stamp)
INTERMODALS := $(BORDERS:%=$(OUT)/%/intermodal/stamp)
GPKGS := $(BORDERS:%=$(OUT)/%.gpkg)
COMPARISON := $(OUT)/comparison.csv $(OUT)/claims.json

all: $(GPKGS) $(OUT)/borders $(OUT)/report.html $(OUT)/borders.qgz  ## (default) run the flow on SOURCE, then print the borders side by side
	@$(VENV)/bin/python -m pipeline.ops.show $(OUT)

data/raw/gazetteer/%.osm.pbf: $(wildcard data/raw/gazetteer/*.csv) $(call code,sources.gazetteer.gazetteer)
	$(call run,sources.gazetteer.gazetteer,$*) data/raw/gazetteer $* $@

data/raw/gazetteer/%.dem.tif: $(wildcard data/raw/gazetteer/*.csv) $(call code,sources.gazetteer.spotheights)
	$(call run,sources.gazetteer.spotheights,$*) data/raw/gazetteer $* $@

$(NETWORKS): $(OUT)/%/network/stamp: $$(call raw,$$*) pipeline/borders/%.toml \
  $$(call own,$$*) $$(call unseen,$$*) $(call code,stages.network)
	$(call run,stages.network,$*) $(call raw,$*) pipeline/borders/$*.toml $(@D) $(call own,$*)
	@echo $(call seen,$*) > $(OUT)/$*/inputs

$(CROSSINGS): $(OUT)/%/crossings/stamp: $(OUT)/%/network/stamp $(call code,stages.crossings)
	$(call run,stages.crossings,$*) $(OUT)/$*/network pipeline/borders/$*.toml $(@D) $(call own,$*)

$(CHOKEPOINTS): $(OUT)/%/chokepoints/stamp: $(OUT)/%/crossings/stamp $(call code,stages.chokepoints)
	$(call run,stages.chokepoints,$*) $(OUT)/$*/network $(OUT)/$*/crossings \
	  pipeline/borders/$*.toml $(@D) $(call own,$*)

$(BYPASSES): $(OUT)/%/bypass/stamp: $(OUT)/%/chokepoints/stamp $(call code,stages.bypass)
	$(call run,stages.bypass,$*) $(OUT)/$*/network $(OUT)/$*/crossings $(OUT)/$*/chokepoints \
	  pipeline/borders/$*.toml $(@D) $(call own,$*)

$(CLOSURES): $(OUT)/%/closures/stamp: $(OUT)/%/crossings/stamp $(call code,stages.closures)
	$(call run,stages.closures,$*) $(OUT)/$*/network $(OUT)/$*/crossings pipeline/borders/$*.toml \
	  $(@D) $(call own,$*)

# Counts of entries come with the gazetteer, whatever the source.
$(TRAFFICS): $(OUT)/%/traffic/stamp: $(OUT)/%/crossings/stamp data/raw/gazetteer/traffic.csv \
  data/raw/gazetteer/crossings.csv $(call code,stages.traffic)
	$(call run,stages.traffic,$*) $(OUT)/$*/network $(OUT)/$*/crossings data/raw/gazetteer \
	  pipeline/borders/$*.toml $(@D) $(call own,$*)

$(ROUTES): $(OUT)/%/routes/stamp: $(OUT)/%/crossings/stamp $(call code,stages.routes)
	$(call run,stages.routes,$*) $(OUT)/$*/network $(OUT)/$*/crossings pipeline/borders/$*.toml \
	  $(@D) $(call own,$*)

$(REDUNDANCIES): $(OUT)/%/redundancy/stamp: $(OUT)/%/network/stamp $(call code,stages.redundancy)
	$(call run,stages.redundancy,$*) $(OUT)/$*/network $(@D)

$(OBSTACLES): $(OUT)/%/obstacles/stamp: $(OUT)/%/network/stamp $(call code,stages.obstacles)
	$(call run,stages.obstacles,$*) $(call raw,$*) $(OUT)/$*/network $(@D)

$(TERRAINS): $(OUT)/%/terrain/stamp: $(OUT)/%/obstacles/stamp $$(call dem,$$*) \
  $$(call unseen_dem,$$*) $(call code,stages.terrain)
	$(call run,stages.terrain,$*) $(OUT)/$*/network $(OUT)/$*/obstacles $(@D) $(call dem,$*)
	@echo $(call seen_dem,$*) > $(@D)/inputs

$(FRONTS): $(OUT)/%/fronts/stamp: $(OUT)/%/chokepoints/stamp $(OUT)/%/terrain/stamp \
  $(call code,stages.fronts)
	$(call run,stages.fronts,$*) $(call raw,$*) $(OUT)/$*/network $(OUT)/$*/chokepoints \
	  $(OUT)/$*/terrain pipeline/borders/$*.toml $(@D) $(call own,$*)

$(POSTURES): $(OUT)/%/posture/stamp: $(OUT)/%/bypass/stamp $(OUT)/%/terrain/stamp \
  $(call code,stages.posture)
	$(call run,stages.posture,$*) $(OUT)/$*/network $(OUT)/$*/crossings $(OUT)/$*/chokepoints \
	  $(OUT)/$*/bypass $(OUT)/$*/obstacles $(OUT)/$*/terrain $(@D)

$(COSTS): $(OUT)/%/cost/stamp: $(OUT)/%/posture/stamp $(OUT)/%/closures/stamp $(call code,stages.cost)
	$(call run,stages.cost,$*) $(OUT)/$*/network $(OUT)/$*/crossings $(OUT)/$*/chokepoints \
	  $(OUT)/$*/closures $(OUT)/$*/posture $(@D)

$(ONFOOT): $(OUT)/%/onfoot/stamp: $(OUT)/%/closures/stamp $(OUT)/%/terrain/stamp \
  $(call code,stages.onfoot)
	$(call run,stages.onfoot,$*) $(OUT)/$*/network $(OUT)/$*/crossings $(OUT)/$*/closures \
	  $(OUT)/$*/terrain pipeline/borders/$*.toml $(@D) $(call own,$*)

$(INTERMODALS): $(OUT)/%/intermodal/stamp: $(OUT)/%/closures/stamp \
  $(OUT)/%/chokepoints/stamp $(call code,stages.intermodal)
	$(call run,stages.intermodal,$*) $(OUT)/$*/network $(OUT)/$*/crossings $(OUT)/$*/chokepoints \
	  $(OUT)/$*/closures pipeline/borders/$*.toml $(@D) $(call own,$*)

$(GPKGS): $(OUT)/%.gpkg: $(OUT)/%/cost/stamp $(OUT)/%/onfoot/stamp \
  $(OUT)/%/intermodal/stamp $(OUT)/%/closures/stamp \
  $(OUT)/%/routes/stamp $(OUT)/%/traffic/stamp $(OUT)/%/redundancy/stamp \
  $(OUT)/%/fronts/stamp $$(wildcard $(OUT)/$$*/changes/stamp) $(call code,stages.publish)
	$(call run,stages.publish,$*) $(OUT)/$*/network $(OUT)/$*/crossings $(OUT)/$*/chokepoints \
	  $(OUT)/$*/bypass $(OUT)/$*/closures $(OUT)/$*/routes $(OUT)/$*/traffic \
	  $(OUT)/$*/redundancy $(OUT)/$*/obstacles $(OUT)/$*/terrain $(OUT)/$*/posture \
	  $(OUT)/$*/cost $(OUT)/$*/onfoot $(OUT)/$*/fronts $(OUT)/$*/intermodal \
	  $(wildcard $(OUT)/$*/changes) pipeline/borders/$*.toml $@

# The borders compared stand in a file that comes last: one that is no longer there must leave.
incomplete := $(filter-out $(BORDERS),$(call noted,borders)) \
  $(filter-out $(wildcard $(COMPARISON)),$(COMPARISON))
$(OUT)/borders: $(GPKGS) $(if $(strip $(incomplete)),FORCE) $(call code,stages.compare)
	$(call run,stages.compare,$(BORDERS)) $(GPKGS) $(OUT)
	@echo $(BORDERS) > $@

$(OUT)/report.html: $(GPKGS) $(OUT)/borders $(call code,stages.report)
	$(call run,stages.report,$(BORDERS)) $(GPKGS) $(COMPARISON) $@

$(OUT)/borders.qgz: $(GPKGS) $(OUT)/borders $(call code,stages.project)
	$(call run,stages.project,$(BORDERS)) $(GPKGS) $@

parquet: $(GPKGS) $(call code,ops.parquet)  ## write a GeoParquet twin of the GeoPackages of SOURCE
	$(call run,ops.parquet,$(BORDERS)) $(GPKGS) $(OUT)/parquet

DSN =
postgis: $(GPKGS) $(call code,ops.postgis)  ## load SOURCE into PostGIS, schema SOURCE: make postgis DSN=...
	@test -n '$(DSN)' || { echo "error: DSN is empty, expected what psql connects by" >&2; exit 1; }
	$(call run,ops.postgis,$(BORDERS)) $(GPKGS) '$(DSN)' $(SOURCE)

pictures: $(OUT)/report.html $(OUT)/borders.qgz  ## the README's pictures (needs chromium and QGIS)
	@$(VENV)/bin/python -m tests.pictures $(OUT) docs

show:  ## print the table of SOURCE again
	@! test -e $(CHECKED) || echo 'warning: a refresh of SOURCE=$(SOURCE) is putting its files in' \
	  'their places or was killed at it; `make SOURCE=$(SOURCE)` finishes it' >&2
	@if test -f $(OUT)/comparison.csv && test -x $(VENV)/bin/python; \
	then $(VENV)/bin/python -m pipeline.ops.show $(OUT); \
	else echo 'error: nothing is built for SOURCE=$(SOURCE), expected a `make` before' >&2; exit 1; fi

verify: $(GPKGS)  ## recompute cuts and witness paths of SOURCE from the published layers alone
	@$(VENV)/bin/python -m pipeline.ops.verify $(GPKGS)

readme: $(OUT)/borders  ## fill the README's tables from what SOURCE gave
	@$(VENV)/bin/python -m pipeline.ops.readme $(OUT) README.md

# Its own makes work in this checkout under the lock that this one holds.
refresh: | $(READY)  ## fetch SOURCE anew, run and check it aside, then serve it (docs/refresh.md)
	@env $(foreach word,BORDERS ELEVATION,$(if $(findstring command,$(origin $(word))),$(word)='$($(word))')) \
	  $(VENV)/bin/python -m pipeline.ops.refresh $(SOURCE) $(VENV)

status: | $(READY)  ## how old each source is; fails if one is older than DAYS (8)
	@$(VENV)/bin/python -m pipeline.ops.status data/raw $(DAYS)

closures: $(NETWORKS) $(CROSSINGS)  ## what closing just CLOSE=<id>,<id> (crossings of SOURCE) does
	@$(VENV)/bin/python -m pipeline.ops.whatif $(OUT) pipeline/borders $(RAW) '$(CLOSE)' $(BORDERS)

writable:
	@{ mkdir -p $(OUT) && test -w $(OUT); } 2>/dev/null || \
	  { echo 'error: $(OUT): cannot write there, expected a writable folder' >&2; exit 1; }

# The house -----------------------------------------------------------------------------------------

check: | $(READY)  ## ruff, ruff format and mypy --strict
	@$(VENV)/bin/python -m ruff check
	@$(VENV)/bin/python -m ruff format --check
	@$(VENV)/bin/python -m mypy

format: | $(READY)  ## let ruff mend and format the code
	@$(VENV)/bin/python -m ruff check --fix
	@$(VENV)/bin/python -m ruff format

test: | $(READY)  ## run the tests
	@$(VENV)/bin/python -m pytest

# The packages to compare with have an environment of their own, made from their own lock.
.venv-bench/stamp: bench/requirements.lock
	@echo 'venv-bench'
	@rm -rf .venv-bench && $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
	  --require-hashes --only-binary :all: --requirement $<
	@touch $@

bench: .venv-bench/stamp | $(READY)  ## speed beside other packages: rows not yet measured, or BENCH=<name>
	@$(VENV)/bin/python -m bench.run data/processed/bench .venv-bench/bin/python $(BENCH)

clean:  ## remove all results; raw data stay
	@find data/processed -mindepth 1 ! -name .gitkeep -delete

help:  ## list the goals
	@echo 'make [GOAL] [SOURCE=<folder of data/raw>] [-j2]     (GNU make 4.3+, Python 3.11+)'
	@sed -n 's/^\([a-z]*\):.*##/\1#/p' Makefile | sort | awk -F'#' '{printf "  %-8s%s\n", $$1, $$2}'

# Goals side by side would find what `clean` is about to remove.
ifneq ($(filter clean,$(GOALS)),)
.NOTPARALLEL:
endif
endif
