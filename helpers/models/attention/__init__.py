"""Attention from its formula: masks, positions, the product and many heads."""

from helpers.models.attention.heads import (
    MultiHeadAttention,
    scaled_dot_product_attention,
)
from helpers.models.attention.masks import causal_mask
from helpers.models.attention.positions import rotary, sinusoidal_positions

__all__ = [
    "MultiHeadAttention",
    "causal_mask",
    "rotary",
    "scaled_dot_product_attention",
    "sinusoidal_positions",
]
