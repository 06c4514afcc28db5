"""The body of a request for a chat completion, and what of it is refused."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from helpers.serving.limits import Limits, RefusedError


class Message(BaseModel):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class ChatRequest(BaseModel):
    """The body of `/v1/chat/completions`; fields that are not listed are ignored."""

    model: str | None = None
    messages: list[Message] = Field(min_length=1, max_length=64)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float = Field(1.0, ge=0, le=2, allow_inf_nan=False)
    top_p: float = Field(1.0, gt=0, le=1, allow_inf_nan=False)
    seed: int | None = Field(None, ge=0, lt=2**63)
    stop: str | list[str] | None = Field(None, max_length=64)
    stream: bool = False
    stream_options: dict | None = None
    n: Literal[1] = 1

    def stops(self) -> list[str]:
        """Return the stop sequences as a list."""
        given = self.stop or []
        return [given] if isinstance(given, str) else given

    def check(self, limits: Limits) -> None:
        """Refuse what is too long, before a tokenizer reads it.

        Args:
            limits: The server's.

        Raises:
            RefusedError: With status 400.
        """
        length = sum(len(message.content) for message in self.messages)
        if length > limits.characters:
            reason = f"the messages have {length:,} characters"
            reason += f"; wanted at most {limits.characters:,}"
            raise RefusedError(400, "prompt_too_long", reason)
        stops = self.stops()
        if len(stops) > 4 or not all(0 < len(stop) <= 64 for stop in stops):
            reason = "stop wants at most 4 texts of 1 to 64 characters"
            raise RefusedError(400, "bad_stop", reason)
        wanted = self.max_completion_tokens or self.max_tokens or 1
        if wanted > limits.new_tokens:
            reason = f"max_tokens is {wanted:,}; wanted at most {limits.new_tokens:,}"
            raise RefusedError(400, "max_tokens_too_large", reason)
