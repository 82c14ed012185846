"""A private PostgreSQL cluster in a folder: made, started and stopped here, as a user that is never root."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2

from app.core.postgres import EmbeddedError, Postgres, find, locale, settings

DATABASE = "lalanh"
ROLE = "lalanh"
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103  # sockaddr_un holds 104 bytes on macOS, 108 on Linux, the last one a zero
UNPRIVILEGED = ("postgres", "_postgres", "nobody")
START = ("start", "-s", "-w", "-t", "300")
STOP = ("stop", "-s", "-w", "-t", "60", "-m", "fast")
PASSING_TROUBLE = ("pre-existing shared memory block", "lock file")


@dataclass
class Cluster:
    """The cluster in `home`/db. Callers hold the admin lock of `embedded` around start and stop."""

    home: Path
    fast: bool = False

    @property
    def folder(self) -> Path:
        """Everything of the cluster, closed to everyone else; it belongs to the user that runs it."""
        return self.home / "db"

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "postgres.log"

    @property
    def socket_folder(self) -> Path:
        """The folder itself, or a short private one when the socket's path would be too long."""
        if len(os.fsencode(self.folder / SOCKET)) <= LONGEST_SOCKET_PATH:
            return self.folder
        return Path("/tmp") / f"lalanh-{sha256(os.fsencode(self.folder)).hexdigest()[:16]}"

    @property
    def url(self) -> str:
        """The SQLAlchemy address of the database inside."""
        return f"postgresql+psycopg2://{ROLE}@/{DATABASE}?host={quote(str(self.socket_folder))}"

    def prepare(self) -> None:
        """Make the folders and see that the cluster's user can reach them."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            owner = self.folder.stat().st_uid
        except PermissionError as error:
            raise EmbeddedError(_not_yours(self.home, None)) from error
        if os.geteuid() == 0:
            if owner == 0:
                user = _unprivileged()
                os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._let_owner_in()
        elif owner != os.geteuid():
            raise EmbeddedError(_not_yours(self.home, owner))
        if self.socket_folder != self.folder:
            _make_private(self.socket_folder, self.folder.stat())

    def is_up(self) -> bool:
        """Whether a server accepts connections (a socket left over from a killed one does not)."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket_folder / SOCKET))
            except (FileNotFoundError, ConnectionRefusedError):
                return False
        return True

    def ensure_up(self) -> bool:
        """Start the server if it is down, making the cluster first if there is none. True if it had to."""
        if self.is_up():
            return False
        version = self.data / "PG_VERSION"
        postgres = find(int(version.read_text()) if version.exists() else None)
        if not version.exists():
            self._make(postgres)
        self._configure(postgres)
        self._start(postgres)
        self._ensure_database()
        return True

    def shut_down(self) -> None:
        """Stop the server at once but in good order; no harm when it is down.

        A pid file is not enough to go by: its number may belong to some other program of ours by now.
        """
        if self.is_up():
            postgres = find(int((self.data / "PG_VERSION").read_text()))
            self._run(postgres.program("pg_ctl"), *STOP, "-D", self.data, quiet=True)

    def _make(self, postgres: Postgres) -> None:
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        options = ["--auth=trust", "--encoding=UTF8", f"--locale={locale()}"]
        options.append("--no-sync" if self.fast else "--data-checksums")
        made = self._run(postgres.program("initdb"), "-D", fresh, "-U", ROLE, *options)
        if made.returncode:
            raise EmbeddedError(f"initdb could not make {self.data}:\n{made.stdout}{made.stderr}")
        fresh.rename(self.data)

    def _configure(self, postgres: Postgres) -> None:
        """Write our own settings; `trust` is safe, as only the owner of the folder gets to the socket."""
        config = settings(postgres, self.socket_folder, fast=self.fast)
        (self.data / "postgresql.conf").write_text(config)
        (self.data / "pg_hba.conf").write_text("local all all trust\nlocal replication all trust\n")

    def _start(self, postgres: Postgres) -> None:
        deadline = time.monotonic() + 20
        while True:
            self._forget_the_dead()
            already_said = self.log.stat().st_size if self.log.exists() else 0
            pg_ctl = postgres.program("pg_ctl")
            started = self._run(pg_ctl, *START, "-D", self.data, "-l", self.log, quiet=True)
            if started.returncode == 0 or self.is_up():
                return
            with self.log.open(errors="replace") as log:
                log.seek(already_said)
                said = log.read()
            passing = any(words in said for words in PASSING_TROUBLE)
            if not passing or time.monotonic() > deadline:
                raise EmbeddedError(f"The embedded database did not start. {self.log} says:\n{said.strip()}")
            time.sleep(0.1)

    def _forget_the_dead(self) -> None:
        """Remove the lock files of a killed server: its number may belong to some other program by now."""
        for file in (self.data / "postmaster.pid", self.socket_folder / f"{SOCKET}.lock"):
            if file.exists() and Path("/proc/self/cwd").exists():
                pid = file.read_text().split("\n", 1)[0].strip()
                if not _works_in(pid, self.data):
                    file.unlink()

    def _ensure_database(self) -> None:
        connection = psycopg2.connect(host=str(self.socket_folder), user=ROLE, dbname="postgres")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                if not cursor.fetchone():
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            connection.close()

    def _let_owner_in(self) -> None:
        """A folder that only root may enter (as mktemp makes them) is opened for passing through."""
        if self._owner_gets_in():
            return
        if self.home.stat().st_uid == 0:
            self.home.chmod(self.home.stat().st_mode | 0o011)
        if not self._owner_gets_in():
            user = _name(self.folder.stat().st_uid)
            raise EmbeddedError(
                f"The database cannot run as root, and the user {user!r}, as whom it runs, cannot reach"
                f" {self.folder}.\nSet LALANH_DATA to a folder that it can reach, such as /var/lib/lalanh."
            )

    def _owner_gets_in(self) -> bool:
        # Asked without leaving a file, over which a second process starting at once would trip.
        writable = 'cd "$1" && [ -w . ]'
        return self._run("/bin/sh", "-c", writable, "sh", self.folder).returncode == 0

    def _run(self, *command: str | Path, quiet: bool = False) -> "subprocess.CompletedProcess[str]":
        """Run a program as the folder's owner, away from the terminal's Ctrl-C.

        `quiet` for what leaves a server behind, which would hold a captured pipe open for ever.
        """
        identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            owner = self.folder.stat()
            identity = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        output = subprocess.DEVNULL if quiet else subprocess.PIPE
        return subprocess.run(
            command,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": locale(), "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
            start_new_session=True,
            check=False,
            **identity,
        )


def _unprivileged() -> pwd.struct_passwd:
    """The system user that runs the database when we are root."""
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedError("The database cannot run as root, and there is no user 'postgres' to run it as.")


def _works_in(pid: str, folder: Path) -> bool:
    """Whether this process lives in that folder, as a server does in its data directory (Linux only)."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder.resolve()
    except OSError:  # gone, dead and not yet reaped, or somebody else's
        return False


def _make_private(folder: Path, owner: os.stat_result) -> None:
    """Make a folder in /tmp that is the owner's alone, or refuse one that somebody else laid there."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0 and folder.lstat().st_uid == 0 and not folder.is_symlink():
        os.chown(folder, owner.st_uid, owner.st_gid)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != owner.st_uid or found.st_mode & 0o077:
        whose = _name(owner.st_uid)
        raise EmbeddedError(f"{folder} is not a private folder of {whose!r}; remove it and start again.")


def _not_yours(home: Path, owner: int | None) -> str:
    whose = f"belongs to the user {_name(owner)!r}" if owner is not None else "is not yours"
    return (
        f"The embedded database in {home} {whose}: it was first started by another user"
        " (by root, if you used sudo).\nStart it as that user, or set LALANH_DATA to a folder of your own"
        " for a separate database."
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
