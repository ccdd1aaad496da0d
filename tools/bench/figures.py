# SPDX-License-Identifier: MIT
"""figures.py - the arithmetic of balance and scale: what is said of the numbers
that they have read."""
import statistics


def most_over_mean(counts):
    """How uneven a spread is: 1 if all have the same."""
    return max(counts) * len(counts) / sum(counts)


def p99(values):
    ordered = sorted(values)
    return ordered[int(len(ordered) * 0.99)]


def per_exchange(first, last, seconds):
    """Of two looks at (exchanges, CPU of the workers, CPU of the others, switches
    of the workers): per exchange CPU of the workers, CPU of all, switches; and
    exchanges a second.  None if there was none."""
    count, used, besides, switched = (b - a for a, b in zip(first, last))
    if count <= 0:
        return None
    return used / count, (used + besides) / count, switched / count, count / seconds


def beside(mine, base):
    """Rounds of one row beside those of the first: the median of each column, and
    the ratios of the first column inside a round, the least first."""
    ratios = sorted(own[0] / first[0] for own, first in zip(mine, base))
    return [statistics.median(column) for column in zip(*mine)], ratios
