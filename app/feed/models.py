"""What the feed keeps beside the cases."""

from sqlalchemy import ARRAY, BigInteger, Identity, Integer, SmallInteger, Text
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


class FeedTally(Base):
    """The cases of a square, counted by cell, status, category and urgency, as of a version of the square.

    The arrays are columns of one small table: entry i of each belongs to the same count. Written by the
    worker alone (`feed/tallies.py`); one row for each square and zoom of its cells.
    """

    __tablename__ = "feed_tally"

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    square: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    cells: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    statuses: Mapped[list[str]] = mapped_column(ARRAY(Text))
    categories: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    urgencies: Mapped[list[str]] = mapped_column(ARRAY(Text))
    counts: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    xs: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    """How many eighths of a cell's side its cases stand from its west, together."""
    ys: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    """The same from its north."""
