"""What the web server loads."""

from app.core.overload import QUEUE
from app.gateway import Gateway
from app.wsgi import application as plain

application = Gateway(plain, QUEUE, largest=plain.config["MAX_CONTENT_LENGTH"])
