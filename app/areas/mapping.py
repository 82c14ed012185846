"""Which property of somebody's file holds what: a small TOML file (`docs/areas.md` shows one whole)."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.areas.rules import MAX_TEXT, Incoming


class Unusable(Exception):
    """The file or its mapping cannot be used at all; the message tells a person why."""


class Unfit(Exception):
    """One feature cannot be used; the message tells why."""


class Strict(BaseModel):
    """A table of the mapping file; an unknown key is a typing mistake."""

    model_config = ConfigDict(extra="forbid")


class Properties(Strict):
    """The name of the property that holds each thing. A dot goes into a nested object: `name.primary`."""

    code: str = "code"
    name: str = "name"
    full_name: str = "full_name"
    level: str = "level"
    parent: str = "parent"
    name_en: str = "name_en"
    kind: str = "kind"
    kind_en: str = "kind_en"
    population: str = "population"


class Fixed(Strict):
    """What holds for every feature of the file that does not say otherwise itself."""

    level: str = ""
    parent: str = ""
    kind: str = ""
    kind_en: str = ""
    source: str = ""
    boundary: Literal["official", "approximate"] = "official"
    valid_from: date | None = None


class Mapping(Strict):
    """The whole mapping file; every part of it may be absent."""

    properties: Properties = Field(default_factory=Properties)
    fixed: Fixed = Field(default_factory=Fixed)
    levels: dict[str, str] = Field(default_factory=dict)
    srid: int = Field(default=4326, ge=1, le=998_999)


def read_mapping(path: Path | None) -> Mapping:
    """The mapping in a TOML file, or the default one."""
    if path is None:
        return Mapping()
    try:
        return Mapping.model_validate(tomllib.loads(path.read_text("utf-8-sig")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Unusable(f"{path}: {where}: {first['msg']}") from None
    except (OSError, ValueError) as error:  # TOML and UTF-8 mistakes are ValueErrors
        raise Unusable(f"{path}: {error}") from None


def unit_of(properties: dict[str, Any], mapping: Mapping) -> Incoming:
    """A feature's properties as a unit without shape, or Unfit."""
    names, fixed = mapping.properties, mapping.fixed

    def value(name: str) -> str:
        return _word(_dig(properties, name), name)

    code = value(names.code)
    if not code:
        raise Unfit(f"the property {names.code!r} (its code) is missing or empty")
    name = value(names.name)
    if not name:
        raise Unfit(f"the property {names.name!r} (its name) is missing or empty")
    level = value(names.level) or fixed.level
    level = mapping.levels.get(level, level)
    if not level:
        raise Unfit(f"the property {names.level!r} (its level) is missing and the mapping fixes none")
    return Incoming(
        level=level,
        code=code,
        name=name,
        full_name=value(names.full_name) or name,
        parent_code=value(names.parent) or fixed.parent or None,
        name_en=value(names.name_en),
        kind=value(names.kind) or fixed.kind,
        kind_en=value(names.kind_en) or fixed.kind_en,
        boundary=fixed.boundary,
        source=fixed.source,
        population=_count(_dig(properties, names.population), names.population),
        valid_from=fixed.valid_from,
    )


def _dig(properties: dict[str, Any], name: str) -> Any:
    if name in properties:
        return properties[name]
    found: Any = properties
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _word(value: Any, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unfit(f"the property {name!r} is neither text nor a number")
    # A lone surrogate or a zero byte is legal JSON and impossible in PostgreSQL.
    words = str(value).encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    words = " ".join(words.split())
    if len(words) > MAX_TEXT:
        raise Unfit(f"the property {name!r} is longer than {MAX_TEXT} characters")
    return words


def _count(value: Any, name: str) -> int | None:
    if value is None or value == "":
        return None
    try:
        count = int(float(value))
    except (TypeError, ValueError, OverflowError):
        raise Unfit(f"the property {name!r} is not a number") from None
    if not 0 <= count < 2**31:
        raise Unfit(f"the property {name!r} is out of range")
    return count
