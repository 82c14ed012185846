"""Exports made in the background: asked for, made by the worker, fetched by who asked, erased a day later.

They are the same files as direct ones, row for row, with the same records. Only who asked may fetch one, and
only while they are responsible for all of the areas that it holds.
"""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from app.authority.export import Order, exporter_for, pieces
from app.authority.filters import CaseFilter
from app.authority.jurisdiction import jurisdiction_of
from app.authority.models import ExportRequest
from app.config import Settings
from app.core import audit, embedded
from app.core.clock import now
from app.core.db import db, read_engine
from app.core.errors import NotAllowed, NotFound, Refusal, TooMany
from app.delivery.actions import send_message
from app.emergencies.queries import all_categories
from app.people.models import User
from app.web.i18n import in_language
from app.web.pages import public_url

FETCHED = "cases.export_fetched"
MOST_PENDING = 10
SAME_FOR = timedelta(minutes=10)
"""Who asks for the same again within this time gets the file that is there."""
GIVEN_UP_AFTER = timedelta(days=2)
SHOWN = 20
SUFFIXES = (".csv", ".xlsx", ".geojson", ".part")


def place_request(order: Order, *, headings: str, separator: str, locale: str) -> ExportRequest:
    """Write down, in the caller's transaction, what the worker is to make."""
    pending = func.count(ExportRequest.id).filter(ExportRequest.status.in_(("waiting", "running")))
    if (db.session.scalar(select(pending).where(ExportRequest.user_id == order.by)) or 0) >= MOST_PENDING:
        raise TooMany(_("Bạn đang chờ nhiều tệp rồi. Đợi vài tệp xong rồi xuất tiếp."))
    request = ExportRequest(
        id=order.id,
        user_id=order.by,
        format=order.exporter.suffix,
        headings=headings,
        separator=separator,
        locale=locale,
        via=order.via,
        filter=order.asked.described(),
        area_ids=[unit.id for unit in order.within.roots],
    )
    db.session.add(request)
    db.session.flush()
    return request


def same_request(
    user_id: uuid.UUID, asked: CaseFilter, *, suffix: str, headings: str, separator: str
) -> ExportRequest | None:
    """What this person has asked for just now in the same words: a program that asks again gets no second."""
    fresh = (ExportRequest.status != "failed") & (ExportRequest.created_at > now() - SAME_FOR)
    return db.session.scalar(
        select(ExportRequest)
        .where(
            ExportRequest.user_id == user_id,
            ExportRequest.format == suffix,
            ExportRequest.headings == headings,
            ExportRequest.separator == separator,
            ExportRequest.filter == asked.described(),
            fresh,
        )
        .order_by(ExportRequest.created_at.desc())
        .limit(1)
    )


def requests_of(user_id: uuid.UUID) -> Sequence[ExportRequest]:
    """What a person has asked for, newest first."""
    mine = select(ExportRequest).where(ExportRequest.user_id == user_id)
    return db.session.scalars(mine.order_by(ExportRequest.created_at.desc()).limit(SHOWN)).all()


def request_of(user: User, request_id: uuid.UUID) -> ExportRequest:
    """A request of this person, or NotFound; NotAllowed when they have lost one of its areas since."""
    request = db.session.get(ExportRequest, request_id)
    if request is None or request.user_id != user.id:
        raise NotFound(_("Không có tệp này, hoặc tệp đã được xóa."))
    if not set(request.area_ids) <= set(jurisdiction_of(user).ids):
        raise NotAllowed(
            _("Tệp này có địa bàn không còn thuộc phạm vi của bạn."), slug="outside-jurisdiction"
        )
    return request


def file_of(request: ExportRequest) -> Path:
    """The finished file, or NotFound. Fetching it leaves an audit line in the caller's transaction."""
    path = path_of(request)
    if not request.there or not path.is_file():
        raise NotFound(_("Không có tệp này, hoặc tệp đã được xóa."))
    audit.record(FETCHED, request.user_id, export=str(request.id), area_ids=request.area_ids)
    return path


def folder() -> Path:
    """Where the files wait, closed to everybody but the site."""
    settings: Settings = current_app.config["SETTINGS"]
    place = Path(settings.export_dir) if settings.export_dir else embedded.data_dir() / "exports"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def path_of(request: ExportRequest) -> Path:
    """Where the file of a request is, or will be."""
    return folder() / f"{request.id}.{request.format}"


def start(request_id: uuid.UUID) -> ExportRequest | None:
    """Take a request in hand, in the caller's transaction; None when there is nothing left to do.

    One that runs already is taken again: only a worker that was killed leaves such a one to another.
    """
    request = db.session.get(ExportRequest, request_id, with_for_update=True)
    if request is None or not request.pending:
        return None
    request.status = "running"
    return request


