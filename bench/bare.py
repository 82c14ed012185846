"""The limit: the very SQL that the application sends, run by pgbench without the application."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, make_url

from app.core.db import db, read_engine
from app.core.postgres import find

MOST_SCRIPTS = 100  # pgbench takes 128 at most
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def statements_of(action: Callable[[], object]) -> list[str]:
    """What the application sends while it does `action`, with the values written in."""
    with _overheard(db.engine) as writes, _overheard(read_engine()) as reads:
        action()
    return writes + reads


def pgbench(url: str, scripts: Sequence[Sequence[str]], clients: int, seconds: float) -> list[float]:
    """Run the scripts, each a list of statements, at `clients` connections; gives all latencies in ms."""
    with tempfile.TemporaryDirectory(prefix="lalanh-pgbench-") as name:
        folder = Path(name)
        chosen = []
        for number, statements in enumerate(scripts[:MOST_SCRIPTS]):
            file = folder / f"{number}.sql"
            file.write_text("".join(_lines(statements)), encoding="utf-8")
            chosen += ["-f", str(file)]
        how = ["-n", "-M", "simple", "-c", str(clients), "-j", str(os.cpu_count() or 1)]
        long = ["-T", str(max(1, round(seconds))), "-l", f"--log-prefix={folder / 'log'}"]
        command = [find().program("pgbench"), *how, *long, *chosen, *_reach(url)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        if ran.returncode or "ERROR" in ran.stderr:
            raise RuntimeError(f"pgbench: {ran.stderr[-2000:]}")
        return _latencies(folder)


def made_anew(statements: Sequence[str], *keys: str) -> list[str]:
    """The statements with a new key on every run in place of each of `keys`, which they insert."""
    texts = list(statements)
    for number, key in enumerate(dict.fromkeys(keys)):
        if UUID.fullmatch(key):
            old = re.compile(f"'{key}'(::uuid)?", re.IGNORECASE)
            fresh = f"('{number + 1:08x}-0000-7000-8000-' || lpad(to_hex(:n), 12, '0'))::uuid"
            texts = [old.sub(fresh, text) for text in texts]
        else:
            texts = [text.replace(f"'{key}'", f"('{key}-' || :n)") for text in texts]
    return ["\\set n random(1, 140737488355327)", *texts]


def _lines(statements: Sequence[str]) -> Iterator[str]:
    """One statement a line; pgbench reads a colon before a letter as its variable."""
    for statement in statements:
        flat = " ".join(line for line in statement.splitlines() if not line.strip().startswith("--"))
        yield flat + ("\n" if flat.startswith("\\") else ";\n")


@contextmanager
def _overheard(engine: Engine) -> Iterator[list[str]]:
    said: list[str] = []

    def listen(_connection: Any, cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        sets = parameters if isinstance(parameters, list) else [parameters]
        said.extend(cursor.mogrify(statement, each or None).decode() for each in sets)

    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", listen)


def _latencies(folder: Path) -> list[float]:
    """Milliseconds of every transaction, out of pgbench's logs."""
    return [
        int(line.split()[2]) / 1000 for file in folder.glob("log.*") for line in file.read_text().splitlines()
    ]


def _reach(url: str) -> list[str]:
    address = make_url(url)
    host = address.query.get("host") or address.host or ""
    return ["-h", str(host), "-U", str(address.username), str(address.database)]
