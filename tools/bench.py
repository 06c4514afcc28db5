"""Run every benchmark, or those named, and print their ratio lines together."""

import subprocess
import sys
from pathlib import Path

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
    names = sys.argv[1:]
    unknown = set(names) - {script.stem for script in scripts}
    if unknown:
        known = ", ".join(script.stem for script in scripts)
        sys.exit(f"no benchmark {sorted(unknown)}; there are: {known}")
    results = {s.stem: run(s) for s in scripts if not names or s.stem in names}
    print("\nOurs against the peer; above 1 is better for us")
    for name, result in results.items():
        print(f"{name:20s} {result}")
    sys.exit(any(result.startswith("failed") for result in results.values()))


if __name__ == "__main__":
    main()
