"""What is done to text on its way in and out: cleaning, folding, phone numbers, masking."""

import re
import unicodedata

import phonenumbers
from flask_babel import gettext as _

from app.core.errors import Invalid

_CONTROL = re.compile(r"[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_MANY_SPACES = re.compile(r" {2,}")

# A run of 8 to 13 digits with the usual separators between them, as phone numbers are written.
_PHONE_LIKE = re.compile(r"(?<!\d)\+?\d(?:[\s.\-()]{0,2}\d){7,12}(?!\d)")
_EMAIL_LIKE = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# House numbers with what follows: "12/3 đường X", "số nhà 5", "hẻm 45/2", "căn hộ A1203". A bare "số 4" is a
# size (tã số 4), and 1/2 kg is a quantity.
_HOUSE = r"[A-Za-z]{0,2}\d[\w/\-.]*"
_WAY = r"(?:đường|phố|hẻm|ngõ|ngách|kiệt)"
_ADDRESS_LIKE = re.compile(
    rf"\b(?:(?:số\s*nhà|nhà\s*số|nhà|căn\s*hộ|căn|phòng|lô|block|chung\s*cư|ấp|tổ|khu\s*phố|đ/c|địa\s*chỉ|{_WAY})"
    rf"\.?\s*:?\s*(?:số\s*)?{_HOUSE}(?:\s+{_WAY}\b[^,.;\n]*)?"
    rf"|(?:số\s*)?\d+[A-Za-z]?(?:/\d+[A-Za-z]?)*\s+{_WAY}\b[^,.;\n]*"
    r"|(?!(?:1/2|1/3|1/4|2/3|3/4)\b)\d+[A-Za-z]?(?:/\d+[A-Za-z]?)+(?!\s*(?:k?g|mg|ml|l|lít|%)\b))",
    re.IGNORECASE,
)
MASK = "•••"


def clean(text: str | None) -> str:
    """NFC text without control, invisible or surrogate characters, trimmed, spaces folded.

    Line breaks stay.
    """
    if not text:
        return ""
    text = _SURROGATES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub(" ", unicodedata.normalize("NFC", text))
    lines = (_MANY_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(lines).strip()


def fold(text: str) -> str:
    """Lower case without diacritics, đ as d: the same folding as SQL's `vi_fold`, for comparing in Python."""
    decomposed = unicodedata.normalize("NFD", clean(text).lower().replace("đ", "d"))
    return "".join(ch for ch in decomposed if not unicodedata.combining(ch))


def phone_e164(text: str, *, region: str = "VN", field: str = "phone") -> str:
    """The number in E.164 however a person types it, or Invalid beside `field`."""
    try:
        number = phonenumbers.parse(clean(text), region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number) or not _dialable(number):
        raise Invalid(
            _("Số điện thoại chưa đúng. Ví dụ: 0912 345 678."),
            field=field,
            slug="invalid-phone",
        ) from None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _dialable(number: phonenumbers.PhoneNumber) -> bool:
    """Valid by the numbering plan; the demo accounts' 0900 00000x are in it too."""
    return phonenumbers.is_valid_number(number) and not number.extension


def phone_display(e164: str) -> str:
    """The number as people in its country write it; what cannot be read comes back unchanged."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    form = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if number.country_code == phonenumbers.country_code_for_region("VN")
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(number, form)


def mask_private(text: str) -> str:
    """The text with phone numbers, e-mail addresses and house numbers made unreadable for strangers."""
    for pattern in (_EMAIL_LIKE, _PHONE_LIKE, _ADDRESS_LIKE):
        text = pattern.sub(MASK, text)
    return text
