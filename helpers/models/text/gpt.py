"""A GPT, top to bottom: embed, attend causally, think per position, predict.

Shapes: B batch, T tokens, V vocabulary, C width (hidden_dim), H heads.
"""

from __future__ import annotations

import numbers

import keras
from keras import ops

from helpers.checks import require_room
from helpers.models.text.transformer import ACTIVATIONS, Block, normalization_layer

ONE_HOT_VOCABULARY = 1_024  # above it, looking rows up is cheaper than multiplying
STDDEV = 0.02  # of initial matrices. Source: Radford et al. 2018, "GPT", section 4.1


@keras.saving.register_keras_serializable(package="aigc")
class GPT(keras.Model):
    """Predict the next token at every position, seeing only the tokens before it.

    Args:
        vocabulary_size: number of tokens V.
        num_layers: number of blocks.
        num_heads: number of heads; hidden_dim must be a multiple of it.
        hidden_dim: width C of the stream.
        intermediate_dim: width of the feed-forward layer; 4 C if None.
        max_sequence_length: longest window T the model is used with.
        positions: "rotary" or "learned".
        normalization: "rms" or "layer".
        activation: "gelu", "relu2" or "silu".
        tie_embeddings: whether the output head is the embedding's transpose.
        use_bias: whether dense layers have biases.
        dropout: share of activations dropped in training, 0 to 1.
        token_shift: number of earlier positions, 0 to 3, from each of which attention
            and the feed-forward layer read a quarter of the features; see
            `helpers.models.text.transformer.shift_tokens`.

    Raises:
        ValueError: for sizes below 1, a width that the heads do not divide, a token
            shift of a width that is no multiple of 4, or an unknown option.

    Example:
        model = GPT(65, num_layers=4, num_heads=4, hidden_dim=128)
        logits = model(token_ids)  # (B, T) int -> (B, T, 65) float
    """

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        intermediate_dim: int | None = None,
        max_sequence_length: int = 256,
        positions: str = "rotary",
        normalization: str = "rms",
        activation: str = "gelu",
        tie_embeddings: bool = True,
        use_bias: bool = False,
        dropout: float = 0.0,
        token_shift: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.settings = {
            "vocabulary_size": vocabulary_size,
            "num_layers": num_layers,
            "num_heads": num_heads,
            "hidden_dim": hidden_dim,
            "intermediate_dim": intermediate_dim or 4 * hidden_dim,
            "max_sequence_length": max_sequence_length,
            "positions": positions,
            "normalization": normalization,
            "activation": activation,
            "tie_embeddings": tie_embeddings,
            "use_bias": use_bias,
            "dropout": dropout,
            "token_shift": token_shift,
        }
        _check(self.settings)
        self.vocabulary_size, self.num_layers = vocabulary_size, num_layers
        self.num_heads, self.hidden_dim = num_heads, hidden_dim
        self.max_sequence_length = max_sequence_length
        self._make_layers(**self.settings)
        self.build((None, max_sequence_length))  # weights can be read before a call

    def _make_layers(self, vocabulary_size, num_layers, hidden_dim, **settings):
        """Create the embedding, the blocks, the last norm and the head."""
        policy = self.dtype_policy
        normal = keras.initializers.RandomNormal(stddev=STDDEV)

        def embedding(size, name):
            return keras.layers.Embedding(
                size, hidden_dim, normal, dtype=policy, name=name
            )

        self.token_embedding = embedding(vocabulary_size, "token_embedding")
        self.position_embedding = None
        if settings["positions"] == "learned":
            self.position_embedding = embedding(
                settings["max_sequence_length"], "position_embedding"
            )
        self.drop = keras.layers.Dropout(settings["dropout"], dtype=policy)
        self.blocks = [self._block(index) for index in range(num_layers)]
        self.final_norm = normalization_layer(
            settings["normalization"], "final_norm", policy
        )
        self.head = None
        if not settings["tie_embeddings"]:
            self.head = keras.layers.Dense(
                vocabulary_size, use_bias=False, dtype=policy, name="head"
            )

    def _block(self, index: int) -> Block:
        """Create the block number index."""
        settings = self.settings
        return Block(
            settings["num_heads"],
            settings["intermediate_dim"],
            settings["positions"] == "rotary",
            settings["normalization"],
            settings["activation"],
            settings["use_bias"],
            settings["dropout"],
            # 2 × layers terms are added to the stream: so its variance stays at 1.
            output_scale=(2 * self.num_layers) ** -0.5,
            token_shift=settings["token_shift"],
            dtype=self.dtype_policy,
            name=f"block_{index}",
        )

    def build(self, input_shape):
        """Create all weights; `GPT` does this itself."""
        if self.built:
            return
        stream = (*input_shape, self.hidden_dim)
        self.token_embedding.build(input_shape)
        if self.position_embedding is not None:
            self.position_embedding.build((None, None))
        for layer in (*self.blocks, self.final_norm, self.head):
            if layer is not None:
                layer.build(stream)
        self.built = True

    def call(self, token_ids, training=None):
        """Map int token ids (B, T) to logits (B, T, V).

        Raises:
            ValueError: if T is more than max_sequence_length.
            tensorflow.errors.InvalidArgumentError: the same, if T is not known before.
        """
        x = self._embed(token_ids, 0, training)  # (B, T, C)
        for block in self.blocks:
            x = block(x, training=training)
        return self.logits(x)

    def initial_cache(self, batch_size: int, length: int | None = None):
        """Return an empty cache (B, layers, 2, length, H, C / H) of zeros.

        The 2 are keys and values. With token shift they are 4: what attention and the
        feed-forward layer have read is kept as well.

        Args:
            batch_size: number of sequences B.
            length: positions to reserve; max_sequence_length if None.

        Raises:
            ValueError: if length is outside 1 … max_sequence_length.
        """
        length = self.max_sequence_length if length is None else length
        if not 1 <= length <= self.max_sequence_length:
            raise ValueError(
                f"cache length is {length}; wanted 1 to {self.max_sequence_length}"
            )
        head_dim = self.hidden_dim // self.num_heads
        kept = 4 if self.settings["token_shift"] else 2
        shape = (batch_size, self.num_layers, kept, length, self.num_heads, head_dim)
        return ops.zeros(shape, dtype=self.compute_dtype)

    def call_with_cache(self, token_ids, cache, cache_index):
        """Continue from a cache.

        Args:
            token_ids: int tensor (B, T) of new tokens.
            cache: tensor of `initial_cache`'s shape.
            cache_index: position of the first new token, an integer. A tensor inside a
                compiled program is not checked against the cache's end: check before.

        Returns:
            logits (B, T, V) for the new tokens, and the updated cache.

        Raises:
            ValueError: if cache_index leaves no room for T tokens.
        """
        room = min(cache.shape[3], self.max_sequence_length)
        require_room(cache_index, ops.shape(token_ids)[1], room)
        x = self._embed(token_ids, cache_index, False)
        x, cache = self.through_blocks(x, cache, cache_index)
        return self.logits(x), cache

    def through_blocks(self, x, cache, cache_index):
        """Send a stream (B, T, C), words or not, through all blocks from a position on.

        Returns it and the new cache; the cache's end is not checked here.
        """
        updated = []
        for index, block in enumerate(self.blocks):
            x, layer_cache = block(x, cache=cache[:, index], cache_index=cache_index)
            updated.append(layer_cache)
        return x, ops.stack(updated, axis=1)

    def attention_maps(self, token_ids):
        """Return every head's weights for token ids (B, T): (layers, B, H, T, T)."""
        x = self._embed(token_ids, 0, False)
        maps = []
        for block in self.blocks:
            _, weights = block.attention(
                block.attention_input(x),
                use_causal_mask=True,
                return_attention_scores=True,
            )
            maps.append(weights)
            x = block(x)
        return ops.stack(maps)

    def _embed(self, token_ids, first_position, training):
        """Turn ids (B, T) into the stream (B, T, C)."""
        length = ops.shape(token_ids)[1]  # a tensor if it changes between batches
        _require_window(length, self.max_sequence_length)
        x = self.look_up(token_ids)
        if self.position_embedding is not None:
            table = ops.cast(self.position_embedding.embeddings, x.dtype)
            # Rows first … first + T of (window, C); a cached step begins past 0.
            x = x + ops.slice(table, (first_position, 0), (length, self.hidden_dim))
        return self.drop(x, training=training)

    def look_up(self, token_ids):
        """Turn ids (B, T) into rows of the embedding table (B, T, C).

        A small table is multiplied by one-hot rows: the gradient is a product then,
        where that of a look-up adds row after row, which takes longer than it should.
        """
        if self.vocabulary_size > ONE_HOT_VOCABULARY:
            return self.token_embedding(token_ids)
        table = ops.cast(self.token_embedding.embeddings, self.compute_dtype)
        rows = ops.one_hot(token_ids, self.vocabulary_size, dtype=table.dtype)
        return ops.matmul(rows, table)  # (B, T, V) · (V, C)

    def logits(self, x):
        """Turn the stream (B, T, C) into logits (B, T, V)."""
        x = self.final_norm(x)
        if self.head is not None:
            return self.head(x)
        # Tied: the logit of a token is the stream's product with its own embedding.
        table = ops.cast(self.token_embedding.embeddings, x.dtype)
        return ops.matmul(x, ops.transpose(table))  # (B, T, C) · (C, V)

    def get_config(self) -> dict:
        """Return the arguments that make this model again."""
        return {**super().get_config(), **self.settings}


