"""What may be a name, a password, an identity; how long codes and tokens live."""

import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.errors import Invalid
from app.core.text import clean, fold, phone_e164

SCOPES = {
    "cases:read": _l("Xem các trường hợp"),
    "cases:write": _l("Đăng và trả lời trường hợp của mình"),
    "claims:write": _l("Nhận giúp, gia hạn, giao"),
    "exports:read": _l("Xuất dữ liệu địa bàn"),
}
"""What a personal access token may be allowed to do."""

TOKEN_DAYS = (30, 90, 365)
TOKENS_KEPT = 50
"""Live tokens a person may have; the oldest go when more are made."""

PASSWORD_LENGTH = 10
LONGEST_PASSWORD = 200
LONGEST_NAME = 80
LONGEST_NOTE = 300

CODE_DIGITS = 6
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
CODES_AN_HOUR = 5

# What people type when they are told to make it longer.
TOO_EASY = frozenset(
    {"1234567890a", "a1234567890", "matkhau123", "matkhau1234", "password123", "password1234", "qwertyuiop"}
)


class Identity(NamedTuple):
    """How an account is known: by a phone number in E.164 or by an e-mail address in lower case."""

    phone: str | None = None
    email: str | None = None

    @property
    def address(self) -> str:
        """Where messages to it go."""
        return self.phone or self.email or ""


def read_identity(typed: str, *, region: str = "VN", field: str = "identity") -> Identity:
    """What was typed as a phone number (any way) or an e-mail address, or Invalid beside `field`."""
    typed = clean(typed)
    if not typed:
        raise Invalid(_("Nhập số điện thoại hoặc e-mail."), field=field, slug="missing-identity")
    if "@" not in typed:
        return Identity(phone=phone_e164(typed, region=region, field=field))
    try:
        checked = validate_email(typed, check_deliverability=False)
    except EmailNotValidError:
        raise Invalid(_("E-mail chưa đúng."), field=field, slug="invalid-email") from None
    return Identity(email=checked.normalized.lower())


def check_name(typed: str, *, field: str = "name") -> str:
    """The cleaned name, or Invalid."""
    name = clean(typed).replace("\n", " ")
    if not name:
        raise Invalid(_("Cho mọi người biết gọi bạn là gì."), field=field)
    if len(name) > LONGEST_NAME:
        raise Invalid(_("Tên dài nhất %(n)s chữ.", n=LONGEST_NAME), field=field)
    return name


def normal_password(typed: str) -> str:
    """The same bytes however a keyboard composes Vietnamese letters."""
    return unicodedata.normalize("NFC", typed)


def check_password(typed: str, *, known: Iterable[str | None] = (), field: str = "password") -> str:
    """A password that is worth its name, or Invalid; `known` is what a guesser would try first."""
    password = normal_password(typed)
    if not password:
        raise Invalid(_("Chọn một mật khẩu."), field=field)
    if len(password) < PASSWORD_LENGTH:
        raise Invalid(_("Mật khẩu cần ít nhất %(n)s ký tự.", n=PASSWORD_LENGTH), field=field)
    if len(password) > LONGEST_PASSWORD:
        raise Invalid(_("Mật khẩu dài nhất %(n)s ký tự.", n=LONGEST_PASSWORD), field=field)
    if password.isdigit():
        raise Invalid(_("Mật khẩu không nên chỉ toàn chữ số. Thêm vài chữ cái."), field=field)
    folded = fold(password)
    guesses = {fold(word) for word in known if word} | TOO_EASY
    if folded in guesses or len(set(folded)) < 4:
        raise Invalid(_("Mật khẩu này dễ đoán quá. Thử vài từ ghép lại."), field=field)
    return password


def check_scopes(asked: Iterable[str], *, field: str = "scopes") -> list[str]:
    """The scopes in their fixed order, or Invalid."""
    wanted = set(asked)
    if not wanted:
        raise Invalid(_("Chọn ít nhất một quyền."), field=field)
    if wanted - set(SCOPES):
        raise Invalid(_("Có quyền không có trong danh sách."), field=field)
    return [scope for scope in SCOPES if scope in wanted]
