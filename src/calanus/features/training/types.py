"""What may stand in the way of a training."""

from collections.abc import Iterable

from calanus.kit.errors import Invalid, NotFound


class TrainingRefused(Invalid):
    """A training that cannot begin, or cannot go on."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Nothing is trained: {reason}.")


class NetworkUnknown(NotFound):
    """Nobody has registered a network of this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"There is no network {name!r} to train. Choose one of: {', '.join(known)}."
        )


class CheckpointRefused(Invalid):
    """A training cannot go on from the file that lies in its folder."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(
            f"The training cannot go on from {path}: {reason}. Choose another folder for --out, "
            "or delete that file to begin anew."
        )
