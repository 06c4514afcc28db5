# ruff: noqa: F811, F821
"""Answers to lesson 14's exercises, and what their checks should make of them."""


# %% 14-exercise-1 wrong: no warm-up
def linear_decay(step, steps, warmup, peak):
    return peak * (steps - step) / steps


# %% 14-exercise-1 wrong: the first step stands still
def linear_decay(step, steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    return peak * (steps - step) / (steps - warmup)


# %% 14-exercise-1 wrong: falls as if there had been no warm-up
def linear_decay(step, steps, warmup, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (steps - step) / steps


# %% 14-exercise-1 wrong: falls along a cosine
def linear_decay(step, steps, warmup, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * cosine((step - warmup) / (steps - warmup))


# %% 14-exercise-1 wrong: a share of the peak
def linear_decay(step, steps, warmup, peak):
    if step < warmup:
        return (step + 1) / warmup
    return (steps - step) / (steps - warmup)


# %% 14-exercise-1 wrong: the last step stands still
def linear_decay(step, steps, warmup, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (1 - (step - warmup) / (steps - 1 - warmup))


# %% 14-exercise-1 wrong: without a warm-up the rate stays at the peak
def linear_decay(step, steps, warmup, peak):
    if not warmup:
        return peak
    return peak * min((step + 1) / warmup, (steps - step) / (steps - warmup))


# %% 14-exercise-1 right: the lower of two lines
def linear_decay(step, steps, warmup, peak):
    rising = (step + 1) / warmup if warmup else 1
    return peak * np.minimum(min(rising, 1), (steps - step) / (steps - warmup))


# %% 14-exercise-2 wrong: the new mean in the sign
def lion(w, g, kept, t, rate):
    kept["m"] = 0.99 * kept.get("m", 0) + 0.01 * g
    return w - rate * np.sign(0.9 * kept["m"] + 0.1 * g)


# %% 14-exercise-2 wrong: nothing is remembered
def lion(w, g, kept, t, rate):
    return w - rate * np.sign(g)


# %% 14-exercise-2 wrong: the shares are exchanged
def lion(w, g, kept, t, rate):
    m = kept.get("m", 0)
    kept["m"] = 0.9 * m + 0.1 * g
    return w - rate * np.sign(0.99 * m + 0.01 * g)


# %% 14-exercise-2 wrong: uphill
def lion(w, g, kept, t, rate):
    m = kept.get("m", 0)
    kept["m"] = 0.99 * m + 0.01 * g
    return w + rate * np.sign(0.9 * m + 0.1 * g)


# %% 14-exercise-2 wrong: no sign
def lion(w, g, kept, t, rate):
    m = kept.get("m", 0)
    kept["m"] = 0.99 * m + 0.01 * g
    return w - rate * (0.9 * m + 0.1 * g)


# %% 14-exercise-2 wrong: Adam
def lion(w, g, kept, t, rate):
    return adam(w, g, kept, t, rate)


# %% 14-exercise-2 wrong: the rate is always 0.05
def lion(w, g, kept, t, rate):
    m = kept.get("m", 0)
    kept["m"] = 0.99 * m + 0.01 * g
    return w - 0.05 * np.sign(0.9 * m + 0.1 * g)


# %% 14-exercise-2 wrong: one memory for all walks
memory = {}


def lion(w, g, kept, t, rate):
    m = memory.get("m", 0)
    memory["m"] = 0.99 * m + 0.01 * g
    return w - rate * np.sign(0.9 * m + 0.1 * g)


# %% 14-exercise-2 right: the sign by comparison, weight by weight
def lion(w, g, kept, t, rate):
    m = kept.setdefault("m", [0.0] * len(w))
    mixed = [0.9 * a + 0.1 * b for a, b in zip(m, g, strict=True)]
    kept["m"] = [0.99 * a + 0.01 * b for a, b in zip(m, g, strict=True)]
    signs = [int(c > 0) - int(c < 0) for c in mixed]
    return [x - rate * sign for x, sign in zip(w, signs, strict=True)]


# %% 14-exercise-3 wrong: a tenth where a twentieth is asked for
def diagnose(training, validation):
    if not np.isfinite([*training, *validation]).all() or training[-1] > training[0]:
        return "diverges"
    if training[-1] > 0.9 * training[0]:
        return "learns nothing"
    return "overfits" if validation[-1] > 1.1 * min(validation) else "fine"


# %% 14-exercise-3 wrong: always fine
def diagnose(training, validation):
    return "fine"


# %% 14-exercise-3 wrong: only the training loss is looked at
def diagnose(training, validation):
    if not np.isfinite(training).all() or training[-1] > training[0]:
        return "diverges"
    return "learns nothing" if training[-1] > 0.9 * training[0] else "fine"


# %% 14-exercise-3 wrong: overfitting is a gap
def diagnose(training, validation):
    if not np.isfinite([*training, *validation]).all() or training[-1] > training[0]:
        return "diverges"
    if training[-1] > 0.9 * training[0]:
        return "learns nothing"
    return "overfits" if validation[-1] > 1.05 * training[-1] else "fine"


# %% 14-exercise-3 wrong: overfitting comes before all else
def diagnose(training, validation):
    if validation[-1] > 1.05 * min(validation):
        return "overfits"
    if not np.isfinite([*training, *validation]).all() or training[-1] > training[0]:
        return "diverges"
    return "learns nothing" if training[-1] > 0.9 * training[0] else "fine"


# %% 14-exercise-3 wrong: NaN passes
def diagnose(training, validation):
    if training[-1] > training[0]:
        return "diverges"
    if training[-1] > 0.9 * training[0]:
        return "learns nothing"
    return "overfits" if validation[-1] > 1.05 * min(validation) else "fine"


# %% 14-exercise-3 wrong: any rise at all is overfitting
def diagnose(training, validation):
    if not np.isfinite([*training, *validation]).all() or training[-1] > training[0]:
        return "diverges"
    if training[-1] > 0.9 * training[0]:
        return "learns nothing"
    return "overfits" if validation[-1] > min(validation) else "fine"


# %% 14-exercise-3 wrong: only a loss that is halved counts as learning
def diagnose(training, validation):
    if not np.isfinite([*training, *validation]).all() or training[-1] > training[0]:
        return "diverges"
    if training[-1] > 0.5 * training[0]:
        return "learns nothing"
    return "overfits" if validation[-1] > 1.05 * min(validation) else "fine"


# %% 14-exercise-3 wrong: any training loss above the lowest is divergence
def diagnose(training, validation):
    finite = np.isfinite([*training, *validation]).all()
    if not finite or training[-1] > min(training):
        return "diverges"
    if training[-1] > 0.9 * training[0]:
        return "learns nothing"
    return "overfits" if validation[-1] > 1.05 * min(validation) else "fine"


# %% 14-exercise-3 wrong: any jump above the first loss is divergence
def diagnose(training, validation):
    finite = np.isfinite([*training, *validation]).all()
    if not finite or max(training) > training[0]:
        return "diverges"
    if training[-1] > 0.9 * training[0]:
        return "learns nothing"
    return "overfits" if validation[-1] > 1.05 * min(validation) else "fine"


# %% 14-exercise-3 wrong: the lowest training loss decides what was learned
def diagnose(training, validation):
    if not np.isfinite([*training, *validation]).all() or training[-1] > training[0]:
        return "diverges"
    if min(training) > 0.9 * training[0]:
        return "learns nothing"
    return "overfits" if validation[-1] > 1.05 * min(validation) else "fine"


# %% 14-exercise-3 wrong: a loss that stands still diverges
def diagnose(training, validation):
    if not np.isfinite([*training, *validation]).all() or training[-1] >= training[0]:
        return "diverges"
    if training[-1] > 0.9 * training[0]:
        return "learns nothing"
    if validation[-1] > 1.05 * min(validation):
        return "overfits"
    return "fine"


# %% 14-exercise-3 right: a table of conditions
def diagnose(training, validation):
    both = np.array([training, validation], float)
    words = {
        "diverges": not np.isfinite(both.sum()) or both[0, -1] > both[0, 0],
        "learns nothing": both[0, -1] / both[0, 0] > 0.9,
        "overfits": both[1, -1] / both[1].min() > 1.05,
    }
    return next((word for word, met in words.items() if met), "fine")
