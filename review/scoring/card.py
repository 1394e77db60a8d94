"""The card of a learned model: what it was trained on, how good it is, what it is not for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review.words import Language


def lines(card: Mapping[str, Any], language: Language = "en") -> list[str]:
    """Say a model's card in words, one fact a line.

    Parameters
    ----------
    card
        :attr:`review.scoring.learning.Learned.card`.
    """

    def say(key: str, **facts: Any) -> str:
        return words.say(f"learning.{key}", language, **facts)

    comma = "、" if language == "zh" else ", "
    made = [
        say("purpose"),
        say(
            "trained_on",
            clear=card["clear"],
            decisions=card["decisions"],
            confirmed=card["confirmed"],
            sittings=card["sittings"],
            sessions=comma.join(card["sessions"]) or "–",
        ),
    ]
    if card.get("why_not"):
        return [*made, say("no_model", why=card["why_not"])]
    for name, part in zip(("learned", "calibrated", "measured"), card["parts"], strict=True):
        made.append(say(name, n=part["decisions"], begin=_day(part["from"]), end=_day(part["to"])))
    share, low, high = card["share_confirmed"]
    labels = [words.label(label, language) for label in card["labels"]]
    left_out = [words.label(label, language) for label in card["labels_left_out"]]
    return [
        *made,
        say("calibration_error", error=f"{card['calibration_error']:.3f}"),
        say("brier", brier=f"{card['brier']:.3f}", mean=f"{card['brier_of_the_mean']:.3f}"),
        say("share", share=f"{share:.1%}", low=f"{low:.1%}", high=f"{high:.1%}"),
        say("labels", labels=comma.join(labels)),
        say("left_out", labels=comma.join(left_out) or "–"),
        say("limits"),
    ]


def _day(at: str | None) -> str:
    return "–" if at is None else at[:10]
