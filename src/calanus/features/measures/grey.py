"""Grey levels of a particle: ImageJ's statistics of a histogram.

Source: ImageJ 1.x user guide, «Analyze › Set Measurements»; ZooProcess manual (Gorsky et al.
2010, J. Plankton Res. 32, 285–303) for histcum, range, meanpos, cv, sr.
"""

import numpy as np
from numpy.typing import NDArray

from calanus.features.measures.particle import Particle


def grey_levels(particle: Particle) -> dict[str, float]:
    """Statistics of the grey levels inside the outline, holes included as in ZooProcess."""
    values = particle.image[particle.filled]
    counts = np.bincount(values, minlength=256)
    levels = np.arange(256)
    n = float(values.size)
    mean = float(counts @ levels) / n
    centred = levels - mean
    moment2, moment3, moment4 = (float(counts @ centred**k) / n for k in (2, 3, 4))
    deviation = np.sqrt(moment2 * n / max(n - 1, 1))
    low, high = float(values.min()), float(values.max())
    quarter, median, three_quarters = _quantiles(counts, (0.25, 0.5, 0.75))
    xm, ym = _centre_of_mass(particle)
    return {
        "mean": mean,
        "stddev": float(deviation),
        "mode": float(counts.argmax()),
        "min": low,
        "max": high,
        "intden": mean * n,
        "median": median,
        "skew": moment3 / moment2**1.5 if moment2 else 0.0,
        "kurt": moment4 / moment2**2 - 3 if moment2 else 0.0,
        "histcum1": max(quarter - 1, 0),
        "histcum2": max(median - 1, 0),
        "histcum3": max(three_quarters - 1, 0),
        "xm": xm,
        "ym": ym,
        "range": high - low,
        "meanpos": (mean - high) / (mean - low) if mean > low else 0.0,
        "cv": 100 * float(deviation) / max(mean, 1),
        "sr": 100 * float(deviation) / max(high - low, 1),
    }


def _quantiles(counts: NDArray[np.int64], shares: tuple[float, ...]) -> list[float]:
    """The first grey levels below or at which these shares of the pixels lie."""
    reached: NDArray[np.int64] = np.cumsum(counts)
    total = int(reached[-1])
    return [float(np.searchsorted(reached, share * total)) for share in shares]


def _centre_of_mass(particle: Particle) -> tuple[float, float]:
    """The grey-weighted centre (x, y) from the corner of the bounding box."""
    weights = np.where(particle.filled, particle.image, 0).astype(np.float64)
    if not weights.any():
        weights = particle.filled.astype(np.float64)
    across: NDArray[np.float64] = weights.sum(axis=0)
    down: NDArray[np.float64] = weights.sum(axis=1)
    return _middle(across), _middle(down)


def _middle(weights: NDArray[np.float64]) -> float:
    """The mean position of weights that each lie in the middle of a pixel."""
    return float(weights @ (np.arange(weights.size) + 0.5)) / float(weights.sum())
