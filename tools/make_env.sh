#!/usr/bin/env bash
# Make the course's environment in the folder $1, or bring it up to date.
# Packages are installed only if requirements.txt has changed since they were. Models
# and data that could not be fetched then are tried again if asked: offline it takes long.
#   PYTHON=python3.13   use this interpreter and no conda
#   RETRY=1             try again what could not be fetched; `make env` says so
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
python=$folder/bin/python
stamp=$folder/.requirements.sha256
fetched=$folder/.fetched # all models and data that the lessons use were there

checksum() { "$python" -c 'import hashlib, sys
print(hashlib.sha256(open("requirements.txt", "rb").read()).hexdigest())'; }

suitable() { "$1" -c 'import sys, venv, ensurepip
sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

fetch() {
    rm -f "$fetched"
    if "$python" -m helpers.fetch --strict; then
        : >"$fetched"
    else
        echo "The environment is ready all the same; make env tries the rest again."
    fi
}

if [ -x "$python" ] && [ -f "$stamp" ] && [ "$(checksum)" = "$(cat "$stamp")" ]; then
    [ -z "${RETRY:-}" ] || [ -f "$fetched" ] || fetch
    exit 0
fi

with_conda() {
    local manager
    for manager in mamba micromamba conda; do
        command -v "$manager" >/dev/null || continue
        echo "Making the environment in $folder with $manager (a few minutes) …"
        # Python and pip only; the packages follow below, the same way for everyone.
        grep -v -e '- pip:' -e '- -r ' environment.yml >"$empty/environment.yml"
        if [ "$manager" = micromamba ]; then
            "$manager" create --yes --prefix "$folder" --file "$empty/environment.yml"
        else
            "$manager" env create --yes --prefix "$folder" --file "$empty/environment.yml"
        fi && return 0
        echo "$manager could not make the environment; trying another way."
        rm -rf "$folder"
    done
    return 1
}

with_venv() {
    local candidate
    for candidate in ${PYTHON:-python3.12 python3.13 python3.11 python3 python}; do
        suitable "$candidate" || continue
        echo "Making the environment in $folder with $("$candidate" --version) …"
        "$candidate" -m venv "$folder"
        return 0
    done
    echo "No Python 3.11, 3.12 or 3.13 with its venv module was found${PYTHON:+ at $PYTHON}." >&2
    echo "Install one (or conda), or name it: make env PYTHON=/path/to/python3.12" >&2
    return 1
}

install() { # uv takes seconds where pip takes minutes
    local uv
    for uv in "$folder/bin/uv" uv; do
        "$uv" --version >/dev/null 2>&1 || continue
        VIRTUAL_ENV= CONDA_PREFIX= "$uv" pip install --python "$python" "$@" && return 0
        echo "uv did not manage; trying pip."
    done
    "$python" -m pip install "$@"
}

if ! "$python" -c '' 2>/dev/null; then
    rm -rf "$folder"
    empty=$(mktemp -d)
    trap 'rm -rf "$empty"' EXIT
    { [ -z "${PYTHON:-}" ] && with_conda; } || with_venv
    "$python" -m pip install --quiet uv || echo "uv is not to be had; pip installs."
fi
rm -f "$stamp"
echo "Installing the packages of requirements.txt …"
install --require-hashes -r requirements.txt
install --no-deps -e .
checksum >"$stamp"
fetch
