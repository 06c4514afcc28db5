"""Notice danger signs in a message by rules, before anything else reads it."""

from __future__ import annotations

import re

from helpers.checks import require_text

SIGNS = {  # sign: pattern; better one too many than one too few
    "chest": r"\b(?:pain|pressure|tight\w*|crush\w*)\b.{0,25}\bchest\b(?! of)"
    r"|\bchest (?:pain|is tight|hurts)|\b(?:having|have) a heart attack"
    r"|\bheart (?:has )?stopped|\bcompressions\b",
    "breath": r"\b(?:can'?t|cannot|not|hardly|barely|struggl\w+ to) (?:really )?"
    r"breath\w*|\bgasp\w*|\bbreathless|\bchoking\b|\b(?:turning|going|is) blue\b"
    r"|\bblue lips\b|\bthroat (?:is )?(?:closing|swelling)"
    r"|\b(?:tongue|throat|lips|face) (?:is|are) swelling",
    "stroke": r"\b(?:face|mouth)\b.{0,25}\bdroop|\bdroop\w*\b.{0,25}\bface"
    r"|\b(?:can'?t|cannot) (?:move|speak|see|feel)\b|\bgibberish\b|\bslurr\w+"
    r"|\bworst headache|\bthunderclap",
    "awake": r"\bunconscious\b|\bcollapsed\b|\b(?:won'?t|can'?t be|not) (?:wake|woken"
    r"|waking|answering|respond\w*)|\bfloppy\b|\bdoesn'?t (?:react|respond|wake)"
    r"|\bfainted (?:twice|again)|\bhaving a (?:fit|seizure)|\bshaking all over",
    "blood": r"\b(?:much|lots? of|heav\w+|bright red|cough\w* up|vomit\w*)\b.{0,20}"
    r"\b(?:blood|bleed\w*)|\bbleed\w* (?:heavily|a lot|badly)|\bblood\b.{0,15}"
    r"\bwon'?t stop|\bspurting",
    "poison": r"\b(?:swallowed|drank|ate|took|taken)\b.{0,30}\b(?:bottle|cleaner|bleach"
    r"|all|far too many|too many|too much|overdose|batter\w+|poison\w*)\b|\boverdose\b"
    r"|\binsulin\b.{0,20}\btoo (?:much|high)",
    "life": r"\b(?:kill|hurt|harm)(?:ing)? (?:my|him|her|them)sel(?:f|ves)"
    r"|\bdon'?t want to (?:live|be here)|\bend(?:ing)? (?:it all|my life)|\bsuicidal\b"
    r"|\bwant to die\b",
    "injury": r"\bhit (?:by a (?:car|bus|tram)|(?:my|his|her) head)|\belectric shock"
    r"|\bscald\w*\b|\bboiling water|\bfell (?:off|from|down)\b.{0,60}\b(?:confused|sick"
    r"|asleep|unconscious)|\bstabb\w+|\b(?:cut|slit) my wrist",
    "infection": r"\brash\b.{0,30}\b(?:doesn'?t|won'?t|not) (?:fade|go)|\bstiff neck"
    r"|\bneck is stiff|\b(?:newborn|weeks old)\b.{0,40}\b(?:hot|fever|breathing)",
    "belly": r"\brigid like a board|\bsevere (?:tummy|belly|stomach) pain",
}
PATTERNS = {name: re.compile(pattern, re.I) for name, pattern in SIGNS.items()}


def danger_signs(message: str) -> list[str]:
    """Return which of `SIGNS` a message shows, by rules alone.

    Args:
        message: Any text.

    Example:
        danger_signs("my neighbour is unconscious")  # ["awake"]
    """
    text = require_text(message, "danger_signs").replace("’", "'")
    return [name for name, pattern in PATTERNS.items() if pattern.search(text)]
