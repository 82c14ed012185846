"""Builders: a small cast of named people, and cases for them. Each commits, in the context of the test."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import func, select

from app.areas.models import Area
from app.cases.models import Case, Need
from app.cases.rules import new_code
from app.core.clock import now
from app.core.db import db, transaction
from app.core.geo import Point
from app.emergencies.models import Category, Emergency, EmergencyArea, EmergencyCategory
from app.people.models import User, UserRole
from app.supplies.models import SupplyPoint
from app.volunteers.models import Volunteer
from tests.geography import SAI_GON

PASSWORD = "la-lanh-test"


@cache
def _password_hash() -> str:
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


def add(*rows: Any) -> None:
    """Commit some rows."""
    with transaction():
        db.session.add_all(rows)


def person(name: str, phone: str, *roles: str, area: str | None = None, **columns: Any) -> User:
    """An account, made at the first call; `area` is the code of the area of an official."""
    known = db.session.scalar(select(User).where(User.phone == phone))
    if known:
        return known
    user = User(name=name, phone=phone, password_hash=_password_hash(), **columns)
    add(user)
    for role in roles:
        verified = now() if role == "medic" else None
        area_id = area_of(area).id if area and role == "official" else None
        add(UserRole(user_id=user.id, role=role, area_id=area_id, verified_at=verified))
    db.session.refresh(user)
    return user


def lan_resident() -> User:
    """Lan needs help."""
    return person("Nguyễn Thị Lan", "+84901000001")


def minh_volunteer() -> User:
    """Minh helps around Sài Gòn ward."""
    return volunteer("Trần Văn Minh", "+84901000002", SAI_GON)


def hoa_volunteer() -> User:
    """Hoa helps too."""
    return volunteer("Lê Thị Hoa", "+84901000003", Point(106.705, 10.781))


def dr_tam_medic() -> User:
    """Doctor Tâm's licence has been verified."""
    return volunteer("Bác sĩ Tâm", "+84901000004", SAI_GON, "medic", categories=("medical_advice",))


def chi_supplier() -> User:
    """Chi has a grocer's shop."""
    return person("Phạm Thị Chi", "+84901000005", "supplier")


def anh_official_w1() -> User:
    """Anh is responsible for Sài Gòn ward."""
    return person("Võ Tuấn Anh", "+84901000006", "official", area="26740")


def ba_official_w2() -> User:
    """Ba is responsible for another ward, Chợ Lớn."""
    return person("Đặng Văn Ba", "+84901000007", "official", area="27301")


def chu_province_official() -> User:
    """Chu is responsible for the whole of Hồ Chí Minh City."""
    return person("Chu Thị Mai", "+84901000008", "official", area="79")


def admin() -> User:
    """The administrator."""
    return person("Quản trị viên", "+84901000009", "administrator")


CAST = (
    lan_resident, minh_volunteer, hoa_volunteer, dr_tam_medic, chi_supplier,
    anh_official_w1, ba_official_w2, chu_province_official, admin,
)  # fmt: skip


def volunteer(
    name: str, phone: str, base: Point, *roles: str, categories: Sequence[str] = (), **columns: Any
) -> User:
    """A volunteer with a base, ready to help with everything or with the named categories."""
    user = person(name, phone, "volunteer", *roles)
    if db.session.get(Volunteer, user.id) is None:
        ids = [category(slug).id for slug in categories] or list(db.session.scalars(select(Category.id)))
        ward = area_at(base)
        said = {"radius_m": 5000, "commune_id": ward.id if ward else None, **columns}
        add(Volunteer(user_id=user.id, base=base.ewkt, category_ids=ids, **said))
    return user


def category(slug: str = "essentials") -> Category:
    """One of the categories."""
    return db.session.scalars(select(Category).where(Category.slug == slug)).one()


def area_of(code: str) -> Area:
    """The area in force with this official code."""
    return db.session.scalars(select(Area).where(Area.code == code, Area.valid_to.is_(None))).one()


def area_at(point: Point, level: str = "commune") -> Area | None:
    """The area in force around a point."""
    around = func.ST_Covers(Area.geom, func.ST_GeomFromEWKT(point.ewkt))
    return db.session.scalar(select(Area).where(Area.level == level, Area.valid_to.is_(None), around))


def emergency(
    name: str = "Giãn cách thành phố", areas: Sequence[str] = ("79", "75"), **columns: Any
) -> Emergency:
    """An emergency in these areas with every category on; made at the first call by this name."""
    known = db.session.scalar(select(Emergency).where(Emergency.name == name))
    if known:
        return known
    made = Emergency(name=name, name_en="City lockdown", **columns)
    add(made)
    add(*(EmergencyArea(emergency_id=made.id, area_id=area_of(code).id) for code in areas))
    ids = db.session.scalars(select(Category.id)).all()
    add(*(EmergencyCategory(emergency_id=made.id, category_id=i) for i in ids))
    return made


def make_case(
    needs: Sequence[tuple[str, int | str, str]] = (("Gạo", 10, "kg"), ("Sữa", 4, "hộp")),
    *,
    at: Point = SAI_GON,
    category_slug: str = "essentials",
    requester: User | None = None,
    **columns: Any,
) -> Case:
    """A case as strangers would find it on the map, blurred by 200 m to the north-east."""
    kind, commune, province = category(category_slug), area_at(at), area_at(at, "province")
    case = Case(
        code=new_code("HCM"),
        emergency_id=emergency().id,
        category_id=kind.id,
        on_map=kind.on_map,
        needs_text=", ".join(item for item, _quantity, _unit in needs),
        requester_id=requester.id if requester else None,
        position=at.ewkt,
        public_position=at.moved(200, 0.785).ewkt,
        commune_id=commune.id if commune else None,
        province_id=province.id if province else None,
    )
    private = {
        "contact_name": "Nguyễn Thị Lan",
        "contact_phone": "+84901000001",
        "address": "12/3 Nguyễn Trãi",
        "description": "Nhà có em bé sáu tháng.",
        "household_size": 4,
    }
    for name, value in (private | columns).items():
        setattr(case, name, value)
    case.needs = [
        Need(position=n, item=item, quantity=Decimal(quantity), unit=unit)
        for n, (item, quantity, unit) in enumerate(needs, start=1)
    ]
    add(case)
    return case


def make_supply_point(owner: User | None = None, *, at: Point = SAI_GON, **columns: Any) -> SupplyPoint:
    """A grocer's shop that anybody may find."""
    commune, province = area_at(at), area_at(at, "province")
    said = {"name": "Tạp hóa Chị Chi", "kind": "shop", "goods": "Gạo, mì, nước mắm", "hours": "7:00-19:00"}
    point = SupplyPoint(
        owner_id=owner.id if owner else None,
        position=at.ewkt,
        commune_id=commune.id if commune else None,
        province_id=province.id if province else None,
        **(said | columns),
    )
    add(point)
    return point
