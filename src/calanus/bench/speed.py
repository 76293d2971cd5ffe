"""The promises of speed: the hot paths, on packages of our own, beside budget and EcoTaxa's figure.

CPU is that of the server (or of the job's process) and of PostgreSQL together; of a question asked
many times, the one in the middle. The budgets are those of the design, for 100,000 objects and for
ten million; EcoTaxa's figures were measured once on a quiet machine of two cores with 100,000
objects, and compare only with figures of such a machine.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any
from uuid import uuid4

from calanus.bench.clock import LINGER, Clock, Spent
from calanus.bench.fill import fill
from calanus.bench.packages import FIRST_TAXON, TAXA, number_names
from calanus.bench.types import Figure, Promise, figure
from calanus.bench.web import CreateApp, Web, serving
from calanus.bench.world import World, world
from calanus.exports.jobs import export_general
from calanus.exports.types import ExportImagesOptionsEnum, GeneralExportOrder, GeneralExportReq
from calanus.kit.db import connect, fetch_value
from calanus.kit.errors import Invalid
from calanus.kit.ids import ProjectId
from calanus.kit.settings import Settings
from calanus.prediction.jobs import predict
from calanus.prediction.types import ClassifierName, PredictionReq, PredictOrder

OBJECTS = 100_000
FEWEST = 20_000  # fewer give too few predicted objects to identify a thousand at a time
MOST_IMPORTED = 200_000  # more are made inside the database, without images
PREDICTED = 20_000  # objects of the project that is predicted
MANY = 1_000_000  # from here on the budgets for ten million hold
READS = 40
SECONDS = 8  # of one question asked again and again
WRITES = 6
LEARNT = (0.175, 0.0, 0.0, 0.825)  # 3,500 of 20,000 validated, the others unidentified
SHOWN = (
    "obj.orig_id,obj.classif_id,obj.classif_qual,obj.classif_score,obj.imgcount,"
    "img.file_name,img.width,img.height,txo.display_name"
)

NUMBER = "number_05"
MS = "CPU ms"
CLASSIFIERS: tuple[tuple[ClassifierName, float, float | None], ...] = (
    ("forest", 8, 22),
    ("linear", 2, None),
)

Say = Callable[[str], None]


def run(
    settings: Settings, create_app: CreateApp, *, objects: int = OBJECTS, say: Say = lambda _: None
) -> list[Figure]:
    """Measure everything; takes some minutes for 100,000 objects.

    Raises:
        Invalid: so few objects that nothing would be said.
    """
    if objects < FEWEST:
        raise Invalid(f"Measure with {FEWEST:,} objects or more, not {objects:,}.")
    with world(settings) as here:
        if objects > MOST_IMPORTED:
            say(f"Making {objects:,} objects")
            return serving_well(here, create_app, fill(here, "Bench", objects), say, objects)
        say(f"Importing {objects:,} objects")
        project_id, spent = here.load("Bench", objects)
        figures = [_per_object(Promise("import", "CPU ms an object", 0.22, 1.64), spent, objects)]
        figures.append(_bytes_an_object(here, project_id, objects))
        figures += serving_well(here, create_app, project_id, say, objects)
        say("Exporting")
        figures += exporting(here, project_id, objects)
        say("Predicting")
        return figures + predicting(here)


def serving_well(
    here: World, create_app: CreateApp, project_id: ProjectId, say: Say, objects: int
) -> list[Figure]:
    """What is asked of a server, in a process of its own."""
    with serving(create_app, here.settings, here.database_url, here.token) as (web, pid):
        server = Server(web, here.clock(pid, own=False), project_id)
        say("Reading")
        figures = reading(server, many=objects >= MANY)
        say("Identifying")
        acts = identifying(server)
        # Among ten million, a thousand objects lie on a thousand pages: no budget was set for that.
        return figures + [replace(act, budget=None) if objects >= MANY else act for act in acts]


@dataclass(frozen=True)
class Server:
    """A server, and what it and its database spend."""

    web: Web
    clock: Clock
    project_id: ProjectId

    def timed(self, promise: Promise, acts: Iterable[Callable[[], object]]) -> Figure:
        """Do the acts one after another: CPU and wall of those in the middle.

        What an act leaves to do when it has answered counts with the next one.
        """
        walls: list[float] = []
        marks = [self.clock.cpu()]
        until = time.monotonic() + SECONDS
        for act in acts:
            start = time.perf_counter()
            act()
            walls.append(time.perf_counter() - start)
            marks.append(self.clock.cpu())
            if time.monotonic() > until:
                break
        time.sleep(LINGER)
        marks[-1] = self.clock.cpu()
        cpu = statistics.median(after - before for before, after in pairwise(marks))
        return figure(promise, 1000 * cpu, 1000 * statistics.median(walls))

    def read(self, promise: Promise, ask: Callable[[], object]) -> Figure:
        """The same question again and again, once unmeasured."""
        ask()
        return self.timed(promise, [ask] * READS)

    def first(self, name: str, ask: Callable[[], object]) -> Figure:
        """A question whose answer is kept, asked for the first time."""
        return self.timed(Promise(f"{name}, asked first", MS), [ask])

    def query(self, filters: dict[str, str], order: str, start: int = 0) -> dict[str, Any]:
        """EcoTaxa's own page of 200."""
        path = f"/object_set/{self.project_id}/query?fields={SHOWN}&order_field={order}"
        return json.loads(self.web.post(f"{path}&window_start={start}&window_size=200", filters))

    def view(self, filters: dict[str, str], order: str, first: int) -> dict[str, Any]:
        """Our page's still scene."""
        body = {"filters": filters, "order_field": order, "first": first}
        return json.loads(self.web.post(f"/projects/{self.project_id}/view", body))


