"""Write several answers at once: each step computes one token for every open request.

A request does not wait until a batch is full, and no batch waits for its longest
answer: whoever comes takes a free slot at the next step, whoever is done leaves his.

Source: Yu et al. 2022, "Orca", section 3 (iteration-level scheduling).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor

from helpers.serving.engine import Engine, Job, choose

logger = logging.getLogger("aigc.serving")


class FullError(Exception):
    """All slots and all places in the queue are taken, or the server shuts down."""


class Batcher:
    """Keep an engine's slots busy with the jobs that wait.

    Args:
        engine: The model.
        waiting: Most jobs that wait for a slot.
        observe: Told the number of slots in use after every step.
    """

    def __init__(
        self,
        engine: Engine,
        waiting: int = 64,
        observe: Callable[[int], None] = lambda busy: None,
    ):
        self.engine, self.room, self.observe = engine, waiting, observe
        self.active: dict[int, Job] = {}
        self.waiting: deque[Job] = deque()
        self.steps = self.tokens = 0
        self._wake, self._closing = asyncio.Event(), False
        # One thread computes, so that the event loop stays free to answer.
        self._pool = ThreadPoolExecutor(1, "engine")
        self._task: asyncio.Task | None = None

    def start(self) -> None:
        """Begin to work, in the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Take no more jobs, finish those that are there, and stop."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task
        self._pool.shutdown(wait=False)

    def submit(self, job: Job) -> None:
        """Take a job, or say that there is no place for it.

        Args:
            job: Somebody has to read it with `stream`.

        Raises:
            FullError: If all slots and places are taken, or the batcher is closed.
        """
        free = self.engine.slots - len(self.active)
        if self._closing or len(self.waiting) >= self.room + free:
            raise FullError(
                "it shuts down" if self._closing else "too many are waiting"
            )
        self.waiting.append(job)
        self._wake.set()

    async def stream(self, job: Job) -> AsyncIterator[int]:
        """Yield a job's tokens as they come; `job.finish` then says why it ended.

        Whoever leaves the loop early, by a closed connection say, frees the slot.

        Args:
            job: One that has been submitted.

        Raises:
            RuntimeError: If the engine failed.
        """
        try:
            while (token := await self._next(job)) is not None:
                yield token
            if job.finish == "error":
                raise RuntimeError("the engine failed")
        finally:
            job.cancelled = True
            self._wake.set()

    async def _next(self, job: Job) -> int | None:
        """Wait for a token, but not beyond the deadline, even if the engine hangs."""
        try:
            left = job.deadline - time.monotonic()
            return await asyncio.wait_for(job.queue.get(), max(left, 0.001))
        except TimeoutError:
            job.finish = job.finish or "time"
            return None

    async def _run(self) -> None:
        """Admit, step, hand out, until the batcher is closed and empty."""
        while not (self._closing and not self.active and not self.waiting):
            self._drop_ended()
            free = [s for s in range(self.engine.slots) if s not in self.active]
            for slot in free[: len(self.waiting)]:
                self.active[slot] = self.waiting.popleft()
                await self._try(self._begin, {slot: self.active[slot]})
            self._drop_ended()
            if self.active:
                await self._try(self._step, dict(self.active))
            elif not self.waiting and not self._closing:
                self._wake.clear()
                await self._wake.wait()

    async def _try(self, work, jobs: dict[int, Job]) -> None:
        """Run a part of the engine in its thread; what fails ends these jobs only."""
        loop = asyncio.get_running_loop()
        try:
            chosen = await loop.run_in_executor(self._pool, work, jobs)
        except Exception:
            logger.exception("the engine failed")  # a stack, no texts
            for job in jobs.values():
                self._end(job, "error")
            return
        for slot, token in chosen.items():
            self._hand_out(jobs[slot], token)

    def _begin(self, jobs: dict[int, Job]) -> dict[int, int]:
        """Let the engine read the prompts."""
        for slot, job in jobs.items():
            self.engine.begin(slot, job.ids)
        return {}

    def _step(self, jobs: dict[int, Job]) -> dict[int, int]:
        """Compute and draw the next token of every slot."""
        logits = self.engine.step({slot: job.last for slot, job in jobs.items()})
        self.steps += 1
        self.observe(len(jobs))
        return {
            slot: choose(logits[slot], job.temperature, job.top_p, job.draws)
            for slot, job in jobs.items()
        }

    def _hand_out(self, job: Job, token: int) -> None:
        """Give a job its token, and end it if that was the last one."""
        self.tokens += 1
        if token == self.engine.end_id:
            self._end(job, "stop")
            return
        job.last, job.written = token, job.written + 1
        job.queue.put_nowait(token)
        if job.written >= job.max_tokens:
            self._end(job, "length")

    def _end(self, job: Job, why: str) -> None:
        if not job.finish:
            job.finish = why
            job.queue.put_nowait(None)

    def _drop_ended(self) -> None:
        """Free the slots and places of jobs that are done, cancelled or late."""
        now = time.monotonic()
        for job in [*self.active.values(), *self.waiting]:
            if now > job.deadline:
                self._end(job, "time")
        over = [s for s, job in self.active.items() if job.finish or job.cancelled]
        for slot in over:
            del self.active[slot]
        for job in [job for job in self.waiting if job.finish or job.cancelled]:
            self.waiting.remove(job)
