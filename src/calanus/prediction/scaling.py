"""Measurements made alike before a linear model weighs them."""

from typing import Any, Self, cast

import numpy as np

from calanus.prediction.types import Features, Numbers

FARTHEST = 4.0  # an outlier says no more than this many standard deviations


class RobustScale:
    """Medians to 0, quartiles about 1, outliers tamed by asinh, missing values as the median.

    What instruments measure spans orders of magnitude, and a few values are absurd.
    """

    middle: Numbers
    spread: Numbers
    mean: Numbers
    deviation: Numbers

    def fit(self, X: Features) -> Self:
        """Remember the scales of (objects, columns); NaN and infinities are missing."""
        known = _finite(X)
        known[:, np.isnan(known).all(axis=0)] = 0
        low, self.middle, high = (_quantile(known, share) for share in (0.25, 0.5, 0.75))
        deviation: Numbers = np.nanstd(known, axis=0)
        self.spread = _positive(np.where(high > low, high - low, deviation))
        bent = self._bent(X)
        self.mean, self.deviation = bent.mean(axis=0), _positive(bent.std(axis=0))
        return self

    def transform(self, X: Features) -> Features:
        """The same columns, alike in scale."""
        scaled = (self._bent(X) - self.mean) / self.deviation
        return np.clip(scaled, -FARTHEST, FARTHEST).astype(np.float32)

    def _bent(self, X: Features) -> Numbers:
        steps = (_finite(X) - self.middle) / self.spread
        return np.arcsinh(np.where(np.isnan(steps), 0, steps))


def _finite(X: Features) -> Numbers:
    numbers = X.astype(np.float64)
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def _quantile(known: Numbers, share: float) -> Numbers:
    """Of each column; of no columns, nothing."""
    if known.shape[1] == 0:
        return np.zeros(0, np.float64)
    quantile = cast(Any, np.nanquantile)  # its stub leaves the result untyped
    return np.asarray(quantile(known, share, axis=0), np.float64)


def _positive(spread: Numbers) -> Numbers:
    return np.where(spread > 1e-12, spread, 1.0)
