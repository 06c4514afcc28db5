"""Requests/s of the course's service in batches against one at a time, 16 clients.

    python benchmarks/serving.py [--seconds 10]

The same server, limits, model and clients; only the number of slots differs: 16 or 1.
The model has 0.8 million fresh weights, which take as long as trained ones. Clients and
server share one process and its cores, so part of both times is the clients'.
"""

import argparse
import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

CLIENTS, TOKENS, ROUNDS = 16, 64, 3
ALPHABET = "".join(map(chr, range(32, 96)))
PROMPT = "First Citizen:\nBefore we proceed any further, hear me speak.\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of each round")
    seconds = parser.parse_args().seconds
    from helpers.models.text.gpt import GPT
    from helpers.text.tokenizers import CharTokenizer

    tokenizer = CharTokenizer.from_text(PROMPT + ALPHABET)
    model = GPT(tokenizer.vocabulary_size, 4, 4, 128, max_sequence_length=256)
    found = {slots: [] for slots in (CLIENTS, 1)}
    for _ in range(ROUNDS):  # in turns: a slow minute hits both
        for slots, rates in found.items():
            rates.append(rate(model, tokenizer, slots, seconds))
    for slots, rates in found.items():
        print(f"{slots:2} slots: {', '.join(f'{r:.1f}' for r in rates)} requests/s")
    print(f"ratio: {max(found[CLIENTS]) / max(found[1]):.2f}")


def rate(model, tokenizer, slots, seconds):
    """Return requests/s; stop if one is lost or refused."""
    from helpers.serving import Limits, create_app, put_under_load, running
    from helpers.serving.decoding import GPTEngine

    engine = GPTEngine(model, tokenizer, "gpt", slots)
    limits = Limits(per_minute=1e6, burst=100_000)
    message = [{"role": "user", "content": PROMPT}]
    with running(create_app(engine, limits)) as url:

        def body(n):
            return {"messages": message, "max_tokens": TOKENS, "seed": n}

        put_under_load(url, body, CLIENTS, 0.5)  # traces the step
        load = put_under_load(url, body, CLIENTS, seconds)
    if load.answered != load.sent:
        raise SystemExit(f"{load.sent - load.answered} requests were not answered")
    return load.per_second()


if __name__ == "__main__":
    main()
