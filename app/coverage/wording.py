"""The words for levels and for how many could help."""

from flask_babel import lazy_gettext as _l

LEVEL = {
    "none": _l("Không còn ai chờ"),
    "kept_up": _l("Chưa ai chờ lâu"),
    "slow": _l("Có người chờ lâu"),
    "behind": _l("Đang bị bỏ lại"),
}
HELPERS = {
    "few": _l("Ít người giúp gần đó"),
    "some": _l("Có người giúp gần đó"),
    "many": _l("Nhiều người giúp gần đó"),
}
SHAPE = {"none": "leaf", "kept_up": "check", "slow": "clock", "behind": "torn"}
"""Which icon stands beside each level; nothing is told by colour alone."""
TAG = {"none": "helped", "kept_up": "helped", "slow": "quiet", "behind": "torn"}
