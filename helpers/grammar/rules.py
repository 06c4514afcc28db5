"""Read and check the rules of a probabilistic context-free grammar.

The format is a plain text file: `set NAME = VALUES` declares the values that
`{NAME}` stands for, `<symbol> = p body | p body` gives a symbol's alternatives,
an indented line continues the one above it, and `#` begins a comment.
"""

from __future__ import annotations

import itertools
import math
import re

import numpy as np

Rules = dict[str, list[tuple[float, tuple[str, ...]]]]


def is_symbol(item: str) -> bool:
    """Tell a grammar symbol, written `<name>`, from a word of the language."""
    return len(item) > 2 and item[0] == "<" and item[-1] == ">"


def parse_rules(source: str) -> Rules:
    """Read a rules file.

    Args:
        source: the file's text.

    Returns:
        For each symbol its alternatives (probability, body), in the file's order.

    Raises:
        ValueError: a line that is neither rule, set nor comment; a symbol given
            twice; a probability that is no number.
    """
    sets: dict[str, list[str]] = {}
    rules: Rules = {}
    for line in _logical_lines(source):
        left, equals, right = (part.strip() for part in line.partition("="))
        if not equals or not right:
            raise ValueError(f"received {line!r}, wanted '<symbol> = p words | …'")
        if left.startswith("set "):
            sets[left.removeprefix("set ").strip()] = right.split()
            continue
        if not is_symbol(left) or " " in left:
            raise ValueError(f"received {left!r} before '=', wanted one <symbol>")
        for symbol, body in _expand(left, right, sets):
            if symbol in rules:
                raise ValueError(f"received two rules for {symbol}, wanted one")
            rules[symbol] = [_alternative(part, symbol) for part in body.split("|")]
    return rules


def _logical_lines(source: str) -> list[str]:
    """Drop comments and join indented lines to the line above them."""
    lines: list[str] = []
    for raw in source.splitlines():
        text = raw.split("#", 1)[0].rstrip()
        if not text:
            continue
        if text[0].isspace() and lines:
            lines[-1] += " " + text.strip()
        else:
            lines.append(text.strip())
    return lines


def _expand(left: str, right: str, sets: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Write a rule out once for each value of the sets its left side names."""
    names = list(dict.fromkeys(re.findall(r"\{(\w+)\}", left)))
    for name in re.findall(r"\{(\w+)\}", left + right):
        if name not in sets or name not in names:
            raise ValueError(f"received {{{name}}} in the rule of {left}, wanted a set")
    written = []
    for values in itertools.product(*(sets[name] for name in names)):
        symbol, body = left, right
        for name, value in zip(names, values, strict=True):
            symbol = symbol.replace(f"{{{name}}}", value)
            body = body.replace(f"{{{name}}}", value)
        written.append((symbol, body))
    return written


def _alternative(part: str, symbol: str) -> tuple[float, tuple[str, ...]]:
    """Read `p word word …`."""
    head, *body = part.split() or [""]
    try:
        return float(head), tuple(body)
    except ValueError:
        raise ValueError(
            f"received {part.strip()!r} in the rule of {symbol}, "
            f"wanted a probability and words"
        ) from None


def check_rules(rules: Rules, start: str) -> None:
    """Refuse rules that do not define a probability for every document.

    Raises:
        ValueError: no rule for `start`; probabilities outside (0, 1] or not summing
            to 1; an empty alternative; a symbol without a rule, out of reach of
            `start`, or beginning with itself.
    """
    if start not in rules:
        raise ValueError(f"received no rule for {start}, wanted one: it is the start")
    for symbol, alternatives in rules.items():
        _check_alternatives(symbol, alternatives)
    for symbol, alternatives in rules.items():
        for item in itertools.chain.from_iterable(body for _, body in alternatives):
            if is_symbol(item) and item not in rules:
                raise ValueError(f"received {item} in {symbol}, wanted a rule for it")
    reached = _closure(rules, start, first_only=False) | {start}
    if unreachable := sorted(set(rules) - reached):
        raise ValueError(f"received {unreachable[0]}, which {start} never reaches")
    for symbol in rules:
        if symbol in _closure(rules, symbol, first_only=True):
            raise ValueError(f"received {symbol}, which begins with itself forever")


def _check_alternatives(symbol: str, alternatives: list) -> None:
    """Check one symbol's probabilities and bodies."""
    for probability, body in alternatives:
        if not 0 < probability <= 1:
            raise ValueError(
                f"received probability {probability} in {symbol}, wanted 0 < p ≤ 1"
            )
        if not body:
            raise ValueError(f"received an empty alternative in {symbol}, wanted words")
    total = math.fsum(p for p, _ in alternatives)
    if abs(total - 1) > 1e-9:
        raise ValueError(f"received probabilities of {symbol} that sum to {total:.6g}")


def _closure(rules: Rules, symbol: str, first_only: bool) -> set[str]:
    """Collect the symbols that a symbol leads to (or may begin with)."""
    reached: set[str] = set()
    waiting = [symbol]
    while waiting:
        for _, body in rules[waiting.pop()]:
            for item in body[:1] if first_only else body:
                if is_symbol(item) and item not in reached:
                    reached.add(item)
                    waiting.append(item)
    return reached


def expected_counts(rules: Rules, start: str) -> dict[str, float]:
    """Return how often a document's derivation rewrites each symbol, on average.

    Solves counts = start + Mᵀ counts, where M holds the mean number of symbols (the
    column) that one rewriting of a symbol (the row) writes, by checked `rules`.

    Raises:
        ValueError: derivations need not end.

    Source: Booth and Thompson (1973): the counts are finite if and only if the
    spectral radius of M is below 1.
    """
    index = {symbol: i for i, symbol in enumerate(rules)}
    mean = np.zeros((len(index), len(index)))
    for symbol, alternatives in rules.items():
        for p, body in alternatives:
            for word in filter(is_symbol, body):
                mean[index[symbol], index[word]] += p
    radius = float(np.abs(np.linalg.eigvals(mean)).max())
    if radius >= 1 - 1e-12:
        raise ValueError(
            f"received rules whose derivations need not end (spectral radius "
            f"{radius:.3f}), wanted below 1"
        )
    begin = np.zeros(len(index))
    begin[index[start]] = 1.0
    solved = np.linalg.solve(np.eye(len(index)) - mean.T, begin)
    return {symbol: float(solved[i]) for symbol, i in index.items()}
