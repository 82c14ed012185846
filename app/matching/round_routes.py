"""/me/round: a volunteer's own way through several deliveries."""

import uuid
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, flash, jsonify, redirect, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from app.areas.actions import places_of_address
from app.areas.queries import FoundArea, area_at
from app.core.db import transaction
from app.core.errors import Conflict, Invalid
from app.matching.reordering import move_stop
from app.matching.round_forms import choices, here_in, known, said_in, start_in, tick_in, zone_here
from app.matching.round_queries import MOST_DUE, active_round, due_of, own_round
from app.matching.round_rules import NO_ROOM, NO_TIME, TOO_BIG, TOO_FAR
from app.matching.round_view import Card, round_view
from app.matching.rounds import end_round, plan_round, replan_round
from app.matching.ticking import Ticked, tick_stops
from app.people.guards import public, signed_in, signed_in_user
from app.volunteers.rules import VEHICLE_WORDS, VEHICLES
from app.web.pages import page, public_url, wants_json, wants_part
from app.web.qr import qr_of

bp = Blueprint("rounds", __name__)

WHY_LEFT_OUT = {
    TOO_BIG: _l("Nhiều hơn mức xe chở được một lần. Chia làm hai chuyến, hoặc đổi xe."),
    NO_ROOM: _l("Hàng mang sẵn đã đầy xe. Giao xong chuyến này rồi quay lại lấy."),
    TOO_FAR: _l("Xa quá, đi một mình chỗ này cũng không kịp giờ phải xong."),
    NO_TIME: _l("Không kịp giờ phải xong nếu đi cả những chỗ khác."),
}


@bp.get("/me/round")
@signed_in
def current() -> Any:
    """The round that somebody is on, or the form for one."""
    round_ = active_round(signed_in_user().id)
    return redirect(url_for(".show", round_id=round_.id) if round_ else url_for(".new"), 303)


@bp.get("/me/round/new")
@signed_in
def new() -> Response:
    """Ask what must be known: from where, by what, until when, and where the goods are."""
    user = signed_in_user()
    return _form(known(user))


@bp.post("/me/round")
@signed_in
def create() -> Any:
    """Find the order and show it, or look a place up first."""
    form, user = request.form, signed_in_user()
    if form.get("do") == "find" and form.get("place", "").strip():
        return _form(form, found=places_of_address(form["place"]))
    try:
        with transaction():
            round_id = plan_round(user, said_in(form), zone_here()).id
    except Invalid as refusal:
        return _form(form, errors=refusal.errors)
    return redirect(url_for(".show", round_id=round_id), 303)


@bp.get("/me/round/<uuid:round_id>")
@signed_in
def show(round_id: uuid.UUID) -> Response:
    """The stops in their order, to follow and to tick."""
    return _page(round_id)


@bp.get("/me/round/<uuid:round_id>/print")
@signed_in
def printed(round_id: uuid.UUID) -> Response:
    """The same on paper: a code for each stop, and room to sign."""
    user = signed_in_user()
    with transaction():
        view = round_view(own_round(round_id, user.id), user.id)
        codes = {card.number: qr_of(_address_of(card)) for card in view.cards}
        return page("rounds/print.html", view=view, codes=codes, volunteer=user, **_words())


@bp.post("/me/round/<uuid:round_id>/ticks")
@signed_in
def tick(round_id: uuid.UUID) -> Any:
    """Tick stops; a page that was offline sends its ticks here as well and gets told what became of each."""
    with transaction():
        ticked = tick_stops(round_id, tick_in(request.form), by=signed_in_user())
    if wants_json():
        return jsonify(
            ticked=[{"stop": str(t.stop_id), "outcome": t.outcome, "words": t.words} for t in ticked]
        )
    return _answered(round_id, ticked)


@bp.post("/me/round/<uuid:round_id>/stops/<uuid:stop_id>/move")
@signed_in
def move(round_id: uuid.UUID, stop_id: uuid.UUID) -> Any:
    """One place up or down."""
    step = -1 if request.form.get("to") == "up" else 1
    try:
        with transaction():
            move_stop(round_id, stop_id, step, by=signed_in_user())
    except Conflict as refusal:
        return _page(round_id, status=409, trouble=refusal.message)
    return _page(round_id) if wants_part() else _back(round_id)


@bp.post("/me/round/<uuid:round_id>/again")
@signed_in
def again(round_id: uuid.UUID) -> Any:
    """Order what is left anew, from where the phone is if it said so."""
    with transaction():
        replan_round(round_id, by=signed_in_user(), here=here_in(request.form))
    if wants_part():
        return _page(round_id, done=_("Đã tính lại từ bây giờ."))
    flash(_("Đã tính lại từ bây giờ."), "success")
    return _back(round_id)


@bp.post("/me/round/<uuid:round_id>/end")
@signed_in
def end(round_id: uuid.UUID) -> Any:
    """Put the round away; the claims stay."""
    with transaction():
        end_round(round_id, by=signed_in_user())
    flash(_("Đã kết thúc chuyến. Những trường hợp chưa giao vẫn ở trang Nhận giúp."), "success")
    return redirect(url_for("claims.mine"), 303)


@bp.get("/me/round/worker.js")
@public
def worker() -> Response:
    """What keeps an open round readable without a network; it serves only addresses below its own."""
    path = Path(current_app.static_folder or "static") / "js" / "round_worker.js"
    answer = send_file(path.resolve(), mimetype="text/javascript", etag=True)
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _answered(round_id: uuid.UUID, ticked: list[Ticked]) -> Any:
    refused = [t for t in ticked if t.outcome == "refused"]
    if refused:
        return _page(round_id, status=422, errors={str(t.stop_id): [t.words] for t in refused})
    told = next((t.words for t in ticked if t.words), "")
    if wants_part():
        return _page(round_id, told=told)
    if told:
        flash(told, "warning")
    return _back(round_id)


def _page(round_id: uuid.UUID, *, status: int = 200, **more: Any) -> Response:
    user = signed_in_user()
    with transaction():
        view = round_view(own_round(round_id, user.id), user.id)
        context = {"errors": {}, "trouble": "", "told": "", "done": "", **_words(), **more}
        return page("rounds/show.html", "rounds/_round.html", status=status, view=view, **context)


def _words() -> dict[str, Any]:
    return {"why": WHY_LEFT_OUT, "vehicles": VEHICLE_WORDS}


def _back(round_id: uuid.UUID) -> Any:
    return redirect(url_for(".show", round_id=round_id), 303)


def _form(
    typed: MultiDict[str, str],
    *,
    found: list[FoundArea] | None = None,
    errors: dict[str, list[str]] | None = None,
) -> Response:
    user = signed_in_user()
    due = due_of(user.id)
    start = start_in(typed)
    return page(
        "rounds/new.html",
        status=422 if errors else 200,
        due=[(one, choices(one, user)) for one in due],
        many=len(due) == MOST_DUE,
        typed=typed,
        start=start,
        area=area_at(start) if start else None,
        found=found,
        errors=errors or {},
        vehicles=[
            (name, f"{VEHICLE_WORDS[name]} · {_portions(carries)}", None)
            for name, carries in VEHICLES.items()
        ],
        under_way=active_round(user.id),
    )


def _portions(count: int) -> str:
    return str(_("%(n)s phần", n=count))


def _address_of(card: Card) -> str:
    """What the code of a stop on paper opens."""
    if card.code:
        return public_url(url_for("cases.show", code=card.code))
    return public_url(url_for("supplies.show", point_id=card.first.supply_point_id))
