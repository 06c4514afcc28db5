"""Train: loss, optimizers and schedules, callbacks, evaluation, exact resume."""

from helpers.training.callbacks import Clock, Progress, TimeLimit
from helpers.training.evaluation import evaluate
from helpers.training.fitting import bar, fit_for
from helpers.training.optimizers import (
    StackedMuon,
    course_optimizer,
    token_loss,
    warmup_cosine,
)
from helpers.training.state import load_state, save_state, state_hash
from helpers.training.states import States, batch_rows

__all__ = [
    "Clock",
    "Progress",
    "StackedMuon",
    "States",
    "TimeLimit",
    "bar",
    "batch_rows",
    "course_optimizer",
    "evaluate",
    "fit_for",
    "load_state",
    "save_state",
    "state_hash",
    "token_loss",
    "warmup_cosine",
]
