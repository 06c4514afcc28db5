"""Pytest settings that hold for the unit tests and for nbval's notebooks alike."""

import os

# Tests use bundled data and short training only, whoever starts them.
os.environ.setdefault("AIGC_PROFILE", "smoke")
os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
# Each worker has one core. Two of them whose BLAS libraries start a thread a core wait
# for each other: the judges of pictures took eight times as long.
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
# A worker has read TEST_ARGS by now; a pytest that a test starts is not to have them.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("PYTEST_ADDOPTS", None)


def pytest_collectstart(collector):
    """Try each exercise's answers after a lesson's cells."""
    if collector.path.suffix == ".ipynb" and hasattr(collector, "skip_compare"):
        from tools import solutions

        if not isinstance(collector.parent, solutions.Alone):
            solutions.append_answers(collector)


def pytest_terminal_summary(terminalreporter):
    """Count the exercises whose checks were held against answers."""
    passed = terminalreporter.stats.get("passed", [])
    if any(key == "answer" for report in passed for key, _ in report.user_properties):
        from tools import solutions

        terminalreporter.write_line(solutions.counted(passed))
