"""`pytest tests/exercises` runs each lesson once and holds its checks against answers.

Whoever runs the notebooks (make test) has the answers tried there, and not twice.
"""

import re

from tools import solutions


def pytest_collect_file(file_path, parent):
    """Collect the lesson of each file of answers, where this folder was asked for."""
    asked = any("exercises" in str(one) for one in parent.config.invocation_params.args)
    option = parent.config.option
    executed = option.nbval or option.nbval_lax
    named = parent.session.isinitpath(file_path)  # this comes as a module, see below
    if executed or named or not asked or not is_lesson(file_path):
        return None
    return solutions.Alone.from_parent(parent, path=file_path)


def pytest_pycollect_makemodule(module_path, parent):
    """Collect the lesson of a file that was named: `pytest tests/exercises/06.py`."""
    if is_lesson(module_path):
        return solutions.Alone.from_parent(parent, path=module_path)
    return None


def is_lesson(path) -> bool:
    """Tell whether a file holds a lesson's answers, as 06.py does."""
    return bool(re.fullmatch(r"\d\d\.py", path.name))
