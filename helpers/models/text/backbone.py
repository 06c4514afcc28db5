"""What models around a pretrained backbone share: how they are written and read."""

import keras


class BackboneModel(keras.Model):
    """A model whose arguments are a backbone and plain settings.

    Attributes:
        backbone: A KerasHub backbone; subclasses set it.
        settings: The other arguments, by name; subclasses set them.
    """

    def get_config(self):
        """Return the arguments."""
        backbone = keras.saving.serialize_keras_object(self.backbone)
        return {**super().get_config(), "backbone": backbone, **self.settings}

    @classmethod
    def from_config(cls, config):
        """Make a model from its arguments."""
        backbone = keras.saving.deserialize_keras_object(config["backbone"])
        return cls(**{**config, "backbone": backbone})
