"""Why a case is suggested to somebody, in the words of its card."""

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.web.filters import metres

# Of an illness or a pregnancy a card says no more than that the household comes first: such facts are for
# the person who goes there.
BECAUSE = {
    "life_threatening": _l("nguy hiểm tính mạng"),
    "urgent": _l("gấp"),
    "children": _l("có trẻ nhỏ"),
    "elderly": _l("có người già"),
    "sick": _l("cần ưu tiên"),
    "pregnant": _l("cần ưu tiên"),
}


def concerns(vulnerabilities: Sequence[str]) -> list[str]:
    """Who lives there, as anybody may be told it who has not been shown the contact."""
    return list(dict.fromkeys(str(BECAUSE[slug]) for slug in vulnerabilities if slug in BECAUSE))


def said(reasons: Sequence[tuple[str, float]]) -> list[str]:
    """The reasons in words, each once: "gần bạn 600 m", "chờ 9 giờ", "có trẻ nhỏ"."""
    words = [_said(kind, amount) for kind, amount in reasons]
    return list(dict.fromkeys(word for word in words if word))


def _said(kind: str, amount: float) -> str:
    if kind == "near":
        return str(_("gần bạn %(distance)s", distance=metres(amount)))
    if kind == "waiting":
        return waited(amount)
    return str(BECAUSE.get(kind, ""))


def waited(hours: float) -> str:
    """How long somebody has been waiting."""
    if hours < 1:
        return str(_("chờ %(n)s phút", n=max(1, int(hours * 60))))
    if hours < 48:
        return str(_("chờ %(n)s giờ", n=int(hours)))
    return str(_("chờ %(n)s ngày", n=int(hours / 24)))
