"""The shapes of cases and claims in the API."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, Field

from app.cases.models import Claim
from app.cases.posting import CaseRequest, NeedLine
from app.cases.queries import CaseView
from app.core.geo import Point
from app.web.asked import Body

Urgency = Literal["normal", "urgent", "life_threatening"]
Vulnerability = Literal["children", "elderly", "sick", "pregnant"]


class NeedIn(Body):
    """One thing that is needed."""

    item: str = Field(examples=["Gạo"], json_schema_extra={"minLength": 1, "maxLength": 80})
    quantity: float = Field(
        1, allow_inf_nan=False, examples=[10], json_schema_extra={"minimum": 0.01, "maximum": 10000}
    )
    unit: str = Field("", examples=["kg"], json_schema_extra={"maxLength": 20})


class CaseIn(Body):
    """A request for help. Everything is checked again by the server."""

    category: str = Field(examples=["essentials"], json_schema_extra={"pattern": "^[a-z0-9_]{1,40}$"})
    needs: list[NeedIn] = Field(json_schema_extra={"minItems": 1, "maxItems": 10})
    description: str = Field("", json_schema_extra={"maxLength": 1000})
    lat: float = Field(
        allow_inf_nan=False, examples=[10.7769], json_schema_extra={"minimum": -90, "maximum": 90}
    )
    lon: float = Field(
        allow_inf_nan=False, examples=[106.7009], json_schema_extra={"minimum": -180, "maximum": 180}
    )
    address: str = Field("", json_schema_extra={"maxLength": 200})
    commune_code: str | None = Field(None, description="The ward, if the person corrected it.")
    contact_name: str = Field(examples=["Cô Năm"], json_schema_extra={"minLength": 1, "maxLength": 80})
    contact_phone: str = Field(examples=["0912 345 678"], json_schema_extra={"minLength": 1, "maxLength": 40})
    household_size: int = Field(1, json_schema_extra={"minimum": 1, "maximum": 100})
    vulnerabilities: list[Vulnerability] = []
    urgency: Urgency = "normal"
    on_behalf: bool = False

    def as_request(self) -> CaseRequest:
        """What the domain takes."""
        return CaseRequest(
            category=self.category,
            needs=[NeedLine(n.item, Decimal(str(n.quantity)), n.unit) for n in self.needs],
            description=self.description,
            position=Point(self.lon, self.lat),
            address=self.address,
            contact_name=self.contact_name,
            contact_phone=self.contact_phone,
            household_size=self.household_size,
            vulnerabilities=self.vulnerabilities,
            urgency=self.urgency,
            on_behalf=self.on_behalf,
            commune_code=self.commune_code,
            source="api",
        )


class AreaOut(BaseModel):
    """An administrative unit in short."""

    code: str | None
    name: str | None
    province: str | None


class PostedOut(BaseModel):
    """A case that was accepted. `tracking_url` holds its secret: keep it."""

    code: str
    status: str
    tracking_url: str
    area: AreaOut


class NeedOut(BaseModel):
    """One need and how much of it is still open."""

    id: str
    item: str
    quantity: float
    unit: str
    pledged: float
    delivered: float
    left: float


class ContactOut(BaseModel):
    """The private part: for the requester, a helper with a live claim, and officials of the area."""

    contact_name: str | None
    contact_phone: str | None
    address: str | None
    lat: float | None
    lon: float | None
    description: str
    vulnerabilities: list[str]
    on_behalf: bool


class CaseOut(BaseModel):
    """A case as this caller may see it. `lat` and `lon` outside `contact` are blurred."""

    code: str
    status: str
    category: str
    urgency: str
    household_size: int
    verified: bool
    created_at: datetime
    area: AreaOut
    lat: float | None
    lon: float | None
    needs: list[NeedOut]
    contact: ContactOut | None = None
    handover_code: str | None = Field(
        None, description="For the requester alone: read out at the door, it proves the delivery."
    )


class NeedWanted(Body):
    """How much of one need the volunteer promises."""

    id: str = Field(description="The need's id, from the case.", json_schema_extra={"format": "uuid"})
    quantity: float = Field(allow_inf_nan=False, json_schema_extra={"exclusiveMinimum": 0})


class ClaimIn(Body):
    """What a volunteer promises: without `needs`, everything that is left."""

    needs: list[NeedWanted] | None = None


class WhyIn(Body):
    """A reason."""

    why: str = Field("", json_schema_extra={"maxLength": 300})


class CodeIn(Body):
    """The hand-over code."""

    code: str = Field(
        description="The four digits that the requester reads out.",
        examples=["4821"],
        json_schema_extra={"minLength": 4, "maxLength": 20, "pattern": "^[0-9 ]*$"},
    )


class ClaimLine(BaseModel):
    """One promised quantity."""

    need_id: str
    item: str
    quantity: float
    unit: str


class ClaimOut(BaseModel):
    """A claim and where its case stands."""

    id: str
    case: str
    status: str
    case_status: str
    lease_until: datetime
    needs: list[ClaimLine]


class StatusOut(BaseModel):
    """Where the case stands now."""

    code: str
    status: str


def case_out(view: CaseView) -> dict[str, Any]:
    """`CaseOut` of what this caller may see."""
    private = view.private
    contact = None
    if private is not None:
        contact = {
            "contact_name": private.contact_name,
            "contact_phone": private.contact_phone,
            "address": private.address,
            "lat": private.point.lat if private.point else None,
            "lon": private.point.lon if private.point else None,
            "description": private.description,
            "vulnerabilities": list(private.vulnerabilities),
            "on_behalf": private.on_behalf,
        }
    return {
        "code": view.code,
        "status": view.status,
        "category": view.category.slug,
        "urgency": view.urgency,
        "household_size": view.household_size,
        "verified": view.verified,
        "created_at": view.created_at,
        "area": {"code": view.ward_code, "name": view.ward, "province": view.province},
        "lat": view.point.lat if view.point else None,
        "lon": view.point.lon if view.point else None,
        "needs": [{**vars(need), "id": str(need.id)} for need in view.needs],
        "contact": contact,
        "handover_code": view.handover_code,
    }


def claim_out(claim: Claim) -> dict[str, Any]:
    """`ClaimOut` of a claim."""
    return {
        "id": str(claim.id),
        "case": claim.case.code,
        "status": claim.status,
        "case_status": claim.case.status,
        "lease_until": claim.lease_until,
        "needs": [
            {
                "need_id": str(line.need_id),
                "item": line.need.item,
                "quantity": float(line.quantity),
                "unit": line.need.unit,
            }
            for line in claim.lines
        ],
    }
