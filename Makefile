# Generative AI from zero to practice. `make` alone lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help env lab studio test run render train bench lint lock address pack unpack test-browser

# A text as one word of the shell, whatever is in it.
quote = '$(subst ','\'',$(1))'

# What is given reaches the programs in the environment, as it is: never as words of a
# shell's line, nor with its dollar signs expanded by make.
$(foreach name,NB NAME URL LAB_ARGS TEST_ARGS PYTHON,\
    $(eval override $(name) := $$(value $(name))))
export NB NAME URL LAB_ARGS

# The environment: an activated conda environment called aigc-course, else ./.venv
ENV_DIR := $(if $(filter aigc-course,$(CONDA_DEFAULT_ENV)),$(value CONDA_PREFIX),.venv)
PY := $(call quote,$(ENV_DIR)/bin/python)

# Notebooks run in notebooks/, so a mirror or cache named relative to here is made
# absolute. Blanks step aside meanwhile: make's functions take them for separators.
empty :=
blank := $(empty) $(empty)
aside = $(subst $(blank),␣,$(1))
at_home = $(patsubst ~/%,$(call aside,$(HOME))/%,$(patsubst ~,$(call aside,$(HOME)),$(1)))
absolute = $(subst ␣,$(blank),$(abspath $(call at_home,$(call aside,$(1)))))
ifneq ($(value AIGC_DATA),)
override AIGC_DATA := $(call absolute,$(value AIGC_DATA))
export AIGC_DATA
endif
ifneq ($(value AIGC_CACHE),)
override AIGC_CACHE := $(call absolute,$(value AIGC_CACHE))
export AIGC_CACHE
endif

help:  ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

env:  ## make the environment (conda, else .venv) and fetch models and data, where due
	@PYTHON=$(call quote,$(PYTHON)) FETCH="$(filter env lab,$(MAKECMDGOALS:studio=lab))" \
	    tools/make_env.sh $(call quote,$(ENV_DIR))

lab: env  ## open JupyterLab at the first lesson
	@$(PY) tools/lab.py

studio: env  ## a page to write, draw, speak, compose and ask, at 127.0.0.1
	@$(PY) -m helpers.serving.studio

test: env  ## unit tests, notebook checks and every notebook in the smoke profile
	AIGC_PROFILE=smoke \
	    PYTEST_ADDOPTS="$${PYTEST_ADDOPTS:+$$PYTEST_ADDOPTS }"$(call quote,$(TEST_ARGS)) \
	    $(PY) -m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout=300 \
	    -n 2 --dist loadscope --max-worker-restart=1 -q tests \
	    $(wildcard notebooks/*.ipynb)

test-browser: env  ## lesson 00, the listening form and the studio in a real browser
	@$(PY) tools/browser.py
	AIGC_BROWSER="$${AIGC_BROWSER:-1}" $(PY) -m pytest -q -rs tests/browser

run: env  ## run lessons headless: make run, NB="06 07" or NB="part 3"; writes build/run.md
	@$(PY) tools/execute.py run

render: env  ## refresh a lesson's committed outputs: make render NB=07
	@$(PY) tools/execute.py render

pack: env  ## build/07.py -> its notebook: make pack NB=07
	@$(PY) tools/notebooks.py pack

unpack: env  ## a notebook -> build/07.py, to edit it as plain Python: make unpack NB=07
	@$(PY) tools/notebooks.py unpack

train: env  ## train a shipped checkpoint again: make train NAME=…
	@$(PY) tools/train.py

bench: env  ## measure every performance claim; the last lines are the ratios
	@$(PY) tools/bench.py

lint: env  ## format and style, notebooks included, and the notebook checks
	$(PY) -m ruff format --check helpers tests tools benchmarks recipes notebooks
	$(PY) -m ruff check helpers tests tools benchmarks recipes notebooks
	$(PY) tools/check_notebooks.py

lock:  ## resolve requirements.txt again from pyproject.toml, and look for missing wheels
	@python=$(PY); [ -x "$$python" ] || python=python3; "$$python" tools/lock.py

address: env  ## set the repository's public address: make address URL=https://github.com/x/y
	@$(PY) tools/notebooks.py address
