"""The embedded database comes and goes with the processes that use it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from app.core.cluster import LONGEST_SOCKET_PATH, SOCKET, Cluster
from app.core.embedded import CHECKOUT
from app.core.postgres import EmbeddedError, find

# Only app.core is loaded, as importing the whole application takes longer than what is tested here.
LIGHT = """
import sys, types
sys.modules["app"] = types.ModuleType("app")
sys.modules["app"].__path__ = ["app"]
"""
USER = (
    LIGHT
    + """
from app.core import embedded
print(embedded.database_url(), flush=True)
for line in sys.stdin:
    if line == "revive\\n":
        print(embedded.restart_if_dead(), flush=True)
"""
)


class Process:
    """One process that uses the cluster until told to leave."""

    def __init__(self, home: Path, **environment: str) -> None:
        without = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        self.popen = subprocess.Popen(
            [sys.executable, "-c", USER],
            cwd=CHECKOUT,
            env={**without, "LALANH_DATA": str(home), "LALANH_DB_FAST": "1", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def said(self) -> str:
        assert self.popen.stdout
        return self.popen.stdout.readline().strip()

    def say(self, words: str) -> None:
        assert self.popen.stdin
        self.popen.stdin.write(words + "\n")
        self.popen.stdin.flush()

    def leave(self) -> str:
        return self.popen.communicate(timeout=60)[1]


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder as `mktemp -d` makes it: of mode 0700, and root's when we are root."""
    with tempfile.TemporaryDirectory(prefix="lalanh-embedded-") as folder:
        yield Path(folder)
        for socket in Path(folder).glob("*/db/data/postmaster.pid"):
            pytest.fail(f"left running: {socket}")


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A cluster made once for the tests that only start and stop it."""
    with tempfile.TemporaryDirectory(prefix="lalanh-embedded-") as folder:
        first = Process(Path(folder))
        assert first.said()
        first.leave()
        yield Path(folder)


def postmaster(home: Path) -> int:
    return int((home / "db/data/postmaster.pid").read_text().split("\n")[0])


def ask(url: str, question: str) -> object:
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def until(condition: object, seconds: float = 10) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def test_a_fresh_cluster_is_private_and_has_postgis(home: Path) -> None:
    process = Process(home)
    url = process.said()
    assert ask(url, "SHOW listen_addresses") == ""
    assert ask(url, "SHOW jit") == "off"
    ask(url, "CREATE EXTENSION postgis")
    assert (home / "db").stat().st_mode & 0o077 == 0
    assert (home / "db/data").stat().st_uid != 0
    process.leave()
    assert not Cluster(home).is_up()


def test_two_processes_starting_at_once_make_one_cluster(home: Path) -> None:
    first, second = Process(home), Process(home)
    assert first.said() == second.said() != ""
    first.leave()
    second.leave()
    assert not Cluster(home).is_up()


def test_the_last_to_leave_stops_it(made: Path) -> None:
    first, second = Process(made), Process(made)
    url = first.said()
    second.said()
    ask(url, "CREATE TABLE kept (word text)")
    first.leave()
    assert ask(url, "SELECT count(*) FROM kept") == 0
    second.leave()
    assert not Cluster(made).is_up()


def test_a_killed_process_does_not_keep_it_running(made: Path) -> None:
    killed, other = Process(made), Process(made)
    killed.said()
    other.said()
    killed.popen.kill()
    killed.popen.communicate()
    other.leave()
    assert not Cluster(made).is_up()


def test_it_survives_the_server_being_killed(made: Path) -> None:
    process = Process(made)
    url = process.said()
    ask(url, "CREATE TABLE survives AS SELECT 'rice' AS word")
    ask(url, "CHECKPOINT")
    os.kill(postmaster(made), signal.SIGKILL)
    until(lambda: not Cluster(made).is_up())
    process.say("revive")
    assert process.said() == "True"
    assert ask(url, "SELECT word FROM survives") == "rice"
    process.say("revive")
    assert process.said() == "False"
    process.leave()


def test_everything_killed_starts_again(made: Path) -> None:
    process = Process(made)
    process.said()
    os.kill(postmaster(made), signal.SIGKILL)
    process.popen.kill()
    process.popen.communicate()
    again = Process(made)
    assert ask(again.said(), "SELECT 1") == 1
    again.leave()


def test_a_pid_file_whose_number_another_program_has_now_is_no_hindrance(made: Path) -> None:
    sleeper = subprocess.Popen(["sleep", "60"])
    (made / "db/data/postmaster.pid").write_text(f"{sleeper.pid}\n{made}/db/data\n0\n5432\n")
    process = Process(made)
    assert ask(process.said(), "SELECT 1") == 1
    process.leave()
    (made / "db/data/postmaster.pid").write_text(f"{sleeper.pid}\n{made}/db/data\n0\n5432\n")
    Cluster(made).shut_down()
    assert sleeper.poll() is None
    sleeper.kill()
    sleeper.wait()


def test_a_deep_data_folder_gets_a_short_socket(home: Path) -> None:
    deep = home / ("d" * 90) / "data"
    cluster = Cluster(deep)
    assert len(str(cluster.socket_folder / SOCKET)) <= LONGEST_SOCKET_PATH
    home.chmod(0o711)
    process = Process(deep)
    assert ask(process.said(), "SELECT 1") == 1
    assert cluster.socket_folder.stat().st_mode & 0o077 == 0
    process.leave()
    cluster.socket_folder.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs two users")
def test_another_user_is_told_whose_it_is(made: Path) -> None:
    as_nobody = LIGHT + (
        "import os, pathlib, app.core.cluster as c\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "c.Cluster(pathlib.Path(sys.argv[1])).prepare()"
    )
    command = [sys.executable, "-c", as_nobody, str(made)]
    said = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert "belongs to the user 'postgres'" in said.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is cut off by somebody else's folder")
def test_a_folder_that_the_database_user_cannot_reach_is_refused_with_advice(home: Path) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedError, match="LALANH_DATA"):
        Cluster(closed / "data").prepare()


def test_a_version_that_is_not_installed_is_named() -> None:
    with pytest.raises(EmbeddedError, match=r"(?s)PostgreSQL 9 .*brew install"):
        find(9)
