"""Where PostgreSQL's own programs are on this machine, and the settings of the private cluster."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from glob import glob
from pathlib import Path

OLDEST = 15

BIN_FOLDERS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat, Fedora from postgresql.org
    "/opt/homebrew/opt/postgresql@*/bin",  # Homebrew on Apple silicon
    "/usr/local/opt/postgresql@*/bin",  # Homebrew on Intel
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)

HOW_TO_INSTALL = (
    "  Debian, Ubuntu:  sudo apt-get install postgresql postgis 'postgresql-*-postgis-3'\n"
    "  macOS:           brew install postgresql@17 postgis\n"
    "`make run` does it by itself on Debian and Ubuntu. Or set DATABASE_URL to a server of your own."
)


class EmbeddedError(RuntimeError):
    """The embedded database cannot be used; the message says why and what to do."""


@dataclass(frozen=True, order=True)
class Postgres:
    """One installed PostgreSQL: its major version and the folder of its programs."""

    version: int
    bin: Path

    def program(self, name: str) -> str:
        """The full path of one of its programs."""
        return str(self.bin / name)

    def folder(self, name: str) -> Path:
        """One of its folders, as pg_config tells it ("sharedir", "pkglibdir")."""
        own = self.program("pg_config")
        pg_config = own if Path(own).exists() else shutil.which("pg_config") or own
        said = subprocess.run([pg_config, f"--{name}"], capture_output=True, text=True, check=True)
        return Path(said.stdout.strip())

    @property
    def share(self) -> Path:
        """Where extensions put their control files."""
        debian = Path(f"/usr/share/postgresql/{self.version}")
        return debian if debian.is_dir() and self.bin.is_relative_to("/usr/lib") else self.folder("sharedir")

    @property
    def libraries(self) -> Path:
        """Where extensions put their shared libraries."""
        debian = self.bin.parent / "lib"
        return debian if self.bin.is_relative_to("/usr/lib") else self.folder("pkglibdir")

    @property
    def has_postgis(self) -> bool:
        """Whether `CREATE EXTENSION postgis` can work here."""
        return (self.share / "extension" / "postgis.control").is_file()

    @property
    def preload(self) -> str:
        """PostGIS loaded with the server saves each new connection 20-40 ms on its first query."""
        endings = (".so", ".dylib")
        return "postgis-3" if any((self.libraries / f"postgis-3{e}").exists() for e in endings) else ""


def installed() -> Iterator[Postgres]:
    """Every PostgreSQL found on this machine, in no order."""
    on_path = shutil.which("postgres")
    folders = {Path(folder).resolve() for pattern in BIN_FOLDERS for folder in glob(pattern)}
    if on_path:
        folders.add(Path(on_path).resolve().parent)
    for folder in folders:
        if not (folder / "initdb").exists() or not (folder / "postgres").exists():
            continue
        said = subprocess.run(
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=False,
        )
        if found := re.search(r"(\d+)(\.|devel|beta|rc|\s|$)", said.stdout):
            yield Postgres(int(found[1]), folder)


def find(version: int | None = None) -> Postgres:
    """The newest PostgreSQL with PostGIS; of exactly `version` where a data directory asks for it."""
    found = sorted(installed(), reverse=True)
    able = [p for p in found if p.version >= OLDEST and p.has_postgis]
    if version is not None:
        able = [p for p in able if p.version == version]
    if able:
        return able[0]
    have = ", ".join(str(p.version) for p in found) or "none"
    wanted = f"{OLDEST} or newer" if version is None else f"{version} (the data directory was made by it)"
    raise EmbeddedError(
        f"PostgreSQL {wanted} with PostGIS 3 is not installed here (found: {have}).\n{HOW_TO_INSTALL}"
    )


def settings(postgres: Postgres, socket_folder: Path, *, fast: bool) -> str:
    """The whole postgresql.conf of the private cluster.

    `fast` gives up safety against power loss for speed; it is for tests and nothing else.
    """
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    lines: dict[str, str | int | float] = {
        # Nobody reaches it but through a socket in a private folder.
        "listen_addresses": "''",
        "unix_socket_directories": f"'{_quoted(socket_folder)}'",
        "unix_socket_permissions": "0700",
        "max_connections": 200,
        "shared_preload_libraries": f"'{postgres.preload}'",
        "shared_buffers": f"{max(128, min(memory_mb // 8, 1024))}MB",
        "effective_cache_size": f"{max(256, memory_mb // 2)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{max(64, min(memory_mb // 16, 256))}MB",
        "random_page_cost": 1.1,
        "jit": "off",
        "wal_compression": "on",
        "max_wal_size": "2GB",
        # The map's cell counts are index-only scans: they stay quick only while vacuum keeps up.
        "autovacuum_naptime": "10s",
        "autovacuum_vacuum_scale_factor": 0.02,
        "autovacuum_vacuum_insert_scale_factor": 0.05,
        "autovacuum_analyze_scale_factor": 0.02,
        "autovacuum_vacuum_cost_limit": 2000,
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        # Statements hold what people typed about themselves: none goes to the log.
        "log_min_duration_statement": -1,
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_line_prefix": "'%m [%p] '",
    }
    if fast:
        lines |= dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes", "autovacuum"), "off")
    return "# Written anew at each start; change app/core/postgres.py instead.\n" + "".join(
        f"{name} = {value}\n" for name, value in lines.items()
    )


def locale() -> str:
    """A UTF-8 locale that this system has without installing anything."""
    return "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
