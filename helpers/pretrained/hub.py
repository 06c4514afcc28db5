"""KerasHub, imported without optional packages: 0.2 GB less for a lesson to carry.

It would load TensorFlow Text for tokenizers of its own, and NLTK with scikit-learn for
its ROUGE metric; the course uses `tokenizers` and sacrebleu's relatives instead.

Example:
    from helpers.pretrained.hub import keras_hub
"""

from helpers.memory import without

with without("tensorflow_text", "rouge_score", "sklearn"):
    import keras_hub  # noqa: F401
