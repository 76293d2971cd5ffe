"""Small answers leave at once, not when the kernel has gathered more."""

import socket

from calanus.worker import listening


def test_what_is_accepted_does_not_wait_for_more_to_send() -> None:
    with (
        listening("127.0.0.1", 0) as door,
        socket.create_connection(door.getsockname()),
        door.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
