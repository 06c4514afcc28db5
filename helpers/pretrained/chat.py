"""A pretrained chat model, its tokenizer, and the same model as KerasHub's backbone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from helpers.checks import require_ids, require_text
from helpers.pretrained.llama_weights import LlamaWeights

SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
ROLES = ("system", "user", "assistant")


class Tokenizer:
    """A pretrained tokenizer with the course's interface.

    Args:
        inner: A `tokenizers.Tokenizer`.

    Raises:
        ValueError: From `encode` for what is no well-formed text, from `decode` for
            what is no list of its ids.
    """

    def __init__(self, inner):
        self.inner = inner

    @property
    def vocabulary_size(self) -> int:
        """Number of tokens."""
        return self.inner.get_vocab_size()

    def encode(self, text: str, special: bool = False) -> np.ndarray:
        """Turn text into int32 ids (n,).

        Args:
            text: Any text.
            special: Whether "<|im_end|>" and the like in the text mean control tokens;
                else they are spelt out, so that a text cannot end its own message.
        """
        require_text(text, "Tokenizer.encode")
        self.inner.encode_special_tokens = not special
        return np.array(self.inner.encode(text, add_special_tokens=False).ids, np.int32)

    def decode(self, ids: Sequence[int] | np.ndarray, special: bool = False) -> str:
        """Turn ids into text.

        Args:
            ids: Integers (n,), 0 <= id < `vocabulary_size`.
            special: Whether control tokens are written too, or left out.
        """
        ids = require_ids(ids, "Tokenizer.decode", self.vocabulary_size)
        return self.inner.decode(ids.tolist(), skip_special_tokens=not special)


class ChatModel:
    """SmolLM2: answers messages, or continues a text.

    Attributes:
        tokenizer: Its `Tokenizer`.
        decoder: A `helpers.pretrained.packed_llama.PackedLlama`, which generates.
        end_id: The token that ends a message.
    """

    end_id = 2

    def __init__(self, weights: LlamaWeights, tokenizer: Tokenizer):
        from helpers.pretrained.packed_llama import PackedLlama

        self.config, self.tokenizer = weights.config, tokenizer
        self.decoder = PackedLlama(weights)

    @cached_property
    def backbone(self):
        """The same model as a `keras_hub.models.Llama3Backbone`, float32.

        Made when first asked for: it takes 0.5 GB, and `generate` does not need it.
        What is changed here does not change `generate`; `causal_lm` follows it.
        """
        tensors = self.decoder.weights.items()
        arrays = {name: tensor.numpy() for name, tensor in tensors}
        return make_backbone(LlamaWeights(self.config, arrays))

    @cached_property
    def causal_lm(self):
        """The backbone as a `keras_hub.models.Llama3CausalLM`, without preprocessor."""
        from helpers.pretrained.hub import keras_hub

        model = keras_hub.models.Llama3CausalLM(self.backbone, preprocessor=None)
        model.compile(sampler="greedy")
        return model

    def prompt_ids(self, messages: str | list[dict[str, str]]) -> np.ndarray:
        """Turn messages into the ids that ask for the assistant's next one.

        Args:
            messages: A question, or a list of {"role": "system" | "user" |
                "assistant", "content": text}. A system message is put first if there
                is none.

        Raises:
            ValueError: If there is no message, or one is not of that form.
        """
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        if not isinstance(messages, list | tuple) or not messages:
            raise ValueError(
                f"prompt_ids wants text or a message list, received {messages!r:.80}"
            )
        texts = [_message(message) for message in messages]
        if messages[0]["role"] != "system":
            texts.insert(0, f"system\n{SYSTEM}")
        start = self.tokenizer.encode("<|im_start|>", special=True)
        pieces, newline = [], self.tokenizer.encode("\n")
        for text in texts:
            pieces += [start, self.tokenizer.encode(text), [self.end_id], newline]
        return np.concatenate([*pieces, start, self.tokenizer.encode("assistant\n")])

    def chat(
        self,
        messages: str | list[dict[str, str]],
        max_new_tokens: int = 128,
        sampler=None,
    ) -> str:
        """Answer.

        Args:
            messages: As in `prompt_ids`.
            max_new_tokens: The answer is cut off there; 1 to 8,192, the window.
            sampler: A `helpers.sampling.Sampler`; greedy if None.

        Returns:
            The assistant's message.

        Raises:
            ValueError: If the messages are not of that form or longer than the window,
                or max_new_tokens is out of its range.
        """
        return self._continue(self.prompt_ids(messages), max_new_tokens, sampler)

    def generate(self, prompt: str, max_new_tokens: int = 64, sampler=None) -> str:
        """Continue a plain text.

        Args:
            prompt: At least one character.
            max_new_tokens: As in `chat`.
            sampler: As in `chat`.

        Returns:
            The continuation only.

        Raises:
            ValueError: As in `chat`.
        """
        require_text(prompt, "ChatModel.generate", allow_empty=False)
        return self._continue(self.tokenizer.encode(prompt), max_new_tokens, sampler)

    def _continue(self, ids: np.ndarray, max_new_tokens: int, sampler) -> str:
        """Generate after ids and decode what is new."""
        from helpers.sampling.generation import generate

        most = self.config.max_sequence_length  # beyond it, a text may never end
        require_count(max_new_tokens, most, "ChatModel wants max_new_tokens")
        out = generate(self.decoder, ids, max_new_tokens, sampler, self.end_id)
        return self.tokenizer.decode(out[0, len(ids) :]).strip("\n")


def require_count(value: int, most: int, wish: str) -> None:
    """Check an integer from 1 to `most`.

    Args:
        value: The value to check.
        most: Largest value that passes.
        wish: Who wants which argument, the beginning of the message.

    Raises:
        ValueError: If it is something else; True is.
    """
    integer = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not integer or not 1 <= value <= most:
        raise ValueError(f"{wish} from 1 to {most:,}, received {value!r}")


def _message(message: dict[str, str]) -> str:
    """Write one message's role and text as the model has learned to read them."""
    given = message if isinstance(message, dict) else {}
    role, content = given.get("role"), given.get("content")
    if role not in ROLES or not isinstance(content, str):
        raise ValueError(
            f"a message wants a role of {ROLES} and a text as content, received "
            f"{message!r:.80}"
        )
    return f"{role}\n{content}"


