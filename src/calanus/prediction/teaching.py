"""From a learning set to what guesses: the classifier, and what it was asked to promise."""

from calanus.features.extractors import Extractor
from calanus.kit.db import Connection
from calanus.prediction import saying_less, service, trays
from calanus.prediction.classifiers import CLASSIFIERS
from calanus.prediction.folds import MANY, THIRDS, folds
from calanus.prediction.held_out import HeldOut, held_out
from calanus.prediction.service import Guesser
from calanus.prediction.types import LearningSet, Plan


def teach(
    conn: Connection, wanted: Plan, learnt: LearningSet, extractor: Extractor | None
) -> Guesser:
    """The classifier of a request, taught, with how sure a name must be and what is strange.

    Raises:
        PredictionRefused: there is nothing to learn by.
    """
    model = service.train(wanted.request, learnt)
    told = hold_out(conn, wanted, learnt)
    return Guesser(
        model,
        learnt.columns,
        extractor,
        saying_less.learn(conn, wanted.request, learnt, told),
        trays.learn(wanted.request, learnt, told),
    )


def hold_out(conn: Connection, wanted: Plan, learnt: LearningSet) -> HeldOut | None:
    """What the classifier says of objects that did not teach it, where a promise needs it.

    Samples are held out whole, if they can be. What is found in one sample only is not asked then:
    nothing is left to teach it.
    """
    request = wanted.request
    if request.risk is None and request.unlike is None:
        return None
    samples = service.samples(conn, wanted, learnt)
    parts = folds(samples, learnt.taxa, seed=request.seed, most=THIRDS)
    told = held_out(
        lambda: CLASSIFIERS[request.classifier](learnt.dimensions, request.seed),
        learnt.features,
        learnt.taxa,
        parts,
        fresh=learnt.fresh,
        most=1 if len(learnt.taxa) >= MANY else None,
    )
    return told.only(told.known) if parts.by == "sample" else told
