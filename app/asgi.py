"""What the web server loads."""

from app.core.overload import QUEUE
from app.gateway import Gateway
from app.wsgi import application as plain

HUNG_AFTER_S = 300.0
"""No answer takes as long, the largest export of an official included."""

application = Gateway(plain, QUEUE, largest=plain.config["MAX_CONTENT_LENGTH"], hung_after_s=HUNG_AFTER_S)