def make_file(request: ExportRequest, app: Flask) -> tuple[str, int]:
    """Write the file; gives its name and number of rows. Refusals as at a direct export.

    It gets its name only when it is whole, so that a killed worker leaves no half file to fetch.
    """
    order = _order(request)
    path = path_of(request)
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    limit = app.config["SETTINGS"].export_limit
    unfinished.touch(mode=0o600)
    rows = 0
    with unfinished.open("wb") as out:
        for piece, more in pieces(order, app, read_engine(), limit, calmly=True):
            out.write(piece)
            rows += more
    unfinished.rename(path)
    return order.filename, rows


def _order(request: ExportRequest) -> Order:
    """The order as it was placed, if the person may still place it."""
    user = db.session.get(User, request.user_id)
    if user is None or user.deactivated_at is not None:
        raise NotAllowed(_("Tài khoản này không còn dùng được."))
    within = jurisdiction_of(user)
    asked = CaseFilter.from_args(MultiDict(request.filter), [category.slug for category in all_categories()])
    if asked.area:
        within = within.narrowed(asked.area)
    if set(request.area_ids) != {unit.id for unit in within.roots}:
        raise NotAllowed(
            _("Địa bàn của bạn đã thay đổi từ lúc yêu cầu. Hãy xuất lại."), slug="outside-jurisdiction"
        )
    with in_language(request.locale):
        exporter = exporter_for(request.format, request.headings, request.separator)
    return Order(exporter, asked, within, request.user_id, request.via, request.id)


def finish(request_id: uuid.UUID, filename: str, rows: int) -> None:
    """The file is there: say so, in the caller's transaction."""
    request = db.session.get(ExportRequest, request_id, with_for_update=True)
    if request is None or not request.pending:  # erased with its account meanwhile; the sweep takes the file
        return
    hours = current_app.config["SETTINGS"].export_keep_hours
    request.status, request.rows, request.filename = "ready", rows, filename
    request.ready_at = now()
    request.expires_at = request.ready_at + timedelta(hours=hours)
    with in_language(request.locale):
        words = _("Tệp %(name)s đã xong. Tải xuống trong %(hours)s giờ tới:", name=filename, hours=hours)
        _tell(request, _("Tệp xuất đã xong"), f"{words} {public_url('/authority/export')}")


def give_up(request_id: uuid.UUID, why: Refusal | None) -> None:
    """It cannot be made: say why, in the caller's transaction."""
    request = db.session.get(ExportRequest, request_id, with_for_update=True)
    if request is None or not request.pending:
        return
    with in_language(request.locale):
        request.status = "failed"
        request.why = str(why.message) if why else str(_("Máy chủ chưa làm được tệp này. Hãy thử lại."))
        _tell(request, _("Tệp xuất không làm được"), request.why)


def _tell(request: ExportRequest, subject: str, body: str) -> None:
    user = db.session.get(User, request.user_id)
    if user is not None and user.deactivated_at is None:
        send_message(to_user=user, purpose="export", subject=subject, body=body)


def forget_old() -> int:
    """Erase what has had its time, in the caller's transaction, and files that belong to nobody."""
    gone = (ExportRequest.expires_at < now()) | (ExportRequest.created_at < now() - GIVEN_UP_AFTER)
    old = db.session.scalars(select(ExportRequest).where(gone)).all()
    _erase(old)
    # The folder first: of a file that is begun meanwhile the request would not be known yet.
    paths = list(folder().iterdir())
    known = set(db.session.scalars(select(ExportRequest.id)))
    for path in paths:
        key = _key_of(path)
        if key is not None and key not in known:
            path.unlink(missing_ok=True)
    return len(old)


def _key_of(path: Path) -> uuid.UUID | None:
    """The request that a file belongs to; None for what is not ours, should the folder hold more."""
    try:
        return uuid.UUID(path.stem) if path.suffix in SUFFIXES else None
    except ValueError:
        return None


def add_requests(user_id: uuid.UUID, bundle: dict[str, Any]) -> None:
    """A person's copy of their data names the files that they asked for."""
    bundle["exports_asked"] = [
        {"at": row.created_at, "format": row.format, "filter": row.filter, "status": row.status}
        for row in requests_of(user_id)
    ]


def erase_requests(user_id: uuid.UUID) -> None:
    """Who closes their account leaves no files behind."""
    _erase(db.session.scalars(select(ExportRequest).where(ExportRequest.user_id == user_id)).all())


def _erase(requests: Sequence[ExportRequest]) -> None:
    for request in requests:
        path_of(request).unlink(missing_ok=True)
        db.session.delete(request)
    db.session.flush()
