"""The root of the error tree: sentences for the person who meets them.

Each leaf lives in the room that raises it; `app.py` answers them all in one handler.
"""


class CalanusError(Exception):
    """Something a person can act upon: what is wrong, where, and what to do next."""

    status = 422


class NotSignedIn(CalanusError):
    """Nobody is asking, or the token is forged, expired or revoked."""

    status = 401


class Forbidden(CalanusError):
    """The person is known and may not do this."""

    status = 403


class NotFound(CalanusError):
    """There is no such thing, or the person may not know of it."""

    status = 404


class Conflict(CalanusError):
    """What was asked no longer fits what is there."""

    status = 409


class TooLarge(CalanusError):
    """More than an installation accepts."""

    status = 413


class TooMany(CalanusError):
    """Too often in too short a time."""

    status = 429


class Invalid(CalanusError):
    """The order makes no sense as given."""

    status = 422
