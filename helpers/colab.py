"""Make Google Colab ready for a lesson: install what is missing, change nothing else.

A notebook's first code cell runs this file as a script, so it needs the standard
library only. Colab brings TensorFlow, Keras and NumPy; those are never touched.
"""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BROUGHT_BY_COLAB = {"tensorflow", "keras", "numpy", "jupyterlab", "ipykernel"}


def missing_packages(dependencies: list[str]) -> list[str]:
    """Return the requirements whose package is not installed.

    Args:
        dependencies: requirement strings as in pyproject.toml, such as "pooch>=1.8".

    Returns:
        Those to install, in the given order; never one that Colab brings itself.
    """
    missing = []
    for requirement in dependencies:
        name = re.split(r"[\s<>=!~;\[]", requirement, maxsplit=1)[0]
        if name.lower() in BROUGHT_BY_COLAB:
            continue
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(requirement)
    return missing


def install_missing() -> list[str]:
    """Install the course's missing packages with pip and return their requirements.

    Raises:
        subprocess.CalledProcessError: pip could not install them.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = missing_packages(project["project"]["dependencies"])
    if wanted:
        # Pinned to what is installed, so that pip leaves these three alone.
        pins = [f"{name}=={version(name)}" for name in ("tensorflow", "keras", "numpy")]
        command = [sys.executable, "-m", "pip", "install", "--quiet", *wanted, *pins]
        subprocess.run(command, check=True)
    return wanted


if __name__ == "__main__":
    print("Installed:", ", ".join(install_missing()) or "nothing, all is here")
