"""What rests while too many people are here: asked by views and templates, shown in the metrics."""

import threading
from typing import Any

from flask import Flask, current_app
from flask_babel import gettext as _
from prometheus_client import Gauge

from app.config import Settings
from app.core.errors import Busy
from app.core.overload import ORDER, QUEUE, RETRY_AFTER_S, Feature, Mode, Watch

LEVEL = Gauge("lalanh_overload_level", f"How many features rest, of {len(ORDER)}: {', '.join(ORDER)}")
WAITING = Gauge("lalanh_queue", "Requests that wait for each web process, at the last look")


def sheds(feature: Feature) -> bool:
    """Whether this feature rests now."""
    return mode().sheds(feature)


def mode() -> Mode:
    """The mode of this process."""
    found: Mode = current_app.extensions["overload"]
    return found


def busy() -> Busy:
    """The refusal for a program that asks for something that rests."""
    return Busy(_("Đang rất đông người dùng, thử lại sau nửa phút."), retry_after_s=RETRY_AFTER_S)


def set_up(app: Flask, settings: Settings) -> None:
    """Give every template `sheds`; from the first request on, watch the queue in a thread of this process."""
    watch = Watch(settings)
    app.extensions["overload"] = watch.mode
    LEVEL.set_function(lambda: watch.mode.level)
    WAITING.set_function(lambda: watch.mode.queue)
    begun = threading.Event()

    @app.context_processor
    def for_templates() -> dict[str, Any]:
        return {"sheds": sheds}

    # Not earlier: the processes that answer are forked from one that does not.
    @app.before_request
    def begin() -> None:
        if watch.needed and not begun.is_set():
            begun.set()
            threading.Thread(target=watch.keep_looking, args=(QUEUE,), name="overload", daemon=True).start()
