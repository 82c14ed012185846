"""What a test run may touch: its own data folder and this machine, nothing else."""

import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any

from app.core.cluster import Cluster

OF_THE_PERSON = (
    "DATABASE_URL",
    "DATABASE_READ_URL",
    "SECRET_KEY",
    "PORT",
    "BASEMAP_STYLE_URL",
    "FLASK_DEBUG",
)
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


class LeftTheMachine(AssertionError):
    """A test tried to reach another machine."""


def own_data_folder() -> Path:
    """Forget the settings of whoever runs the tests and give the run a data folder of its own."""
    for name in [n for n in os.environ if n.startswith("LALANH_") or n in OF_THE_PERSON]:
        del os.environ[name]
    folder = Path(tempfile.mkdtemp(prefix="lalanh-tests-"))
    os.environ |= {
        "LALANH_DATA": str(folder),
        "LALANH_DB_FAST": "1",
        "LALANH_ENV": "test",
        "SECRET_KEY": "only-for-tests-session",
        "LALANH_PRIVACY_KEY": "only-for-tests-privacy",
    }
    return folder


def clean_up(folder: Path) -> None:
    """Stop the run's cluster, even if a killed worker left it behind, and remove its folder."""
    cluster = Cluster(folder)
    if cluster.data.exists():
        cluster.shut_down()
    shutil.rmtree(folder, ignore_errors=True)


def stay_on_this_machine() -> None:
    """From now on a connection of this process to another machine fails with LeftTheMachine."""
    real_connect, real_connect_ex = socket.socket.connect, socket.socket.connect_ex

    def check(own: socket.socket, address: Any) -> None:
        if own.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
            raise LeftTheMachine(f"a test tried to connect to {address[0]}:{address[1]}")

    def connect(own: socket.socket, address: Any) -> None:
        check(own, address)
        real_connect(own, address)

    def connect_ex(own: socket.socket, address: Any) -> int:
        check(own, address)
        return real_connect_ex(own, address)

    socket.socket.connect = connect  # type: ignore[method-assign]
    socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]
