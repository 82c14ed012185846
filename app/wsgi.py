"""What the web server loads."""

from app import create_app

application = create_app()
