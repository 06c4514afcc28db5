"""Greedy tokens/s of the course's generate() against KerasHub's, on SmolLM2-135M.

    python benchmarks/generation.py [--tokens 128]

Same weights, prompt and length, and the tokens must be identical. Each contender runs
in a process of its own; the model is loaded before the clock starts. KerasHub runs with
TensorFlow's oneDNN on and off, and its better speed counts.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

QUESTION = "Explain in a few sentences how a rainbow forms."
REPEATS = 3


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=128, help="new tokens a call")
    parser.add_argument("--child", choices=["ours", "peer"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(CHILDREN[options.child](options.tokens)))
        return
    runs = {
        "ours": child("ours", options.tokens, onednn="0"),
        "KerasHub": child("peer", options.tokens, onednn="1"),
        "KerasHub, oneDNN off": child("peer", options.tokens, onednn="0"),
    }
    report(runs, bandwidth())


def child(name, tokens, onednn):
    """Run one contender in a fresh process; return what it measured."""
    command = [sys.executable, __file__, "--child", name, "--tokens", str(tokens)]
    settings = {"TF_ENABLE_ONEDNN_OPTS": onednn, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        command, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise SystemExit(f"{name} failed with exit code {done.returncode}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def ours(tokens):
    import tensorflow  # noqa: F401  before the clock starts

    from helpers import pretrained
    from helpers.sampling.generation import generate

    start = time.perf_counter()
    model = pretrained.load("smollm2")
    seconds = time.perf_counter() - start
    ids = model.prompt_ids(QUESTION)
    measured = measure(lambda: generate(model.decoder, ids, tokens)[0], tokens)
    packed = sum(x.numpy().nbytes for x in model.decoder.weights.values())
    return {**measured, "load": seconds, "bytes": packed}


def peer(tokens):
    import keras_hub  # noqa: F401  before the clock starts

    from helpers import pretrained

    start = time.perf_counter()
    model = pretrained.load("smollm2")
    causal_lm = model.causal_lm
    seconds = time.perf_counter() - start
    ids = model.prompt_ids(QUESTION)
    token_ids = np.zeros((1, len(ids) + tokens), np.int32)
    token_ids[0, : len(ids)] = ids
    inputs = {"token_ids": token_ids, "padding_mask": token_ids * 0}
    inputs["padding_mask"][0, : len(ids)] = 1

    def run():
        return causal_lm.generate(inputs, stop_token_ids=None)["token_ids"][0]

    size = 4 * causal_lm.backbone.count_params()
    return {**measure(run, tokens), "load": seconds, "bytes": size}


CHILDREN = {"ours": ours, "peer": peer}


def measure(run, tokens):
    """Time the first call and the best of the next ones."""
    seconds = []
    for _ in range(1 + REPEATS):
        start = time.perf_counter()
        ids = np.asarray(run())
        seconds.append(time.perf_counter() - start)
    return {
        "ids": ids.tolist(),
        "first": seconds[0],
        "speed": tokens / min(seconds[1:]),
        "memory": peak_memory(),
    }


def peak_memory():
    """Return this process's peak in GB."""
    import psutil

    memory = psutil.Process().memory_info()
    if hasattr(memory, "peak_wset"):
        return memory.peak_wset / 1e9
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def bandwidth():
    """Return bytes/s read from memory by all cores together, best of five."""
    parts = np.array_split(np.ones(1 << 27, np.float32), os.cpu_count())  # 0.5 GB
    best = np.inf
    with ThreadPoolExecutor(len(parts)) as pool:
        for _ in range(5):
            start = time.perf_counter()
            list(pool.map(lambda part: part.max(), parts))
            best = min(best, time.perf_counter() - start)
    return sum(part.nbytes for part in parts) / best


def report(runs, bytes_per_second):
    """Print the table, the distance from the memory's limit, and the ratio."""
    mine = runs["ours"]
    print(f"{'':22} {'tokens/s':>9} {'first call':>11} {'load':>7} {'peak':>8}")
    for name, run in runs.items():
        print(
            f"{name:22} {run['speed']:9.1f} {run['first']:9.1f} s "
            f"{run['load']:5.1f} s {run['memory']:5.2f} GB"
        )
        if run["ids"] != mine["ids"]:
            raise SystemExit(f"{name} gave other tokens than ours")
    print(f"tokens identical: yes, {len(mine['ids'])} with the prompt")
    print(f"memory bandwidth, all cores: {bytes_per_second / 1e9:.1f} GB/s")
    for name, run in runs.items():
        limit = bytes_per_second / run["bytes"]
        print(
            f"{name}: weights take {run['bytes'] / 1e6:.0f} MB; reading each once a "
            f"token allows {limit:.0f} tokens/s; reached {run['speed'] / limit:.0%}"
        )
    best = max(run["speed"] for name, run in runs.items() if name != "ours")
    print(f"ratio: {mine['speed'] / best:.2f}")


if __name__ == "__main__":
    main()
