"""Train a shipped checkpoint again: make train NAME=…

Each checkpoint in data/checkpoints has a .json beside it whose "command" made it: a
script in recipes. A recipe whose checkpoint is not there yet can be run by name too.
"""

import json
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def commands(folder: Path) -> dict[str, str]:
    """Return checkpoint name -> the command that trains it, as recorded beside it."""
    cards = sorted(folder.glob("*.json"))
    return {c.stem: json.loads(c.read_text(encoding="utf-8"))["command"] for c in cards}


def recipes(folder: Path) -> dict[str, str]:
    """Return checkpoint name -> the command that runs its recipe."""
    scripts = sorted(folder.glob("[a-z]*.py"))
    return {script.stem: f"python -m {folder.name}.{script.stem}" for script in scripts}


def run(command: str) -> int:
    """Run a command in the project's root with this Python; return its exit status."""
    program, *arguments = shlex.split(command)
    program = sys.executable if program == "python" else program
    return subprocess.run([program, *arguments], cwd=ROOT, check=False).returncode


def main() -> None:
    """Train the checkpoint named on the command line, or list what there is."""
    known = recipes(ROOT / "recipes") | commands(ROOT / "data" / "checkpoints")
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in known:
        sys.exit(
            f"make train NAME=… wants one of {', '.join(known)}; received {name!r}"
        )
    sys.exit(run(known[name]))


if __name__ == "__main__":
    main()
