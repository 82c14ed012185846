"""Settings from the environment. In production the application refuses to start without its secrets."""

import secrets
from datetime import time
from pathlib import Path
from typing import Literal, Self

from click import ClickException
from pydantic import AliasChoices, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Unsafe(ClickException):
    """The configuration would put people's data at risk; on the command line it is said without a trace."""


class Settings(BaseSettings):
    """Every setting, with its default; names in the environment carry the prefix LALANH_ unless aliased."""

    model_config = SettingsConfigDict(env_prefix="LALANH_", extra="ignore", populate_by_name=True)

    env: Literal["local", "production", "test"] = "local"
    demo: bool = True

    database_url: str = Field("", validation_alias=AliasChoices("DATABASE_URL", "database_url"))
    database_read_url: str = Field(
        "", validation_alias=AliasChoices("DATABASE_READ_URL", "database_read_url")
    )
    db_pool_size: int = 4

    secret_key: str = Field("", validation_alias=AliasChoices("SECRET_KEY", "secret_key"))
    privacy_key: str = ""
    """Keys the blurring of positions and the tracking links: changing it moves every blurred point."""

    port: int = Field(8000, validation_alias=AliasChoices("PORT", "port"))
    live_port: int = 0
    """Port of the live-update process; 0 means the web port plus one."""
    public_url: str = ""
    """Where people reach the site, e.g. https://lalanh.example; empty: taken from the request."""
    live_url: str = ""
    """Where browsers reach the event stream; empty: same host, `live_port`."""
    https: bool = False
    trusted_proxies: int = 0

    basemap_style_url: str = Field(
        "", validation_alias=AliasChoices("BASEMAP_STYLE_URL", "basemap_style_url")
    )
    default_lon: float = 106.7009
    default_lat: float = 10.7769
    default_locale: str = "vi"
    phone_region: str = "VN"

    limiter_storage: str = "memory://"
    metrics_token: str = ""

    smtp_url: str = ""
    """Mail server: smtp://user:password@host:587 or smtps://…:465; empty: no e-mail is sent."""
    mail_from: str = ""
    """The sender of e-mails, e.g. "Lá Lành <khong-tra-loi@lalanh.example>"."""

    claims_per_person: int = 5
    lease_minutes: int = 240
    lease_minutes_life_threatening: int = 30
    dispatch: bool = True
    """Whether volunteers near a new case are asked for help, in waves."""
    dispatch_window_s: float = Field(20, ge=0)
    """Cases that open within so many seconds are planned together; one of danger to life never waits."""
    ask_minutes: float = Field(20, ge=0)
    ask_minutes_urgent: float = Field(10, ge=0)
    ask_minutes_life_threatening: float = Field(3, ge=0)
    """How long a volunteer has to answer before the next are asked."""
    asks_per_hour: int = Field(4, ge=0)
    """How many cases a volunteer is asked about in an hour, at most."""
    asks_per_wave: int = Field(8, ge=1)
    asks_per_case: int = Field(30, ge=1)
    dispatch_patience_hours: float = Field(2, ge=0)
    """How long a case waits for suitable volunteers who are all busy, before its officials are told; and how
    long those are spared for whom it is not worth the way."""
    dispatch_again_hours: float = Field(6, ge=0)
    """How long after finding nobody it is tried again while the case is open; 0: never."""
    quiet_from: time = time(21, 30)
    quiet_until: time = time(6, 30)
    """Local hours in which nobody is asked, unless a life is in danger; both alike: none."""
    close_after_hours: int = 48
    ask_after_hours: int = 24
    expire_after_hours: int = 24 * 14
    erase_after_days: int = 90
    erase_rounds_after_days: int = 7
    export_limit: int = 1_000_000
    feed_cache_mb: int = 16
    """Room for kept answers of the feed in each web process; 0 keeps none."""

    osrm_url: str = ""
    """A router of one's own (OSRM) for the ways of rounds, e.g. http://127.0.0.1:5000: it is sent exact
    places. Empty: straight lines, a little longer."""
    export_dir: str = ""
    """Where files made in the background wait to be fetched; empty: `exports` in the data folder."""
    export_keep_hours: int = 24

    overload_queue: float = Field(32, ge=0)
    """Requests waiting for each web process from which on features rest; 0: never."""
    overload_calm_s: float = Field(10, gt=0)
    """How long the queue must have been short before a feature comes back."""
    overload_level: int | None = Field(None, ge=0, le=4)
    """How many features rest, set by hand instead of by the queue."""
    queue_dir: str = ""
    """The folder where web processes write down how many requests wait; `flask serve` makes one itself."""

    @property
    def ask_minutes_of(self) -> dict[str, float]:
        """How long a volunteer has to answer, by the urgency of the case."""
        return {
            "normal": self.ask_minutes,
            "urgent": self.ask_minutes_urgent,
            "life_threatening": self.ask_minutes_life_threatening,
        }

    @property
    def shows_outbox(self) -> bool:
        """Whether anybody here may read what would have been sent: a demo on its own database, or a test."""
        return self.env == "test" or (self.env == "local" and self.demo and not self.database_url)

    @property
    def production(self) -> bool:
        """Whether real people use this installation."""
        return self.env == "production"

    @model_validator(mode="after")
    def complete(self) -> Self:
        """Fill in what a single machine can make up for itself; production must say it."""
        missing = [
            name
            for name, value in (
                ("SECRET_KEY", self.secret_key),
                ("LALANH_PRIVACY_KEY", self.privacy_key),
                ("DATABASE_URL", self.database_url),
                ("LALANH_PUBLIC_URL", self.public_url),
            )
            if not value
        ]
        if self.production and missing:
            raise Unsafe(f"Set {', '.join(missing)} before starting in production (see README).")
        if self.production:
            self.https = True
            self.demo = False
        self.live_port = self.live_port or self.port + 1
        return self


def local_secret(folder: Path, name: str) -> str:
    """A secret made once and kept beside the local database (mode 0600); for single-machine use."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()
