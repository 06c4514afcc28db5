"""From token ids to batches: a plain dataset, and fast ``tf.data`` pipelines.

The pipelines keep all ids in one int32 tensor and gather whole batches from it:
no Python and no per-item work at training time, shapes fixed for XLA.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.checks import require_count, require_ids

if TYPE_CHECKING:
    import tensorflow as tf


def _long_enough(token_ids: Sequence[int], length: int, **limits) -> np.ndarray:
    """Return `token_ids` as int32 if one window and its target fit into it."""
    ids = require_ids(token_ids, "token_ids", **limits)
    if len(ids) < require_count(length, "length") + 1:
        raise ValueError(
            f"a window of {length} and its target want {length + 1} or more tokens,"
            f" received {len(ids)}"
        )
    return ids


class TextDataset:
    """Windows over running text; the target is the input shifted by one.

    Args:
        token_ids: The whole text, shape (n,), n >= length + 1.
        length: Tokens in a window.
        stride: Tokens from one window's start to the next; `length` by default,
            so that no target comes twice.
        vocabulary_size: Checked as an upper bound if given.

    Raises:
        ValueError: If the text is shorter than a window and its target, or an
            id is negative or past the vocabulary.

    Example:
        >>> TextDataset([5, 6, 7, 8, 9], length=2)[1]
        (array([7, 8], dtype=int32), array([8, 9], dtype=int32))
    """

    def __init__(
        self,
        token_ids: Sequence[int] | np.ndarray,
        length: int,
        stride: int | None = None,
        vocabulary_size: int | None = None,
    ):
        limits = {"vocabulary_size": vocabulary_size}
        self.token_ids = _long_enough(token_ids, length, **limits)
        self.length = int(length)
        self.stride = self.length if stride is None else require_count(stride, "stride")

    def __len__(self) -> int:
        return (len(self.token_ids) - self.length - 1) // self.stride + 1

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (inputs, targets), each int32 of shape (length,)."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"window {index} of {len(self)}")
        start = index % len(self) * self.stride
        piece = self.token_ids[start : start + self.length + 1]
        return piece[:-1], piece[1:]


def windows(
    token_ids: Sequence[int] | np.ndarray,
    length: int,
    batch_size: int,
    *,
    shuffle: bool = True,
    seed: int = 0,
    repeat: bool = False,
    steps: int | None = None,
    vocabulary_size: int | None = None,
) -> "tf.data.Dataset":
    """Cut running text into batches of windows.

    With `shuffle`, windows start at random places, other ones at each pass, and
    elements are (inputs, targets). Without, windows follow one another and
    elements are (inputs, targets, weights): every token but the first is a
    target exactly once with a weight; tokens that only fill the last batch have
    weight 0. The other weights are equal and average to 1 with the zeros, so
    that a weighted mean, and Keras's ``val_loss``, is the mean over all tokens.

    Args:
        token_ids: The whole text, shape (n,), n >= length + 1.
        length: Tokens in a window.
        batch_size: Windows in a batch.
        shuffle: Random windows rather than consecutive ones.
        seed: Seed of the random places.
        repeat: Start again, without end.
        steps: Batches in a pass; by default as many as hold the text once.
        vocabulary_size: Checked as an upper bound of the ids if given.

    Returns:
        Elements int32 (batch_size, length), weights float32 of the same shape.

    Raises:
        ValueError: If the text is too short, an id is negative or past the
            vocabulary, or a size is not positive.
    """
    import tensorflow as tf

    ids = _long_enough(token_ids, length, vocabulary_size=vocabulary_size)
    batch_size = require_count(batch_size, "batch_size")
    if steps is not None:
        steps = require_count(steps, "steps")
    if not shuffle:
        dataset = _consecutive(ids, length, batch_size)
        dataset = dataset if steps is None else dataset.take(steps)
        return (dataset.repeat() if repeat else dataset).prefetch(tf.data.AUTOTUNE)
    table = tf.constant(ids)
    last = len(ids) - length  # a window and its target start before here
    offsets = tf.range(length + 1)

    def gather(number: "tf.Tensor") -> tuple["tf.Tensor", "tf.Tensor"]:
        key = tf.stack([number, tf.constant(seed, tf.int64)])
        shape = (batch_size, 1)
        starts = tf.random.stateless_uniform(shape, key, 0, last, dtype=tf.int32)
        piece = tf.gather(table, starts + offsets)  # (batch, length + 1)
        return piece[:, :-1], piece[:, 1:]

    steps = steps or -(-(len(ids) - 1) // (length * batch_size))
    numbers = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    numbers = numbers.take(steps)
    numbers = numbers.repeat() if repeat else numbers
    return numbers.map(gather).prefetch(tf.data.AUTOTUNE)


def _consecutive(ids: np.ndarray, length: int, batch_size: int) -> "tf.data.Dataset":
    """Batch consecutive windows; the last one ends with the text."""
    import tensorflow as tf

    full, rest = divmod(len(ids) - 1, length)
    starts = np.arange(full) * length
    weights = np.ones((full, length), np.float32)
    if rest:
        starts = np.append(starts, len(ids) - 1 - length)
        weights = np.vstack([weights, np.arange(length) >= length - rest])
    rows = -(-len(starts) // batch_size) * batch_size
    filler = rows - len(starts)
    starts = np.append(starts, np.zeros(filler, int))
    weights = np.vstack([weights, np.zeros((filler, length))]).astype(np.float32)
    weights /= weights.mean()
    table, offsets = tf.constant(ids), tf.range(length + 1)

    def gather(begin: "tf.Tensor", weight: "tf.Tensor") -> tuple:
        piece = tf.gather(table, begin[:, None] + offsets)
        return piece[:, :-1], piece[:, 1:], weight

    batches = (starts.reshape(-1, batch_size).astype(np.int32),)
    batches += (weights.reshape(-1, batch_size, length),)
    return tf.data.Dataset.from_tensor_slices(batches).map(gather)


def padded_batches(
    sequences: Sequence[Sequence[int]],
    batch_size: int,
    buckets: Sequence[int],
    *,
    end_id: int | None = None,
    pad_id: int = 0,
    shuffle: bool = True,
    seed: int = 0,
    repeat: bool = False,
    vocabulary_size: int | None = None,
) -> "tf.data.Dataset":
    """Batch separate documents, each padded to the smallest bucket that holds it.

    With `end_id`, the end token goes before and after every document: inputs
    (end, t1 … tn), targets (t1 … tn, end), n + 1 predictions. Without, inputs
    are t1 … tn-1 and targets t2 … tn. Padding has weight 0; the other weights
    are equal and average to 1 with the zeros over one pass. All batches are
    full: rows that only fill the last batch of a bucket have weight 0 too.

    Args:
        sequences: Token ids of each document.
        batch_size: Documents in a batch.
        buckets: Lengths of inputs and targets, for instance (32, 64). One bucket
            gives one static shape, several give one shape each.
        end_id: The end token, put in as above; documents must not hold it yet.
        pad_id: Fills inputs and targets where the weight is 0.
        shuffle: New order of documents and buckets at each pass.
        seed: Seed of that order.
        repeat: Start again, without end.
        vocabulary_size: Checked as an upper bound of the ids if given.

    Returns:
        (inputs, targets, weights), int32, int32 and float32 (batch_size, bucket).

    Raises:
        ValueError: If there is no document, one is empty or longer than the
            largest bucket, or an id is negative or past the vocabulary.
    """
    for name, value in (("pad_id", pad_id), ("end_id", end_id or 0), ("seed", seed)):
        require_count(value, name, 0)
    batch_size = require_count(batch_size, "batch_size")
    buckets = sorted({require_count(bucket, "a bucket") for bucket in buckets})
    rows = [_marked(s, i, end_id, vocabulary_size) for i, s in enumerate(sequences)]
    if not rows or not buckets:
        received = f"{len(rows)} and {len(buckets)}"
        raise ValueError(
            f"wanted one or more documents and buckets, received {received}"
        )
    lengths = np.array([len(row) - 1 for row in rows])
    if lengths.max() > buckets[-1]:
        raise ValueError(
            f"document {lengths.argmax()} wants a bucket of {lengths.max()} or more,"
            f" received {tuple(buckets)}"
        )
    place = np.searchsorted(buckets, lengths)
    groups = [[rows[i] for i in np.flatnonzero(place == b)] for b in np.unique(place)]
    widths = [buckets[b] for b in np.unique(place)]
    counts = [-(-len(group) // batch_size) for group in groups]
    weight = float(np.dot(counts, widths) * batch_size / lengths.sum())
    tables = [
        _tables(*pair, pad_id, weight) for pair in zip(groups, widths, strict=True)
    ]
    order_seeds = [seed + b if shuffle else None for b in range(len(tables))]
    parts = [
        _bucket(t, batch_size, s) for t, s in zip(tables, order_seeds, strict=True)
    ]
    return _join(parts, counts, seed if shuffle else None, repeat)


def _marked(
    sequence: Sequence[int], index: int, end_id: int | None, size: int | None
) -> np.ndarray:
    """Return one document's ids, the end token before and after if it has one."""
    ids = require_ids(sequence, f"document {index}", size)
    if len(ids) < (least := 2 if end_id is None else 1):
        raise ValueError(f"document {index} wants >= {least} ids, received {len(ids)}")
    if end_id is None:
        return ids
    if end_id in ids:
        raise ValueError(f"document {index} holds the end token {end_id} already")
    return np.concatenate([[end_id], ids, [end_id]]).astype(np.int32)


