"""The objects of a project that a filter chooses: looking at them, and deciding."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack, cast, overload

from calanus.client import frames, pictures, saving
from calanus.client.batches import Batch, act
from calanus.client.errors import Invalid
from calanus.client.fields import Field, order_of
from calanus.client.filters import wire_filters
from calanus.client.types import Filters, StateName, TaxonLike
from calanus.client.windows import LARGEST, View, columns_of

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs]
    import polars
    from PIL.Image import Image

    from calanus.client.project import Project


class Objects:
    """Objects that a filter chooses. The server is asked when something is wanted of them."""

    def __init__(
        self, project: "Project", filters: Filters, without: frozenset[int] = frozenset()
    ) -> None:
        self.project = project
        self.filters = filters
        self._without = without
        self.told = wire_filters(filters, project.names)

    def __repr__(self) -> str:
        words = ", ".join(f"{name}={value!r}" for name, value in self.filters.items())
        less = f", without {len(self._without):,}" if self._without else ""
        return f"<Objects of “{self.project.title}”: {words or 'all'}{less}>"

    # --- Choosing -------------------------------------------------------------------------------

    def where(self, **filters: Unpack[Filters]) -> "Objects":
        """Fewer of them: these filters as well, in place of those of the same name."""
        both = cast(Filters, {**self.filters, **filters})
        return Objects(self.project, both, self._without)

    def without(self, objects: Sequence[int]) -> "Objects":
        """All but some, for an act on a selection; they are still counted and shown."""
        return Objects(self.project, self.filters, self._without | frozenset(objects))

    # --- Looking --------------------------------------------------------------------------------

    def count(self) -> int:
        """How many there are."""
        path = f"/object_set/{self.project.id}/summary"
        told = self.project.wire.post(path, self.told, safe=True, only_total="true")
        return told["total_objects"]

    def ids(self, *, order: str | None = None) -> list[int]:
        """Their ids, in an order."""
        view = self._view([], order)
        return [object_id for told in view.parts(LARGEST) for object_id in told["object_ids"]]

    def windows(
        self, *columns: str, size: int = LARGEST, order: str | None = None, first: int | None = None
    ) -> "Iterator[polars.DataFrame]":
        """Frames of at most so many objects, one after the other: memory holds one of them.

        All are of one moment: what is identified while you read shows its new taxon, but no
        object comes twice, and none is left out.
        """
        if size < 1:
            raise Invalid(f"A window holds one object at least, not {size}.")
        fields = self.project.names.columns.fields(columns)
        return self._frames(fields, size, order, first)

    def frame(
        self, *columns: str, order: str | None = None, first: int | None = None
    ) -> "polars.DataFrame":
        """A frame of polars: the columns named (none: the usual ones, `"*"`: all), one line an
        object; in an order (`"-score"`: downwards), perhaps only the `first` ones.

        Raises:
            Unknown: there is no such column.
        """
        import polars as pl

        parts = list(self.windows(*columns, order=order, first=first))
        if parts:
            return pl.concat(parts, how="vertical_relaxed")
        return frames.empty(self.project.names.columns.fields(columns))

    to_polars = frame

    def to_pandas(
        self, *columns: str, order: str | None = None, first: int | None = None
    ) -> "pandas.DataFrame":
        """The same as a frame of pandas, which must be installed."""
        return frames.to_pandas(self.frame(*columns, order=order, first=first))

    def to_arrow(self, *columns: str, order: str | None = None, first: int | None = None) -> Any:
        """The same as a `pyarrow.Table`; pyarrow must be installed."""
        return frames.to_arrow(self.frame(*columns, order=order, first=first))

    def save(self, path: str | Path, *columns: str, order: str | None = None) -> Path:
        """Write them to a file as they come, `.parquet`, `.csv` or `.tsv` by its name: a million
        objects take no more memory than one window."""
        fields = self.project.names.columns.fields(columns)
        parts = self._frames(fields, LARGEST, order, None)
        return saving.save(Path(path), frames.empty(fields), parts)

    @overload
    def images(
        self, *, size: int = 160, order: str | None = None, first: int | None = None
    ) -> "Iterator[tuple[int, Image]]": ...

    @overload
    def images(
        self,
        *,
        size: int = 160,
        order: str | None = None,
        first: int | None = None,
        raw: Literal[True],
    ) -> Iterator[tuple[int, bytes]]: ...

    def images(
        self,
        *,
        size: int = 160,
        order: str | None = None,
        first: int | None = None,
        raw: bool = False,
    ) -> "Iterator[tuple[int, Image | bytes]]":
        """The first image of each object with the object's id: an image of Pillow, no larger than
        `size` pixels (320 at most); or `raw` bytes, of about that size, as the server keeps them.
        Objects without image are left out."""
        view = self._view([], order)
        for told in view.parts(2000, first):
            objects = dict(zip(told["image_ids"], told["object_ids"], strict=True))
            wanted = [image_id for image_id in objects if image_id]
            project = self.project
            for image_id, data in pictures.thumbnails(project.wire, project.id, wanted, size):
                if data:
                    yield objects[image_id], data if raw else pictures.small(data, size)

    # --- Deciding -------------------------------------------------------------------------------

    def classify(self, taxon: TaxonLike, *, state: StateName = "validated") -> Batch:
        """Say that all of them are of a taxon: validated, or dubious."""
        taxon_id = self.project.names.taxon_id(taxon)
        return self._act("classify", {"taxon_id": taxon_id, "state": decided(state)})

    def validate(self) -> Batch:
        """Say that their taxa are right."""
        return self._act("validate")

    def doubt(self) -> Batch:
        """Say that their taxa are doubtful."""
        return self._act("doubt")

    def unvalidate(self) -> Batch:
        """Make them predictions again, of the taxa they have."""
        return self._act("unvalidate")

    # --- How --------------------------------------------------------------------------------------

    def _act(self, operation: str, order: Mapping[str, Any] | None = None) -> Batch:
        """One act on all of them."""
        chosen = {"filters": self.told, "except": sorted(self._without)}
        told = {**(order or {}), "selection": chosen}
        return act(self.project.wire, self.project.id, operation, told)

    def _view(self, fields: Sequence[str], order: str | None) -> View:
        """A still view of them; without an order, in that of their ids."""
        ordered = order_of(order, self.project.names.columns)
        project = self.project
        return View(project.wire, project.id, self.told, ordered, fields).open()

    def _frames(
        self, fields: Sequence[Field], size: int, order: str | None, first: int | None
    ) -> "Iterator[polars.DataFrame]":
        """Frames, part by part."""
        wire_names = list(dict.fromkeys(field.wire for field in fields))
        view = self._view(wire_names, order)
        for told in view.parts(size, first):
            yield frames.frame_of(fields, columns_of(told, wire_names))


def decided(state: str) -> str:
    """The letter of a state that a person may give."""
    letters = {"validated": "V", "dubious": "D", "V": "V", "D": "D"}
    if state not in letters:
        raise Invalid(f"One identifies as validated or as dubious, not as “{state}”.")
    return letters[state]
