"""What a volunteer is told when an official has given them a case; `wiring.py` says when."""

from flask_babel import gettext as _

from app.cases.models import Case, Claim
from app.cases.telling import tell_volunteer


def case_assigned(case: Case, claim: Claim) -> None:
    """The volunteer learns of the case, and that they may give it back."""
    tell_volunteer(
        case,
        claim,
        "case_assigned",
        lambda: (
            _("Bạn được phân công một trường hợp"),
            _("Cán bộ địa bàn nhờ bạn giúp trường hợp %(code)s. Nếu không giúp được, hãy trả lại ở đây:",
              code=case.code),
        ),
    )  # fmt: skip
