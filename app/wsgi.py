"""What the web server loads."""

import os

from app import create_app
from app.supervise import tie_to_parent

if os.environ.get("LALANH_SUPERVISED"):
    tie_to_parent()
application = create_app()
