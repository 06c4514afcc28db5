"""Score named entities: whole names, and, for comparison, one tag at a time.

A tag is ``O``, ``B-<type>`` (a name begins) or ``I-<type>`` (it goes on): the scheme
IOB2. In IOB1 a name begins with ``I-``, and ``B-`` only parts two names that touch.

Source: Tjong Kim Sang and De Meulder 2003, "Introduction to the CoNLL-2003 Shared
Task", section 2.3: a name counts as found only if its borders and its type are right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

Span = tuple[str, int, int]  # type, first token, one past the last token


def to_iob2(tags: Sequence[str]) -> list[str]:
    """Rewrite tags so that every name begins with ``B-``.

    Args:
        tags: One sentence's tags, in IOB1, in IOB2, or with an ``I-`` that continues
            nothing, which then begins a name.

    Returns:
        As many tags; ``I-`` only follows ``B-`` or ``I-`` of the same type.

    Raises:
        ValueError: If a tag is not ``O``, ``B-<type>`` or ``I-<type>``.

    Source: Tjong Kim Sang and Veenstra 1999, "Representing text chunks", section 2.
    """
    converted, before = [], "O"
    for place, tag in enumerate(tags):
        kind = _type_of(tag, place)
        goes_on = tag[:2] == "I-" and before[2:] == kind
        converted.append(tag if tag == "O" or goes_on else f"B-{kind}")
        before = tag
    return converted


def spans(tags: Sequence[str], strict: bool = False) -> list[Span]:
    """Find the names in a sentence's tags.

    Args:
        tags: One sentence's tags in IOB2; may be empty.
        strict: Refuse an ``I-`` that continues nothing. Otherwise it begins a name, as
            in the shared task's own scorer.

    Returns:
        (type, first token, one past the last token) of each name, in order.

    Raises:
        ValueError: If a tag is unknown, or breaks IOB2 and `strict` is set.

    Example:
        >>> spans(["B-PER", "I-PER", "O", "B-LOC"])
        [('PER', 0, 2), ('LOC', 3, 4)]
    """
    repaired = to_iob2(tags)
    broken = [i for i, tag in enumerate(tags) if tag != repaired[i]]
    if strict and broken:
        raise ValueError(
            f"`spans` wants IOB2, received {tags[broken[0]]!r} at token {broken[0]}, "
            "which continues no name of its type"
        )
    starts = [i for i, tag in enumerate(repaired) if tag[:2] == "B-"]
    found = []
    for start in starts:
        end = start + 1
        while end < len(repaired) and repaired[end][:2] == "I-":
            end += 1
        found.append((repaired[start][2:], start, end))
    return found


def entity_scores(
    true: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]]
) -> dict[str, dict[str, float]]:
    """Score whole names: right only with the right borders and the right type.

    Args:
        true: The tags of each sentence, IOB2.
        predicted: As many sentences of as many tags.

    Returns:
        For each type, in alphabetical order, and for ``micro``, all types together:
        precision, recall, f1 (0 to 1; 0 where nothing can be divided), support (true
        names) and found (predicted names).

    Raises:
        ValueError: If the lengths differ, a tag is unknown, or there is no sentence.
    """
    support, found, right = Counter(), Counter(), Counter()
    for one, other in _pairs(true, predicted, "entity_scores"):
        wanted, got = set(spans(one)), set(spans(other))
        support.update(kind for kind, _, _ in wanted)
        found.update(kind for kind, _, _ in got)
        right.update(kind for kind, _, _ in wanted & got)
    rows = {
        kind: _row(right, found, support, [kind]) for kind in sorted(support | found)
    }
    return {**rows, "micro": _row(right, found, support, list(rows))}


def token_scores(
    true: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]]
) -> dict[str, dict[str, float]]:
    """Score every tag by itself, as a classification report does.

    Args:
        true: The tags of each sentence.
        predicted: As many sentences of as many tags.

    Returns:
        For each tag, in alphabetical order: precision, recall, f1, support and found;
        then ``macro``, the plain mean of the tags that are among the true ones, and
        ``weighted``, their mean weighted by support. ``O`` counts as a tag.

    Raises:
        ValueError: As `entity_scores`.
    """
    support, found, right = Counter(), Counter(), Counter()
    for one, other in _pairs(true, predicted, "token_scores"):
        support.update(one)
        found.update(other)
        right.update(a for a, b in zip(one, other, strict=True) if a == b)
    rows = {tag: _row(right, found, support, [tag]) for tag in sorted(support | found)}
    averages = {"macro": Counter(dict.fromkeys(support, 1)), "weighted": support}
    means = {name: _mean(rows, weights) for name, weights in averages.items()}
    return {**rows, **means}


def token_accuracy(
    true: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]]
) -> float:
    """Return the share of tokens whose tag is right, ``O`` included.

    Args:
        true: The tags of each sentence.
        predicted: As many sentences of as many tags.

    Raises:
        ValueError: As `entity_scores`.
    """
    pairs = _pairs(true, predicted, "token_accuracy")
    hits = [a == b for one, other in pairs for a, b in zip(one, other, strict=True)]
    return sum(hits) / len(hits)


def report(rows: dict[str, dict[str, float]]) -> str:
    """Lay scores out as a table of text, three decimals.

    Args:
        rows: What `entity_scores` or `token_scores` returned.
    """
    lines = [f"{'':10}{'precision':>10}{'recall':>8}{'F1':>8}{'support':>9}"]
    for name, row in rows.items():
        scores = f"{row['precision']:10.3f}{row['recall']:8.3f}{row['f1']:8.3f}"
        lines.append(f"{name:10}{scores}{int(row['support']):9,}")
    return "\n".join(lines)


def _type_of(tag: str, place: int) -> str:
    """Return a tag's type, "" for O, or refuse the tag."""
    known = isinstance(tag, str) and (
        tag == "O" or (tag[:2] in ("B-", "I-") and tag[2:].strip() != "")
    )
    if not known:
        raise ValueError(
            f"a tag is O, B-<type> or I-<type>, received {tag!r} at token {place}"
        )
    return tag[2:]


