"""Which column of somebody's CSV holds what: a small TOML file (`docs/import.md` explains every line)."""

import tomllib
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from app.areas.mapping import Unusable


class Strict(BaseModel):
    """A table of the mapping file; an unknown key is a typing mistake."""

    model_config = ConfigDict(extra="forbid")


class Columns(Strict):
    """The heading of the column that holds each thing; what is not named is not in the file.

    The place is either `lat` and `lon`, or `position` with both in one cell, latitude first.
    """

    id: str = ""
    lat: str = ""
    lon: str = ""
    position: str = ""
    time: str = ""
    category: str = ""
    item: str = ""
    quantity: str = ""
    unit: str = ""
    description: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    address: str = ""
    household_size: str = ""
    vulnerabilities: str = ""
    urgency: str = ""


class Values(Strict):
    """Their values and ours. An empty one of ours means: leave it out. `default` is for all not listed."""

    separator: str = ""
    default: str = ""
    values: dict[str, str] = Field(default_factory=dict)


class Needs(Strict):
    """How a need is written when the file does not say it."""

    separator: str = ""
    default_item: str = ""
    default_quantity: float = Field(default=1, gt=0, le=10_000)
    default_unit: str = Field(default="", max_length=20)


class Time(Strict):
    """How moments are written: `iso`, `unix`, or forms as strptime knows them; and in which zone."""

    formats: list[str] = Field(default_factory=lambda: ["iso"], min_length=1)
    zone: str = "Asia/Ho_Chi_Minh"

    @field_validator("zone")
    @classmethod
    def known(cls, zone: str) -> str:
        """A name of the time zone database."""
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"there is no time zone {zone!r}") from None
        return zone


class ImportMapping(Strict):
    """The whole mapping file. `source` names the data set: with the id of a row it is the key of its case."""

    source: str = Field(min_length=1, max_length=60, pattern=r"^[\w.-]+$")
    encoding: str = ""
    delimiter: str = Field(default="", max_length=1)
    decimal: Literal[".", ","] = "."
    phone_region: str = Field(default="VN", pattern=r"^[A-Z]{2}$")
    columns: Columns
    category: Values = Field(default_factory=Values)
    urgency: Values = Field(default_factory=lambda: Values(default="normal"))
    vulnerabilities: Values = Field(default_factory=Values)
    needs: Needs = Field(default_factory=Needs)
    time: Time = Field(default_factory=Time)
    only: dict[str, list[str]] = Field(default_factory=dict)
    """Rows to look at, by column and values; the others are counted and left alone."""

    @property
    def named(self) -> set[str]:
        """Every column that the mapping speaks of."""
        return {name for name in self.columns.model_dump().values() if name} | set(self.only)


def read_import_mapping(path: Path) -> ImportMapping:
    """The mapping in a TOML file, or Unusable with what is wrong in it."""
    try:
        mapping = ImportMapping.model_validate(tomllib.loads(path.read_text("utf-8-sig")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Unusable(f"{path}: {where}: {first['msg']}") from None
    except (OSError, ValueError) as error:  # mistakes in TOML and UTF-8 are ValueErrors
        raise Unusable(f"{path}: {error}") from None
    columns = mapping.columns
    if not columns.position and not (columns.lat and columns.lon):
        raise Unusable(f"{path}: columns: name `lat` and `lon`, or `position`")
    if not columns.category and not mapping.category.default:
        raise Unusable(f"{path}: category: name a column for it, or a default")
    return mapping


def check_values(mapping: ImportMapping, categories: set[str], urgencies: set[str], groups: set[str]) -> None:
    """Unusable when the mapping leads to a category, urgency or vulnerability that does not exist."""
    for table, values, known in (
        ("category", mapping.category, categories),
        ("urgency", mapping.urgency, urgencies),
        ("vulnerabilities", mapping.vulnerabilities, groups),
    ):
        asked = {*values.values.values(), values.default} - {""}
        if strange := sorted(asked - known):
            raise Unusable(
                f"{table}: there is no {', '.join(map(repr, strange))}; known: {', '.join(sorted(known))}"
            )
