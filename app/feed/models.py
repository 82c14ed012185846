"""What the feed keeps beside the cases."""

from sqlalchemy import BigInteger, Identity
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class FeedSquare(Base):
    """How often a square of the map at zoom 10 has changed: the sum of its rows (see migration 0009).

    Written by triggers alone, in the transaction of the change. Square -1 stands for everything.
    """

    __tablename__ = "feed_square"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    square: Mapped[int] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(BigInteger)
