# %% [markdown] id=11-title
# # 11 · Pictures out of noise
# {{badges}}

# %% [markdown] id=11-outcomes
# ## What you will build
#
# - the **noising** of a picture, step by step and in one jump, and the check that both are the same;
# - a **U-Net**, written on this page, that learns within a minute or two to turn noise into clothes;
# - two ways to train it, **diffusion** and **flow matching**, compared at equal steps and equal seconds;
# - **guidance**, a knob between variety and obedience, and three judges that disagree about it;
# - an editor that keeps half of a picture and imagines the other half.
#
# Prerequisites: lessons 03 (attention), 05 (images as arrays), 09 (VAE) and 10 (GAN, FID).
#
# Time: about 4 min on 2 CPU cores · Memory: 1.5 GB

# %% id=11-setup tags=setup
{{bootstrap}}
import time

import numpy as np

from helpers import course, datasets, images, plots

run = course.start("11_image_diffusion", kind="convolution")

import keras
import pandas as pd
import tensorflow as tf
from keras import layers

from helpers import checkpoints
from helpers.judges import image_judges
from helpers.models.diffusion import Diffusion, FlowMatching, cosine_schedule

# %% [markdown] id=11-start
# ## 1 · Where does this lesson lead?
#
# A VAE and a GAN draw a picture in one pass. The models of this lesson start from pure noise and improve it twenty times. Each time a network says in which direction the picture lies, and we go a little way.
#
# The course ships a network of this kind that was trained for longer than a lesson allows. Below it draws each class once. The rest of the lesson builds such a network from nothing. As before, a picture is 28 × 28 numbers from −1 (black) to 1 (white). Offline, scikit-learn's digits stand in for the clothes to learn from, and the cell says so.

# %% id=11-data
data = datasets.load("fashion_mnist", fallback=True)
count = run.pick(smoke=1_500, lesson=20_000, full=60_000)
pictures = images.to_float(data.arrays["images"][:count])
labels = data.arrays["labels"][:count].astype("int32")
class_names = [str(name) for name in data.arrays["class_names"]]
K = len(class_names)
print(data.credit)
shipped = checkpoints.load("image_diffusion")
clothes = checkpoints.card("image_diffusion")["classes"]
drawn = shipped.sample(np.arange(10), seed=2)
plots.grid(drawn, clothes, "Ten walks from noise to a picture", columns=10)
# %% [markdown] id=11-stepwise-intro
# ## 2 · What does noise do to a picture?
#
# **Diffusion** (扩散) destroys a picture in $T$ small steps, and a network learns to undo them. One step shrinks the picture a little and adds a little noise. With $\beta_t$ for the share of noise, and $\epsilon_t$ for fresh random numbers with mean 0 and variance 1:
#
# $$x_t = \sqrt{1-\beta_t}\,x_{t-1} + \sqrt{\beta_t}\,\epsilon_t$$
#
# The roots make the variances add up to 1: a picture of variance 1 keeps it. Take a "picture" of three pixels and do ten steps in a loop, with 100,000 copies, so that mean and variance can be measured.
#
# The loop can be replaced by **one** jump. A sum of independent normal numbers is normal again, so only the shares matter. With $\bar\alpha_t=\prod_{s\le t}(1-\beta_s)$, the share of the picture's variance that is left:
#
# $$x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\epsilon$$
#
# The cell runs the loop first, then the jump, and checks that both have the same mean and the same covariance. The jump makes training cheap: any picture at any time $t$ costs one line.

# %% id=11-stepwise tags=nbval-check-output
rng = np.random.default_rng(0)
pixels = np.array([-1.0, 0.4, 0.8])
beta = np.linspace(0.05, 0.3, 10)
x = np.tile(pixels, (100_000, 1))
for b in beta:
    x = np.sqrt(1 - b) * x + np.sqrt(b) * rng.normal(size=x.shape)

share = np.prod(1 - beta)
jump = np.sqrt(share) * pixels + np.sqrt(1 - share) * rng.normal(size=x.shape)
for name, noisy in {"loop": x, "jump": jump}.items():
    print(name, "mean    ", *[f"{value:5.2f}" for value in noisy.mean(axis=0)])
    print(name, "variance", *[f"{value:5.2f}" for value in noisy.var(axis=0)])
assert np.allclose(x.mean(axis=0), np.sqrt(share) * pixels, atol=0.015)
assert np.allclose(np.cov(x.T), np.cov(jump.T), atol=0.02)

# %% [markdown] id=11-schedule-intro
# How fast should the noise come? A **noise schedule** (噪声调度) says how much of the picture is left at each time. The cosine schedule lets $\bar\alpha_t$ fall slowly at both ends, where a large step would hurt most. With $u=(t/T+s)/(1+s)$ and $s=0.008$ it is $\bar\alpha_t=\cos^2(\pi u/2)/\cos^2(\pi u_0/2)$.

