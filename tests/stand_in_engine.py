"""A stand-in for a language model: it says back what it was told, letter by letter."""

import threading
import time

import numpy as np


class Echo:
    """An engine whose every answer is known, and which notes what it is asked.

    Token ids are code points below 300; 0 ends an answer.
    """

    end_id = 0

    def __init__(self, slots=4, window=300, seconds=0.001, name="echo"):
        self.name, self.slots, self.window, self.seconds = name, slots, window, seconds
        self.left = {}
        self.calls, self.begun, self.sizes = 0, 0, []
        self.broken = False
        self.open = threading.Event()  # cleared: a step hangs until it is set
        self.open.set()

    def encode(self, messages):
        return [1, *(ord(letter) for letter in messages[-1]["content"])]

    def decode(self, ids):
        return "".join(map(chr, ids))

    def begin(self, slot, ids):
        if max(ids) >= 300:
            raise KeyError("no such token")
        self.begun += 1
        self.left[slot] = [*ids[1:], 0]

    def step(self, tokens):
        self.open.wait(20)
        time.sleep(self.seconds)
        if self.broken:
            raise RuntimeError("out of memory")
        self.calls += 1
        self.sizes.append(len(tokens))
        logits = {slot: np.full(300, -np.inf) for slot in tokens}
        for slot, row in logits.items():
            row[self.left[slot].pop(0)] = 0.0
        return logits
