# ruff: noqa: F811, F821
"""Answers to lesson 22's exercises, and what their checks should make of them."""


# %% 22-exercise-1 wrong: forgets duplicates
def accepted(deliveries, patience):
    newest, answer = -float("inf"), []
    for _, moment in deliveries:
        newest = max(newest, moment)
        answer.append(moment >= newest - patience)
    return answer


# %% 22-exercise-1 wrong: forgets the watermark
def accepted(deliveries, patience):
    seen, answer = set(), []
    for name, _ in deliveries:
        answer.append(name not in seen)
        seen.add(name)
    return answer


# %% 22-exercise-1 wrong: refuses what lies exactly at the watermark
def accepted(deliveries, patience):
    seen, newest, answer = set(), -float("inf"), []
    for name, moment in deliveries:
        new = name not in seen
        if new:
            seen.add(name)
            newest = max(newest, moment)
        answer.append(new and moment > newest - patience)
    return answer


# %% 22-exercise-1 wrong: remembers only what was counted, and a duplicate moves time
def accepted(deliveries, patience):
    seen, newest, answer = set(), -float("inf"), []
    for name, moment in deliveries:
        newest = max(newest, moment)
        good = name not in seen and moment >= newest - patience
        if good:
            seen.add(name)
        answer.append(good)
    return answer


# %% 22-exercise-1 wrong: compares with the last time and not with the newest
def accepted(deliveries, patience):
    seen, last, answer = set(), -float("inf"), []
    for name, moment in deliveries:
        new = name not in seen
        answer.append(new and moment >= last - patience)
        seen.add(name)
        last = moment if new else last
    return answer


# %% 22-exercise-1 wrong: remembers only what was counted
def accepted(deliveries, patience):
    seen, newest, answer = set(), -float("inf"), []
    for name, moment in deliveries:
        good = name not in seen
        if good:
            newest = max(newest, moment)
            good = moment >= newest - patience
        if good:
            seen.add(name)
        answer.append(good)
    return answer


# %% 22-exercise-1 wrong: a patience of four, whatever is given
def accepted(deliveries, patience):
    ids, times = zip(*deliveries, strict=True)
    fresh = [name not in ids[:place] for place, name in enumerate(ids)]
    edge = np.maximum.accumulate(np.where(fresh, times, -np.inf)) - 4
    return np.array(fresh) & (times >= edge)


# %% 22-exercise-1 right: looks back each time
def accepted(deliveries, patience):
    first = {}
    for place, (name, _) in enumerate(deliveries):
        first.setdefault(name, place)
    answer = []
    for place, (name, moment) in enumerate(deliveries):
        so_far = [deliveries[p][1] for p in first.values() if p <= place]
        answer.append(int(first[name] == place and moment + patience >= max(so_far)))
    return np.array(answer)


# %% 22-exercise-2 wrong: the begin is the alarm
def change_point(z, h, k=0.5):
    total = 0.0
    for window, one in enumerate(z):
        total = max(0.0, total + one - k)
        if total > h:
            return window, window
    return None


# %% 22-exercise-2 wrong: the begin is the last zero itself
def change_point(z, h, k=0.5):
    total, begin = 0.0, 0
    for window, one in enumerate(z):
        total = max(0.0, total + one - k)
        if total > h:
            return window, begin
        if total == 0:
            begin = window
    return None


# %% 22-exercise-2 wrong: rings at h
def change_point(z, h, k=0.5):
    total, begin = 0.0, 0
    for window, one in enumerate(z):
        total = max(0.0, total + one - k)
        if total >= h:
            return window, begin
        if total == 0:
            begin = window + 1
    return None


# %% 22-exercise-2 wrong: forgets the allowance
def change_point(z, h, k=0.5):
    total, begin = 0.0, 0
    for window, one in enumerate(z):
        total = max(0.0, total + one)
        if total > h:
            return window, begin
        if total == 0:
            begin = window + 1
    return None


