"""What `calanus model` does."""

from pathlib import Path
from typing import Any

from calanus.cli import Asked
from calanus.cli.exporting import fetched
from calanus.cli.shell import answer, opened, read_json, settings_of, table
from calanus.cli.work import checked, done
from calanus.features import models
from calanus.features.extractors import known_names
from calanus.features.model_file import Manifest
from calanus.projects import service as projects
from calanus.users import policy
from calanus.users.policy import Act

HOW = {  # what an imported model is for
    "extractor": "choose it in a project's settings",
    "classifier": "predict with it, `calanus predict PROJECT --model NAME`",
    "both": "choose it in a project's settings, and predict with it",
}


def list_models(asked: Asked, *, json: bool) -> None:
    """The names a project may choose."""
    data = settings_of(asked).data
    names, taught = list(known_names(data)), models.classifier_names(data)
    lines = [*names, *(f"{name} (classifier)" for name in taught)]
    answer({"models": names, "classifiers": taught}, json=json, shown=lambda: "\n".join(lines))


def show(asked: Asked, what: str, *, json: bool) -> None:
    """The manifest of a model, members left out."""
    model = models.found(what, settings_of(asked).data)
    told = described(model.manifest)
    told["images_seen"] = len(model.seen)
    answer(told, json=json, shown=lambda: table(lines(told)))


def export(asked: Asked, what: str, out: Path, card: Path | None, *, json: bool) -> None:
    """Write a model to a file."""
    more = read_json(card) if card else None
    manifest = models.export_model(what, out, settings_of(asked).data, more)
    answer(
        {"file": str(out), "name": manifest.name, "passport": manifest.passport},
        json=json,
        shown=lambda: f"{out}: {manifest.name}, passport {manifest.passport[:12]}…",
    )


def import_(asked: Asked, file: Path, *, replace: bool, json: bool) -> None:
    """Bring a model in; only those who may administrate do."""
    with opened(asked) as here:
        policy.ask(here.user, Act.ADMINISTRATE)
        manifest = models.import_model(file, here.settings.data, instead=replace)
    answer(
        {"name": manifest.name, "passport": manifest.passport},
        json=json,
        shown=lambda: f"{manifest.name} is there: {HOW[manifest.kind]}.",
    )


def teach(
    asked: Asked, name: str, learn_from: list[int], out: Path, *, limit: int, json: bool
) -> None:
    """Learn, and write what was learnt to a file."""
    from calanus.prediction.jobs import classifier as kind
    from calanus.prediction.types import ClassifierReq, PredictionReq

    with opened(asked) as here:
        request = checked(
            PredictionReq,
            project_id=learn_from[0],
            source_project_ids=learn_from,
            learning_limit=limit,
            features=[],
            categories=[],
            use_scn=True,
            pre_mapping={},
        )
        order = checked(ClassifierReq, name=name, request=request)
        with here.transaction() as conn:
            projects.require(conn, here.user, learn_from[0], Act.PREDICT)
        job = done(here, kind, order, learn_from[0])
        target = fetched(here, job, out)
        answer({"file": str(target), **(job.result or {})}, json=json)


def described(manifest: Manifest) -> dict[str, Any]:
    """A manifest without what only a program reads."""
    return manifest.model_dump(exclude={"members"})


def lines(told: Any, before: str = "") -> list[tuple[str, str]]:
    """Nested values, a line each."""
    if isinstance(told, dict) and told:
        parts = dict[str, Any](told)  # pyright: ignore[reportUnknownArgumentType] (of JSON)
        start = f"{before}." if before else ""
        return [line for name, value in parts.items() for line in lines(value, start + name)]
    if not isinstance(told, list):
        return [(before, str(told))]  # pyright: ignore[reportUnknownArgumentType] (of JSON)
    values = list[Any](told)  # pyright: ignore[reportUnknownArgumentType] (of JSON)
    if any(isinstance(value, dict) for value in values):
        return [line for n, value in enumerate(values, 1) for line in lines(value, f"{before}.{n}")]
    return [(before, ", ".join(str(value) for value in values))]