def reading(server: Server, *, many: bool) -> list[Figure]:
    """Pages, filters, counts and single things; budgets for `many` objects, or for fewer."""
    web, here = server.web, f"/projects/{server.project_id}"
    taxon = {"taxo": f"{FIRST_TAXON}", "statusfilter": "P"}
    score, number = "-obj.classif_score", f"-fre.{NUMBER}"
    above = {"freenum": f"fre.{NUMBER}", "freenumst": "1.5"}
    opened = server.view({}, score, 200)
    deep = opened["total"] * 95 // 100
    deep_in_taxon = server.query(taxon, score)["total_ids"] * 95 // 100
    object_id = opened["columns"]["object_ids"][0]
    view, depth = (None, 8) if many else (5, 5)
    by_number: list[Figure] = []
    for name, filters, order, budget, reference in (
        ("page of 200 by a free number", {}, number, 300 if many else 10, 98),
        ("page of 200 by a free number, of a taxon", taxon, number, None, None),
        ("free number at least x", above, "", None if many else 20, 229),
    ):
        ask = partial(server.query, filters, order)
        by_number.append(server.first(name, ask))
        by_number.append(server.read(Promise(name, MS, budget, reference), ask))
    return [
        # Before others are opened: the server keeps a few views of ten million objects only.
        server.read(Promise("200 at 95 % depth of an open view", MS, depth, 125),
                    lambda: web.get(f"{here}/view/{opened['view_id']}?start={deep}&count=200")),
        server.read(Promise("open a view, first 200 by score, of a taxon", MS, view, 64),
                    lambda: server.view(taxon, score, 200)),
        server.read(Promise("open a view, first 200 by score, of all", MS),
                    lambda: server.view({}, score, 200)),
        server.read(Promise("page of 200 by score, of a taxon", MS, 5, 64),
                    lambda: server.query(taxon, score)),
        server.first("page of 200 at 95 % depth, of a taxon",
                     lambda: server.query(taxon, score, deep_in_taxon)),
        server.read(Promise("page of 200 at 95 % depth, of a taxon", MS, depth, 125),
                    lambda: server.query(taxon, score, deep_in_taxon)),
        server.first("page of 200 at 95 % depth", lambda: server.query({}, score, deep)),
        server.read(Promise("page of 200 at 95 % depth", MS, depth, 125),
                    lambda: server.query({}, score, deep)),
        *by_number,
        server.read(Promise("counts", MS, 1, 27), lambda: web.get(f"{here}/counts")),
        server.read(Promise("one object", MS, 2, 13), lambda: web.get(f"/object/{object_id}")),
        server.read(Promise("one project", MS, 2, 10), lambda: web.get(here)),
    ]  # fmt: skip


