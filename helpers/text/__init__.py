"""Text data: clean it, find its duplicates, split it, turn it into ids and batches."""

from helpers.text.batches import TextDataset, padded_batches, windows
from helpers.text.bpe import BPETokenizer
from helpers.text.cleaning import clean, strip_markup
from helpers.text.duplicates import deduplicate, near_duplicates, shingles
from helpers.text.scrubbing import scrub_pii
from helpers.text.tokenizers import CharTokenizer, WordTokenizer

__all__ = [
    "BPETokenizer",
    "CharTokenizer",
    "TextDataset",
    "WordTokenizer",
    "clean",
    "deduplicate",
    "near_duplicates",
    "padded_batches",
    "scrub_pii",
    "shingles",
    "strip_markup",
    "windows",
]
