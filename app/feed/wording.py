"""Why a case is suggested, in the words of its card."""

from collections.abc import Sequence

from app.cases.rules import URGENCIES
from app.matching import wording

MOST_SAID = 3


def said(reasons: Sequence[tuple[str, float]]) -> list[str]:
    """The weightiest reasons as where somebody is asked directly; how urgent it is has a mark on the card."""
    return wording.said([reason for reason in reasons if reason[0] not in URGENCIES])[:MOST_SAID]
