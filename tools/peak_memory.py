"""Watch how much memory the processes take that this one has started."""

import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress

import psutil


def resident(processes: Iterable[psutil.Process]) -> int:
    """Return the processes' bytes of memory, what they share counted for each."""
    found = 0
    for process in processes:
        with suppress(psutil.Error):  # it has just ended
            found += process.memory_info().rss
    return found


def together(processes: Iterable[psutil.Process]) -> int:
    """Return the bytes of memory the processes take, what they share counted once.

    Only Linux tells; elsewhere it is their resident memory. Linux counts a shared page
    in proportion, also where it is shared with a process that is not among these, such
    as the TensorFlow of another notebook: 0.2 to 0.3 GB would be missing beside one. So
    their own pages and the most that one of them shares are a lower limit, which is
    never above the sum of the proportions when nothing else runs.
    """
    if sys.platform != "linux":
        return resident(processes)
    proportional, own, shared = 0, 0, [0]
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # it has just ended
            try:
                memory = process.memory_full_info()
            except psutil.AccessDenied:  # somebody else's, such as a setuid program
                own += resident([process])
                continue
            proportional += memory.pss
            own += memory.uss
            shared.append(memory.rss - memory.uss)
    return max(proportional, own + max(shared))


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
            # What they take together is never above the resident sum, which is quick.
            if resident(children) > self.peak:
                self.peak = max(self.peak, together(children))
            # Adding up a gigabyte's pages holds the kernel up: 5 % of the time at most,
            # but a peak that lasts two seconds is seen.
            wanted = 20 * (time.perf_counter() - start)
            pause = min(2.0, max(self.interval, wanted))

    def stop(self) -> int:
        """End the watch and return the peak in bytes."""
        self._stopped.set()
        self.join()
        return self.peak