def make_backbone(weights: LlamaWeights):
    """Make a float32 `keras_hub.models.Llama3Backbone` with the same values.

    One matrix is unpacked at a time, so that no second copy is in memory.

    Args:
        weights: What `helpers.pretrained.gguf.read_llama` gives.
    """
    from helpers.pretrained.hub import keras_hub

    config = weights.config
    backbone = keras_hub.models.Llama3Backbone(
        vocabulary_size=config.vocabulary_size,
        num_layers=config.num_layers,
        dtype="float32",  # whatever policy Keras is set to
        num_query_heads=config.num_query_heads,
        num_key_value_heads=config.num_key_value_heads,
        hidden_dim=config.hidden_dim,
        intermediate_dim=config.intermediate_dim,
        rope_max_wavelength=config.rope_max_wavelength,
        layer_norm_epsilon=config.layer_norm_epsilon,
        tie_word_embeddings=True,
    )
    backbone.token_embedding.embeddings.assign(weights.embedding())
    for index, layer in enumerate(backbone.transformer_layers):
        _fill_layer(layer, weights, index)
    norm = backbone.get_layer("sequence_output_layernorm")
    norm.scale.assign(weights.arrays["final_norm"])
    return backbone


def _fill_layer(layer, weights: LlamaWeights, index: int) -> None:
    """Put one layer's matrices into a KerasHub decoder layer."""
    config, arrays = weights.config, weights.arrays
    heads, groups = config.num_query_heads, config.num_key_value_heads
    attention = layer._self_attention_layer
    qkv = weights.matrix("qkv", index).reshape(config.hidden_dim, -1, config.head_dim)
    # (inputs, heads, head_dim): the query heads, then as many key and value heads
    query, key, value = np.split(qkv, [heads, heads + groups], axis=1)
    attention._query_dense.kernel.assign(query)
    attention._key_dense.kernel.assign(key)
    attention._value_dense.kernel.assign(value)
    out = weights.matrix("out", index).reshape(heads, config.head_dim, -1)
    attention._output_dense.kernel.assign(out)
    gate, up = np.split(weights.matrix("gate_up", index), 2, axis=1)
    layer._feedforward_gate_dense.kernel.assign(gate)
    layer._feedforward_intermediate_dense.kernel.assign(up)
    layer._feedforward_output_dense.kernel.assign(weights.matrix("down", index))
    layer._self_attention_layernorm.scale.assign(arrays["attention_norm"][index])
    layer._feedforward_layernorm.scale.assign(arrays["feed_norm"][index])
