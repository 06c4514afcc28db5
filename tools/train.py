"""Train a shipped checkpoint again: make train NAME=…

Each checkpoint in data/checkpoints has a .json beside it whose "command" made it.
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


def main() -> None:
    """Train the checkpoint named on the command line, or list what there is."""
    known = commands(ROOT / "data" / "checkpoints")
    if not known:
        sys.exit("No checkpoints are shipped yet: every lesson so far trains its own.")
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in known:
        sys.exit(
            f"make train NAME=… wants one of {', '.join(known)}; received {name!r}"
        )
    sys.exit(subprocess.run(shlex.split(known[name]), cwd=ROOT, check=False).returncode)


if __name__ == "__main__":
    main()
