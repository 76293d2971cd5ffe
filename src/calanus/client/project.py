"""One project: what is in it, what is brought in, learnt, decided, and written out."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack, cast

import orjson

from calanus.client import exporting, importing, levels, pictures
from calanus.client.batches import Batch, act
from calanus.client.errors import Invalid, Unknown
from calanus.client.frames import columns_of, ids_of
from calanus.client.jobs import Job, started
from calanus.client.names import Names
from calanus.client.objects import Objects, decided
from calanus.client.progress import Progress
from calanus.client.types import Answers, Ask, Filters, StateName, TaxonLike

if TYPE_CHECKING:
    import polars
    from PIL.Image import Image

    from calanus.client.calanus import Calanus

Learnt = "Project | int | str"
Kind = Literal["general", "backup"]
Quantity = Literal["abundance", "concentration", "biovolume"]


class Project:
    """A project of an installation: made or opened by a `Calanus`."""

    def __init__(self, calanus: "Calanus", described: Mapping[str, Any]) -> None:
        self.calanus = calanus
        self.wire = calanus.wire
        self._read(described)

    def __repr__(self) -> str:
        return f"<Project {self.id}: {self.title}>"

    def refresh(self) -> "Project":
        """Ask again what the server knows of it."""
        self._read(self.wire.get(f"/projects/{self.id}"))
        return self

    def _read(self, described: Mapping[str, Any]) -> None:
        """What the server knows of it."""
        self.described = described
        self.id: int = described["projid"]
        self.title: str = described["title"]
        self.instrument: str = described["instrument"]
        self.names = Names(self.wire, self.calanus.taxa, described)

    # --- What is in it --------------------------------------------------------------------------

    @property
    def columns(self) -> list[str]:
        """The columns that its objects have, as frames and filters call them."""
        return self.names.columns.names()

    def objects(self, **filters: Unpack[Filters]) -> Objects:
        """Its objects, all or those that filters choose; see `Filters` for their words.

        Raises:
            Unknown: there is no such filter, taxon, sample or column.
            Invalid: a value makes no sense.
        """
        return Objects(self, filters)

    def counts(self) -> "polars.DataFrame":
        """How many objects of each taxon are in each state; without a taxon: unclassified."""
        import polars as pl

        told = self.wire.get(f"/projects/{self.id}/counts")["taxa"]
        taxa = self.calanus.taxa
        rows = [
            {
                "taxon": taxa[line["id"]].display_name if line["id"] > 0 else None,
                "taxon_id": line["id"] if line["id"] > 0 else None,
                "validated": line["V"],
                "predicted": line["P"],
                "dubious": line["D"],
                "unclassified": line["U"],
            }
            for line in told
        ]
        numbers = ("taxon_id", "validated", "predicted", "dubious", "unclassified")
        schema: dict[str, Any] = {"taxon": pl.String, **dict.fromkeys(numbers, pl.Int64)}
        return pl.DataFrame(rows, schema=schema).sort("validated", "predicted", descending=True)

    def samples(self) -> "polars.DataFrame":
        """Its samples: ids, names, places, and their free columns."""
        return levels.table(self.wire, self.id, "sample")

    def acquisitions(self) -> "polars.DataFrame":
        """Its acquisitions, each with the id of its sample."""
        return levels.table(self.wire, self.id, "acquisition")

    def processes(self) -> "polars.DataFrame":
        """Its processes, each with the id of its acquisition."""
        return levels.table(self.wire, self.id, "process")

    def image(self, object_id: int, *, rank: int | None = None) -> "Image":
        """An image of an object in full, as Pillow's; the first, or that of a rank."""
        return pictures.opened(self.image_bytes(object_id, rank=rank))

    def image_bytes(
        self, object_id: int, *, rank: int | None = None, original: bool = False
    ) -> bytes:
        """The bytes of it: as a browser shows it, or `original`, the very file that came."""
        return pictures.image_bytes(self.wire, object_id, rank, original=original)

    def history(self, *, limit: int = 50) -> list[Batch]:
        """The last acts on it, the newest first."""
        told = self.wire.get(f"/projects/{self.id}/batches", limit=limit)
        return [Batch(self.wire, self.id, one) for one in told]

    def events(self, *, since: int | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
        """What happens from now on, or since a batch, as it happens: (`"batch"` or `"job"`, what
        is told of it). Ends after ten minutes; ask again with the last `batch_id`."""
        kind = ""
        for line in self.wire.lines(f"/projects/{self.id}/events", since=since):
            name, _, text = line.partition(": ")
            if name == "event":
                kind = text
            elif name == "data":
                yield kind, orjson.loads(text)

    # --- Deciding -------------------------------------------------------------------------------

    def classify(self, objects: Any, taxa: Any = None, *, state: StateName = "validated") -> Batch:
        """Identify objects, each as its own taxon, as one act.

        `objects` is a frame with the columns `object_id` and `taxon` (or `taxon_id`); or ids, and
        then `taxa` is one taxon for all, or one for each. With a column `version`, nothing is
        written when somebody else changed one of them since it was read.

        Raises:
            Conflict: somebody did; `objects` of the error says which.
        """
        columns = columns_of(objects if taxa is None else {"object_id": list(objects)})
        ids = ids_of(columns, "object_id")
        if taxa is None:
            name = next((n for n in ("taxon", "taxon_id") if n in columns), None)
            if name is None:
                raise Unknown("column", "taxon", [*columns], "A table of taxa needs it.")
            taxa = columns[name]
        order: dict[str, Any] = {
            "objects": ids,
            "taxa": self.names.taxa_of(taxa, len(ids)),
            "state": decided(state),
        }
        if "version" in columns:
            order["versions"] = ids_of(columns, "version")
        return act(self.wire, self.id, "classify", order)

    def update_objects(self, frame: Any, *, progress: Progress = None) -> int:
        """Give objects the values of a table with the column `object_id`: measures, positions,
        days, comments …; how many were touched. What is missing in it (null, NaN) is erased.

        A few different rows are orders; many are an import of a table, which needs that right.
        """
        grouped = levels.changes(self.refresh().described, "object", frame)
        if len(grouped) <= importing.MOST_ORDERS:
            return levels.update(self.wire, "object", grouped)
        return importing.update_by_table(self, frame, progress)

    def update_samples(self, frame: Any) -> int:
        """Give samples the values of a table like `samples()`; how many rows changed."""
        return self._update("sample", frame)

    def update_acquisitions(self, frame: Any) -> int:
        """Give acquisitions the values of a table like `acquisitions()`; how many changed."""
        return self._update("acquisition", frame)

    def update_processes(self, frame: Any) -> int:
        """Give processes the values of a table like `processes()`; how many changed."""
        return self._update("process", frame)

    def _update(self, level: str, frame: Any) -> int:
        """Write only what differs from what is there."""
        present = levels.table(self.wire, self.id, level)
        return levels.update(
            self.wire, level, levels.changes(self.refresh().described, level, frame, present)
        )

    # --- Bringing in ----------------------------------------------------------------------------

    def import_package(
        self,
        source: str | Path,
        *,
        taxa: Mapping[str, TaxonLike] | None = None,
        users: Mapping[str, int | str] | None = None,
        ask: Ask | None = None,
        update: Literal["none", "meta", "classification"] = "none",
        skip_existing: bool = False,
        skip_loaded: bool = False,
        dry_run: bool = False,
        instrument: str = "auto",
        measure: bool = False,
        wait: bool = True,
        progress: Progress = None,
    ) -> Job:
        """Load an EcoTaxa package or an instrument's own files: a zip or a folder of this machine,
        which is uploaded; or what `calanus.upload` gave; or `common:…` of the server's folders.

        `taxa` and `users` say what names mean that the server may not know; `ask` is called with
        those it still asks for. `dry_run` checks everything and writes nothing.

        Raises:
            JobFailed: the package has mistakes; nothing of it was loaded.
            JobAsks: a name is not known, and there is no `ask`.
        """
        order = {
            "skip_existing_objects": skip_existing,
            "skip_loaded_files": skip_loaded,
            "update_mode": importing.MODES.get(update, update),
            "dry_run": dry_run,
            "instrument": instrument,
            "measure": measure,
        }
        known: Answers = {"taxa": taxa or {}, "users": users or {}}
        job = importing.begin(self, "file_import", source, order, known, progress)
        return self._ended(job, wait, progress, ask)

    def import_images(
        self,
        source: str | Path,
        *,
        folders_as_taxa: bool = False,
        parent: TaxonLike | None = None,
        values: Mapping[str, Any] | None = None,
        dry_run: bool = False,
        wait: bool = True,
        progress: Progress = None,
    ) -> Job:
        """Load a folder or zip of bare images, without tables.

        With `folders_as_taxa` a folder's name is the taxon of its images, and is made below
        `parent` where it is unknown. `values` hold for every image: imgdate, imgtime, latitude,
        longitude, depthmin, depthmax; taxolb, userlb, datelb, status.
        """
        order = {
            "values": {name: str(value) for name, value in (values or {}).items()},
            "folders_as_taxa": folders_as_taxa,
            "parent_taxon": None if parent is None else self.names.taxon_id(parent),
            "create_taxa": parent is not None,
            "dry_run": dry_run,
        }
        job = importing.begin(self, "folder_import", source, order, {}, progress)
        return self._ended(job, wait, progress, None)

    # --- Learning -------------------------------------------------------------------------------

    def predict(
        self,
        *,
        learn_from: "Project | int | str | Sequence[Project | int | str] | None" = None,
        features: Sequence[str] | None = None,
        taxa: Sequence[TaxonLike] = (),
        classifier: Literal["linear", "forest"] = "linear",
        deep: bool = False,
        limit: int | None = 5000,
        seed: int = 0,
        wait: bool = True,
        progress: Progress = None,
        **filters: Unpack[Filters],
    ) -> Job:
        """Learn from validated objects, and suggest a taxon for each object that nobody decided.

        `learn_from` are projects (none: this one); `features` the measured numbers to learn from
        (none: those that all have); `taxa` those to learn (none: all found); `deep` also learns
        from the images themselves; `limit` takes so many objects of each taxon at most. Filters
        choose the objects to predict.
        """
        request = self._learning(learn_from, features, taxa)
        request |= {
            "learning_limit": limit,
            "use_scn": deep,
            "classifier": classifier,
            "seed": seed,
        }
        chosen = Objects(self, filters)
        body = {"filters": chosen.told, "request": request}
        told = self.wire.post("/object_set/predict", body)
        return self._ended(started(self.wire, self.calanus.taxa, told), wait, progress, None)

    def learning_set(
        self,
        *,
        learn_from: "Project | int | str | Sequence[Project | int | str] | None" = None,
        features: Sequence[str] | None = None,
        taxa: Sequence[TaxonLike] = (),
        limit: int | None = 5000,
    ) -> dict[str, Any]:
        """What a prediction would learn from: objects, taxa, features kept or left out."""
        request = self._learning(learn_from, features, taxa) | {"learning_limit": limit}
        return self.wire.post(f"/projects/{self.id}/learning_set", request, safe=True)

    def _learning(
        self, learn_from: Any, features: Sequence[str] | None, taxa: Sequence[TaxonLike]
    ) -> dict[str, Any]:
        """From what is learnt, as the server reads it."""
        several = isinstance(learn_from, Sequence | set) and not isinstance(learn_from, str)
        given: list[Any] = list(cast(Sequence[Any], learn_from)) if several else [learn_from]
        given = [self] if learn_from is None else given
        if not given:
            raise Invalid("Name at least one project to learn from.")
        sources = [one if isinstance(one, Project) else self.calanus.project(one) for one in given]
        for project in [self, *sources]:
            project.refresh()
        numbers = self.names.numbers() if features is None else [*features]
        shared = [n for n in numbers if all(n in s.names.numbers() for s in sources)]
        if features is None:
            numbers = shared
        return {
            "project_id": self.id,
            "source_project_ids": [source.id for source in sources],
            "features": [self.names.number_field(name) for name in numbers],
            "categories": [self.names.taxon_id(taxon) for taxon in taxa],
            "pre_mapping": {},
        }

    # --- Writing out ----------------------------------------------------------------------------

    def export(
        self,
        path: str | Path,
        *,
        kind: Kind = "general",
        images: Literal["none", "first", "all"] = "none",
        split: Literal["none", "sample", "acquisition", "taxon"] = "none",
        format: Literal["tsv", "parquet", "both"] = "tsv",
        ids: bool = False,
        annotations: bool = False,
        progress: Progress = None,
        **filters: Unpack[Filters],
    ) -> Path:
        """Write objects to a zip: a general table, with or without images, or a backup that can be
        imported again as it is. The file is there when it is whole."""
        table = {
            "split_by": split,
            "with_images": images,
            "format": format,
            "with_internal_ids": ids,
            "only_annotations": annotations,
            "with_types_row": True,
        }
        return exporting.export(
            self, Path(path), kind, table if kind == "general" else {}, Objects(self, filters).told,
            progress,
        )  # fmt: skip

    def summary(
        self,
        quantity: "Quantity | Sequence[Quantity]" = "abundance",
        *,
        by: Literal["sample", "acquisition", "none"] = "sample",
        formulae: Mapping[str, str] | None = None,
        progress: Progress = None,
        **filters: Unpack[Filters],
    ) -> "polars.DataFrame":
        """Sums of objects by sample (or acquisition, or in all), state and taxon: how many, and
        with the project's formulae their concentration (per m³) and biovolume (mm³ per m³). A
        taxon that is found anywhere is 0 where it was looked for in vain."""
        request = {"quantity": quantity, "summarise_by": by, "formulae": dict(formulae or {})}
        return exporting.summary(self, request, Objects(self, filters).told, progress)

    def _ended(self, job: Job, wait: bool, progress: Progress, ask: Ask | None) -> Job:
        """A job, once it has ended; the project may have other columns then."""
        if wait:
            job.wait(progress=progress, ask=ask)
            self.refresh()
        return job
