# ruff: noqa: F811, F821
"""Answers to lesson 13's exercises, and what their checks should make of them."""


# %% 13-exercise-1 wrong: words with their silence
def say(number, voice=1):
    letters = [int(letter) for letter in str(number)]
    return vocoder.speak(draw(trained, letters, [voice] * len(letters))).ravel()


# %% 13-exercise-1 wrong: only the first digit
def say(number, voice=1):
    letter = int(str(number)[0])
    return audio.trim(vocoder.speak(draw(trained, [letter], [voice]))[0])


# %% 13-exercise-1 wrong: from behind
def say(number, voice=1):
    letters = [int(letter) for letter in str(number)]
    sounds = vocoder.speak(draw(trained, letters, [voice] * len(letters)))
    return np.concatenate([audio.trim(sound) for sound in sounds[::-1]])


# %% 13-exercise-1 wrong: always the same voice
def say(number, voice=1):
    letters = [int(letter) for letter in str(number)]
    sounds = vocoder.speak(draw(trained, letters, [1] * len(letters)))
    return np.concatenate([audio.trim(sound) for sound in sounds])


# %% 13-exercise-1 wrong: the middle digits exchanged
def say(number, voice=1):
    letters = [int(letter) for letter in str(number)]
    letters[1:-1] = letters[1:-1][::-1]
    sounds = vocoder.speak(draw(trained, letters, [voice] * len(letters)))
    return np.concatenate([audio.trim(sound) for sound in sounds])


# %% 13-exercise-1 wrong: a call for each digit, so that all get the same noise
def say(number, voice=1):
    letters = [int(letter) for letter in str(number)]
    sounds = [vocoder.speak(draw(trained, [one], [voice]))[0] for one in letters]
    return np.concatenate([audio.trim(sound) for sound in sounds])


# %% 13-exercise-1 wrong: spectrograms in place of sounds
def say(number, voice=1):
    letters = [int(letter) for letter in str(number)]
    return np.concatenate(draw(trained, letters, [voice] * len(letters)))


# %% 13-exercise-1 wrong: no digit in zero
def say(number, voice=1):
    import math

    count = math.ceil(math.log10(number + 1))
    letters = [number // 10**place % 10 for place in range(count)][::-1]
    sounds = vocoder.speak(draw(trained, letters, [voice] * count))
    return np.concatenate([audio.trim(sound) for sound in sounds])


# %% 13-exercise-1 right: digits by arithmetic, a list of samples
def say(number, voice=1):
    letters = [number % 10]
    while number := number // 10:
        letters.insert(0, number % 10)
    sounds = vocoder.speak(draw(trained, letters, np.full(len(letters), voice)))
    return [sample for sound in sounds for sample in audio.trim(sound)]


# %% 13-exercise-2 wrong: a cross-fade of two pictures
def blend(share, digit=7):
    first, second = draw(trained, [digit], [0])[0], draw(trained, [digit], [1])[0]
    return (1 - share) * first + share * second


# %% 13-exercise-2 wrong: the nearer of the two voices
def blend(share, digit=7):
    return draw(trained, [digit], [round(share)])[0]


# %% 13-exercise-2 wrong: the shares the other way round
def blend(share, digit=7):
    before = trained.speaker.get_weights()[0]
    table = before.copy()
    table[0] = share * before[0] + (1 - share) * before[1]
    trained.speaker.set_weights([table])
    picture = draw(trained, [digit], [0])[0]
    trained.speaker.set_weights([before])
    return picture


# %% 13-exercise-2 wrong: the table is not put back
def blend(share, digit=7):
    table = trained.speaker.get_weights()[0]
    table[0] = (1 - share) * table[0] + share * table[1]
    trained.speaker.set_weights([table])
    return draw(trained, [digit], [0])[0]


# %% 13-exercise-2 wrong: scaled to -1 … 1 in place of decibels
def blend(share, digit=7):
    before = trained.speaker.get_weights()[0]
    mixed = (1 - share) * before[0] + share * before[1]
    trained.speaker.set_weights([np.tile(mixed, (6, 1))])
    picture = audio.scale_log_mel(draw(trained, [digit], [0])[0])
    trained.speaker.set_weights([before])
    return picture


# %% 13-exercise-2 wrong: always a seven
def blend(share, digit=7):
    before = trained.speaker.get_weights()[0]
    mixed = (1 - share) * before[0] + share * before[1]
    trained.speaker.set_weights([np.tile(mixed, (6, 1))])
    picture = draw(trained, [7], [0])[0]
    trained.speaker.set_weights([before])
    return picture


# %% 13-exercise-2 right: a second network with one mixed voice
def blend(share, digit=7):
    other = Generator(widths=(128, 96, 64, 32))
    draw(other, [0], [0])
    other.set_weights(trained.get_weights())
    table = other.speaker.embeddings.numpy()
    table[:] = table[0] + share * (table[1] - table[0])
    other.speaker.set_weights([table])
    return draw(other, [digit], [3])[0].tolist()


# %% 13-exercise-3 wrong: the first of them
def surest(digit, tries=8, voice=0):
    return draw(trained, [digit] * tries, [voice] * tries, seed=3)[0]


# %% 13-exercise-3 wrong: the least sure
def surest(digit, tries=8, voice=0):
    pictures = draw(trained, [digit] * tries, [voice] * tries, seed=3)
    return pictures[knows.decision_function(describe(pictures))[:, digit].argmin()]


# %% 13-exercise-3 wrong: always eight tries
def surest(digit, tries=8, voice=0):
    pictures = draw(trained, [digit] * 8, [voice] * 8, seed=3)
    return pictures[knows.decision_function(describe(pictures))[:, digit].argmax()]


# %% 13-exercise-3 wrong: a recording
def surest(digit, tries=8, voice=0):
    pictures = log_mels[(digits == digit) & (voices == voice)][:tries]
    return pictures[knows.decision_function(describe(pictures))[:, digit].argmax()]


# %% 13-exercise-3 wrong: another seed
def surest(digit, tries=8, voice=0):
    pictures = draw(trained, [digit] * tries, [voice] * tries, seed=0)
    return pictures[knows.decision_function(describe(pictures))[:, digit].argmax()]


# %% 13-exercise-3 wrong: the surest of any digit
def surest(digit, tries=8, voice=0):
    pictures = draw(trained, [digit] * tries, [voice] * tries, seed=3)
    sure = knows.decision_function(describe(pictures)).max(axis=1)
    return pictures[sure.argmax()]


# %% 13-exercise-3 right: one by one with `max`
def surest(digit, tries=8, voice=0):
    pictures = draw(trained, [digit] * tries, [voice] * tries, seed=3)
    return max(
        pictures, key=lambda one: knows.decision_function(describe([one]))[0, digit]
    )
