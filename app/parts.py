"""The three parts of the site as functions that run until they are told to stop."""

import asyncio
import os
from importlib import import_module
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from app.worker import work

WEB: dict[str, Any] = {"interface": Interfaces.ASGINL, "backlog": 2048, "websockets": False}
LIVE: dict[str, Any] = {"interface": Interfaces.ASGI, "workers": 1, "backlog": 16_384, "backpressure": 16_384}


def run_web(host: str, port: int, workers: int) -> None:
    """Answer requests: one at a time in each worker, as many workers as cores."""
    _granian("app.asgi:application", host, port, workers=workers, respawn_failed_workers=True, **WEB)


def run_live(host: str, port: int) -> None:
    """Hold the event streams; the backlog bounds how many."""
    _granian("app.live:application", host, port, **LIVE)


def run_worker() -> None:
    """Do the queued jobs."""
    asyncio.run(work(import_module("app.wsgi").application, concurrency=2))


def _granian(target: str, host: str, port: int, **options: Any) -> None:
    os.environ["LALANH_SUPERVISED"] = "1"
    Server(target, address=host, port=port, log_level=LogLevels.warning, **options).serve()
