"""Run every benchmark, or those named, and print their ratio lines together.

python tools/bench.py startup    the names may be in the variable NB, too
"""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.given import words

ROOT = Path(__file__).resolve().parent.parent


def run(script: Path) -> str:
    """Run one benchmark, its output passed on, and return its last line."""
    print(f"== {script.stem}", flush=True)
    command = [sys.executable, str(script)]
    last = ""
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
    if process.returncode or not last.startswith("ratio: "):
        return f"failed (exit {process.returncode}, last line {last!r})"
    return last


def main() -> None:
    """Run the benchmarks one after the other; exit non-zero if one fails."""
    scripts = sorted((ROOT / "benchmarks").glob("*.py"))
    known = ", ".join(script.stem for script in scripts)
    try:
        names = sys.argv[1:] or words("NB", f"some of {known}")
    except ValueError as problem:
        sys.exit(str(problem))
    unknown = set(names) - {script.stem for script in scripts}
    if unknown:
        sys.exit(f"`make bench NB=…` wants some of {known}; received {sorted(unknown)}")
    results = {s.stem: run(s) for s in scripts if not names or s.stem in names}
    print("\nOurs against the peer; above 1 is better for us")
    for name, result in results.items():
        print(f"{name:20s} {result}")
    sys.exit(any(result.startswith("failed") for result in results.values()))


if __name__ == "__main__":
    main()
