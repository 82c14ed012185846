"""The figures of a run, as plain functions on plain numbers."""

from collections.abc import Hashable, Mapping, Sequence


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which `share` of all lie, between neighbours in proportion; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def gini(values: Sequence[float], weights: Sequence[float]) -> float | None:
    """How unequal the values are among people who come in groups: 0 all alike, towards 1 all for one.

    Half the mean difference between two people drawn at random, over the mean.
    """
    people = sum(weights)
    mean = sum(v * w for v, w in zip(values, weights, strict=True)) / people if people else 0.0
    if not people:
        return None
    if mean == 0:
        return 0.0
    # Sorted, the mean difference takes one pass: each value against all people below it.
    apart = below = below_sum = 0.0
    for value, weight in sorted(zip(values, weights, strict=True)):
        apart += weight * (value * below - below_sum)
        below += weight
        below_sum += weight * value
    return apart / (people * people * mean)


def gini_of_help(helped: Mapping[Hashable, tuple[int, int]]) -> float | None:
    """The Gini coefficient of the share helped in each ward, every case counting the same.

    `helped` holds (cases helped, all cases) of each ward.
    """
    wards = [(done / number, number) for done, number in helped.values() if number]
    return gini([share for share, _number in wards], [number for _share, number in wards])