def _require_window(length, window: int) -> None:
    """Refuse more tokens than the window: at once, or when the program runs."""
    message = f"`GPT` wants at most {window} tokens, its window, received"
    if not isinstance(length, numbers.Integral):
        import tensorflow as tf

        # XLA leaves it out; learned positions fail there by their own slice.
        tf.debugging.assert_less_equal(length, window, f"{message} more")
    elif length > window:
        raise ValueError(f"{message} {length}")


def _check(settings: dict) -> None:
    """Raise ValueError for settings that make no model."""
    sizes = ("vocabulary_size", "num_layers", "num_heads", "hidden_dim")
    for name in (*sizes, "intermediate_dim", "max_sequence_length"):
        size = settings[name]
        if not isinstance(size, numbers.Integral) or size < 1:
            raise ValueError(f"`GPT` wants an integer {name} ≥ 1, received {size}")
    width, heads = settings["hidden_dim"], settings["num_heads"]
    shift = settings["token_shift"]
    if width % heads:
        raise ValueError(f"hidden_dim {width} is no multiple of num_heads {heads}")
    if not 0 <= shift <= 3 or (shift and width % 4):
        wanted = "0 to 3 and a width in four equal parts"
        raise ValueError(f"token_shift is {shift} at width {width}; wanted {wanted}")
    options = {
        "positions": ("rotary", "learned"),
        "normalization": ("rms", "layer"),
        "activation": tuple(ACTIVATIONS),
    }
    for name, wanted in options.items():
        if settings[name] not in wanted:
            raise ValueError(f"{name} is {settings[name]!r}; wanted one of {wanted}")
