"""What came of a run."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass

from bench.simulation.figures import gini_of_help, percentile
from bench.simulation.people import DAY_S


@dataclass(frozen=True)
class Outcome:
    """The figures of a run; None where there was nothing to measure."""

    time_to_first_claim_p50_min: float | None
    time_to_first_claim_p90_min: float | None
    never_helped_share: float | None
    metres_per_delivery: float | None
    gini_wards: float | None
    messages_per_help: float | None
    cases: int
    claimed: int
    deliveries: int

    def rounded(self) -> dict[str, float | int | None]:
        """As it is printed."""
        return {name: round(v, 4) if isinstance(v, float) else v for name, v in asdict(self).items()}


def told(
    posted: Sequence[float],
    first_claim: Mapping[int, float],
    ways: Sequence[float],
    wards: Sequence[Hashable],
    messages: int,
    end: float,
) -> Outcome:
    """The figures, from the moments of a run in seconds.

    A case that nobody ever took counts as if taken at the end of the run: its waiting is at least that long.
    """
    waited = [(first_claim.get(case, end) - at) / 60 for case, at in enumerate(posted)]
    helped = [case in first_claim and first_claim[case] - at <= DAY_S for case, at in enumerate(posted)]
    by_ward: dict[Hashable, tuple[int, int]] = {}
    for ward, was in zip(wards, helped, strict=True):
        done, number = by_ward.get(ward, (0, 0))
        by_ward[ward] = done + was, number + 1
    return Outcome(
        percentile(waited, 0.5),
        percentile(waited, 0.9),
        1 - sum(helped) / len(helped) if helped else None,
        sum(ways) / len(ways) if ways else None,
        gini_of_help(by_ward),
        messages / len(first_claim) if first_claim else None,
        len(posted),
        len(first_claim),
        len(ways),
    )
