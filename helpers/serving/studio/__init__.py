"""The studio: a page to write, draw, speak, compose and ask, on one's own machine."""

from helpers.serving.studio.page import build_page
from helpers.serving.studio.site import application

__all__ = ["application", "build_page"]
