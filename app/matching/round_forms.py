"""The forms of rounds: what was typed, what may be chosen, and how the form begins."""

import uuid
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from flask_babel import get_timezone
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.core.errors import Invalid
from app.core.geo import Point
from app.matching.round_queries import Due, active_round, fetched_from, pick_up_points, start_of
from app.matching.rounds import SaidRound
from app.matching.ticking import Tick
from app.people.models import User
from app.supplies.queries import points_of
from app.volunteers.queries import helping_of, middle_of
from app.volunteers.rules import USUAL_VEHICLE, VEHICLES

HAVE, LATER = "have", "later"


def said_in(form: MultiDict[str, str]) -> SaidRound:
    """What was typed; numbers that are none become ones that are refused."""
    vehicle = form.get("vehicle", USUAL_VEHICLE)
    limit = form.get("load_limit", "").strip()
    chosen = {key.removeprefix("from."): value for key, value in form.items() if key.startswith("from.")}
    return SaidRound(
        start=start_in(form),
        vehicle=vehicle,
        load_limit=_whole(limit) if limit else VEHICLES.get(vehicle, 1),
        earliest=_time(form, "earliest"),
        latest=_time(form, "latest"),
        returns=form.get("returns") == "1",
        pick_ups={
            claim: point for key, value in chosen.items() if (claim := _uuid(key)) and (point := _uuid(value))
        },
        later=frozenset(claim for key, value in chosen.items() if value == LATER and (claim := _uuid(key))),
    )


def tick_in(form: MultiDict[str, str]) -> Tick:
    """The ticked stops, with the moment that an offline phone remembers."""
    stops = [stop for value in form.getlist("stop") if (stop := _uuid(value))]
    if not stops:
        raise Invalid(_("Không có điểm nào được chọn."), field="stop")
    at = None
    if said := form.get("at", ""):
        try:
            at = datetime.fromisoformat(said)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
        except ValueError:
            raise Invalid(_("Giờ không hợp lệ."), field="at") from None
    return Tick(stops, at, form.get("code", ""), offline=form.get("offline") == "1")


def choices(due: Due, user: User) -> list[tuple[str, str, float | None]]:
    """Where the goods of a claim may be, with metres: (value, words, metres)."""
    points = pick_up_points(due, user.id) if due.load else []
    here = _("Tôi có sẵn hàng") if due.load else _("Đi giúp, không chở gì")
    return [
        (HAVE, here, None),
        *((str(point.id), _("Lấy ở %(name)s", name=point.name), metres) for point, metres in points),
        (LATER, _("Để chuyến sau"), None),
    ]


def known(user: User) -> MultiDict[str, str]:
    """The form as it begins: what this person said of themselves, and of the round that they are on."""
    helping, round_ = helping_of(user.id), active_round(user.id)
    start = helping.base if helping else None
    if start is None and (own := [p for p in points_of(user.id) if p.active]):
        start = own[0].position
    typed: MultiDict[str, str] = MultiDict({"vehicle": helping.vehicle if helping else USUAL_VEHICLE})
    if round_ is not None:
        start = start_of(round_)
        typed["vehicle"] = round_.vehicle
        if round_.load_limit != VEHICLES[round_.vehicle]:
            typed["load_limit"] = str(round_.load_limit)
        typed["returns"] = "1" if round_.returns else ""
        if round_.has_end:
            typed["latest"] = f"{round_.ends_at.astimezone(zone_here()):%H:%M}"
        for claim_id, point_id in fetched_from(round_.id):
            typed[f"from.{claim_id}"] = str(point_id)
    if start is not None:
        typed["lat"], typed["lon"] = f"{start.lat:.6f}", f"{start.lon:.6f}"
    return typed


def start_in(form: MultiDict[str, str]) -> Point | None:
    """A ward chosen from the list wins, for it was chosen last; else the pin."""
    chosen = form.get("area", "")
    if chosen and (middle := middle_of(chosen)):
        return middle
    return here_in(form)


def here_in(form: MultiDict[str, str]) -> Point | None:
    """The pin, or where the phone is."""
    try:
        return Point.checked(float(form["lon"]), float(form["lat"]))
    except (KeyError, ValueError, Invalid):
        return None


def _time(form: MultiDict[str, str], name: str) -> time | None:
    typed = form.get(name, "").strip()
    try:
        return time.fromisoformat(typed).replace(tzinfo=None) if typed else None
    except ValueError:
        raise Invalid(_("Giờ viết như 18:00."), field=name) from None


def _whole(typed: str) -> int:
    return int(typed) if typed.isdecimal() and len(typed) < 6 else 0


def _uuid(typed: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(typed)
    except ValueError:
        return None


def zone_here() -> ZoneInfo:
    """The zone of the times that this person types and reads."""
    # By its name: Flask-Babel's is one of pytz, and wrong by minutes where a day and a time are combined.
    return ZoneInfo(str(get_timezone() or "Asia/Ho_Chi_Minh"))