# %% 22-exercise-2 wrong: never falls back to 0
def change_point(z, h, k=0.5):
    total = 0.0
    for window, one in enumerate(z):
        total += one - k
        if total > h:
            return window, 0
    return None


# %% 22-exercise-2 wrong: the allowance is always one half
def change_point(z, h, k=0.5):
    total, begin = 0.0, 0
    for window, one in enumerate(z):
        total = max(0.0, total + one - 0.5)
        if total > h:
            return window, begin
        if total == 0:
            begin = window + 1
    return None


# %% 22-exercise-2 wrong: any window at or below the allowance starts anew
def change_point(z, h, k=0.5):
    total, begin = 0.0, 0
    for window, one in enumerate(z):
        total = total + one - k if one > k else 0.0
        if total > h:
            return window, begin
        if total == 0:
            begin = window + 1
    return None


# %% 22-exercise-2 wrong: a sum of exactly 0 does not start anew
def change_point(z, h, k=0.5):
    sums, begin = [0.0], 0
    for one in z:
        sums.append(sums[-1] + one - k)
        if sums[-1] < 0:
            sums[-1], begin = 0.0, len(sums) - 1
        if sums[-1] > h:
            return len(sums) - 2, begin


# %% 22-exercise-2 right: sums less their smallest so far
def change_point(z, h, k=0.5):
    path = np.concatenate([[0.0], np.cumsum(np.asarray(z, float) - k)])
    lowest = np.minimum.accumulate(path)
    over = np.flatnonzero(path - lowest > h)
    if not len(over):
        return None
    start = max(i for i in range(over[0] + 1) if path[i] == lowest[i])
    return np.array([over[0] - 1, start])


# %% 22-exercise-3 wrong: adds up, and repeats after a crash
def add(disk, batch, place):
    for _, topic in batch:
        disk[topic] = disk.get(topic, 0) + 1


def counts(disk):
    return dict(disk)


# %% 22-exercise-3 wrong: the place first, then the topics
def add(disk, batch, place):
    if place > disk.get("place", -1):
        disk["place"] = place
        disk["topics"] = disk.get("topics", {}) | dict(batch)


def counts(disk):
    topics = list(disk.get("topics", {}).values())
    return {topic: topics.count(topic) for topic in topics}


# %% 22-exercise-3 wrong: the totals first, then the place
def add(disk, batch, place):
    if place > disk.get("place", -1):
        totals = dict(disk.get("totals", {}))
        for _, topic in batch:
            totals[topic] = totals.get(topic, 0) + 1
        disk["totals"] = totals
        disk["place"] = place


def counts(disk):
    return disk.get("totals", {})


# %% 22-exercise-3 wrong: once a batch, but an event sent twice counts twice
def add(disk, batch, place):
    disk[place] = [topic for _, topic in batch]


def counts(disk):
    topics = [topic for batch in disk.values() for topic in batch]
    return {topic: topics.count(topic) for topic in topics}


# %% 22-exercise-3 wrong: what is changed in place is never written
def add(disk, batch, place):
    disk.setdefault("topics", {}).update(batch)


def counts(disk):
    topics = list(disk.get("topics", {}).values())
    return {topic: topics.count(topic) for topic in topics}


# %% 22-exercise-3 wrong: always what the first check wants
def add(disk, batch, place):
    pass


def counts(disk):
    return {"law": 2, "deals": 1}


# %% 22-exercise-3 wrong: ids and totals at once, and yet one after the other
def add(disk, batch, place):
    known, totals = disk.get("known", ()), disk.get("totals", {})
    for topic in {name: topic for name, topic in batch if name not in known}.values():
        totals = {**totals, topic: totals.get(topic, 0) + 1}
    disk |= {"known": [*known, *dict(batch)], "totals": totals}


def counts(disk):
    return disk["totals"]


# %% 22-exercise-3 right: one key for each event
def add(disk, batch, place):
    for name, topic in batch:
        disk[name] = topic


def counts(disk):
    found = {}
    for topic in disk.values():
        found[topic] = found.get(topic, 0) + 1
    return found
