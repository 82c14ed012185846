"""What people type about their accounts. The domain checks again; its refusals land beside the fields."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, SelectMultipleField, StringField, TelField
from wtforms.validators import InputRequired

from app.core.errors import Conflict, Invalid
from app.people.rules import TOKEN_DAYS

CONSENT = _l(
    "Tôi đồng ý cho Lá Lành lưu tên và số điện thoại hoặc e-mail của tôi để đăng nhập và để những người "
    "trong cùng một trường hợp liên lạc với tôi. Tôi có thể tải về hoặc xoá chúng bất cứ lúc nào."
)


@contextmanager
def beside_fields(form: FlaskForm) -> Iterator[None]:
    """Show a refusal of the domain at the field of `form` it belongs to; look at `form.errors` after."""
    try:
        yield
    except (Invalid, Conflict) as refusal:
        ours = {name: texts for name, texts in refusal.errors.items() if name in form}
        if not ours:
            raise
        for name, texts in ours.items():
            form[name].errors = [*form[name].errors, *texts]


def _needed(text: Any) -> InputRequired:
    return InputRequired(text)


class _Form(FlaskForm):  # type: ignore[misc]
    """What was typed, as texts."""

    def text(self, name: str) -> str:
        """What was typed into a field; "" for nothing."""
        return str(self[name].data or "")


class SignInForm(_Form):
    """Who, and the password; where to go afterwards, and a form that was interrupted."""

    identity = TelField(_l("Số điện thoại hoặc e-mail"), [_needed(_l("Nhập số điện thoại hoặc e-mail."))])
    password = PasswordField(_l("Mật khẩu"), [_needed(_l("Nhập mật khẩu."))])
    next = HiddenField()
    held = HiddenField()


class SignUpForm(_Form):
    """A new account. The domain alone checks it, so that every wrong field is named in one go."""

    name = StringField(_l("Tên của bạn"))
    identity = TelField(_l("Số điện thoại hoặc e-mail"))
    password = PasswordField(_l("Mật khẩu"))
    helps = BooleanField(_l("Tôi muốn giúp"))
    agree = BooleanField(CONSENT)
    next = HiddenField()
    held = HiddenField()


class AskCodeForm(_Form):
    """Where the one-time code should go."""

    identity = TelField(_l("Số điện thoại hoặc e-mail"), [_needed(_l("Nhập số điện thoại hoặc e-mail."))])


class ResetForm(_Form):
    """The code and the new password."""

    identity = HiddenField()
    code = StringField(_l("Mã gồm 6 chữ số"), [_needed(_l("Nhập mã bạn vừa nhận."))])
    password = PasswordField(_l("Mật khẩu mới"), [_needed(_l("Chọn một mật khẩu."))])


class NameForm(_Form):
    """What others call this person."""

    name = StringField(_l("Tên của bạn"), [_needed(_l("Cho mọi người biết gọi bạn là gì."))])


class PasswordForm(_Form):
    """A new password by somebody who knows the old one."""

    old = PasswordField(_l("Mật khẩu hiện tại"), [_needed(_l("Nhập mật khẩu hiện tại."))])
    new = PasswordField(_l("Mật khẩu mới"), [_needed(_l("Chọn một mật khẩu."))])


class EraseForm(_Form):
    """The password once more before the account goes."""

    password = PasswordField(_l("Mật khẩu"), [_needed(_l("Nhập mật khẩu để xác nhận."))])


class NoteForm(_Form):
    """What a medic says so that somebody can verify the licence."""

    note = StringField(
        _l("Số chứng chỉ hành nghề và nơi làm việc"),
        [_needed(_l("Ghi số chứng chỉ hành nghề và nơi làm việc để chúng tôi xác minh."))],
    )


class TokenForm(_Form):
    """A personal access token."""

    token_name = StringField(_l("Dùng ở đâu?"), [_needed(_l("Đặt tên để sau này nhớ mã dùng ở đâu."))])
    scopes = SelectMultipleField(_l("Được làm gì?"), choices=[], validate_choice=False)
    days = StringField(_l("Thời hạn"), default=str(TOKEN_DAYS[0]))
