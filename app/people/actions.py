"""What people do with their own accounts. Callers hold the transaction."""

from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from app.core import audit
from app.core.db import db, new_id
from app.core.errors import Conflict, Invalid, NotAllowed
from app.core.text import clean
from app.people import policies, queries
from app.people.models import User, UserRole
from app.people.passwords import hash_password, is_outdated, password_fits
from app.people.rules import LONGEST_NOTE, Identity, check_name, check_password, read_identity
from app.people.standing import standing_of


def sign_up(
    typed: str,
    name: str,
    password: str,
    *,
    region: str,
    agreed: bool,
    words: str,
    helps: bool = False,
    locale: str = "vi",
) -> User:
    """A new account for the phone number or e-mail address that was `typed`.

    `words` is the consent exactly as it was shown; it is kept as its proof.
    """
    identity, problems = _checked(typed, name, password, region)
    if not agreed:
        problems["agree"] = [_("Cần bạn đồng ý thì chúng tôi mới được lưu thông tin của bạn.")]
    if problems:
        raise Invalid(_("Một vài chỗ cần sửa lại."), errors=problems)
    user = User(
        phone=identity.phone,
        email=identity.email,
        name=check_name(name),
        password_hash=hash_password(password),
        locale=locale,
    )
    try:
        with db.session.begin_nested():
            db.session.add(user)
    except IntegrityError:
        raise Conflict(
            _("Đã có tài khoản với số hoặc e-mail này. Hãy đăng nhập, hoặc đặt lại mật khẩu."),
            slug="known-identity",
            field="identity",
        ) from None
    audit.record("consent_given", user.id, purpose="account", words=words, locale=locale)
    if helps:
        take_role(user, "volunteer")
    return user


def _checked(typed: str, name: str, password: str, region: str) -> tuple[Identity, dict[str, list[str]]]:
    """Who it is, and everything that is wrong at once, so that nobody is sent back twice."""
    identity, found = Identity(), dict[str, list[str]]()
    try:
        identity = read_identity(typed, region=region)
    except Invalid as refusal:
        found |= refusal.errors
    try:
        check_name(name)
    except Invalid as refusal:
        found |= refusal.errors
    try:
        check_password(password, known=(name, typed, *identity))
    except Invalid as refusal:
        found |= refusal.errors
    return identity, found


def recognise(typed: str, password: str, *, region: str) -> User | None:
    """The person with this phone number or e-mail and password; None, after equal work, for anybody else."""
    try:
        user = queries.user_of(read_identity(typed, region=region))
    except Invalid:
        user = None
    fits = password_fits(password, user.password_hash if user else None)
    if user is None or not fits or not user.is_active:
        return None
    if is_outdated(user.password_hash):
        user.password_hash = hash_password(password)
    return user


def rename(user: User, name: str) -> None:
    """Change what others call this person."""
    user.name = check_name(name)


def speak(user: User, locale: str) -> None:
    """Remember the language for this person's pages and messages."""
    user.locale = locale


def change_password(user: User, old: str, new: str) -> None:
    """A new password by somebody who knows the old one; every other session ends."""
    if not password_fits(old, user.password_hash):
        raise Invalid(_("Mật khẩu hiện tại chưa đúng."), field="old")
    set_password(user, new, field="new")
    audit.record("password_changed", user.id)


def set_password(user: User, new: str, *, field: str) -> None:
    """Replace the password and end every session."""
    user.password_hash = hash_password(
        check_password(new, known=(user.name, user.phone, user.email), field=field)
    )
    user.session_version += 1


def sign_out_everywhere(user: User) -> None:
    """End every session of this person, on every device."""
    user.session_version += 1
    audit.record("signed_out_everywhere", user.id)


def take_role(user: User, role: str, note: str = "") -> None:
    """Become a volunteer or supplier by saying so, or ask to be verified as a medic; twice is once."""
    if not policies.may_take_role(standing_of(user), role):
        raise NotAllowed(_("Vai trò này do quản trị viên trao."))
    note = clean(note)
    if role in policies.ASKED_FOR and not note:
        raise Invalid(_("Ghi số chứng chỉ hành nghề và nơi làm việc để chúng tôi xác minh."), field="note")
    if len(note) > LONGEST_NOTE:
        raise Invalid(_("Dài nhất %(n)s chữ.", n=LONGEST_NOTE), field="note")
    asked = insert(UserRole).values(id=new_id(), user_id=user.id, role=role, note=note)
    if db.session.scalar(asked.on_conflict_do_nothing().returning(UserRole.id)):
        audit.record("role_taken", user.id, role=role)
    db.session.expire(user, ["roles"])


def give_up_role(user: User, role: str) -> None:
    """Lay a role down that one took oneself."""
    if not policies.may_give_up_role(standing_of(user), role):
        raise NotAllowed(_("Vai trò này do quản trị viên trao."))
    held = [r for r in user.roles if r.role == role]
    for row in held:
        user.roles.remove(row)
    if held:
        db.session.flush()
        audit.record("role_given_up", user.id, role=role)
