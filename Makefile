# `make bench` and `make test` set up all that they need, once, in .venv. Needed: Python 3.11+ and pip.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH := 'torch>=2.6,<2.14'
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode

.PHONY: bench test soak check coverage mutation build docs lock benchmarks audit sbom clean

bench: $(VENV)/.core  ## the embedded default: no key, no GPU, no network
	$(BIN)/popcorn-bench --limit 20

test: $(VENV)/.dev  ## all tests
	$(BIN)/python -m pytest -n auto --dist loadgroup

soak: $(VENV)/.dev  ## campaigns of faults at full length: many minutes
	$(BIN)/python -m pytest tests/faults tests/fuzz --soak -n 0

check: $(VENV)/.dev  ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

coverage: $(VENV)/.dev  ## lines and branches that the tests reach; fails below 90 % and 80 %
	$(UV) 'pytest-cov>=7.1'
	mkdir -p build && rm -f .coverage .coverage.*
	COVERAGE_RCFILE=$(CURDIR)/.coveragerc COVERAGE_FILE=$(CURDIR)/.coverage \
	  $(BIN)/python -m pytest -n auto --dist loadgroup --cov --cov-report=
	$(BIN)/coverage json --quiet -o build/coverage.json
	$(BIN)/python -m tools.covered build/coverage.json

mutation: $(VENV)/.dev  ## do tests notice changed code? in a copy; an hour or more; see docs/mutation.md
	$(UV) 'mutmut==3.8.1' 'cosmic-ray==8.7.0'
	rm -rf build/mutation && mkdir -p build/mutation
	cp -r popcorn_bench tests pyproject.toml tools/mutation/setup.cfg tools/mutation/fingerprint.toml build/mutation
	cd build/mutation && export POPCORN_SHARED=$(abspath ../shared) PYTHONPATH=. OPENBLAS_NUM_THREADS=1 \
	  PATH=$(CURDIR)/$(BIN):$$PATH PYTHONDONTWRITEBYTECODE=1 && \
	  cosmic-ray init fingerprint.toml fingerprint.sqlite && \
	  cosmic-ray exec fingerprint.toml fingerprint.sqlite && \
	  cr-report --surviving-only --show-diff fingerprint.sqlite && \
	  python -m mutmut run --max-children 2 && python -m mutmut results

build: | $(BIN)/uv  ## wheel and source distribution, in dist/
	rm -f dist/*.whl dist/*.tar.gz
	$(BIN)/uv build --quiet --out-dir dist

docs: $(VENV)/.dev  ## the site, in build/site, strictly and without the network
	$(BIN)/python -m docs.generate --check
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

benchmarks: $(VENV)/.dev  ## the whole table, into docs/performance.md; see benchmarks/README.md
	$(BIN)/python -m benchmarks.run_all

lock: $(VENV)/.dev  ## resolve the locks anew (hashes, every supported Python, no index lines)
	echo 'torch; python_version < "3"' > $(VENV)/without-torch.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-find-links --no-header --no-annotate --upgrade \
	  --override $(VENV)/without-torch.txt \
	  --extra dev pyproject.toml --output-file requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-find-links --no-header --no-annotate --upgrade \
	  --constraint requirements-dev.lock pyproject.toml --output-file requirements.lock
	$(UV) --require-hashes --no-deps -r requirements-dev.lock
	$(BIN)/python -m tools.licences

audit: | $(BIN)/uv  ## known advisories of what is locked, in dist/audit.txt: a report, it fails nothing
	@mkdir -p dist
	@$(BIN)/uv tool run --quiet --from pip-audit==2.10.1 pip-audit --disable-pip --require-hashes \
	  --progress-spinner off --desc on -r requirements.lock > dist/audit.txt 2>&1 \
	  || echo "note: there are advisories, or they could not be asked for" >> dist/audit.txt
	@tail -n 25 dist/audit.txt
	@echo "packages that nobody could be asked about: $$(grep -c 'could not be audited' dist/audit.txt)"

sbom: | $(BIN)/uv  ## what a release is made of, as CycloneDX JSON in dist/sbom.json
	@mkdir -p dist
	$(BIN)/uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py requirements \
	  --pyproject pyproject.toml --output-reproducible --short-PURLs \
	  --output-file dist/sbom.json requirements.lock

clean:
	rm -rf $(VENV) results .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# An environment without pip of its own: the outer pip brings uv, uv brings the rest.
$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "popcorn-bench needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv --without-pip $(VENV)
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check uv

$(VENV)/.core: requirements.lock pyproject.toml | $(BIN)/uv
	$(UV) --require-hashes -r requirements.lock
	$(UV) --no-deps --editable .
	@touch $@

# torch stands in no lock: which build is right, CUDA or CPU, is for the machine's pip to find.
$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/uv
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check $(TORCH)
	$(UV) --require-hashes --no-deps -r requirements-dev.lock
	$(UV) --no-deps --editable .
	@touch $@ $(VENV)/.core
