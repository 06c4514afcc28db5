"""Keep TensorFlow's record of where each operation was made short: it costs memory.

TensorFlow stores a Python stack with every operation that it traces. Under Jupyter
that is some 60 frames of Keras, TensorFlow and IPython, about half of the memory of a
compiled training step. Frames of installed packages say nothing to a reader of this
course; what stays are the lines of `helpers` and of the lesson.
"""

from __future__ import annotations

import sys
import sysconfig


def shorten() -> bool:
    """Leave the frames of all installed modules loaded so far out of later stacks.

    It holds for the calling thread. Call it again after importing a large package.
    An error in an operation then points at the lesson's own line.

    AutoGraph copies the list of files for every call that it converts, 0.2 MB each:
    give `autograph=False` to a `tf.function` of many calls, which rarely needs it.

    Returns:
        Whether TensorFlow takes the filter: its class is not public and may move.
    """
    try:
        from tensorflow.python.util.tf_stack import StackTraceFilter
    except ImportError:
        return False

    class Installed(StackTraceFilter):
        """A filter of all files that were installed, not written for the course."""

        files = _installed_files()

        def get_filtered_filenames(self) -> frozenset[str]:
            return self.files

    try:
        Installed().__enter__()  # never left: it holds as long as the thread
    except Exception:  # a private class changed; memory is all that is lost
        return False
    return True


def _installed_files() -> frozenset[str]:
    """Return the source files of loaded modules below Python's own folders.

    All but the innermost, where TensorFlow takes the stack: without it there is none.
    """
    paths = sysconfig.get_paths()
    folders = tuple(paths[name] for name in ("stdlib", "purelib", "platlib"))
    innermost = sys.modules["tensorflow.python.framework.ops"].__file__
    files = (getattr(module, "__file__", None) for module in [*sys.modules.values()])
    files = {file for file in files if file and file.startswith(folders)}
    return frozenset(files - {innermost})
