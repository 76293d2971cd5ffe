"""Acts on objects: what one did, and taking it back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from calanus.client.wire import Wire


class Batch:
    """One act on any number of objects: who, when, and how many it changed.

    `skipped` were as wanted before; `conflicts` are objects that an undo left alone, because
    somebody changed them since.
    """

    def __init__(self, wire: Wire, project_id: int, told: Mapping[str, Any]) -> None:
        self._wire = wire
        self.project_id = project_id
        self.id: int = told["batch_id"]
        self.operation: str = told["operation"]
        self.author: str = told["author"]["name"]
        self.made_at = datetime.fromisoformat(told["made_at"])
        self.changed: int = told["changed"] if "changed" in told else told["objects"]
        self.skipped: int = told.get("skipped", 0)
        self.conflicts: list[dict[str, Any]] = told.get("conflicts", [])
        self.undoes: int | None = told["undoes"]
        self.undone_by: int | None = told["undone_by"]

    def __repr__(self) -> str:
        objects = "1 object" if self.changed == 1 else f"{self.changed:,} objects"
        gone = ", taken back" if self.undone_by else ""
        return f"<Batch {self.id}: {self.operation}, {objects}, by {self.author}{gone}>"

    def undo(self) -> "Batch":
        """Take it back, states and scores included; undoing that does it again.

        Raises:
            Invalid: it was taken back already, or cannot be.
            Forbidden: it is somebody else's.
        """
        path = f"/projects/{self.project_id}/batches/{self.id}/undo"
        told = self._wire.post(path, {"client_key": str(uuid4())}, safe=True)
        return Batch(self._wire, self.project_id, told)


def act(wire: Wire, project_id: int, operation: str, order: Mapping[str, Any]) -> Batch:
    """Do one act. Its key is made up here, so that saying it twice does it once."""
    body = {"client_key": str(uuid4()), "operation": operation, **order}
    told = wire.post(f"/projects/{project_id}/batches", body, safe=True)
    return Batch(wire, project_id, told)
