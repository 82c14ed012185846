"""Links as QR codes."""

import segno
from markupsafe import Markup


def qr_of(link: str) -> Markup:
    """The link as a QR code, drawn as SVG without any style or script of its own."""
    drawn = segno.make(link, error="m").svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None)
    return Markup(drawn)  # noqa: S704 (segno draws squares; nothing of the link stands in them as text)