def _pairs(true, predicted, where: str) -> list[tuple[list[str], list[str]]]:
    """Pair the sentences' tags, or say where the lengths differ."""
    true, predicted = [list(one) for one in true], [list(one) for one in predicted]
    if len(true) != len(predicted):
        raise ValueError(
            f"`{where}` wants as many predicted sentences as true ones, received "
            f"{len(predicted)} and {len(true)}"
        )
    for number, (one, other) in enumerate(zip(true, predicted, strict=True)):
        if len(one) != len(other):
            raise ValueError(
                f"`{where}` wants a tag for each token, received {len(other)} tags for "
                f"{len(one)} tokens in sentence {number}"
            )
        for place, tag in enumerate([*one, *other]):
            _type_of(tag, place % max(1, len(one)))
    if not any(true):
        raise ValueError(f"`{where}` wants at least one token, received none")
    return list(zip(true, predicted, strict=True))


def _row(right: Counter, found: Counter, support: Counter, kinds: list[str]) -> dict:
    """Return precision, recall and F1 of some kinds taken together."""
    hits, guesses, wanted = (sum(c[k] for k in kinds) for c in (right, found, support))
    return {
        "precision": hits / guesses if guesses else 0.0,
        "recall": hits / wanted if wanted else 0.0,
        "f1": 2 * hits / (guesses + wanted) if guesses + wanted else 0.0,
        "support": wanted,
        "found": guesses,
    }


def _mean(rows: dict[str, dict], weights: Counter) -> dict:
    """Return the weighted mean of the rows' scores, and the sums of their counts."""
    total = sum(weights.values())
    mean = {
        key: sum(rows[tag][key] * weight for tag, weight in weights.items()) / total
        for key in ("precision", "recall", "f1")
    }
    return {
        **mean,
        **{k: sum(r[k] for r in rows.values()) for k in ("support", "found")},
    }