def identifying(server: Server) -> list[Figure]:
    """Classify, validate, undo: always other objects, to always another taxon."""
    predicted = server.view({"statusfilter": "P"}, "-obj.classif_score", 2010 * WRITES)
    ids: list[int] = predicted["columns"]["object_ids"]
    half = len(ids) // 2
    batches = Batches(server, [])
    batches.act("validate", ids[-5:])()  # unmeasured: what is read and compiled only once
    figures = [
        server.timed(Promise("classify 200", MS, 10, 52), batches.classify(ids[:half], 200)),
        server.timed(Promise("classify 1,000", MS, 30, 122), batches.classify(ids[:half], 1000)),
    ]
    batches.made.clear()
    validated = [batches.act("validate", group) for group in groups_of(ids[half:], 1000)]
    figures.append(server.timed(Promise("validate 1,000", MS, 30, 228), validated))
    undos = [batches.undo(batch_id) for batch_id in batches.made]
    return [*figures, server.timed(Promise("undo 1,000", MS, 30), undos)]


def groups_of(ids: list[int], size: int) -> list[list[int]]:
    """Some groups of objects, all of the same size."""
    starts = range(0, len(ids) - size + 1, size)
    return [ids[start : start + size] for start in starts][:WRITES]


@dataclass(frozen=True)
class Batches:
    """Acts of annotation to be done, and the batches they made."""

    server: Server
    made: list[int]

    def act(self, operation: str, objects: list[int], **more: int) -> Callable[[], None]:
        """An act on objects, prepared."""
        key = str(uuid4())
        body = {"operation": operation, "objects": objects, "client_key": key, **more}

        def act() -> None:
            path = f"/projects/{self.server.project_id}/batches"
            self.made.append(json.loads(self.server.web.post(path, body))["batch_id"])

        return act

    def classify(self, ids: list[int], size: int) -> list[Callable[[], None]]:
        """Each group of objects to another taxon."""
        first = FIRST_TAXON + TAXA // 2 + (size > 200) * WRITES
        groups = groups_of(ids, size)
        return [self.act("classify", g, taxon_id=first + i) for i, g in enumerate(groups)]

    def undo(self, batch_id: int) -> Callable[[], bytes]:
        """Taking back a batch, prepared."""
        path = f"/projects/{self.server.project_id}/batches/{batch_id}/undo"
        return lambda: self.server.web.post(path, {"client_key": str(uuid4())})


def exporting(here: World, project_id: ProjectId, objects: int) -> list[Figure]:
    """The general table, zipped, without and with images."""
    figures: list[Figure] = []
    for promise, images in (
        (Promise("export a table", "CPU ms an object", 0.03, 0.15), ExportImagesOptionsEnum.NONE),
        (
            Promise("export with images", "CPU ms an object", 0.08, 0.40),
            ExportImagesOptionsEnum.ALL,
        ),
    ):
        request = GeneralExportReq(project_id=project_id, with_images=images)
        _, spent = here.do(export_general, GeneralExportOrder(request=request), project_id)
        figures.append(_per_object(promise, spent, objects))
    return figures


def predicting(here: World) -> list[Figure]:
    """Learn from 3,500 of 20,000 objects by their 60 numbers, and predict the others."""
    figures: list[Figure] = []
    for classifier, budget, reference in CLASSIFIERS:
        project_id, _ = here.load(f"Bench {classifier}", PREDICTED, shares=LEARNT)
        request = PredictionReq(
            project_id=project_id,
            source_project_ids=[project_id],
            features=[f"fre.{name}" for name in number_names()],
            categories=[],
            pre_mapping={},
            classifier=classifier,
        )
        _, spent = here.do(predict, PredictOrder(request=request), project_id)
        name = f"predict 20,000 from 3,500, {classifier}"
        promise = Promise(name, "CPU s", budget, reference)
        figures.append(figure(promise, spent.cpu, 1000 * spent.wall))
    return figures


def _per_object(promise: Promise, spent: Spent, objects: int) -> Figure:
    return figure(promise, 1000 * spent.cpu / objects, 1000 * spent.wall)


def _bytes_an_object(here: World, project_id: ProjectId, objects: int) -> Figure:
    """What the database keeps of an object: its row, values and image, with all indexes."""
    sql = """
        SELECT sum(pg_total_relation_size(name::regclass))
          FROM unnest('{objects,object_values,images,thumbnails}'::text[]) AS name
    """
    with connect(here.database_url) as conn:
        total = int(fetch_value(conn, sql))
    return figure(Promise("database", "bytes an object", 1200, 1228), total / objects)