# %% id=11-schedule
T = 1_000
u = (np.arange(T + 1) / T + 0.008) / 1.008
by_formula = np.cos(np.pi * u / 2) ** 2 / np.cos(np.pi * u[0] / 2) ** 2
alpha_bar = cosine_schedule(T)  # the same, but never quite 0 at the end
assert np.allclose(by_formula, alpha_bar, atol=1e-6)
stops = [0, 50, 150, 250, 350, 500, 700, 1000]
a = np.sqrt(alpha_bar[stops])[:, None, None, None]
s = np.sqrt(1 - alpha_bar[stops])[:, None, None, None]
noise = rng.standard_normal((8, 28, 28, 1))
noisy = np.concatenate([a * picture + s * noise for picture in pictures[:2]])
captions = [f"t = {t}" for t in stops] * 2
plots.grid(np.clip(noisy, -1, 1), captions, "The outline outlives the details")
# %% [markdown] id=11-velocity-intro
# At which time can *you* no longer say what it is? The network has to answer at every time. Late times teach it outlines, early times teach it cloth.
#
# ## 3 · What should the network answer?
#
# It sees $x_t$ and $t$. It could answer with the clean picture $x_0$ or with the noise $\epsilon$. We ask for a mixture of both, the **velocity** (速度):
#
# $$v = \sqrt{\bar\alpha_t}\,\epsilon - \sqrt{1-\bar\alpha_t}\,x_0$$
#
# From $v$ the other two follow: $x_0=\sqrt{\bar\alpha_t}\,x_t-\sqrt{1-\bar\alpha_t}\,v$ and $\epsilon=\sqrt{1-\bar\alpha_t}\,x_t+\sqrt{\bar\alpha_t}\,v$. No division appears, so a small error of the network stays small at every time. Section 9 looks at the alternatives. Here is one pixel by hand:

# %% id=11-velocity tags=nbval-check-output
x0, eps, a, s = 0.8, -1.5, 0.6, 0.8  # a² + s² = 1
xt, v = a * x0 + s * eps, a * eps - s * x0
print(f"x_t = {xt:.2f}, v = {v:.2f}")
print(f"back: x_0 = {a * xt - s * v:.2f}, noise = {s * xt + a * v:.2f}")

# %% [markdown] id=11-diagram-intro
# ## 4 · What does the network look like?
#
# It must see the whole garment and still hit every pixel. A **U-Net** (U 形网络) does this on two grids. The way down halves the picture twice: at 14 × 14 a block of convolutions sees cloth, and at 7 × 7 two wider blocks with one attention layer see the whole. The way up enlarges it again. A **skip connection** (跳跃连接) hands the fine grid across, so that no detail has to pass through the coarse one.

# %% id=11-diagram
boxes = {
    "noisy 28²": (0, 3),
    "stem": (2, 3),
    "block 14²": (4, 3),
    "down": (4, 2),
    "block 7²": (4, 1),
    "attention": (6, 1),
    "block 7² ": (8, 1),
    "up": (8, 2),
    "block 14² ": (8, 3),
    "head": (10, 3),
    "velocity 28²": (12, 3),
}
way = list(boxes)
arrows = [*zip(way, way[1:]), ("block 14²", "block 14² ")]
plain = {"noisy 28²", "velocity 28²"}
plots.diagram(
    boxes,
    arrows,
    "Down to see the whole, up to hit the pixel",
    shaded=set(boxes) - plain,
)

# %% [markdown] id=11-block-intro
# The block adds to its input what two convolutions find. Time and class reach it as one vector, the **condition** (条件): a dense layer turns it into two numbers for each channel, a scale and a shift. This is called **FiLM**. The second convolution starts at zero, so a fresh block changes nothing.


# %% id=11-block
class Block(layers.Layer):
    """Add to x what two convolutions find, given the condition."""

    def __init__(self, channels, same=True):
        super().__init__()
        self.norm = layers.RMSNormalization()
        self.first = layers.Conv2D(channels, 3, padding="same")
        self.film = layers.Dense(2 * channels, kernel_initializer="zeros")
        zero = {"kernel_initializer": "zeros"}
        self.second = layers.Conv2D(channels, 3, padding="same", **zero)
        self.skip = layers.Identity() if same else layers.Dense(channels)

    def call(self, x, condition):
        h = self.first(tf.nn.silu(self.norm(x)))  # (B, S, S, channels)
        film = self.film(condition)[:, None, None]  # (B, 1, 1, 2 · channels)
        scale, shift = tf.split(film, 2, axis=-1)
        h = self.second(tf.nn.silu(h * (1 + scale) + shift))
        return self.skip(x) + h


# %% [markdown] id=11-unet-intro
# Time enters as sines and cosines of several frequencies, like positions in lesson 03. We count it from 0 to 1, so that section 8 can use the same network. The class enters as an embedding. Its last row stands for "any class", which section 7 needs. `depth_to_space` unfolds four channels into 2 × 2 pixels.


# %% id=11-unet
def waves(t, half=64):
    """Describe times from 0 to 1, (B,), by sines and cosines, (B, 2 · half)."""
    angles = t[:, None] * np.geomspace(0.5, 500.0, half, dtype="float32")
    return tf.concat([tf.sin(angles), tf.cos(angles)], axis=-1)


