"""Time `import helpers` against the 0.2 s the course promises, without TensorFlow.

The last line is the promise divided by the slowest module's median; above 1 is better.
"""

import statistics
import subprocess
import sys

PROMISE = 0.2  # seconds
REPEATS = 5
MODULES = ("helpers", "helpers.course", "helpers.datasets")
HEAVY = ("tensorflow", "keras", "pandas", "matplotlib")
PROBE = """
import sys, time
before = set(sys.modules)
start = time.perf_counter()
import {module}
print(time.perf_counter() - start, *set(sys.modules) - before)
"""


def measure(module: str) -> tuple[float, set[str]]:
    """Import a module in a fresh interpreter.

    Args:
        module: a dotted name such as "helpers.course".

    Returns:
        Seconds of the import statement, and the names of all modules it loaded.
    """
    command = [sys.executable, "-c", PROBE.format(module=module)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, *loaded = answer.stdout.split()
    return float(seconds), set(loaded)


def main() -> None:
    """Print each module's median import time and the ratio line."""
    slowest = 0.0
    for module in MODULES:
        runs = [measure(module) for _ in range(REPEATS)]
        median = statistics.median(seconds for seconds, _ in runs)
        heavy = [name for name in HEAVY if name in runs[0][1]]
        print(f"import {module:17s} {median:.3f} s, heavy modules: {heavy or 'none'}")
        if heavy:
            sys.exit(f"{module} loads {heavy} at import")
        slowest = max(slowest, median)
    print(f"promised: {PROMISE} s")
    print(f"ratio: {PROMISE / slowest:.2f}")


if __name__ == "__main__":
    main()
