"""Every table of the application, imported once, so that the ORM and the migrations know them all."""

from app.areas import models as areas
from app.authority import models as authority
from app.cases import looking
from app.cases import models as cases
from app.core import audit, heartbeat
from app.coverage import models as coverage
from app.delivery import models as delivery
from app.emergencies import models as emergencies
from app.feed import models as feed
from app.matching import dispatch_models as dispatch
from app.matching import models as matching
from app.matching import round_models as rounds
from app.people import limits
from app.people import models as people
from app.supplies import models as supplies
from app.volunteers import models as volunteers

__all__ = [
    "areas",
    "audit",
    "authority",
    "cases",
    "coverage",
    "delivery",
    "dispatch",
    "emergencies",
    "feed",
    "heartbeat",
    "limits",
    "looking",
    "matching",
    "people",
    "rounds",
    "supplies",
    "volunteers",
]
