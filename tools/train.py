"""Train a shipped checkpoint again: make train NAME=…

A recipe, recipes/<name>.py, makes the checkpoint of its name. The "command" in a
checkpoint's .json says how it was made; that is information, and never run.
"""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.given import words

ROOT = Path(__file__).resolve().parent.parent


def recipes(folder: Path) -> list[str]:
    """Return the names of the recipes in a folder, those of shared parts left out."""
    return sorted(script.stem for script in folder.glob("[a-z]*.py"))


def choose(names: list[str], known: list[str]) -> str:
    """Return the one recipe that was asked for.

    Raises:
        ValueError: if it is not exactly one, or not a known one.
    """
    if len(names) != 1 or names[0] not in known:
        received = " ".join(names) or "nothing"
        raise ValueError(
            f"`make train NAME=…` wants one of {', '.join(known)}; received {received}"
        )
    return names[0]


def main() -> None:
    """Run the recipe named on the command line, or in NAME."""
    try:
        known = recipes(ROOT / "recipes")
        name = choose(sys.argv[1:] or words("NAME", "a recipe's name"), known)
    except ValueError as problem:
        sys.exit(str(problem))
    command = [sys.executable, "-m", f"recipes.{name}"]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)


if __name__ == "__main__":
    main()
