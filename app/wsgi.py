"""The application, made: for the web server (`asgi.py`), the worker, or any other WSGI server."""

import gc
import os

from app import create_app
from app.supervise import tie_to_parent

if os.environ.get("LALANH_SUPERVISED"):
    tie_to_parent()
application = create_app()
# What is here now stays for good. Without this the collector walks through all of it again and again, 190,000
# objects: a tenth of a second in the middle of somebody's request.
gc.collect()
gc.freeze()
