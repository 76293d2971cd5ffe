"""The main directions of deep features: fewer numbers, in which what is alike lies close."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from calanus.features.types import Features

COMPONENTS = 200
OBJECTS_A_COMPONENT = 4  # fewer objects cannot tell one more direction
# Between PCA (0) and full whitening (0.5): 80.6 against 77.5 % on a small set, never worse on any.
WHITENING = 0.25

Numbers = NDArray[np.float64]


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


def _known(X: Features) -> Features:
    """Deep features of which there is none, or an infinite one, as 0: they say nothing."""
    return np.nan_to_num(X, nan=0.0, posinf=0.0, neginf=0.0)
