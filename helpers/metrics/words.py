"""Cut texts into words, and refuse those whose words nobody can count.

A metric of words gives equal Chinese texts 0, and different ones 1, if it takes a whole
sentence for one word. Such texts are an error that names the option to use instead.
"""

import re
import unicodedata
from collections.abc import Sequence

from helpers.checks import require_count, require_flag, require_texts

MOST_ORDER = 100  # longest n-gram: time and memory grow with its length

# Scripts that put no blanks between words: Thai, Lao, Myanmar, Khmer, and Chinese and
# Japanese from 0x2E80 on, without the Korean syllables, which are spaced.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff]"
)
_LONGEST = 5  # letters of a mean word, where a writer did put blanks between words


def composed(texts: Sequence[str], name: str, least: int = 1) -> list[str]:
    """Return checked texts in normal form C, so that é is one character however typed.

    Args: `texts`, `name` and `least` as in `helpers.checks.require_texts`, errors too.
    """
    return [unicodedata.normalize("NFC", t) for t in require_texts(texts, name, least)]


def pairs(
    hypotheses: Sequence[str], references: Sequence[str] | Sequence[Sequence[str]]
) -> tuple[list[str], list[list[str]]]:
    """Return hypotheses, and for each the list of its references."""
    hypotheses = composed(hypotheses, "hypotheses")
    if isinstance(references, str):
        raise ValueError("references wants a list of texts, received one str")
    lists = [[r] if isinstance(r, str) else r for r in references]
    lists = [composed(r, f"references of item {i}") for i, r in enumerate(lists)]
    if len(hypotheses) != len(lists):
        raise ValueError(
            "hypotheses and references want one length, received"
            f" {len(hypotheses)} and {len(lists)}"
        )
    return hypotheses, lists


def streams(references: list[list[str]]) -> list[list[str | None]]:
    """Turn references per item into sacrebleu's streams, padded with None."""
    most = max(map(len, references))
    return [[r[k] if k < len(r) else None for r in references] for k in range(most)]


def _unicode_words(text: str) -> list[str]:
    """Return the runs of letters, marks and digits of any script, in small letters.

    Of ASCII text they are rouge-score's words: runs of a-z and 0-9.
    """
    text = text.lower()
    if text.isascii():
        return re.findall(r"[a-z0-9]+", text)
    # \w leaves out the marks of Hindi or Thai vowels, which would cut their words.
    return "".join(c if _in_word(c) else " " for c in text).split()


def _in_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNM" or character in "\u200c\u200d"


def require_words(words: Sequence[str], text: str, where: str, option: str) -> None:
    """Check that `words` are words, not whole sentences.

    Args:
        words: What a metric counts in `text`.
        text: The text, quoted in the message.
        where: Name of the metric.
        option: What to do instead, such as "characters=True".

    Raises:
        ValueError: If there is no word, or most letters stand in sentences without
            blanks.
    """
    if not words:
        raise ValueError(f"{where} wants words, received {text[:40]!r}; use {option}")
    uncut = [n for word in words if (n := len(_UNSPACED.findall(word)))]
    letters = sum(map(str.isalpha, text))
    whole = len(uncut) == 1 < sum(uncut) or sum(uncut) > _LONGEST * len(uncut)
    if whole and 2 * sum(uncut) > letters:
        raise ValueError(
            f"{where} wants words with blanks between them, received {text[:40]!r};"
            f" use {option}"
        )


class Words:
    """Tokenizer for rouge-score that knows the words of every spaced script."""

    def __init__(self, stem: bool):
        from rouge_score.tokenizers import DefaultTokenizer

        self._english = DefaultTokenizer(stem)

    def tokenize(self, text: str) -> list[str]:
        """Return the words of `text` in small letters."""
        if text.isascii():
            return self._english.tokenize(text)
        cut = (
            [w] if not w.isascii() else self._english.tokenize(w)
            for w in _unicode_words(text)
        )
        return [word for words in cut for word in words]


class Characters:
    """Tokenizer for rouge-score that keeps every character but white space."""

    def tokenize(self, text: str) -> list[str]:
        """Return the characters of `text` in small letters."""
        return [c for c in text.lower() if not c.isspace()]


def require_countable(
    metric: object, texts: Sequence[str], where: str, order: int
) -> None:
    """Refuse texts that would score 0 only because a tokenizer finds no words.

    ASCII texts score what sacrebleu says, also where all of them are shorter than the
    longest n-gram, which gives 0.

    Args:
        metric: The library's metric, which holds the tokenizer.
        texts: The texts that are scored.
        where: Name of the caller, quoted in the message.
        order: Length of the longest n-gram.
    """
    others = [text for text in texts if not text.isascii()]
    cut = [metric.tokenizer(text).split() for text in others]
    advice = 'tokenize="zh" for Chinese or "char" for any text'
    advice = advice if where == "bleu" else "characters=True"
    for words, text in zip(cut, others, strict=True):
        require_words(words, text, where, advice)
    if len(others) == len(texts) and max(map(len, cut), default=order) < order:
        raise ValueError(
            f"{where} wants a text of max_order={order} or more tokens, received at"
            f" most {max(map(len, cut))}; use a lower max_order, or {advice}"
        )


def ngrams(
    texts: Sequence[str], n: int, characters: bool, where: str
) -> list[list[tuple[str, ...]]]:
    """Return each text's n-grams of words or characters, in order, at least one.

    Args:
        texts: The texts, none of them empty.
        n: Words or characters in one n-gram.
        characters: Whether to count characters.
        where: Name of the caller, quoted in the message.
    """
    n = require_count(n, f"{where}'s n", most=MOST_ORDER)
    require_flag(characters, f"{where}'s characters")
    found = []
    for text in composed(texts, where):
        tokens = list(text) if characters else text.split()
        if not characters and not text.isascii():
            require_words(tokens, text, where, "characters=True")
        grams = range(len(tokens) - n + 1)
        found.append([tuple(tokens[i : i + n]) for i in grams])
    if not any(found):
        hint = "" if characters else "; use a lower n, or characters=True"
        raise ValueError(f"{where} wants a text of {n} or more tokens{hint}")
    return found
