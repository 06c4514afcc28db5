"""Read the values that make passes on: in the environment, never in a shell's line.

`make run NB="06 07"` exports NB, and tools/execute.py reads it here. So no value can
become a command, whatever characters are in it.
"""

import os
import re

WORD = re.compile(r"[\w./:-]+", re.ASCII)


def words(variable: str, wanted: str) -> list[str]:
    """Return the words of a variable that make exported; none if it is not set.

    Args:
        variable: its name, such as "NB".
        wanted: what it should hold, for the message, such as "lesson numbers".

    Raises:
        ValueError: if a word has other characters than lesson numbers, names, paths
            and addresses have.
    """
    found = os.environ.get(variable, "").split()
    for word in found:
        if not WORD.fullmatch(word):
            raise ValueError(f"`{variable}=…` wants {wanted}, received {word!r}")
    return found
