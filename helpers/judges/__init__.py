"""Networks that judge what others made: images, speech."""

from helpers.judges.images import ImageJudge, image_judges
from helpers.judges.recognition import (
    JudgeUnavailable,
    available,
    predicted_mos,
    predicted_mos_all,
    recognise,
    recognise_all,
)
from helpers.judges.speech import SpeechJudge

__all__ = [
    "ImageJudge",
    "JudgeUnavailable",
    "SpeechJudge",
    "available",
    "image_judges",
    "predicted_mos",
    "predicted_mos_all",
    "recognise",
    "recognise_all",
]
