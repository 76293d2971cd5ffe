"""How sure to be: scores divided by a temperature, so that they say how often they are right.

One temperature for all taxa (Guo et al., ICML 2017). Arrays in, arrays out.
"""

import numpy as np
from numpy.typing import NDArray

from calanus.prediction.types import Scores, Taxa

LEAST = 1e-6  # the score of what a classifier thinks impossible
TEMPERATURES = np.geomspace(0.1, 10, 93)

Logits = NDArray[np.float64]  # (objects, taxa)


def softmax(logits: Logits) -> Scores:
    """Scores that sum to 1, of (objects, taxa)."""
    likely = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (likely / likely.sum(axis=1, keepdims=True)).astype(np.float32)


def logits_of(scores: Scores) -> Logits:
    """What makes these scores."""
    return np.log(np.maximum(scores.astype(np.float64), LEAST))


def temperature(logits: Logits, truth: Taxa) -> float:
    """What to divide logits by, so that of objects scored 0.8 about 80 % are right.

    The score shown is that of the likeliest taxon, so it is what is made likely: right or wrong,
    whichever the right one would have been. `truth` are columns; of no objects it is 1, which
    changes nothing.
    """
    if not len(truth):
        return 1.0
    right = logits.argmax(axis=1) == truth
    likely = [log_likelihood(softmax(logits / t).max(axis=1), right) for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmax(likely))])


def tempered(scores: Scores, by: float) -> Scores:
    """Scores made less sure (above 1) or surer; rows sum to 1 again."""
    if by == 1 or not scores.size:
        return scores
    return softmax(logits_of(scores) / by)


def log_likelihood(sure: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    """Of having been right so often; a guess can cost no more than one in a million would."""
    likely = np.where(right, sure, 1 - sure)
    return float(np.log(np.maximum(likely, LEAST)).sum())
