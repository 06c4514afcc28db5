"""Listening tests: a form, its ratings, simulated raters."""

from helpers.listening.form import Clip, Form, draw_form, rater_order
from helpers.listening.simulated import simulated_panel

__all__ = ["Clip", "Form", "draw_form", "rater_order", "simulated_panel"]
