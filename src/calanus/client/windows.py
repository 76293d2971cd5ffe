"""Reading many objects: a still view of them, fetched part by part."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calanus.client.errors import Conflict, NotFound
from calanus.client.wire import Wire

LARGEST = 20_000  # objects a part, of the server
Part = dict[str, list[Any]]  # a column by its wire name; objects deleted meanwhile are left out


@dataclass
class View:
    """What a filter matched when it was opened, in order: nothing moves in it."""

    wire: Wire
    project_id: int
    filters: Mapping[str, str]
    order: str | None
    fields: Sequence[str]
    view_id: str = ""
    total: int = 0

    def open(self) -> "View":
        """Ask the server for it."""
        body = {
            "filters": self.filters,
            "order_field": self.order,
            "fields": list(self.fields),
            "first": 0,
        }
        told = self.wire.post(f"/projects/{self.project_id}/view", body, safe=True)
        self.view_id, self.total = told["view_id"], told["total"]
        return self

    def read(self, start: int, count: int) -> dict[str, Any]:
        """A part of it, as the server tells it."""
        path = f"/projects/{self.project_id}/view/{self.view_id}"
        return self.wire.get(path, start=start, count=min(count, LARGEST))

    def parts(self, size: int, most: int | None = None) -> Iterator[dict[str, Any]]:
        """Part after part, of about so many objects.

        Raises:
            Conflict: the server was started again meanwhile, and other objects match now.
        """
        start, last = 0, 0
        end = self.total if most is None else min(self.total, most)
        while start < end:
            try:
                told = self.read(start, min(size, end - start))
            except NotFound:
                self.reopen(start, last)
                told = self.read(start, min(size, end - start))
            if not told["object_ids"]:
                return
            start, last = start + len(told["object_ids"]), told["object_ids"][-1]
            yield told

    def reopen(self, start: int, last: int) -> None:
        """The same again, of a server that has forgotten it."""
        before = self.total
        self.open()
        same = not start or self.read(start - 1, 1)["object_ids"] == [last]
        if self.total != before or not same:
            raise Conflict(
                "The server was started again while you read, and the objects of this filter have "
                "changed meanwhile: begin anew."
            )


def columns_of(told: Mapping[str, Any], fields: Sequence[str]) -> Part:
    """The fields asked for, without the objects that are gone."""
    kept = [n for n, state in enumerate(told["states"]) if state != "-"]
    columns = told["fields"]
    if len(kept) == len(told["states"]):
        return {name: columns[name] for name in fields}
    return {name: [columns[name][n] for n in kept] for name in fields}
