"""A probabilistic context-free grammar whose entropy is known exactly.

`grammar_news` is English written by such a grammar. Because every sentence has one
derivation, its probability and the entropy of the whole language can be computed, so
a learner sees how far a language model is from the best score any model can reach.

Source: Booth and Thompson, "Applying Probability Measures to Abstract Languages"
(1973): expected counts and consistency. Grenander, "Syntax-Controlled
Probabilities" (1967): the entropy of a grammar as the solution of a linear system.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

from helpers.checks import require_count
from helpers.grammar.rules import (
    Rules,
    check_rules,
    expected_counts,
    is_symbol,
    parse_rules,
)

GRAMMAR_NEWS = Path(__file__).resolve().parents[2] / "data/grammar_news/grammar.txt"


MOST_DOCUMENTS = 10_000_000  # more than any lesson draws; endless loops stop here
MOST_BYTES = 1_000_000_000


class Grammar:
    """A probabilistic context-free grammar of finite, unambiguous documents.

    Args:
        rules: for each symbol `"<name>"` its alternatives, pairs of a probability
            (0 < p ≤ 1, summing to 1 per symbol) and a non-empty sequence of symbols
            and words. No symbol may begin with itself (left recursion).
        start: the symbol that stands for a whole document.

    Raises:
        ValueError: the rules are malformed, or derivations need not end.

    Example:
        >>> coin = Grammar({"<s>": [(0.5, ["heads"]), (0.5, ["tails"])]}, "<s>")
        >>> round(coin.entropy(), 3)
        0.693
    """

    def __init__(
        self,
        rules: Mapping[str, Iterable[tuple[float, Sequence[str]]]],
        start: str = "<document>",
    ) -> None:
        self.start = start
        self.rules: Rules = {
            symbol: [(float(p), tuple(body)) for p, body in alternatives]
            for symbol, alternatives in rules.items()
        }
        check_rules(self.rules, start)
        self._counts = expected_counts(self.rules, start)
        self._cumulative = {
            symbol: list(accumulate(p for p, _ in alternatives))
            for symbol, alternatives in self.rules.items()
        }
        self._openings: dict[str, dict[str, list[tuple[float, tuple]]]] = {}
        words = {w for alts in self.rules.values() for _, body in alts for w in body}
        self.vocabulary = sorted(w for w in words if not is_symbol(w))

    @classmethod
    def load(cls, path: str | Path = GRAMMAR_NEWS) -> Grammar:
        """Read a grammar from a rules file; without a path, that of grammar_news.

        Raises:
            ValueError: the file is not a grammar; the message quotes the place.
        """
        try:
            source = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(
                f"Grammar.load wants UTF-8, received {path} with the byte"
                f" 0x{error.object[error.start]:02x} at position {error.start}"
            ) from error
        return cls(parse_rules(source))

    def sample(self, count: int, seed: int = 0) -> list[list[str]]:
        """Draw documents as lists of word tokens, the same for the same seed.

        Args:
            count: number of documents, 0 to 10 million.
            seed: any integer.

        Returns:
            `count` documents, without an end token.
        """
        count = require_count(count, "Grammar.sample, count,", 0, MOST_DOCUMENTS)
        generator = random.Random(seed)
        return [self._draw(generator) for _ in range(count)]

    def text(self, min_bytes: int, seed: int = 0) -> str:
        """Draw documents as text, one a line, until it has `min_bytes` UTF-8 bytes.

        A longer text of the same seed begins with the shorter one.
        """
        require_count(min_bytes, "Grammar.text, min_bytes,", 1, MOST_BYTES)
        generator, lines, size = random.Random(seed), [], 0
        while size < min_bytes:
            lines.append(render(self._draw(generator)) + "\n")
            size += len(lines[-1].encode())
        return "".join(lines)

    def render(self, tokens: Sequence[str]) -> str:
        """Write tokens as text: capitals, and no space before a full stop."""
        return render(tokens)

    def entropy(self) -> float:
        """Return the exact entropy of a document, in nats.

        A derivation draws one alternative per symbol it meets, so its entropy is
        the sum over symbols of expected count × entropy of that choice. As each
        document has one derivation, this is also the entropy of the documents.

        Source: Grenander (1967).
        """
        return sum(
            -self._counts[symbol] * p * math.log(p)
            for symbol, alternatives in self.rules.items()
            for p, _ in alternatives
        )

    def expected_length(self) -> float:
        """Return the expected number of tokens of a document, end token included."""
        return 1.0 + sum(
            self._counts[symbol] * p * sum(not is_symbol(item) for item in body)
            for symbol, alternatives in self.rules.items()
            for p, body in alternatives
        )

    def entropy_per_token(self) -> float:
        """Return nats per token, end token included: the floor of a model's loss."""
        return self.entropy() / self.expected_length()

    def log_probability(self, tokens: Sequence[str]) -> float:
        """Return the exact log-probability of a document, in nats.

        Args:
            tokens: the document's word tokens, without an end token.

        Returns:
            A number ≤ 0; minus infinity for a document the grammar cannot write.
        """
        ends = self._follow(tokens).get((), (0.0, 0))
        return math.log(ends[0]) if ends[0] > 0 else -math.inf

    def derivations(self, tokens: Sequence[str]) -> int:
        """Count the derivations of a document: 1, or 0 where it has none."""
        return self._follow(tokens).get((), (0.0, 0))[1]

    def _follow(self, tokens: Sequence[str]) -> dict[tuple, tuple[float, int]]:
        """Return what may still follow the tokens: stack → (probability, count)."""
        states = {(self.start,): (1.0, 1)}
        for token in tokens:
            reached: dict[tuple, tuple[float, int]] = {}
            for stack, (weight, count) in states.items():
                ways = self._opening(stack[0]).get(token, ()) if stack else ()
                for p, tail in ways:
                    rest = tail + stack[1:]
                    known = reached.get(rest, (0.0, 0))
                    reached[rest] = (known[0] + weight * p, known[1] + count)
            states = reached
        return states

    def _opening(self, symbol: str) -> dict[str, list[tuple[float, tuple]]]:
        """Expand a symbol until a word stands first (Greibach's normal form)."""
        if not is_symbol(symbol):
            return {symbol: [(1.0, ())]}
        if symbol not in self._openings:
            ways: dict[str, list[tuple[float, tuple]]] = {}
            for p, body in self.rules[symbol]:
                for word, starts in self._opening(body[0]).items():
                    rests = [(p * q, tail + body[1:]) for q, tail in starts]
                    ways.setdefault(word, []).extend(rests)
            self._openings[symbol] = ways
        return self._openings[symbol]

    def _draw(self, generator: random.Random) -> list[str]:
        """Draw one document: always rewrite the leftmost symbol."""
        tokens, stack = [], [self.start]
        while stack:
            item = stack.pop()
            alternatives = self.rules.get(item)
            if alternatives is None:
                tokens.append(item)
                continue
            chosen = bisect_right(self._cumulative[item], generator.random())
            body = alternatives[min(chosen, len(alternatives) - 1)][1]
            stack.extend(reversed(body))
        return tokens


_NO_SPACE_BEFORE = frozenset(".,:;?!”")
_NO_SPACE_AFTER = frozenset("“")
_SENTENCE_BEGINS_AFTER = frozenset(".:?!“")


def render(tokens: Sequence[str]) -> str:
    """Write tokens as a line of text.

    A sentence begins with a capital letter, a comma follows its word directly, and
    quotation marks hug what they quote.

    Args:
        tokens: words and punctuation marks, one a token.

    Returns:
        The line, without a line end.
    """
    pieces: list[str] = []
    previous = "."
    for token in tokens:
        begins = previous in _SENTENCE_BEGINS_AFTER
        glued = token in _NO_SPACE_BEFORE or previous in _NO_SPACE_AFTER
        word = token[:1].upper() + token[1:] if begins else token
        pieces.append(word if glued or not pieces else " " + word)
        previous = token
    return "".join(pieces)
