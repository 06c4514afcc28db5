"""The desk's tools: what they are called with, and what they do for one customer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from helpers.sampling.constraints import Either, Part, record, value

TOOLS = {
    "order_status": ("order",),
    "cancel_order": ("order",),
    "book_appointment": ("service", "date", "part"),
}
ASK = {
    "order": "Which order is it? Please give its number, such as MF-30417.",
    "service": "Is it about a repair, lighting advice or fitting a lamp?",
    "date": "On which day would you like to come?",
    "part": "Morning, afternoon or evening?",
}


EXAMPLES = (  # from the training requests
    (
        "lighting advice tomorrow at 3 pm?",
        '{"tool": "book_appointment", "service": "advice", "date": "2026-03-03", '
        '"part": "afternoon"}',
    ),
    (
        "Ordered by mistake, call off MF 30781.",
        '{"tool": "cancel_order", "order": "MF-30781"}',
    ),
    (
        "My wife ordered a kettle under MF-33104, is it packed already?",
        '{"tool": "order_status", "order": "MF-33104"}',
    ),
)


def messages(text: str) -> list[dict[str, str]]:
    """Return what a chat model is asked, to write a call.

    Args:
        text: The customer's request.
    """
    asked = "Write the customer's wish as a tool call in JSON."
    turns = [{"role": "system", "content": asked}]
    for said, call in (*EXAMPLES, (text, "")):
        turns.append({"role": "user", "content": said})
        turns.append({"role": "assistant", "content": call})
    return turns[:-1]


@dataclass(frozen=True)
class Call:
    """A tool and its arguments; None where the customer has not said it.

    Raises:
        ValueError: If there is no such tool, or its arguments are others.
    """

    tool: str
    arguments: Mapping[str, str | None] = field(default_factory=dict)

    def __post_init__(self):
        names = TOOLS.get(self.tool)
        if names is None or names != tuple(self.arguments):
            raise ValueError(
                f"`Call` wants one of {TOOLS}, received {self.tool!r} with "
                f"{tuple(self.arguments)}"
            )

    @classmethod
    def parse(cls, text: str) -> Call:
        """Read a call from JSON.

        Args:
            text: An object with "tool" and its arguments.

        Raises:
            ValueError: If it is no such object.
        """
        found = json.loads(text)
        if not isinstance(found, dict) or "tool" not in found:
            raise ValueError(f"`Call.parse` wants an object with a tool: {text:.80}")
        return cls(found.pop("tool"), found)

    @property
    def missing(self) -> list[str]:
        """The arguments that are still to be asked for."""
        return [name for name, said in self.arguments.items() if said is None]


def grammar(
    candidates: Mapping[str, Sequence[str]], names: Iterable[str] = tuple(TOOLS)
) -> Part:
    """Return the grammar of all calls that a message can mean.

    Args:
        candidates: For each argument the values that the message names; null is
            allowed only where it names none.
        names: The tools that may be called, at least one.
    """
    return Either(
        tuple(
            record(
                {"tool": value(name)}
                | {
                    argument: Either(
                        tuple(map(value, candidates.get(argument) or [None]))
                    )
                    for argument in TOOLS[name]
                }
            )
            for name in names
        )
    )


class Orders:
    """The orders of all customers; each customer reaches only their own.

    Args:
        rows: With order, customer, status, article and due.
    """

    def __init__(self, rows: Iterable[Mapping[str, str]]):
        self.rows = {row["order"]: dict(row) for row in rows}

    def run(self, call: Call, customer: str) -> str:
        """Do what a complete call says, and return what the customer reads.

        Args:
            call: Nothing is missing in it.
            customer: Who has logged in. It is no argument of the call, so nothing that
                a message says can change it.
        """
        if call.missing:
            raise ValueError(
                f"`Orders.run` wants a complete call, lacks {call.missing}"
            )
        if call.tool == "book_appointment":
            said = call.arguments
            return f"Booked: {said['service']}, {said['date']}, in the {said['part']}."
        number = call.arguments["order"]
        row = self.rows.get(number)
        if row is None or row["customer"] != customer:
            return f"There is no order {number} among yours."
        if call.tool == "order_status":
            return f"{number} ({row['article']}): {row['status']}, due {row['due']}."
        if row["status"] not in ("New", "Packing"):
            return f"{number} is {row['status'].lower()} and cannot be cancelled."
        row["status"] = "Cancelled"
        return f"{number} ({row['article']}) is cancelled."
