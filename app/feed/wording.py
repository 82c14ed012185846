"""Why a case is suggested, in the words of its card: the same words as where somebody is asked directly."""

from app.matching.wording import said, waited

__all__ = ["said", "waited"]
