# ruff: noqa: F811, F821
"""Answers to lesson 08's exercises, and what their checks should make of them."""


# %% 08-exercise-1 wrong: equal shares, whatever the points
def arms(points):
    return np.full(3, 1 / 3)


# %% 08-exercise-1 wrong: the two arms of the first example
def arms(points):
    return np.array([0.5, 0.5, 0.0])


# %% 08-exercise-1 wrong: counts in place of shares
def arms(points):
    distance = ((points[:, None] - centres) ** 2).sum(axis=-1)
    return np.bincount(distance.argmin(axis=1) // 40, minlength=3)


# %% 08-exercise-1 wrong: remainder in place of quotient
def arms(points):
    distance = ((points[:, None] - centres) ** 2).sum(axis=-1)
    return np.bincount(distance.argmin(axis=1) % 3, minlength=3) / len(points)


# %% 08-exercise-1 wrong: the last arm is lost when nobody is on it
def arms(points):
    distance = ((points[:, None] - centres) ** 2).sum(axis=-1)
    return np.bincount(distance.argmin(axis=1) // 40) / len(points)


# %% 08-exercise-1 wrong: distances along the axes, added up
def arms(points):
    apart = np.abs(np.asarray(points)[:, None] - centres).sum(axis=-1)
    return np.bincount(apart.argmin(axis=1) // 40, minlength=3) / len(points)


# %% 08-exercise-1 right: a tree of neighbours, and a list
def arms(points):
    from scipy.spatial import cKDTree

    arm = cKDTree(centres).query(points)[1] // 40
    return [float(np.mean(arm == number)) for number in range(3)]


# %% 08-exercise-2 wrong: nothing is sorted
def sliced(x, y, count=32):
    turns = np.arange(count) * np.pi / count
    directions = np.stack([np.cos(turns), np.sin(turns)])
    return np.abs(x @ directions - y @ directions).mean()


# %% 08-exercise-2 wrong: sorted along the wrong axis
def sliced(x, y, count=32):
    turns = np.arange(count) * np.pi / count
    directions = np.stack([np.cos(turns), np.sin(turns)])
    return np.abs(np.sort(x @ directions, 1) - np.sort(y @ directions, 1)).mean()


# %% 08-exercise-2 wrong: one direction, whatever the count
def sliced(x, y, count=32):
    return np.abs(np.sort(x[:, 0]) - np.sort(y[:, 0])).mean()


# %% 08-exercise-2 wrong: gaps cancel
def sliced(x, y, count=32):
    turns = np.arange(count) * np.pi / count
    directions = np.stack([np.cos(turns), np.sin(turns)])
    return (np.sort(x @ directions, 0) - np.sort(y @ directions, 0)).mean()


# %% 08-exercise-2 wrong: the distance of the means
def sliced(x, y, count=32):
    return np.linalg.norm(x.mean(0) - y.mean(0))


# %% 08-exercise-2 wrong: the gaps are squared
def sliced(x, y, count=32):
    turns = np.arange(count) * np.pi / count
    directions = np.stack([np.cos(turns), np.sin(turns)])
    return ((np.sort(x @ directions, 0) - np.sort(y @ directions, 0)) ** 2).mean()


# %% 08-exercise-2 wrong: sorts each coordinate by itself, then projects
def sliced(x, y, count=32):
    turns = np.arange(count) * np.pi / count
    directions = np.stack([np.cos(turns), np.sin(turns)])
    return np.abs((np.sort(x, axis=0) - np.sort(y, axis=0)) @ directions).mean()


# %% 08-exercise-2 wrong: the middle gap
def sliced(x, y, count=32):
    lines = np.exp(1j * np.pi * np.arange(count) / count)
    x, y = (
        np.outer(p[:, 0], lines.real) + np.outer(p[:, 1], lines.imag) for p in (x, y)
    )
    return np.median(np.abs(np.sort(x, axis=0) - np.sort(y, axis=0)), axis=0).mean()


# %% 08-exercise-2 right: a loop, and the library's distance in one dimension
def sliced(x, y, count=32):
    from scipy.stats import wasserstein_distance

    total = 0.0
    for k in range(count):
        angle = np.pi * k / count
        line = np.array([np.cos(angle), np.sin(angle)])
        total += wasserstein_distance(x @ line, y @ line)
    return total / count


# %% 08-exercise-3 wrong: any arm
def points_on(arm, count):
    return galaxy(count, rng)


# %% 08-exercise-3 wrong: training points
def points_on(arm, count):
    distance = ((train_points[:4000, None] - centres) ** 2).sum(axis=-1)
    return train_points[:4000][distance.argmin(axis=1) // 40 == arm][:count]


# %% 08-exercise-3 wrong: training points, shaken a little
def points_on(arm, count):
    far = np.linalg.norm(train_points[:6000, None] - centres, axis=-1)
    own = np.flatnonzero(far.argmin(axis=1) // 40 == arm)[:count]
    return train_points[own] + 1e-4 * rng.standard_normal((count, 2))


# %% 08-exercise-3 wrong: a store of points, made once
def points_on(arm, count):
    made = np.asarray(samples["flow matching", 0])
    nearest = ((made[:, None] - centres) ** 2).sum(axis=-1).argmin(axis=1)
    return made[nearest // 40 == arm][:count]


# %% 08-exercise-3 wrong: squares around the middles
def points_on(arm, count):
    rng = np.random.default_rng()
    middles = centres[40 * arm + rng.integers(0, 40, count)]
    return middles + rng.uniform(-1, 1, (count, 2))


# %% 08-exercise-3 wrong: one place
def points_on(arm, count):
    return np.tile(centres[40 * arm + 20], (count, 1)) + 0.01 * rng.random((count, 2))


# %% 08-exercise-3 wrong: the middles of the clouds, again and again
def points_on(arm, count):
    return np.tile(centres[40 * arm : 40 * arm + 40], (count // 40 + 1, 1))[:count]


# %% 08-exercise-3 wrong: the next arm
def points_on(arm, count):
    chosen = centres[40 * ((arm + 1) % 3) + rng.integers(0, 40, count)]
    return chosen + 0.05 * rng.standard_normal((count, 2))


# %% 08-exercise-3 wrong: too few
def points_on(arm, count):
    points = samples["flow matching", 0]
    distance = ((points[:, None] - centres) ** 2).sum(axis=-1)
    return points[distance.argmin(axis=1) // 40 == arm][: count // 2]


# %% 08-exercise-3 wrong: always 500
def points_on(arm, count):
    points = samples["flow matching", 0]
    distance = ((points[:, None] - centres) ** 2).sum(axis=-1)
    return points[distance.argmin(axis=1) // 40 == arm][:500]


# %% 08-exercise-3 right: the normalising flow, by rejection, as a list
def points_on(arm, count):
    kept = []
    while len(kept) < count:
        points = normalising_sample(flow, 1_000).numpy()
        distance = ((points[:, None] - centres) ** 2).sum(axis=-1)
        kept += points[distance.argmin(axis=1) // 40 == arm].tolist()
    return kept[:count]


# %% 08-exercise-3 right: a flow that is told the arm
def points_on(arm, count):
    if "told" not in globals():
        global told
        square = ((train_points[:, None] - centres) ** 2).sum(axis=-1)
        which = tf.one_hot(square.argmin(axis=1) // 40, 3)
        told = mlp(18 + 9 + 3, 2)
        optimizer = keras.optimizers.Adam(3e-3)
        optimizer.build(told.trainable_variables)

        @tf.function
        def step():
            chosen = tf.random.uniform([256], 0, len(train_points), tf.int32)
            x, label = tf.gather(pool, chosen), tf.gather(which, chosen)
            z, t = tf.random.normal([256, 2]), tf.random.uniform([256, 1])
            mixed = (1 - t) * z + t * x
            with tf.GradientTape() as tape:
                v = told(tf.concat([waves(mixed), waves(t), label], axis=1))
                loss = tf.reduce_mean((v - (x - z)) ** 2)
            weights = told.trainable_variables
            optimizer.apply(tape.gradient(loss, weights), weights)

        for _ in range(1_000):
            step()
    x, label = tf.random.normal([count, 2]), tf.one_hot(tf.fill([count], arm), 3)
    for number in range(40):
        t = tf.fill([count, 1], number / 40)
        x = x + told(tf.concat([waves(x), waves(t), label], axis=1)) / 40
    return x
