"""Write news from a headline, facts and a picture; print nothing that was invented.

Example:
    desk = NewsDesk.load()
    request = Request("Forgotten on the last tram in Velport", facts, picture)
    article = desk.write([request])[0]
    print(article.text, article.how)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from helpers import checkpoints
from helpers.apps.newsroom import (
    Request,
    known_names,
    ordinary_words,
    shipped_tokenizer,
)
from helpers.images.scaling import to_float
from helpers.models.text.image_prefix import ImagePrefixGPT, WithPictures
from helpers.sampling.generation import generate
from helpers.sampling.samplers import Sampler, TopP
from helpers.text.bpe import BPETokenizer
from helpers.text.checking.facts import Finding, invented
from helpers.text.stories import BREAK, source_ids, swap_names

SOURCE = 64  # tokens of a source
ARTICLE = 120  # tokens that an article may have


@dataclass(frozen=True)
class Article:
    """What the desk gives back.

    Attributes:
        text: what may be printed; "" if nothing may.
        drafts: all that the model wrote, in order.
        findings: what the check found in each draft.
        how: "draft", "repaired" (sentences left out) or "withheld".
    """

    text: str
    drafts: tuple[str, ...]
    findings: tuple[tuple[Finding, ...], ...]
    how: str


class NewsDesk:
    """A writer, a check of what it wrote, and what happens if that finds something.

    Args:
        model: writes.
        tokenizer: its tokenizer.
        known: facts of training stories, whose names can be placeholders.
        batch_size: articles written at a time.
        jit_compile: whether XLA compiles the loop, as for `helpers.sampling.generate`.
    """

    def __init__(
        self,
        model: ImagePrefixGPT,
        tokenizer: BPETokenizer,
        known: Sequence[Mapping[str, str]],
        batch_size: int = 4,
        jit_compile: bool = True,
    ):
        self.tokenizer, self.known, self.ordinary = tokenizer, known, ordinary_words()
        self.model, self.batch_size, self.jit_compile = model, batch_size, jit_compile
        self.writer = WithPictures(model, batch_size)

    @classmethod
    def load(cls, batch_size: int = 4, jit_compile: bool = True) -> NewsDesk:
        """Return a desk with the shipped model, and words of the training stories."""
        model = checkpoints.load("news_writer")
        return cls(model, shipped_tokenizer(), known_names(), batch_size, jit_compile)

    def draft(
        self, requests: Sequence[Request], sampler: Sampler, placeholders: bool = True
    ) -> list[str]:
        """Return one unchecked article for each request.

        Args:
            requests: one or more.
            sampler: how the next token is chosen.
            placeholders: whether the model gets names that it knows from training, and
                code puts the request's own names in their place afterwards.
        """
        if placeholders:
            known = [self.known[i % len(self.known)] for i in range(len(requests))]
            pairs = list(zip(requests, known, strict=True))
            texts = self.draft([r.renamed(k) for r, k in pairs], sampler, False)
            return [
                swap_names(text, k, r.facts)
                for text, (r, k) in zip(texts, pairs, strict=True)
            ]
        texts, size = [], self.batch_size
        options = {"end_id": self.tokenizer.end_id, "jit_compile": self.jit_compile}
        for start in range(0, len(requests), size):
            part = list(requests[start : start + size])
            part += part[-1:] * (size - len(part))  # a batch is always full
            self.writer.show(to_float(np.stack([r.picture for r in part])))
            rows = [source_ids(self.tokenizer, r.source, SOURCE) for r in part]
            ids = generate(self.writer, np.stack(rows), ARTICLE, sampler, **options)
            texts += [self._decode(row[SOURCE:]) for row in ids]
        return texts[: len(requests)]

    def _decode(self, ids: np.ndarray) -> str:
        """Return the text before the first end token."""
        ends = np.flatnonzero(ids == self.tokenizer.end_id)
        return self.tokenizer.decode(ids[: ends[0] if len(ends) else None]).strip()

    def check(self, text: str, request: Request) -> tuple[Finding, ...]:
        """Return what a text says and its request does not."""
        return tuple(invented(text, request.source, [request.tone], self.ordinary))

    def repair(self, text: str, request: Request) -> str:
        """Leave out sentences with findings; return "" if the first is one of them."""
        parts = BREAK.split(text)
        good = [part for part in parts if not self.check(part, request)]
        whole = parts and good and good[0] == parts[0] and len(good) > 1
        return " ".join(good) if whole and text.endswith((".", '"')) else ""

    def write(
        self,
        requests: Sequence[Request],
        drafts: int = 4,
        seed: int = 0,
        first: Sequence[str] | None = None,
    ) -> list[Article]:
        """Return a checked article for each request.

        A request is drafted again while the check finds something, `drafts` times in
        all; then the last draft is repaired, or nothing is printed.

        Args:
            requests: one or more.
            drafts: at most, for each.
            seed: of the drawing.
            first: the first drafts, if they are made already.
        """
        made: list[list[str]] = [[] for _ in requests]
        texts, open_ones = first, list(range(len(requests)))
        for number in range(drafts):
            if texts is None:
                sampler = TopP(0.9, temperature=0.7, seed=seed + number)
                texts = self.draft([requests[i] for i in open_ones], sampler)
            for i, text in zip(open_ones, texts, strict=True):
                made[i].append(text)
            open_ones = [i for i in open_ones if self.check(made[i][-1], requests[i])]
            texts = None if open_ones else []
        pairs = zip(made, requests, strict=True)
        return [self._finish(texts, request) for texts, request in pairs]

    def _finish(self, texts: list[str], request: Request) -> Article:
        """Choose what is printed."""
        findings = tuple(self.check(text, request) for text in texts)
        text, how = texts[-1], "draft"
        if findings[-1] or not text:
            text = self.repair(text, request)
            how = "repaired" if text else "withheld"
        return Article(text, tuple(texts), findings, how)