def _tables(rows: list[np.ndarray], width: int, pad_id: int, weight: float) -> tuple:
    """Pad rows to (inputs, targets, weights), each (rows, width)."""
    inputs = np.full((len(rows), width), pad_id, np.int32)
    targets, weights = inputs.copy(), np.zeros((len(rows), width), np.float32)
    for i, row in enumerate(rows):
        size = len(row) - 1
        inputs[i, :size], targets[i, :size] = row[:-1], row[1:]
        weights[i, :size] = weight
    return inputs, targets, weights


def _bucket(
    tables: tuple, batch_size: int, order_seed: int | None
) -> "tf.data.Dataset":
    """Gather batches of one length; the last one is filled with weight 0."""
    import tensorflow as tf

    count, width = tables[0].shape
    inputs, targets, weights = (tf.constant(table) for table in tables)
    numbers = tf.data.Dataset.range(count)
    if order_seed is not None:
        numbers = numbers.shuffle(count, seed=order_seed)

    def gather(found: "tf.Tensor") -> tuple["tf.Tensor", "tf.Tensor", "tf.Tensor"]:
        filler = batch_size - tf.size(found)
        found = tf.ensure_shape(tf.pad(found, [[0, filler]]), (batch_size,))
        real = tf.cast(tf.range(batch_size) < batch_size - filler, tf.float32)
        weight = tf.gather(weights, found) * real[:, None]
        return tf.gather(inputs, found), tf.gather(targets, found), weight

    return numbers.batch(batch_size).map(gather)


def _join(
    parts: list, counts: list[int], seed: int | None, repeat: bool
) -> "tf.data.Dataset":
    """Chain the buckets, or mix them by their number of batches."""
    import tensorflow as tf

    joined = parts[0]
    if seed is None:
        for part in parts[1:]:
            joined = joined.concatenate(part)
    elif len(parts) > 1:
        shares = np.array(counts) / sum(counts)
        options = {"seed": seed, "rerandomize_each_iteration": True}
        joined = tf.data.Dataset.sample_from_datasets(parts, shares, **options)
    return (joined.repeat() if repeat else joined).prefetch(tf.data.AUTOTUNE)
