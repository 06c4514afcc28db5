"""What a server serves: a model, its batcher, its numbers, and a change of model."""

from __future__ import annotations

from helpers.serving.batching import Batcher
from helpers.serving.engine import Engine, Job
from helpers.serving.limits import Limits, RefusedError
from helpers.serving.monitor import Metrics
from helpers.serving.web.chat import ChatRequest


class Service:
    """The model that answers now, its batcher, and the way to another model.

    Args:
        engine: The model.
        limits: Of requests.
    """

    def __init__(self, engine: Engine, limits: Limits):
        self.limits, self.metrics = limits, Metrics()
        self.ready = False
        self.batcher = self._batcher(engine)

    def _batcher(self, engine: Engine) -> Batcher:
        return Batcher(engine, self.limits.waiting, self.metrics.batch.observe)

    def start(self) -> None:
        """Begin to work; a service that was stopped begins anew."""
        self.batcher = self._batcher(self.batcher.engine)
        self.batcher.start()
        self.ready = True

    async def stop(self) -> None:
        """Finish what is open and take nothing more."""
        self.ready = False
        await self.batcher.close()

    async def switch(self, engine: Engine) -> None:
        """Answer new requests by another model; the old one finishes its own."""
        old, self.batcher = self.batcher, self._batcher(engine)
        self.batcher.start()
        await old.close()

    def job(self, request: ChatRequest, batcher: Batcher) -> Job:
        """Make a job of a request, if the model can do it.

        Args:
            request: Within the limits on text.
            batcher: The one that will write the answer.

        Raises:
            RefusedError: With 404 for another model, 400 for a prompt that is too long.
        """
        engine = batcher.engine
        if request.model not in (None, "default", engine.name):
            raise RefusedError(
                404, "model_not_found", f"the model here is {engine.name}"
            )
        try:
            ids = engine.encode([m.model_dump() for m in request.messages])
        except ValueError as error:
            raise RefusedError(
                400, "bad_prompt", "the model cannot read this"
            ) from error
        room = engine.window - len(ids)
        wanted = request.max_completion_tokens or request.max_tokens
        if not ids or room < (wanted or 1):
            reason = f"the prompt has {len(ids):,} tokens and the answer {wanted or 1}"
            reason += f"; together the model takes 1 to {engine.window:,}"
            raise RefusedError(400, "prompt_too_long", reason)
        most = wanted or min(room, self.limits.new_tokens)
        settings = (request.temperature, request.top_p, request.seed)
        return Job(ids, most, *settings, self.limits.seconds)
