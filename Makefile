# Generative AI from zero to practice. `make` alone lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help env lab test run render train bench lint lock address pack unpack

# The environment: an activated conda environment called aigc-course, else ./.venv
ENV_DIR := $(if $(filter aigc-course,$(CONDA_DEFAULT_ENV)),$(CONDA_PREFIX),.venv)
PY := $(ENV_DIR)/bin/python
# Notebooks run in notebooks/, so a mirror or cache named relative to here is made absolute.
ifdef AIGC_DATA
export AIGC_DATA := $(abspath $(AIGC_DATA))
endif
ifdef AIGC_CACHE
export AIGC_CACHE := $(abspath $(AIGC_CACHE))
endif
LAB_ARGS ?=
# Jupyter refuses to run as root, which is what one is in a container, unless told.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
TEST_ARGS ?=
NB ?=

help:  ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

env:  ## make the environment (conda, else .venv) and fetch models and data, where due
	@PYTHON="$(PYTHON)" RETRY="$(filter env,$(MAKECMDGOALS))" tools/make_env.sh $(ENV_DIR)

lab: env  ## open JupyterLab at the first lesson
	$(PY) -m jupyterlab $(AS_ROOT) $(LAB_ARGS) notebooks/00_start_here.ipynb

test: env  ## unit tests, notebook checks and every notebook in the smoke profile
	AIGC_PROFILE=smoke $(PY) -m pytest --nbval-lax --nbval-current-env \
	    --nbval-cell-timeout=300 -n 2 --dist loadscope -q $(TEST_ARGS) \
	    tests $(wildcard notebooks/*.ipynb)

run: env  ## run lessons headless: make run, or make run NB="06 07"; writes build/run.md
	$(PY) tools/execute.py run $(NB)

render: env  ## refresh a lesson's committed outputs: make render NB=07
	$(PY) tools/execute.py render $(NB)

pack: env  ## build/07.py -> its notebook: make pack NB=07
	$(PY) tools/notebooks.py pack $(NB)

unpack: env  ## a notebook -> build/07.py, to edit it as plain Python: make unpack NB=07
	$(PY) tools/notebooks.py unpack $(NB)

train: env  ## train a shipped checkpoint again: make train NAME=…
	@$(PY) tools/train.py "$(NAME)"

bench: env  ## measure every performance claim; the last lines are the ratios
	@$(PY) tools/bench.py $(NB)

lint: env  ## format and style, notebooks included, and the notebook checks
	$(PY) -m ruff format --check helpers tests tools benchmarks recipes notebooks
	$(PY) -m ruff check helpers tests tools benchmarks recipes notebooks
	$(PY) tools/check_notebooks.py

lock:  ## resolve requirements.txt again from pyproject.toml (needs uv)
	uv pip compile --universal --generate-hashes --python-version 3.11 --extra dev \
	    --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
	    --quiet --output-file requirements.txt pyproject.toml

address: env  ## set the repository's public address: make address URL=https://github.com/x/y
	$(PY) tools/notebooks.py address $(URL)
