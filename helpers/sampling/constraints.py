"""Decode under a grammar: no token is allowed after which the text could not be ended.

A grammar is built of parts (`Literal`, `Digits`, `Joined`, `Either`, `record`). Its
state after some characters is the set of ways to go on; `TokenRules` carries that over
to the tokens of a tokenizer. The model only chooses where the grammar leaves a choice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from helpers.checks import require_count, require_text


@dataclass(frozen=True)
class Literal:
    """Exactly this text."""

    text: str


@dataclass(frozen=True)
class Digits:
    """Exactly so many digits, 0 to 9 each."""

    count: int


@dataclass(frozen=True)
class Joined:
    """One part after the other."""

    parts: tuple


@dataclass(frozen=True)
class Either:
    """One of several parts, at least one."""

    parts: tuple

    def __post_init__(self):
        if not self.parts:
            raise ValueError("`Either` wants at least one part, received none")


Part = Literal | Digits | Joined | Either
State = frozenset  # of tuples of parts: each is one way to go on; () is the end
DEAD: State = frozenset()


def value(thing: str | int | float | bool | None) -> Literal:
    """Return the JSON text of a plain value as a part.

    Args:
        thing: What `json.dumps` writes as one value.
    """
    return Literal(json.dumps(thing, ensure_ascii=False))


def record(fields: Mapping[str, Part]) -> Joined:
    """Return a JSON object with these names in this order.

    Args:
        fields: From a name to the part that writes its value.
    """
    parts: list[Part] = []
    for name, part in fields.items():
        before = ", " if parts else "{"
        parts += [Literal(f"{before}{json.dumps(name)}: "), part]
    return Joined((*parts, Literal("}" if parts else "{}")))


def start(part: Part) -> State:
    """Return the state before the first character."""
    return _open([(part,)])


def step(state: State, char: str) -> State:
    """Return the state after one more character; `DEAD` if it is not allowed.

    Args:
        state: Of `start` or `step`.
        char: One character.
    """
    ways = []
    for first, *rest in filter(None, state):
        if isinstance(first, Digits):
            if char in "0123456789":
                ways.append((Digits(first.count - 1), *rest))
        elif first.text[0] == char:
            ways.append((Literal(first.text[1:]), *rest))
    return _open(ways)


def ends(state: State) -> bool:
    """Tell whether the text may end here."""
    return () in state


def accepts(part: Part, text: str) -> bool:
    """Tell whether a grammar allows a whole text.

    Args:
        part: The grammar.
        text: Any text.

    Example:
        accepts(record({"order": Digits(5)}), '{"order": 30417}')  # True
    """
    state = start(part)
    for char in require_text(text, "accepts"):
        state = step(state, char)
    return ends(state)


def forced(state: State) -> tuple[str, State]:
    """Return the text that has to come next, up to the next choice, and what follows.

    Args:
        state: Of `start` or `step`.
    """
    text = ""
    while not ends(state):
        chars = _next_chars(state)
        if len(chars) != 1:
            break
        (char,) = chars
        text, state = text + char, step(state, char)
    return text, state


def _next_chars(state: State) -> set[str]:
    """Return the characters that may come next."""
    chars: set[str] = set()
    for first, *_ in filter(None, state):
        chars |= set("0123456789") if isinstance(first, Digits) else {first.text[0]}
    return chars


def _open(ways: Sequence[tuple]) -> State:
    """Unfold parts until each way begins with a character to come, or is at its end."""
    found, todo = set(), list(ways)
    while todo:
        way = todo.pop()
        if not way:
            found.add(way)
            continue
        first, rest = way[0], way[1:]
        if isinstance(first, Joined):
            todo.append((*first.parts, *rest))
        elif isinstance(first, Either):
            todo += [(part, *rest) for part in first.parts]
        elif first in (Literal(""), Digits(0)):
            todo.append(rest)
        else:
            found.add(way)
    return frozenset(found)


class Tokenizer(Protocol):
    """What this module asks of a tokenizer."""

    vocabulary_size: int

    def encode(self, text: str) -> Sequence[int]:
        """Turn text into ids."""

    def decode(self, ids: Sequence[int]) -> str:
        """Turn ids into text."""


class TokenRules:
    """Which tokens may come next? The vocabulary is a tree of characters.

    Only branches that the grammar allows are walked, so a state costs a few steps
    and not one for each token of the vocabulary.

    Args:
        texts: The text of each token, by its id; "" for control tokens and for parts
            of characters, which are never allowed.
    """

    def __init__(self, texts: Sequence[str]):
        self.size = len(texts)
        self.tree: dict = {}
        for token, text in enumerate(texts):
            node = self.tree
            for char in text:
                node = node.setdefault(char, {})
            if text:
                node.setdefault("", []).append(token)

    def allowed(self, state: State) -> dict[int, State]:
        """Return the allowed tokens, and the state after each.

        Args:
            state: Of `start` or `step`.
        """
        found: dict[int, State] = {}
        todo = [(self.tree, state)]
        while todo:
            node, state = todo.pop()
            found |= dict.fromkeys(node.get("", ()), state)
            for char in _next_chars(state) & node.keys():
                todo.append((node[char], step(state, char)))
        return found


def token_texts(tokenizer: Tokenizer) -> list[str]:
    """Return the text of each token of a tokenizer, as `TokenRules` wants them.

    Args:
        tokenizer: Has `vocabulary_size` and `decode`.
    """
    texts = [tokenizer.decode([token]) for token in range(tokenizer.vocabulary_size)]
    return ["" if "\ufffd" in text else text for text in texts]


def constrained(
    logits_of: Callable[[np.ndarray], np.ndarray],
    prompt_ids: Sequence[int] | np.ndarray,
    part: Part,
    tokenizer: Tokenizer,
    rules: TokenRules,
    most: int = 128,
) -> tuple[str, int]:
    """Write the text that a model likes best, step by step, among those allowed.

    What has to come is written without asking the model.

    Args:
        logits_of: From all ids so far, int32 (T,), to the next token's logits (V,).
        prompt_ids: Ids (T,), at least one.
        part: The grammar.
        tokenizer: Encodes and decodes.
        rules: Of the same tokenizer.
        most: Choices, at most.

    Returns:
        The text, and how often the model was asked.

    Raises:
        ValueError: If the text is not at an end after `most` choices, if no token
            can write what the grammar wants, or if a logit is NaN.

    Source: Willard and Louf 2023, "Efficient Guided Generation for Large Language
        Models", section 3 (an automaton over the vocabulary).
    """
    most = require_count(most, "constrained, most,")
    ids, text, state = list(prompt_ids), "", start(part)
    for asked in range(most + 1):
        must, state = forced(state)
        ids, text = ids + list(tokenizer.encode(must)), text + must
        if ends(state):  # the shortest text that is whole
            return text, asked
        choices = rules.allowed(state)
        if not choices:
            raise ValueError(f"no token can go on after {text!r}")
        tokens = np.array(sorted(choices))
        scores = np.asarray(logits_of(np.array(ids, np.int32)))[tokens]
        if np.isnan(scores).any():
            raise ValueError("`constrained` wants logits without NaN, received some")
        token = int(tokens[scores.argmax()])
        ids, text = [*ids, token], text + tokenizer.decode([token])
        state = choices[token]
    raise ValueError(f"the text is not at an end after {most} choices: {text!r}")
