"""Put a model to work: export it, serve it, limit it, watch it, go back."""

from helpers.serving.engine import Engine
from helpers.serving.limits import Limits
from helpers.serving.load import put_under_load, running
from helpers.serving.server import create_app

__all__ = ["Engine", "Limits", "create_app", "put_under_load", "running"]
