"""Open JupyterLab at the first lesson, with the notebooks trusted.

    python tools/lab.py                    what `make lab` does
    python tools/lab.py --no-browser       any argument of JupyterLab's

`make lab LAB_ARGS="--no-browser --port 8888"` passes its arguments in the environment.
"""

import os
import shlex
import sys
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary

ROOT = Path(__file__).resolve().parent.parent
FIRST = "notebooks/00_start_here.ipynb"


def trust(paths: list[Path]) -> None:
    """Sign notebooks as trusted, as `jupyter trust` does: a player plays only then.

    What is signed is each notebook as it stands now; a later change by another program
    takes the trust away again.
    """
    notary = NotebookNotary()
    for path in paths:
        notary.sign(nbformat.read(path, as_version=4))


def arguments() -> list[str]:
    """Return JupyterLab's arguments: ours, then those of LAB_ARGS and the command line.

    Raises:
        ValueError: if a quotation in LAB_ARGS does not end.
    """
    given = os.environ.get("LAB_ARGS", "")
    try:
        words = shlex.split(given)
    except ValueError as error:
        raise ValueError(f"`LAB_ARGS=…` wants arguments, received {given!r}") from error
    # The address that is printed, or opened, leads here; without it, to an empty page.
    ours = [f"--LabApp.default_url=/lab/tree/{FIRST}"]
    # Jupyter refuses to run as root, which one is in a container, unless told.
    if hasattr(os, "getuid") and os.getuid() == 0:
        ours.append("--allow-root")
    return [*ours, *words, *sys.argv[1:]]


def main() -> None:
    """Trust the notebooks and run JupyterLab until it is stopped."""
    from jupyterlab.labapp import LabApp

    try:
        argv = arguments()
    except ValueError as problem:
        sys.exit(str(problem))
    os.chdir(ROOT)
    try:
        trust(sorted((ROOT / "notebooks").glob("*.ipynb")))
    except (OSError, ValueError) as problem:  # a notebook may be half written just now
        print(f"The notebooks are not trusted, so stored sounds are mute: {problem}")
    LabApp.launch_instance(argv)


if __name__ == "__main__":
    main()
