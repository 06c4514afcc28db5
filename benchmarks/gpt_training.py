"""Training tokens a second: our GPT against KerasHub's GPT-2 of the same size.

Each runs in a fresh process, compiled as its user would: ours as lesson 07 does (XLA
asked for, oneDNN on), KerasHub's as Keras and TensorFlow do unasked. A third run gives
KerasHub our settings; a fourth is the course's own architecture. All take turns
three times and count with their best turn, since a busy minute of the machine would
decide otherwise. The last line is ours / KerasHub's as its user gets it, architecture
and batch being the same; above 1 is better.
"""

import json
import os
import statistics
import subprocess
import sys
import time

SIZES = {"num_layers": 4, "num_heads": 4, "hidden_dim": 128, "intermediate_dim": 512}
VOCABULARY, BATCH, LENGTH = 65, 12, 64
WARM_UP, SEGMENTS, STEPS, ROUNDS = 20, 7, 30, 3
GPT2 = {"positions": "learned", "normalization": "layer", "use_bias": True}
RUNS = {  # name: (model, TF_ENABLE_ONEDNN_OPTS or TensorFlow's default, jit_compile)
    "ours": ("ours", "1", True),
    "KerasHub GPT2Backbone": ("keras_hub", None, "auto"),
    "KerasHub, our settings": ("keras_hub", "1", True),
    "ours, course architecture": ("course", "1", True),
}


def ours(**options):
    """Return our GPT at the benchmark's size."""
    from helpers.models.text.gpt import GPT

    return GPT(VOCABULARY, max_sequence_length=LENGTH, **SIZES, **options)


def keras_hub_gpt2():
    """Return KerasHub's GPT-2 backbone with its embedding as the output head."""
    import keras
    import keras_hub

    backbone = keras_hub.models.GPT2Backbone(
        VOCABULARY, max_sequence_length=LENGTH, dropout=0.0, **SIZES
    )
    logits = backbone.token_embedding(backbone.output, reverse=True)
    return keras.Model(backbone.input, logits)


def train(kind: str, jit_compile: bool | str) -> dict:
    """Train a few hundred steps in this process.

    Returns:
        tokens a second (median of segments), parameters, and seconds to compile.
    """
    import keras
    import tensorflow as tf

    makers = {"ours": lambda: ours(**GPT2), "course": ours, "keras_hub": keras_hub_gpt2}
    model = makers[kind]()
    model.compile(
        optimizer=keras.optimizers.AdamW(1e-3, weight_decay=0.1, global_clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=jit_compile,
    )
    ids = tf.random.stateless_uniform(
        (BATCH, LENGTH + 1), [0, 1], 0, VOCABULARY, "int32"
    )
    inputs = ids[:, :-1]
    if kind == "keras_hub":
        inputs = {"token_ids": inputs, "padding_mask": tf.ones_like(inputs)}
    data = tf.data.Dataset.from_tensors((inputs, ids[:, 1:])).repeat()

    class Stamps(keras.callbacks.Callback):
        """Note when the first batch and each segment end."""

        times: list = []

        def on_train_batch_end(self, batch, logs=None):
            if batch == 0 or (batch >= WARM_UP and (batch - WARM_UP) % STEPS == 0):
                self.times.append(time.perf_counter())

    begin, stamps = time.perf_counter(), Stamps()
    steps = WARM_UP + STEPS * SEGMENTS + 1
    model.fit(data, steps_per_epoch=steps, verbose=0, callbacks=[stamps])
    compiled, *marks = stamps.times
    segments = [after - before for before, after in zip(marks, marks[1:], strict=False)]
    return {
        "speed": BATCH * LENGTH * STEPS / statistics.median(segments),
        "parameters": model.count_params(),
        "compile": compiled - begin,
    }


def measure(kind: str, onednn: str | None, jit_compile: bool | str) -> dict:
    """Run `train` in a fresh process with its own settings of TensorFlow."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("TF_ENABLE_ONEDNN_OPTS", None)
    if onednn is not None:
        environment["TF_ENABLE_ONEDNN_OPTS"] = onednn
    command = [sys.executable, __file__, "--child", json.dumps([kind, jit_compile])]
    answer = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )
    if answer.returncode:
        sys.exit(answer.stderr)
    return json.loads(answer.stdout.splitlines()[-1])


def main() -> None:
    """Measure each kind and print the ratio line."""
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(train(*json.loads(sys.argv[2]))))
        return
    print(f"batch {BATCH} x {LENGTH} tokens, {SIZES}, vocabulary {VOCABULARY}, AdamW")
    rounds = [
        {name: measure(*settings) for name, settings in RUNS.items()}
        for _ in range(ROUNDS)
    ]
    speeds = {}
    for name in RUNS:
        found = max((one[name] for one in rounds), key=lambda run: run["speed"])
        slowest = min(one[name]["speed"] for one in rounds)
        speeds[name] = found["speed"]
        print(
            f"{name:26s} {slowest:6.0f} to {found['speed']:6.0f} tokens/s  "
            f"{found['parameters']:,} parameters  first step {found['compile']:.1f} s"
        )
    same = speeds["ours"] / speeds["KerasHub, our settings"]
    print(f"ours / KerasHub with our settings: {same:.2f}")
    print(f"ratio: {speeds['ours'] / speeds['KerasHub GPT2Backbone']:.2f}")


if __name__ == "__main__":
    main()
