"""Low-rank changes of a network: trained as such, or cut from a full fine-tune.

Source: Hu et al. 2022, "LoRA: Low-Rank Adaptation of Large Language Models", section
4.1: W + (alpha / r) B A, where only A and B are trained.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from helpers.checks import require_count


@keras.saving.register_keras_serializable("helpers.models.text.lora")
class LoRADense(keras.layers.Layer):
    """Add a trained low-rank matrix to a frozen dense layer.

    Args:
        layer: A built `Dense` layer; it is frozen.
        rank: Columns of A and rows of B, at least 1.
        alpha: The change is scaled by alpha / rank; rank if None.
        on: Whether the change is added; `layer.on = False` gives the frozen layer back.

    Raises:
        ValueError: If the layer is no built `Dense`, or the rank is out of range.
    """

    def __init__(self, layer, rank: int, alpha: float | None = None, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(layer, keras.layers.Dense) or not layer.built:
            raise ValueError(f"`LoRADense` wants a built Dense layer, received {layer}")
        require_count(rank, "`LoRADense`, rank,")
        self.layer, self.rank, self.on = layer, rank, True
        self.alpha = rank if alpha is None else alpha
        layer.trainable = False

    def build(self, *_):
        """Make A and B: B is zero, so at first nothing changes."""
        rows, columns = self.layer.kernel.shape
        self.down = self.add_weight(
            (rows, self.rank), "he_uniform", name="lora_kernel_a"
        )
        self.up = self.add_weight((self.rank, columns), "zeros", name="lora_kernel_b")

    def call(self, x):
        """Map (…, rows) to (…, columns)."""
        if not self.on:
            return self.layer(x)
        # the activation comes after the sum, so the change goes into the product
        y = ops.matmul(x, self.layer.kernel)
        y = y + ops.matmul(ops.matmul(x, self.down), self.up) * self.alpha / self.rank
        if self.layer.use_bias:
            y = y + self.layer.bias
        return self.layer.activation(y)


def low_rank(matrix: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the two factors nearest to a matrix: no others of this rank are nearer.

    Args:
        matrix: float (m, n).
        rank: At least 1; more than min(m, n) is as good as that.

    Returns:
        float32 (m, r) and (r, n), each with the root of the singular values.

    Source: Eckart and Young 1936, "The approximation of one matrix by another".
    """
    require_count(rank, "`low_rank`, rank,")
    if np.ndim(matrix) != 2 or not np.isfinite(matrix).all():
        raise ValueError(
            f"`low_rank` wants a finite matrix, received shape {np.shape(matrix)}"
        )
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    root = np.sqrt(values[:rank])
    down, up = left[:, :rank] * root, root[:, None] * right[:rank]
    return down.astype(np.float32), up.astype(np.float32)


@keras.saving.register_keras_serializable("helpers.models.text.lora")
class Patch(keras.Model):
    """What a fine-tuned network's variables have more than before, in little room.

    Args:
        shapes: The shape of each variable, in the network's order.
        ranks: As many ranks; 0 keeps the whole change.
    """

    def __init__(self, shapes: Sequence[Sequence[int]], ranks: Sequence[int], **kwargs):
        super().__init__(**kwargs)
        self.shapes, self.ranks = [list(s) for s in shapes], list(ranks)
        self.parts = []
        for number, (shape, rank) in enumerate(zip(shapes, ranks, strict=True)):
            rows, columns = _sides(shape)
            wanted = [(rows, rank), (rank, columns)] if rank else [tuple(shape)]
            self.parts.append(
                [
                    self.add_weight(size, "zeros", name=f"part_{number}_{i}")
                    for i, size in enumerate(wanted)
                ]
            )
        self.built = True

    @classmethod
    def between(
        cls, before: Sequence[np.ndarray], after: Sequence[np.ndarray], rank: int
    ) -> Patch:
        """Cut the change of each variable down to a rank.

        Args:
            before: The variables of the network as it was; zeros for new layers.
            after: As many, of the same shapes.
            rank: Of matrices with more than 2 × rank rows and columns and a value
                before; others are kept whole.
        """
        changes = [
            np.asarray(b) - np.asarray(a) for a, b in zip(before, after, strict=True)
        ]
        cut = [
            min(_sides(c.shape)) > 2 * rank and bool(np.any(a))
            for c, a in zip(changes, before, strict=True)
        ]
        patch = cls([c.shape for c in changes], [rank if one else 0 for one in cut])
        for change, parts in zip(changes, patch.parts, strict=True):
            square = change.reshape(_sides(change.shape)) if len(parts) == 2 else None
            values = [change] if square is None else low_rank(square, rank)
            for part, value in zip(parts, values, strict=True):
                part.assign(value)
        return patch

    def apply_to(self, variables: Sequence[keras.Variable], sign: int = 1) -> None:
        """Add the change to a network's variables, or take it off with sign -1.

        Raises:
            ValueError: If the variables are not as many, or of other shapes.
        """
        shapes = [list(variable.shape) for variable in variables]
        if shapes != self.shapes:
            raise ValueError(
                f"`Patch.apply_to` wants {len(self.shapes)} variables of the shapes it "
                f"was made from, received {len(shapes)} of other shapes"
            )
        for variable, parts in zip(variables, self.parts, strict=True):
            change = ops.matmul(*parts) if len(parts) == 2 else parts[0]
            variable.assign_add(sign * ops.reshape(change, variable.shape))

    def get_config(self):
        """Return the arguments."""
        return {"name": self.name, "shapes": self.shapes, "ranks": self.ranks}


class Switch:
    """Add a patch to a network in place, and take it off again.

    Args:
        patch: What the fine-tuned variables have more than before.
        model: The network with its new layers; its trainable variables are the patch's.
        pretrained: The variables that the network had before. The others are new: they
            become zero, since the patch holds all of them.
    """

    def __init__(
        self,
        patch: Patch,
        model: keras.Model,
        pretrained: Sequence[keras.Variable],
    ):
        self.patch, self.variables = patch, model.trainable_variables
        known = {id(variable) for variable in pretrained}
        for variable in self.variables:
            if id(variable) not in known:
                variable.assign(np.zeros(variable.shape))
        self.is_on = False

    def on(self) -> None:
        """Add the change."""
        if not self.is_on:
            self.patch.apply_to(self.variables)
        self.is_on = True

    def off(self) -> None:
        """Take the change off: the network is as it was, but for rounding."""
        if self.is_on:
            self.patch.apply_to(self.variables, sign=-1)
        self.is_on = False


def _sides(shape: Sequence[int]) -> tuple[int, int]:
    """Return rows and columns of a variable seen as the squarest matrix.

    Attention's kernels have three axes, (width, heads, head) or (heads, head, width).
    """
    sizes = [int(size) for size in shape]
    if len(sizes) < 2:
        return 1, int(np.prod(sizes))
    cuts = [
        (int(np.prod(sizes[:i])), int(np.prod(sizes[i:]))) for i in range(1, len(sizes))
    ]
    return max(cuts, key=min)
