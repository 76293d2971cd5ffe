"""Features made alike before a linear model weighs them: robust scales, and half whitening."""

from typing import Any, Self, cast

import numpy as np

from calanus.prediction.types import Features, Numbers

FARTHEST = 4.0  # an outlier says no more than this many standard deviations
COMPONENTS = 200
OBJECTS_A_COMPONENT = 4  # fewer objects cannot tell one more direction
# Between PCA (0) and full whitening (0.5): 80.6 against 77.5 % on a small set, never worse on any.
WHITENING = 0.25


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


class HalfWhitening:
    """The main directions of the deep features, the weaker ones raised half way to the stronger."""

    mean: Numbers
    axes: Numbers

    def __init__(self, components: int = COMPONENTS, whitening: float = WHITENING) -> None:
        self.components = components
        self.whitening = whitening

    def fit(self, X: Features) -> Self:
        """Find the directions in (objects, dimensions); fewer where objects are few."""
        numbers = _known(X).astype(np.float64)
        self.mean = numbers.mean(axis=0)
        centred = numbers - self.mean
        found = np.linalg.eigh(centred.T @ centred / max(len(X) - 1, 1))
        variances, axes = found.eigenvalues[::-1], found.eigenvectors[:, ::-1]
        most = min(self.components, max(2, len(X) // OBJECTS_A_COMPONENT))
        told = variances[:most] > 1e-9 * max(float(variances[:1].sum()), 1e-30)
        variances, axes = variances[:most][told], axes[:, :most][:, told]
        gains = variances**-self.whitening
        level = np.sqrt(np.mean(gains**2 * variances)) if len(gains) else 1.0
        self.axes = axes * gains / level  # one unit of variance a component, on average
        return self

    def transform(self, X: Features) -> Features:
        """The components: (objects, components)."""
        return ((_known(X) - self.mean) @ self.axes).astype(np.float32)


def _finite(X: Features) -> Numbers:
    numbers = X.astype(np.float64)
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def _known(X: Features) -> Features:
    """Deep features of which there is none, or an infinite one, as 0: they say nothing."""
    return np.nan_to_num(X, nan=0.0, posinf=0.0, neginf=0.0)


def _quantile(known: Numbers, share: float) -> Numbers:
    """Of each column; of no columns, nothing."""
    if known.shape[1] == 0:
        return np.zeros(0, np.float64)
    quantile = cast(Any, np.nanquantile)  # its stub leaves the result untyped
    return np.asarray(quantile(known, share, axis=0), np.float64)


def _positive(spread: Numbers) -> Numbers:
    return np.where(spread > 1e-12, spread, 1.0)
