#!/usr/bin/env bash
# Make the course's environment in the folder $1, or bring it up to date.
# Packages are installed only if requirements.txt has changed since they were.
#   PYTHON=python3.13   use this interpreter and no conda
#   FETCH=env           try again what could not be fetched, however long it takes
#   FETCH=lab           the same, but quickly, and at most once a day
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
python=$folder/bin/python
stamp=$folder/.requirements.sha256
fetched=$folder/.fetched # all models and data that the lessons use were there
tried=$folder/.tried     # when they were last looked for in vain

checksum() { "$python" -c 'import hashlib, sys
print(hashlib.sha256(open("requirements.txt", "rb").read()).hexdigest())'; }

suitable() { "$1" -c 'import sys, venv, ensurepip
sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

fetch() {
    rm -f -- "$fetched"
    if "$python" -m helpers.fetch --strict "$@"; then
        : >"$fetched"
    else
        : >"$tried"
        echo "The environment is ready all the same; make env tries the rest again."
    fi
}

if [ -x "$python" ] && [ -f "$stamp" ] && [ "$(checksum)" = "$(cat "$stamp")" ]; then
    [ ! -f "$fetched" ] || exit 0
    case ${FETCH:-} in
    *env*) fetch ;;
    *lab*) [ -n "$(find "$tried" -mmin -1440 2>/dev/null)" ] || fetch --quick ;;
    esac
    exit 0
fi

unsupported() { # say why this machine cannot install the packages, if it cannot
    local machine version
    machine=$(uname -m)
    case "$(uname -s) $machine" in
    "Linux x86_64" | "Linux aarch64" | "Linux arm64")
        case $(ldd --version 2>&1 || true) in
        *musl*) echo "TensorFlow has no package for Linux with musl, such as Alpine: make env wants one with glibc, such as Debian, Ubuntu or Fedora." ;;
        esac
        ;;
    "Darwin arm64")
        version=$(sw_vers -productVersion)
        if [ "${version%%.*}" -lt 14 ]; then
            echo "onnxruntime has no package for macOS $version: make env wants macOS 14 or later; or use Colab or Binder."
        fi
        ;;
    Darwin*)
        if [ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" = 1 ]; then
            echo "This terminal is translated by Rosetta, and TensorFlow has no package for Intel Macs: open one that is not, and name an arm64 Python."
        else
            echo "TensorFlow has no package for Intel Macs: use a Mac with Apple silicon, Colab or Binder."
        fi
        ;;
    *) echo "TensorFlow has no package for $(uname -s) on $machine: make env wants Linux (x86_64, aarch64) or macOS (arm64); on Windows use WSL, or README's conda lines." ;;
    esac
}

remove() { # only an environment, and only the one that was asked for
    [ -e "$folder" ] || [ -L "$folder" ] || return 0
    if [ -f "$folder/pyvenv.cfg" ] || [ -d "$folder/conda-meta" ]; then
        case $folder in
        .venv | "${CONDA_PREFIX:-.venv}")
            rm -rf -- "$folder"
            return 0
            ;;
        esac
    fi
    rmdir -- "$folder" 2>/dev/null && return 0
    echo "\`make env\` wants to make an environment in $folder, received a folder of something else: move it away, or delete it." >&2
    exit 1
}

with_conda() {
    local manager
    for manager in mamba micromamba conda; do
        command -v "$manager" >/dev/null || continue
        echo "Making the environment in $folder with $manager (a few minutes) …"
        # Python and pip only; the packages follow below, the same way for everyone.
        grep -v -e '- pip:' -e '- -r ' environment.yml >"$empty/environment.yml"
        if [ "$manager" = micromamba ]; then
            "$manager" create --quiet --yes --prefix "$folder" --file "$empty/environment.yml"
        else
            "$manager" env create --quiet --yes --prefix "$folder" --file "$empty/environment.yml"
        fi && return 0
        echo "$manager could not make the environment; trying another way."
        remove
    done
    return 1
}

with_venv() {
    local candidate candidates
    candidates=(python3.12 python3.13 python3.11 python3 python)
    # pocketsphinx has no package for Linux on Arm and Python 3.12.
    [ "$(uname -m)" != aarch64 ] || candidates=(python3.13 python3.11 python3.12 python3 python)
    [ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        suitable "$candidate" || continue
        echo "Making the environment in $folder with $("$candidate" --version) …"
        "$candidate" -m venv "$folder"
        return 0
    done
    echo "No Python 3.11, 3.12 or 3.13 with its venv module was found${PYTHON:+ at $PYTHON}." >&2
    echo "Install one (or conda), or name it: make env PYTHON=/path/to/python3.12" >&2
    return 1
}

why=$(unsupported)
if [ -n "$why" ]; then
    echo "$why" >&2
    exit 1
fi
if ! "$python" -c '' 2>/dev/null; then
    remove
    empty=$(mktemp -d)
    trap 'rm -rf -- "$empty"' EXIT
    { [ -z "${PYTHON:-}" ] && with_conda; } || with_venv
fi
rm -f -- "$stamp"
"$python" tools/install.py
checksum >"$stamp"
fetch
