"""Make Google Colab ready for a lesson: install what is missing or too old, no more.

A notebook's first code cell runs this file as a script, so it needs the standard
library only. Colab brings TensorFlow, Keras and NumPy; those are never touched.
"""

import operator
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BROUGHT_BY_COLAB = {
    "tensorflow", "keras", "numpy", "jupyterlab", "ipykernel",
    "gradio",  # an older one; no lesson loads it
}  # fmt: skip
COMPARE = {
    "==": operator.eq, "!=": operator.ne, ">=": operator.ge,
    "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


def missing_packages(dependencies: list[str]) -> list[str]:
    """Return the requirements whose package is not installed, or not in bounds.

    Args:
        dependencies: requirement strings as in pyproject.toml, such as "pooch>=1.8".
            A package may have several, for different systems: one that fits is enough,
            and otherwise pip chooses among them by their markers.

    Returns:
        Those to install, in the given order; never one that Colab brings itself.
    """
    bounds: dict[str, list[str]] = {}
    for requirement in dependencies:
        name, specifier, _ = split(requirement)
        bounds.setdefault(name, []).append(specifier)
    there = {name for name, given in bounds.items() if is_there(name, given)}
    there |= BROUGHT_BY_COLAB
    return [one for one in dependencies if split(one)[0] not in there]


def split(requirement: str) -> tuple[str, str, str]:
    """Return the normal name (PEP 503), the bounds and the marker of a requirement.

    Raises:
        ValueError: if it does not begin with a package's name.
    """
    pattern = r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^]]*\])?\s*([^;]*)(;.*)?"
    parts = re.fullmatch(pattern, requirement, re.DOTALL)
    if not parts:
        raise ValueError(f"`split` wants a requirement, received {requirement!r}")
    name = re.sub(r"[-_.]+", "-", parts[1]).lower()
    return name, parts[2].strip(" ()"), parts[3] or ""


def is_there(name: str, bounds: list[str]) -> bool:
    """Tell whether the package `name` is installed, and within one of the `bounds`."""
    try:
        installed = version(name)
    except PackageNotFoundError:
        return False
    return any(within(installed, one) for one in bounds)


def within(installed: str, bounds: str) -> bool:
    """Tell whether an `installed` version lies within `bounds` such as ">=1.8,<2".

    Bounds of another kind, such as "~=1.8", count as not kept: pip knows them.
    """
    here = ordered(installed)
    for bound in filter(None, map(str.strip, bounds.split(","))):
        parts = re.fullmatch(r"(==|!=|>=|<=|>|<)\s*(\d[\w.]*)", bound)
        if not parts or not COMPARE[parts[1]](here, ordered(parts[2])):
            return False
    return True


def ordered(text: str) -> tuple[list[int], bool]:
    """Return what orders a version: 1.10 comes after 1.9, and 2.0rc1 before 2.0."""
    parts = re.match(r"v?(\d+(?:\.\d+)*)([-_.]?(?:a|b|c|rc|pre|dev))?", text)
    numbers = [int(part) for part in parts[1].split(".")] if parts else [0]
    while len(numbers) > 1 and numbers[-1] == 0:  # 1.26 and 1.26.0 are the same
        numbers.pop()
    return numbers, not (parts and parts[2])


def capped(requirement: str, lock: str) -> str:
    """Return a requirement below the major version after the one in the lock.

    What is newer has never run with the course.

    Args:
        requirement: as in pyproject.toml.
        lock: text of requirements.txt.
    """
    name, bounds, marker = split(requirement)
    majors = [
        int(number)
        for locked, number in re.findall(r"^([\w.-]+)==(\d+)", lock, re.MULTILINE)
        if split(locked)[0] == name
    ]
    extras = re.search(r"\[[^]]*\]", requirement.partition(";")[0])
    limit = [f"<{max(majors) + 1}"] if majors else []
    bounds = ",".join([*filter(None, [bounds]), *limit])
    return f"{name}{extras[0] if extras else ''}{bounds}{marker and ' ' + marker}"


def install_missing() -> list[str]:
    """Install with pip what is missing or too old, and return the requirements.

    Raises:
        subprocess.CalledProcessError: pip could not install them.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    missing = missing_packages(project["project"]["dependencies"])
    wanted = [capped(requirement, lock) for requirement in missing]
    if wanted:
        # Pinned to what is installed, so that pip leaves these three alone.
        pins = [f"{name}=={version(name)}" for name in ("tensorflow", "keras", "numpy")]
        command = [sys.executable, "-m", "pip", "install", "--quiet", *wanted, *pins]
        subprocess.run(command, check=True)
    return wanted


if __name__ == "__main__":
    print("Installed:", ", ".join(install_missing()) or "nothing, all is here")
