"""Watch how much memory the processes take that this one has started."""

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psutil


def resident(process: psutil.Process) -> int:
    """Return a process's bytes of memory, what it shares counted whole."""
    return process.memory_info().rss


def proportional(process: psutil.Process) -> int:
    """Return a process's bytes of memory, what it shares counted in proportion.

    Only Linux tells; elsewhere it is the resident memory, in which a page that a kernel
    and its children share counts once for each of them.
    """
    if sys.platform == "linux":
        with suppress(psutil.AccessDenied):
            return process.memory_full_info().pss
    return resident(process)


def total(processes: list[psutil.Process], size: Callable) -> int:
    """Return the sum of the sizes of those processes that still run."""
    found = 0
    for process in processes:
        with suppress(psutil.Error):  # it has just ended
            found += size(process)
    return found


class PeakMemory(threading.Thread):
    """Watch the memory of this process's children until stopped."""

    def __init__(self, interval: float = 0.1):
        super().__init__(daemon=True)
        self.interval = interval
        self.peak = 0
        self._stopped = threading.Event()

    def run(self) -> None:
        """Sample until `stop` is called."""
        this, pause = psutil.Process(), self.interval
        while not self._stopped.wait(pause):
            start, children = time.perf_counter(), this.children(recursive=True)
            # The proportional size is never above the resident one, which is quick.
            if total(children, resident) > self.peak:
                self.peak = max(self.peak, total(children, proportional))
            # Adding up a gigabyte's pages holds the kernel up: 5 % of the time at most,
            # but a peak that lasts two seconds is seen.
            wanted = 20 * (time.perf_counter() - start)
            pause = min(2.0, max(self.interval, wanted))

    def stop(self) -> int:
        """End the watch and return the peak in bytes."""
        self._stopped.set()
        self.join()
        return self.peak
