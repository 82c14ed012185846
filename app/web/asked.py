"""What programs send, and what is wrong with it: said in their person's language, as on the pages."""

from typing import Any, Self

from flask_babel import lazy_gettext as _l
from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError


class Asked(BaseModel):
    """The base of everything that programs send: what is wrong with it is said in their person's language."""

    @model_validator(mode="wrap")
    @classmethod
    def said(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Validate, with pydantic's English messages replaced by ours."""
        try:
            return handler(given)
        except ValidationError as wrong:
            raise ValidationError.from_exception_data(
                wrong.title, [_said(e) for e in wrong.errors()]
            ) from None


class Body(Asked):
    """The base of request bodies: types are taken as they are and unknown members are refused."""

    model_config = ConfigDict(strict=True, extra="forbid")


MESSAGES = {
    "missing": _l("Còn thiếu."),
    "extra_forbidden": _l("Không có trường nào tên như vậy."),
    "string_type": _l("Phải là một chuỗi chữ."),
    "int": _l("Phải là số nguyên."),
    "float": _l("Phải là số."),
    "finite_number": _l("Phải là số."),
    "bool": _l("Phải là true hoặc false."),
    "list_type": _l("Phải là một danh sách."),
    "model_type": _l("Phải là một đối tượng JSON."),
    "literal_error": _l("Phải là một trong: %(choices)s."),
    "greater_than_equal": _l("Nhỏ nhất là %(limit)s."),
    "less_than_equal": _l("Lớn nhất là %(limit)s."),
    "too_short": _l("Cần ít nhất %(limit)s."),
    "too_long": _l("Tối đa %(limit)s."),
    "string_too_short": _l("Cần ít nhất %(limit)s ký tự."),
    "string_too_long": _l("Tối đa %(limit)s ký tự."),
}
"""What is said instead of pydantic's message, by its type of error or the beginning of that."""


def _said(error: Any) -> InitErrorDetails:
    """The error with our message; one that is ours already, or has no words here, stays as it is."""
    kind, more = error["type"], error.get("ctx", {})
    words = MESSAGES.get(kind) or MESSAGES.get(kind.partition("_")[0])
    limit = next((more[name] for name in ("ge", "le", "min_length", "max_length") if name in more), "")
    choices = more.get("expected", "").replace("'", "").replace(" or ", ", ")
    text = str(words) % {"limit": limit, "choices": choices} if words else error["msg"]
    return InitErrorDetails(type=PydanticCustomError(kind, text), loc=error["loc"], input=error["input"])
