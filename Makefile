# make help lists what there is. Everything is installed into .venv, nothing outside it is touched.
PYTHON ?= python3
# Where torch comes from. On Linux PyPI's wheel brings CUDA along; for the small CPU build set
# TORCH="torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu".
TORCH ?= torch==2.13.0
# For the benchmarks: the data, and options of benchmarks/molecules.py, as BENCH="--only accuracy --runs esol:0-4".
DATA ?= $(RIBOSWITCH_MIRROR)
BENCH ?=
# For the tests: processes that share them.
WORKERS ?= 2
# Examples of each law in `make acceptance-laws`; `make test` tries 40.
EXAMPLES ?= 400
# For the fuzzing.
MINUTES ?= 3
SEED ?= 0
# Other Pythons, by name or path, with which the results must be the same bytes.
PYTHONS ?= python3.12 python3.13
BIN := .venv/bin
QUIET := --quiet --disable-pip-version-check
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help venv lock audit wheelhouse demo test check fuzz portability acceptance acceptance-laws acceptance-slurm acceptance-report bench-molecules bench-sequences bench-accuracy bench-resistance bench-trust bench-explain bench-rank bench-spaces bench-modalities docs clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

venv: .venv/ready ## create .venv with pinned versions

# Each package is checked by its hash, but for torch, whose build is chosen above, and for this clone itself.
.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv || { echo "Python's venv module is missing: on Debian, apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install $(QUIET) --require-hashes --no-deps --requirement requirements.lock
	$(BIN)/python -m pip install $(QUIET) $(TORCH)
	$(BIN)/python -m pip install $(QUIET) --no-deps --no-build-isolation --editable .
	@touch $@

lock: ## write requirements.lock anew from constraints.txt, and docs/requirements.lock (needs uv and PyPI)
	tools/lock.sh

audit: venv ## list the licence of every installed package; fails where one is unknown
	$(BIN)/python tools/licences.py

wheelhouse: venv ## all Python packages as files in wheelhouse/, for machines without network
	$(BIN)/python -m pip download $(QUIET) --dest wheelhouse --require-hashes --no-deps --requirement requirements.lock
	$(BIN)/python -m pip wheel $(QUIET) --wheel-dir wheelhouse --no-deps $(TORCH)
	$(BIN)/python -m pip wheel $(QUIET) --wheel-dir wheelhouse --find-links wheelhouse --constraint constraints.txt torch

demo: venv ## run the main job with the default config and show the short-list
	$(BIN)/snakemake --quiet rules
	@echo; head -n 11 results/hits.csv | cut -d, -f1-8
	@echo; echo "Report: $(CURDIR)/results/report.html"

test: venv ## all tests, without network (WORKERS=2 processes)
	$(BIN)/python -m pytest -m "not fetch" -n $(WORKERS) --no-loadscope-reorder

check: venv ## lint and types
	$(BIN)/ruff check src tests benchmarks docs tools
	$(BIN)/ruff format --check src tests benchmarks docs tools
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow

fuzz: venv ## damaged files, known rows, flipped bits, kills, real cases (MINUTES=3 SEED=0)
	$(BIN)/python tests/fuzz/fuzz.py --minutes $(MINUTES) --seed $(SEED)

portability: venv ## the same bytes with other Pythons, users, folders, locales (Debian, as root; PYTHONS="python3.12 PATH")
	$(BIN)/python tests/portability/same_bytes.py --output benchmarks/robustness.json --python $(PYTHONS)

acceptance: venv ## the default analysis in full, twice, in 1 and 8 shards; 20 minutes of fuzzing; portability (2 hours; needs PyPI)
	$(BIN)/python -m pytest tests/acceptance -m "" --force-enable-socket
	$(BIN)/python tests/fuzz/fuzz.py --minutes 20 --output benchmarks/robustness.json
	$(BIN)/python tests/portability/same_bytes.py --output benchmarks/robustness.json --python $(PYTHONS)

acceptance-laws: venv ## all tests without network, laws with many more examples (EXAMPLES=400; two hours)
	EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -m "not fetch" -n $(WORKERS) --no-loadscope-reorder

acceptance-slurm: venv ## the same on a private Slurm, under faults (Debian, as root; an hour and a half; needs PyPI)
	$(BIN)/python tests/slurm/acceptance.py --output benchmarks/cluster.json

acceptance-report: venv .bench/axe/package/axe.min.js .bench/annotation/results/report.html ## look at reports in Chromium: of finished results, of 5,000 hits, of an annotation (needs chromium, npm, PyPI)
	PYTHONPATH=tests $(BIN)/python tests/report_browser/acceptance.py results data --annotation .bench/annotation/results --axe .bench/axe/package/axe.min.js --output benchmarks/report.json

.bench/annotation/results/report.html:
	mkdir -p .bench/annotation
	$(BIN)/snakemake --quiet all --directory .bench/annotation --configfile config/annotation.yaml

.bench/axe/package/axe.min.js:
	mkdir -p .bench/axe
	cd .bench/axe && npm pack --silent axe-core@4.14.1 && tar xzf axe-core-4.14.1.tgz package/axe.min.js
	@touch $@

bench-molecules: venv .bench/chemprop/ready ## measure the molecule engine (DATA=mirror directory; hours for all accuracies)
	@test -d "$(DATA)/moleculenet" || { echo "Say where the benchmark data lie: make bench-molecules DATA=DIRECTORY, which holds moleculenet/ (benchmarks/README.md)"; exit 2; }
	$(BIN)/python benchmarks/molecules.py --data "$(DATA)" --chemprop .bench/chemprop/bin/chemprop $(BENCH)

bench-sequences: venv ## measure the sequence engine (DATA=mirror directory; about two hours)
	@test -d "$(DATA)/splice_uci" || { echo "Say where the benchmark data lie: make bench-sequences DATA=DIRECTORY, which holds splice_uci/ (benchmarks/README.md)"; exit 2; }
	$(BIN)/python benchmarks/sequences.py --data "$(DATA)" $(BENCH)

bench-accuracy: venv .bench/chemprop/ready ## measure molecule models beside strong plain methods (DATA=mirror directory; hours)
	@test -d "$(DATA)/moleculenet" || { echo "Say where the benchmark data lie: make bench-accuracy DATA=DIRECTORY, which holds moleculenet/ (benchmarks/README.md)"; exit 2; }
	$(BIN)/python benchmarks/accuracy/measure.py --data "$(DATA)" --chemprop .bench/chemprop/bin/chemprop --runs esol:0-4 bbbp:0-4 lipo:0-4 ecoli:0-4 tox21:0-2 saureus:0-2 hiv:0-2 muv:0-2 $(BENCH)
	$(BIN)/python benchmarks/accuracy/published.py --data "$(DATA)"

bench-resistance: venv .bench/staramr/ready .bench/pyrodigal/ready ## measure the calling of resistance genes (DATA=mirror directory; needs BLAST; half an hour)
	@test -d "$(DATA)/genomes_panel" || { echo "Say where the benchmark data lie: make bench-resistance DATA=DIRECTORY, which holds genomes_panel/ (benchmarks/README.md)"; exit 2; }
	@command -v tblastn > /dev/null || { echo "BLAST is missing: on Debian, apt-get install ncbi-blast+"; exit 2; }
	$(BIN)/python benchmarks/resistance.py --data "$(DATA)" --staramr .bench/staramr/bin --pyrodigal .bench/pyrodigal/bin $(BENCH)

bench-trust: venv .bench/crepes/ready .bench/chemprop/ready ## measure audits, and what answers are worth on new groups (DATA=mirror directory; hours)
	@test -d "$(DATA)/moleculenet" || { echo "Say where the benchmark data lie: make bench-trust DATA=DIRECTORY, which holds moleculenet/ (benchmarks/README.md)"; exit 2; }
	$(BIN)/python benchmarks/trust.py --data "$(DATA)" --crepes .bench/crepes/bin/python --chemprop .bench/chemprop/bin/chemprop $(BENCH)

bench-explain: venv ## measure whether maps show what was planted (DATA=mirror directory; some minutes)
	@test -d "$(DATA)/moleculenet" || { echo "Say where the benchmark data lie: make bench-explain DATA=DIRECTORY, which holds moleculenet/ (benchmarks/README.md)"; exit 2; }
	$(BIN)/python benchmarks/explain.py --data "$(DATA)" $(BENCH)

bench-rank: venv ## measure memory and time of rank on 1 and 10 million invented rows (BENCH="--millions 100 --where DIRECTORY")
	$(BIN)/python benchmarks/rank.py $(BENCH)

bench-spaces: venv .bench/chemprop/ready ## measure make-on-demand spaces (DATA=mirror directory; an hour and a half on two cores)
	@test -d "$(DATA)/moleculenet" || { echo "Say where the benchmark data lie: make bench-spaces DATA=DIRECTORY, which holds moleculenet/ (benchmarks/README.md)"; exit 2; }
	$(BIN)/python benchmarks/spaces.py --data "$(DATA)" --chemprop .bench/chemprop/bin/chemprop $(BENCH)

bench-modalities: venv ## measure pairs, profiles and other tasks beside plain methods (DATA=mirror directory; hours)
	@test -d "$(DATA)/pairs_gpcr_reversal" || { echo "Say where the benchmark data lie: make bench-modalities DATA=DIRECTORY, which holds pairs_gpcr_reversal/ (benchmarks/README.md)"; exit 2; }
	$(BIN)/python benchmarks/modalities.py --data "$(DATA)" $(BENCH)

.bench/staramr/ready:
	$(PYTHON) -m venv .bench/staramr
	.bench/staramr/bin/python -m pip install --quiet --disable-pip-version-check staramr==0.12.3
	@touch $@

.bench/crepes/ready:
	$(PYTHON) -m venv .bench/crepes
	.bench/crepes/bin/python -m pip install --quiet --disable-pip-version-check crepes==0.9.1 scikit-learn
	@touch $@

.bench/pyrodigal/ready:
	$(PYTHON) -m venv .bench/pyrodigal
	.bench/pyrodigal/bin/python -m pip install --quiet --disable-pip-version-check pyrodigal==3.7.1
	@touch $@

.bench/chemprop/ready:
	$(PYTHON) -m venv .bench/chemprop
	.bench/chemprop/bin/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	.bench/chemprop/bin/python -m pip install --quiet --disable-pip-version-check 'chemprop==2.3.*'
	@touch $@

docs: .venv/docs ## make graphs and figures of docs/ anew, and the site in build/site, which opens without network
	$(BIN)/python docs/rulegraph.py
	$(BIN)/python docs/benchmarks_page.py
	$(BIN)/python docs/build_site.py

.venv/docs: .venv/ready docs/requirements.lock
	$(BIN)/python -m pip install $(QUIET) --require-hashes --no-deps --requirement docs/requirements.lock
	@touch $@

clean: ## remove results, data and logs, keep .venv
	rm -rf results data logs .snakemake
