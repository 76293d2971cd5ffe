"""The texture of a particle: neighbouring grey levels, small patterns, rings.

Sources: Haralick et al. 1973, IEEE Trans. SMC 3, 610–621 (co-occurrence); Ojala et al. 2002,
IEEE Trans. PAMI 24, 971–987 (local binary patterns, rotation-invariant and uniform).
"""

import numpy as np
from numpy.typing import NDArray

from calanus.features.measures.particle import Particle

LEVELS = 16
RINGS = 4
_AROUND = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))


def texture(particle: Particle) -> dict[str, float]:
    """Co-occurrence, local patterns, contrast with the background, profile from the middle."""
    return {
        **_contrast(particle),
        **_co_occurrence(particle),
        **_patterns(particle),
    }


def _contrast(particle: Particle) -> dict[str, float]:
    """How far the object stands out, how sharply, and where its mass lies."""
    level = particle.background
    darkness = np.abs(particle.image - np.float32(level))
    inside = darkness[particle.filled]
    opaque, clear = np.quantile(inside, (0.9, 0.1))
    across, down = _gradient(darkness)
    steep = np.hypot(across, down)[particle.filled]
    return {
        "contrast": float(inside.mean()),
        "contrast90": float(opaque),
        "contrast10": float(clear),
        "edge": float(steep.mean()),
        "edgestd": float(steep.std()),
        **_rings(particle, darkness),
    }


def _gradient(values: NDArray[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Half the difference of the two neighbours, the frame repeated."""
    wide = np.pad(values, 1, mode="edge")
    return (wide[1:-1, 2:] - wide[1:-1, :-2]) / 2, (wide[2:, 1:-1] - wide[:-2, 1:-1]) / 2


def _rings(particle: Particle, darkness: NDArray[np.floating]) -> dict[str, float]:
    """Share of the object's darkness in four rings of equal width around its middle."""
    rows, columns = np.nonzero(particle.filled)
    weights = darkness[particle.filled]
    distance = np.hypot(rows - rows.mean(), columns - columns.mean())
    ring = np.minimum(distance / (distance.max() + 1e-9) * RINGS, RINGS - 1).astype(np.int64)
    total = float(weights.sum()) or 1.0
    shares = np.bincount(ring, weights, minlength=RINGS) / total
    return {f"ring{i}": float(share) for i, share in enumerate(shares, start=1)}


def _co_occurrence(particle: Particle) -> dict[str, float]:
    """Haralick's measures of pairs of neighbours, right and below taken together."""
    coarse = (particle.image // (256 // LEVELS)).astype(np.int64)
    inside = particle.filled
    pairs = np.concatenate(
        [
            (coarse[:, :-1] * LEVELS + coarse[:, 1:])[inside[:, :-1] & inside[:, 1:]],
            (coarse[:-1] * LEVELS + coarse[1:])[inside[:-1] & inside[1:]],
        ]
    )
    counts = np.bincount(pairs, minlength=LEVELS**2).reshape(LEVELS, LEVELS)
    share = (counts + counts.T) / max(2 * pairs.size, 1)
    level = np.arange(LEVELS)
    apart = np.abs(level[:, None] - level[None, :])
    mean = float(share.sum(axis=0) @ level)
    variance = float(share.sum(axis=0) @ (level - mean) ** 2)
    together = float(((level - mean)[:, None] * (level - mean)[None, :] * share).sum())
    known = share[share > 0]
    return {
        "glcmcontrast": float((share * apart**2).sum()),
        "glcmhomogeneity": float((share / (1 + apart**2)).sum()),
        "glcmenergy": float((share**2).sum()),
        "glcmcorrelation": together / variance if variance > 1e-12 else 0.0,
        "glcmentropy": -float((known * np.log2(known)).sum()) + 0.0,
    }


def _patterns(particle: Particle) -> dict[str, float]:
    """Shares of the ten rotation-invariant uniform patterns of 8 neighbours at 1 pixel."""
    wide = np.pad(particle.image, 1, mode="edge")
    height, width = particle.image.shape
    code = np.zeros((height, width), dtype=np.uint8)
    for bit, (row, column) in enumerate(_AROUND):
        higher = wide[row : row + height, column : column + width] >= particle.image
        code |= higher.astype(np.uint8) << np.uint8(bit)
    kinds = np.bincount(_UNIFORM[code[particle.filled]], minlength=10) / particle.filled.sum()
    return {f"lbp{i}": float(share) for i, share in enumerate(kinds)}


def _uniform_kinds() -> NDArray[np.int64]:
    """For each code its number of ones when they are in one run, else 9."""
    kinds = np.full(256, 9, dtype=np.int64)
    for code in range(256):
        turned = (code >> 1) | ((code & 1) << 7)
        if (code ^ turned).bit_count() <= 2:
            kinds[code] = code.bit_count()
    return kinds


_UNIFORM = _uniform_kinds()
