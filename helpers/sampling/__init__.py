"""Write with a language model: the loop, and how the next token is chosen."""

from helpers.sampling.generation import generate
from helpers.sampling.samplers import Beam, Greedy, Random, Sampler, TopK, TopP

__all__ = ["Beam", "Greedy", "Random", "Sampler", "TopK", "TopP", "generate"]
