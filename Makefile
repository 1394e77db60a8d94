# make demo | make test | make lab | make bench  (make help)
# Everything lives in .venv and workspace/; nothing outside this folder is written,
# except system packages where the user may install them (see scripts/system.sh).

PY := .venv/bin/python
WORKSPACE ?= workspace

.PHONY: help demo test lint unit browser lab bench lock clean

help:
	@echo "make demo    set up, analyse the sample sessions, write their reports"
	@echo "make test    set up, lint, types, tests, notebooks, browser"
	@echo "make lab     JupyterLab on the worklist"
	@echo "make bench   the benchmarks (long); results go to docs/benchmarks.md by hand"
	@echo "make lock    resolve requirements.lock again (needs uv)"
	@echo "make clean   remove the environment and everything generated"

.venv/.ready: requirements.lock requirements-build.lock requirements-headless.lock pyproject.toml scripts/setup.sh
	@sh scripts/setup.sh

demo: .venv/.ready
	@$(PY) -m review demo --workspace $(WORKSPACE)

test: .venv/.ready
	@sh scripts/system.sh
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check -q .
	@$(PY) -m mypy
	@$(PY) -m pytest -n 2 --dist loadfile

lab: .venv/.ready
	@$(PY) -m review lab --workspace $(WORKSPACE)

bench: .venv/.ready
	@$(PY) -m benchmarks

lock:
	uv pip compile -q --universal --python-version 3.11 --all-extras --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.lock
	python3 scripts/environment.py

clean:
	rm -rf .venv workspace reports/*