class UNet(keras.Model):
    """Map noisy pictures, times and classes to velocities (B, 28, 28, 1)."""

    def __init__(self, wide, deep, classes, dim=128):
        super().__init__()
        self.time = layers.Dense(dim, activation="silu")
        self.label = layers.Embedding(classes + 1, dim)
        self.stem = layers.Conv2D(wide, 4, strides=2, padding="same")
        self.enter = Block(wide)
        self.down = layers.Conv2D(deep, 3, strides=2, padding="same")
        self.middle = [Block(deep), Block(deep)]
        self.norm = layers.RMSNormalization()
        self.attention = layers.MultiHeadAttention(1, deep)
        self.up = layers.Dense(4 * wide)
        self.leave = Block(wide, same=False)
        self.head = layers.Conv2D(4, 3, padding="same", kernel_initializer="zeros")

    def call(self, inputs):
        noisy, t, told = inputs
        condition = tf.nn.silu(self.time(waves(t)) + self.label(told))
        fine = self.enter(self.stem(noisy), condition)  # (B, 14, 14, wide)
        h = self.middle[0](self.down(fine), condition)  # (B, 7, 7, deep)
        places = self.norm(tf.reshape(h, (-1, 49, h.shape[-1])))
        h = h + tf.reshape(self.attention(places, places), tf.shape(h))
        h = self.up(self.middle[1](h, condition))  # (B, 7, 7, 4 · wide)
        h = tf.concat([fine, tf.nn.depth_to_space(h, 2)], axis=-1)
        return tf.nn.depth_to_space(self.head(self.leave(h, condition)), 2)


# %% id=11-fresh
keras.utils.set_random_seed(run.seed)
WIDE, DEEP = run.pick(smoke=(8, 16), lesson=(24, 64), full=(32, 96))
denoiser = UNet(WIDE, DEEP, K)
example = tf.constant(pictures[:4]), tf.fill([4], 0.5), tf.constant(labels[:4])
answer = denoiser(example)
assert answer.shape == (4, 28, 28, 1) and np.abs(answer).max() == 0
print(f"{denoiser.count_params():,} weights; the head starts at 0, so v = 0 at first")

# %% [markdown] id=11-step-intro
# ## 5 · How does it learn?
#
# Draw a time for each picture, jump there, and ask for the velocity. The loss is the mean squared error. That is all: no second network as in a GAN, no KL term as in a VAE. Only the next function knows that we do diffusion, and section 8 will replace it by another.

# %% id=11-diffusion-example
SHARES = tf.constant(alpha_bar, tf.float32)


def diffusion_example(x0):
    """Return noisy pictures, their times from 0 to 1, and the velocities wanted."""
    t = tf.random.uniform(tf.shape(x0)[:1], 1, T + 1, tf.int32)
    share = tf.gather(SHARES, t)[:, None, None, None]
    noise = tf.random.normal(tf.shape(x0))
    noisy = tf.sqrt(share) * x0 + tf.sqrt(1 - share) * noise
    velocity = tf.sqrt(share) * noise - tf.sqrt(1 - share) * x0
    return noisy, tf.cast(t, tf.float32) / T, velocity


# %% [markdown] id=11-train-step-intro
# The training step does what lesson 02 did by hand: forward, gradient, a step of the optimizer. One label in ten is hidden behind "any class". The optimizer also keeps a running **average of the weights** (EMA, 指数移动平均) and puts it in their place at the end, since the average draws calmer pictures than the last step.


# %% id=11-train-step
def training_step(network, optimizer, make_example):
    @tf.function
    def step(x0, told):
        noisy, t, velocity = make_example(x0)
        hidden = tf.random.uniform(tf.shape(told)) < 0.1
        told = tf.where(hidden, K, told)
        with tf.GradientTape() as tape:
            answer = network((noisy, t, told))
            loss = tf.reduce_mean((answer - velocity) ** 2)
        weights = network.trainable_variables
        optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    return step


# %% id=11-fit
def fit(network, make_example, steps, batch=64):
    """Train; return the losses, and the seconds without the first, compiling step."""
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    optimizer = keras.optimizers.Adam(rate, use_ema=True, ema_momentum=0.98)
    optimizer.build(network.trainable_variables)
    step = training_step(network, optimizer, make_example)
    draw, losses, marks = np.random.default_rng(run.seed), [], [time.perf_counter()]
    for _ in range(steps):
        chosen = draw.integers(len(pictures), size=batch)
        losses.append(float(step(pictures[chosen], labels[chosen])))
        marks.append(time.perf_counter())
    optimizer.finalize_variable_values(network.trainable_variables)
    return np.array(losses), marks[-1] - marks[1]


