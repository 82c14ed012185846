"""What the web server loads."""

from app import create_app
from app.supervise import tie_to_parent

tie_to_parent()
application = create_app()