# %% id=11-train
STEPS = run.pick(smoke=40, lesson=800, full=8_000)
losses, seconds = fit(denoiser, diffusion_example, STEPS)
part = max(1, STEPS // 40)
curve = losses[: STEPS // part * part].reshape(-1, part).mean(axis=1)
plots.lines(
    {"diffusion": (part * (1 + np.arange(len(curve))), curve)},
    "training step",
    "mean squared error of v",
    f"From {curve[0]:.2f} to {curve[-1]:.2f} in {seconds:.0f} seconds",
)
assert curve[-1] < run.pick(smoke=0.9, lesson=0.35, full=0.3) * losses[0]

# %% [markdown] id=11-back-intro
# The loss cannot reach 0. Many pictures fit one noisy picture, the best answer is their mean, and what is left of $v$ is a surprise. So a low loss says little about the pictures. Look at them.
#
# ## 6 · How does one go back?
#
# The network's answer gives a guess of the picture, $\hat x_0=\sqrt{\bar\alpha_t}\,x_t-\sqrt{1-\bar\alpha_t}\,\hat v$. Early on it is a blur, the mean of all that fits. So we do not jump to it. We mix the guess with noise for an earlier time $t'$, and ask again:
#
# $$x_{t'}=\sqrt{\bar\alpha_{t'}}\,\hat x_0+\sqrt{1-\bar\alpha_{t'}-\sigma^2}\,\hat\epsilon+\sigma z$$
#
# Here $\hat\epsilon$ is the noise that is there already, and $z$ is fresh. With $\sigma=0$ this is **DDIM**: nothing is random but the start. With the largest sensible $\sigma$, $\eta=1$ in the code, it is **DDPM**, the older sampler. The stops may lie far apart: the network never learned how it came to a time.
#
# Below, `ask` is the network with one time for all pictures, compiled. It walks back in 20 strides of 50 times each.


# %% id=11-walk
def walk(ask, told, stops, eta=0.0, seed=0):
    """Go from noise to pictures; return all places and all guesses of the picture."""
    rng = np.random.default_rng(seed)
    shape = (len(told), 28, 28, 1)
    x, places, guesses = rng.standard_normal(shape, dtype="float32"), [], []
    for now, after in zip(stops[:-1], stops[1:]):
        here, there = alpha_bar[now], alpha_bar[after]
        v = ask(x, now / T, told)
        guess = np.clip(np.sqrt(here) * x - np.sqrt(1 - here) * v, -1, 1)
        noise = (x - np.sqrt(here) * guess) / np.sqrt(1 - here)
        places.append(x)
        guesses.append(guess)
        sigma = eta * np.sqrt((1 - there) / (1 - here) * (1 - here / there))
        x = np.sqrt(there) * guess + np.sqrt(1 - there - sigma**2) * noise
        x = np.float32(x + sigma * rng.standard_normal(shape) if eta else x)
    return [*places, x], guesses


# %% id=11-draw
def asker(network):
    compiled = tf.function(lambda x, t, told: network((x, t, told)))

    def ask(x, t, told):
        return compiled(x, tf.fill([len(x)], np.float32(t)), np.int32(told)).numpy()

    return ask


ask = asker(denoiser)
STOPS = np.linspace(T, 0, run.pick(smoke=4, lesson=20, full=50) + 1).astype(int)
told = np.tile(np.arange(K), 3)
places, guesses = walk(ask, told, STOPS, seed=1)
title = f"Drawn after {seconds:.0f} seconds of training"
plots.grid(places[-1], [class_names[k] for k in told], title, columns=K)
assert np.array_equal(places[-1], walk(ask, told, STOPS, seed=1)[0][-1])

# %% [markdown] id=11-trajectory-intro
# Every column asks for one class; every picture starts from noise of its own. Nothing but the label tells the network what to draw.
#
# Now watch one walk from left to right. The upper row shows the place $x_t$, the lower row the guess of the picture from there.

# %% id=11-trajectory
shown = np.linspace(0, len(guesses) - 1, 8).round().astype(int)
one = K  # the first picture of the second row
rows = [places[i][one] for i in shown] + [guesses[i][one] for i in shown]
captions = [f"t = {STOPS[i]}" for i in shown] * 2
title = "The guess is a blur first, and decides late on the details"
plots.grid(np.clip(rows, -1, 1), captions, title, rows=["place", "guess"])
sharp = [np.abs(np.diff(g, axis=2)).mean() for g in (guesses[0], guesses[-1])]
print(f"mean difference of neighbours: first guess {sharp[0]:.3f}, last {sharp[1]:.3f}")
assert run.profile == "smoke" or sharp[1] > 1.3 * sharp[0]

# %% [markdown] id=11-guidance-intro
# The first guess is the mean of all pictures of the class. Each step makes fewer pictures fit, and the guess becomes sharper. That is how a network that only ever predicts means can draw a sharp picture.
#
# ## 7 · How does one ask for more of a class?
#
# Because labels were hidden now and then, the network has two answers: $v_c$ if it is told the class, and $v_\varnothing$ if it is not. Their difference points towards what is typical of the class. **Classifier-free guidance** (无分类器引导) goes $g$ times as far:
#
# $$v = v_\varnothing + g\,(v_c - v_\varnothing)$$
#
# With $g=0$ the class is ignored, $g=1$ is the network's own answer, and $g>1$ exaggerates.


# %% id=11-guided
def guided(ask, g):
    """Return a function that asks with and without the class, and exaggerates."""

    def ask_twice(x, t, told):
        free = ask(x, t, np.full_like(told, K))
        return free + g * (ask(x, t, told) - free)

    return ask_twice


told = np.array([0, 1, 3, 5, 7, 8])
strengths = (0, 1, 2, 4)
drawn = [walk(guided(ask, g), told, STOPS, seed=3)[0][-1] for g in strengths]
names = [class_names[k] for k in told] * len(strengths)
rows = [f"g = {g}" for g in strengths]
title = "More guidance: more of the class, and brighter"
plots.grid(np.concatenate(drawn), names, title, columns=len(told), rows=rows)
# %% [markdown] id=11-judges-intro
# Which $g$ is best? Lesson 10 measured pictures by the **Fréchet distance** (弗雷歇距离) of features. Its value depends on what the features see, so we ask three judges:
#
# - `course`, the convolutional network of lessons 09 and 10;
# - `mixer`, a network of another architecture without any convolution, trained from another seed;
# - `pixels`, no network at all: the 64 largest principal components (主成分) of the pixels.
#
# Each distance is divided by the **floor** (下限): the distance of as many real pictures from other real ones. So 1 means "as good as the data", and the three scales can be compared. The shipped network draws; it is better than the one you just trained, and has learned clothes on every machine.

# %% id=11-guidance-sweep
judges = image_judges("fashion_mnist")
FEW = run.pick(smoke=100, lesson=500, full=2_000)
asked = np.arange(FEW) % 10
steps = run.pick(smoke=3, lesson=20, full=20)
sweep, brightness = {}, {}
for g in (1.0, 1.5, 2.0):
    drawn = shipped.sample(asked, steps, guidance=g, seed=5)
    sweep[g] = {kind: judge.over_floor(drawn) for kind, judge in judges.items()}
    brightness[g] = (drawn.mean() + 1) / 2
    line = [f"{kind} {times.value:.2f}" for kind, times in sweep[g].items()]
    print(f"g = {g}:", ", ".join(line), f"· brightness {brightness[g]:.3f}")

# %% [markdown] id=11-flow-intro
# Read the columns of a judge downwards. With more guidance the pictures become brighter than real ones (0.286 on average for the real test pictures). The pixels notice it at once. The course's judge does not: it was trained to name classes, and a class does not depend on brightness, so it even rewards the exaggeration. Whoever had only this judge would pick the wrong $g$. Where judges disagree, ask what each of them cannot see.
#
# ## 8 · Can the way be straight?
#
# Diffusion's way from noise to picture is bent: the shares $\sqrt{\bar\alpha_t}$ and $\sqrt{1-\bar\alpha_t}$ walk along a circle. **Flow matching** (流匹配) takes a straight line from the noise $\epsilon$ at time 0 to the picture $x_1$ at time 1:
#
# $$x_t = (1-t)\,\epsilon + t\,x_1,\qquad v = \frac{dx_t}{dt} = x_1 - \epsilon$$
#
# The velocity of a line is constant, and no schedule is needed. Many lines pass through one place, though. The network learns the mean of their velocities, and following this mean from noise ends in pictures. The network, the loss and the training loop stay as they are; these four lines are all that changes.


# %% id=11-flow-example
def flow_example(x1):
    """Return places on straight lines, their times, and the velocities wanted."""
    t = tf.random.uniform(tf.shape(x1)[:1])
    noise = tf.random.normal(tf.shape(x1))
    share = t[:, None, None, None]
    return (1 - share) * noise + share * x1, t, x1 - noise


keras.utils.set_random_seed(run.seed)
flow = UNet(WIDE, DEEP, K)
flow(example)  # makes the weights
flow_losses, flow_seconds = fit(flow, flow_example, STEPS)
print(f"diffusion {seconds:.0f} s, flow matching {flow_seconds:.0f} s", end="")
print(f" for {STEPS} steps each")
assert run.profile == "smoke" or abs(flow_seconds / seconds - 1) < 0.5

# %% [markdown] id=11-euler-intro
# To draw, we follow the velocity in small steps of time. The **Euler method** (欧拉法) takes the velocity at the start of a step for the whole step. **Heun's method** (休恩法) looks at the velocity at both ends and takes the mean. It asks the network twice a step, and its error falls with the square of the number of steps.
#
# Both networks had equal steps and equal seconds, and both are asked 20 times here. The second cell lets the judges speak, with 95 % intervals. This is one training of each, so the table holds for this run.


# %% id=11-euler
def follow(ask, told, steps, heun=False, seed=0):
    """Go from noise at time 0 to pictures at time 1."""
    shape = (len(told), 28, 28, 1)
    x = np.random.default_rng(seed).standard_normal(shape, dtype="float32")
    for i in range(steps):
        now, after = i / steps, (i + 1) / steps
        v = ask(x, now, told)
        if heun and after < 1:  # at time 1 the line has ended
            v = (v + ask(x + v / steps, after, told)) / 2
        x = x + v / steps
    return np.clip(x, -1, 1)


ask_flow = asker(flow)
told = np.tile(np.arange(K), 3)
drawn = follow(ask_flow, told, len(guesses), seed=1)
names = [class_names[k] for k in told]
plots.grid(drawn, names, f"Flow matching, {flow_seconds:.0f} s of training", columns=K)
# %% id=11-live
asked_live, table = np.arange(FEW) % K, {}
live = {
    "diffusion": walk(ask, asked_live, STOPS, seed=2)[0][-1],
    "flow matching": follow(ask_flow, asked_live, len(STOPS) - 1, seed=2),
}
for name, drawn in live.items():
    found = {
        kind: judge.over_floor(drawn) for kind, judge in image_judges(data).items()
    }
    shown = {k: f"{t.value:.1f} ({t.low:.1f}–{t.high:.1f})" for k, t in found.items()}
    table[name] = shown
print(pd.DataFrame(table).T.to_string())

# %% [markdown] id=11-edit-intro
# ## 9 · Can it edit a picture?
#
# The network was never trained to edit, and it need not be. Before every step the pixels that shall stay are replaced by the true ones, noised to the same time. The network then sees a picture of which one half is right, and the other half has to follow. Filling in a part of a picture is called **inpainting** (图像修补). Each step is taken several times, back and forth in noise, so that both halves can come to an agreement (**RePaint**).


# %% id=11-edit
def edit(ask, photos, keep, told, stops, repeats=4, seed=0):
    """Keep the pixels under `keep`, and imagine the others."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(photos.shape)
    for now, after in zip(stops[:-1], stops[1:]):
        here, there = alpha_bar[now], alpha_bar[after]
        for again in reversed(range(repeats if after else 1)):
            noise = rng.standard_normal(photos.shape)
            known = np.sqrt(here) * photos + np.sqrt(1 - here) * noise
            x = np.float32(np.where(keep, known, x))
            v = ask(x, now / T, told)
            guess = np.clip(np.sqrt(here) * x - np.sqrt(1 - here) * v, -1, 1)
            noise = rng.standard_normal(photos.shape)
            x = np.sqrt(there) * guess + np.sqrt(1 - there) * noise
            if again:  # back up, from the noise of `after` to that of `now`
                share, noise = here / there, rng.standard_normal(photos.shape)
                x = np.sqrt(share) * x + np.sqrt(1 - share) * noise
    return np.where(keep, photos, x)


# %% id=11-edit-figure
def ask_shipped(x, t, told):
    return shipped.velocity(x, round(T * t), told)


told = np.array([0, 3, 7, 8, 9])
if data.is_stand_in:
    photos = shipped.sample(told, seed=6)
else:
    test, kinds = data.arrays["test_images"], data.arrays["test_labels"]
    photos = images.to_float(test[[np.flatnonzero(kinds == k)[3] for k in told]])
keep = np.zeros((28, 28, 1), bool)
keep[:, :14] = True  # the left half stays
edited = edit(guided(ask_shipped, 1.5), photos, keep, told, STOPS, seed=7)
shown = np.concatenate([photos, np.where(keep, photos, 0), edited])
names = [clothes[k] for k in told] * 3
title = "The right half is imagined, and fits the left"
plots.grid(shown, names, title, columns=5, rows=["before", "kept", "after"])
assert np.array_equal(edited[:, :, :14], photos[:, :, :14])

# %% [markdown] id=11-deeper
# You have built a network that draws, two ways to train it, and an editor. What follows looks closer.
#
# ## Deeper
#
# ### 10 · Two formulas, checked
#
# **Why the velocity?** DDPM's network predicted the noise $\epsilon$. Suppose an answer is wrong by 0.01. How wrong is the picture computed from it? From $\epsilon$ the error is multiplied by $\sqrt{1-\bar\alpha_t}/\sqrt{\bar\alpha_t}$, which has no limit near $t=T$. From $v$ it is multiplied by $\sqrt{1-\bar\alpha_t}$, which is at most 1. Seen as errors of the picture, both losses carry a weight: with the **signal-to-noise ratio** (信噪比) $\mathrm{SNR}=\bar\alpha_t/(1-\bar\alpha_t)$ it is $\mathrm{SNR}$ for $\epsilon$ and $\mathrm{SNR}+1$ for $v$. The first dies out at late times, where the outline is decided.
#
# **Is $\eta=1$ really DDPM?** If $x_0$ is known, Bayes' rule gives the way back from $t$ to $t-1$ exactly. It is normal with the mean
#
# $$\tilde\mu=\frac{\sqrt{\bar\alpha_{t-1}}\,\beta_t}{1-\bar\alpha_t}\,x_0+\frac{\sqrt{1-\beta_t}\,(1-\bar\alpha_{t-1})}{1-\bar\alpha_t}\,x_t$$
#
# DDPM puts the guess in the place of $x_0$. The mean of our `walk` must be the same for $\eta=1$, and need not be for $\eta=0$.

# %% id=11-formulas tags=nbval-check-output
for t in (100, 500, 900):
    snr = alpha_bar[t] / (1 - alpha_bar[t])
    errors = 0.01 / np.sqrt(snr), 0.01 / np.sqrt(snr + 1)
    assert np.isclose(1 / (1 - alpha_bar[t]), snr + 1)
    print(f"t = {t}: error {errors[0]:.3f} from ε, {errors[1]:.3f} from v; ", end="")
    print(f"weights {snr:.3f} and {snr + 1:.3f}")

xt, x0, here, there = 0.5, -0.3, alpha_bar[600], alpha_bar[599]
beta = 1 - here / there
ddpm = np.sqrt(there) * beta / (1 - here) * x0
ddpm += np.sqrt(1 - beta) * (1 - there) / (1 - here) * xt
for eta in (1, 0):
    kept = np.sqrt(1 - there - eta**2 * (1 - there) / (1 - here) * beta)
    ddim = np.sqrt(there) * x0 + kept * (xt - np.sqrt(here) * x0) / np.sqrt(1 - here)
    print(f"eta = {eta}: DDIM {ddim:.6f}, DDPM {ddpm:.6f}")
    assert np.isclose(ddim, ddpm) == (eta == 1)

# %% [markdown] id=11-same-intro
# ### 11 · Do the course's classes compute the same?
#
# `Diffusion` and `FlowMatching` in `helpers` add label checks, guidance, inpainting and saving. They store the kernels of convolutions as matrices, since their optimizer Muon (lesson 07) works on matrices. Otherwise they are what you have written. Copy the weights, and draw the same pictures from the same noise.


# %% id=11-same
def copied(network, model):
    """Put the weights of a network of this page into a model of `helpers`."""
    for mine, theirs in zip(network.weights, model.network.weights, strict=True):
        theirs.assign(tf.reshape(mine, theirs.shape))
    return model


twin = copied(denoiser, Diffusion((WIDE, DEEP), K))
flow_twin = copied(flow, FlowMatching((WIDE, DEEP), K))
few, strides = np.arange(4), len(STOPS) - 1
theirs = twin.sample(few, strides, guidance=1.0, solver="ddim", seed=7)
gap = np.abs(theirs - walk(ask, few, STOPS, seed=7)[0][-1]).max()
print("diffusion draws the same pictures:", gap < 1e-3)
assert gap < 1e-3
theirs = flow_twin.towards_pictures(theirs, few, 0.3)

# %% [markdown] id=11-steps-intro
# ### 12 · How many steps does a picture need?
#
# Every step is one pass through the network, so steps are seconds. `sample` knows a second sampler beside DDIM: **DPM-Solver** corrects each guess of the picture by how it has changed since the step before, which costs nothing. Its error falls with the square of the number of steps. We compare both by all judges.

# %% id=11-steps
ladder = run.pick(smoke=[2, 4], lesson=[5, 10, 20], full=[5, 10, 20, 50])
race = {solver: {kind: [] for kind in judges} for solver in ("ddim", "dpm")}
for solver, curves in race.items():
    for steps in ladder:
        drawn = shipped.sample(asked, steps, guidance=1.0, solver=solver, seed=5)
        for kind, judge in judges.items():
            curves[kind].append(judge.over_floor(drawn).value)

series = {f"{s}, {kind}": (ladder, race[s][kind]) for kind in judges for s in race}
title = "At equal steps, the second-order solver comes closer"
labels_xy = "network steps", "distance over the floor"
options = {"floor": ("floor", 1), "log_x": True, "log_y": True, "markers": True}
axes = plots.lines(series, *labels_xy, title, **options)
axes.set_xticks(ladder, ladder)
axes.minorticks_off()

# %% [markdown] id=11-families-intro
# ### 13 · VAE, GAN, diffusion or flow matching?
#
# Four families, four shipped checkpoints, three judges. All draw the same number of pictures with the settings of their cards, classes in turn. The interval says what other real pictures and other drawn ones would change.

# %% id=11-families
FAMILIES = {"GAN": "gan", "VAE": "vae", "diffusion": "diffusion", "flow": "flow"}
standing, table = {}, {}
for name, checkpoint in FAMILIES.items():
    model = checkpoints.load(f"image_{checkpoint}")
    model.sample(100, seed=0)  # compiles outside the clock
    begin = time.perf_counter()
    drawn = model.sample(asked, seed=1)
    spent = time.perf_counter() - begin
    found = {kind: judge.over_floor(drawn) for kind, judge in judges.items()}
    shown = {k: f"{t.value:.2f} ({t.low:.2f}–{t.high:.2f})" for k, t in found.items()}
    standing[name], table[name] = found, shown | {"seconds": f"{spent:.1f}"}
print(pd.DataFrame(table).T.to_string())


# %% id=11-agree
def ahead(one, other):
    """Tell whether all judges put one family ahead, and no intervals overlap."""
    pairs = [(standing[one][k], standing[other][k]) for k in judges]
    return all(near.high < far.low for near, far in pairs)


for one in FAMILIES:
    behind = [other for other in FAMILIES if ahead(one, other)]
    print(f"{one}: ahead of {', '.join(behind) or 'nobody'}")

# %% [markdown] id=11-check
# ## Check yourself
#
# 1. A colleague trains with $T=1{,}000$ and then draws with DDIM in 20 steps. Must the network be trained again for that?
#
# <details><summary>Answer</summary>No. Training uses only x at a time t, never the step that led there. So any list of times can be walked with the same weights.</details>
#
# 2. The training loss of the flow-matching network is higher than that of the diffusion network. Are its pictures worse?
#
# <details><summary>Answer</summary>One cannot say. The two networks answer different questions, with other targets at other noise, so their losses have different lowest values. Compare losses within one setting, and pictures by judges and by eye.</details>
#
# 3. A judge says that guidance 1.5 is better than 1. Why should you ask another judge before you use it?
#
# <details><summary>Answer</summary>Guidance makes pictures brighter and more typical. A judge whose features hardly depend on brightness sees only the second. Principal components of the pixels see both.</details>
#
# ## Exercises
#
# **Exercise 1 (easy).** Write `noise_to(picture, noise, share)`: the noisy picture in which `share` of the variance is the picture's.


# %% id=11-exercise-1 tags=exercise
def noise_to(picture, noise, share):
    """Return the noisy picture x_t for a given ᾱ_t = share."""
    return None  # your line here


# %% id=11-exercise-1-check tags=check
from helpers import exercises

with exercises.checking():
    picture, noise = np.array([1.0, -1.0]), np.array([0.5, 0.5])
    hint = "Take the square roots of `share` and of what is left."
    exercises.close(noise_to(picture, noise, 0.64), [1.1, -0.5], hint)
    exercises.close(noise_to(picture, noise, 1.0), picture, "A share of 1: no noise.")
    exercises.close(noise_to(picture, noise, 0.0), noise, "A share of 0: only noise.")
    print("Right.")

# %% [markdown] id=11-exercise-1-solution
# <details><summary>Solution</summary>
#
# ```python
# return np.sqrt(share) * picture + np.sqrt(1 - share) * noise
# ```
#
# </details>
#
# **Exercise 2 (medium).** Build a third solver. The **midpoint method** (中点法) goes half a step with the velocity of the start, asks again there, and takes *that* velocity for the whole step from the start. Write `midpoint(ask, x, told, steps)`, which goes from time 0 to time 1. The check follows a flow whose end is known, and counts how often you ask.


# %% id=11-exercise-2 tags=exercise
def midpoint(ask, x, told, steps):
    """Follow the velocity ask(x, t, told) from time 0 to 1 by the midpoint method."""
    return None  # your lines here


# %% id=11-exercise-2-check tags=check
from helpers import exercises

with exercises.checking():
    asked_times = []

    def known(x, t, told):  # dx/dt = x + t, so x(1) = (x(0) + 1) · e - 2
        asked_times.append(float(t))
        return x + t

    start = np.array([-1.0, 0.0, 2.0])
    wanted = (start + 1) * np.e - 2
    found = exercises.numbers(midpoint(known, start, [0, 1, 2], 4), (3,))
    hint = f"4 steps ask 8 times, yours asked {len(asked_times)} times."
    exercises.require(len(asked_times) == 8, hint)
    hint = f"ask at the start and in the middle of each step, not at {asked_times}."
    exercises.require(np.allclose(asked_times, np.arange(8) / 8), hint)
    errors = [
        np.abs(midpoint(known, start, [0, 1, 2], n) - wanted).max() for n in (8, 16)
    ]
    hint = "twice the steps should leave a quarter of the error; take the velocity of "
    exercises.require(
        3 < errors[0] / errors[1] < 5, hint + "the middle, from the start."
    )
    exercises.require(errors[0] < 0.05, "the walk should end near (x + 1) · e - 2.")
    print(f"Right: the error falls from {errors[0]:.4f} to {errors[1]:.4f}.")

# %% [markdown] id=11-exercise-2-solution
# <details><summary>Solution</summary>
#
# ```python
# for i in range(steps):
#     now, dt = i / steps, 1 / steps
#     half = x + dt / 2 * ask(x, now, told)
#     x = x + dt * ask(half, now + dt / 2, told)
# return x
# ```
#
# </details>
#
# **Exercise 3 (open).** Equal strides need not be the best use of ten network steps. Choose eleven stops `my_stops`, falling from 1,000 to 0, so that the shipped network comes nearer to real pictures than with equal strides. The check draws with both and lets all judges speak. Where do small strides help?

# %% id=11-exercise-3 tags=exercise
my_stops = None  # eleven whole numbers from 1000 down to 0

# %% id=11-exercise-3-check tags=check
from helpers import exercises

with exercises.checking():
    mine = exercises.numbers(my_stops, (11,), "Ten strides need eleven stops.")
    exercises.require(np.array_equal(mine, np.round(mine)), "times are whole numbers.")
    exercises.require(mine[0] == 1000 and mine[-1] == 0, "start at 1000, end at 0.")
    exercises.require(
        (np.diff(mine) < 0).all(), "every stop lies below the one before."
    )
    equal = np.linspace(T, 0, 11).astype(int)
    exercises.require(not np.array_equal(mine, equal), "these are the equal strides.")
    result = {}
    for name, list_of_stops in (("equal", equal), ("yours", mine.astype(int))):
        drawn = walk(ask_shipped, asked, list_of_stops, seed=11)[0][-1]
        result[name] = {k: judge.over_floor(drawn).value for k, judge in judges.items()}
    print(pd.DataFrame(result).T.round(2).to_string())
    nearer = [k for k in judges if result["yours"][k] < result["equal"][k]]
    print(f"Right: {len(nearer)} of {len(judges)} judges prefer your stops.")

# %% [markdown] id=11-exercise-3-solution
# <details><summary>A way to go on</summary>
#
# ```python
# my_stops = np.round(1000 * np.linspace(1, 0, 11) ** 1.5).astype(int)
# ```
#
# Short strides help where little noise is left: the last stride goes straight to the guess, and whatever noise was left there becomes blur. Too few stops at the start cost outlines. `sample` spaces its stops by noise for this reason.
#
# </details>
#
# ## Summary
#
# - Noising step by step and in one jump is the same. The jump makes training one squared error.
# - A U-Net of two grids, written on this page, learns within a minute or two to draw clothes.
# - A walk from noise to picture asks it twenty times. The guess of the picture starts as a blur and becomes sharp late.
# - Guidance trades variety for class, and makes pictures brighter. A judge that is blind to brightness recommends too much of it.
# - Flow matching trains the same network on straight lines, without a schedule.
# - Editing needs no training: keep, noise, step, and go back and forth.
#
# Lesson 13 makes sound, by a GAN and a vocoder. Lesson 19 asks what each judge misses.
#
# ## Sources
#
# - Ho, Jain and Abbeel 2020, *Denoising Diffusion Probabilistic Models*, equations 2, 4, 6, 7 and 14.
# - Song, Meng and Ermon 2021, *Denoising Diffusion Implicit Models*, equations 12 and 16.
# - Nichol and Dhariwal 2021, *Improved Denoising Diffusion Probabilistic Models*, equation 17.
# - Salimans and Ho 2022, *Progressive Distillation for Fast Sampling of Diffusion Models*, appendix D (velocity).
# - Ho and Salimans 2022, *Classifier-Free Diffusion Guidance*, equation 6.
# - Lipman, Chen, Ben-Hamu, Nickel and Le 2023, *Flow Matching for Generative Modeling*, equations 20 to 23; Liu, Gong and Liu 2023, *Flow Straight and Fast*, equation 1.
# - Lu et al. 2022, *DPM-Solver++*, algorithm 2.
# - Lugmayr et al. 2022, *RePaint*, algorithm 1.
# - Ronneberger, Fischer and Brox 2015, *U-Net*; Perez et al. 2018, *FiLM*, equation 2.
# - Tolstikhin et al. 2021, *MLP-Mixer* (the second judge).
# - Xiao, Rasul and Vollgraf 2017, *Fashion-MNIST* (MIT licence); scikit-learn's digits (BSD licence).
