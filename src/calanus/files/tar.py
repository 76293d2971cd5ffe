"""A tar file, written member by member; known by processes that should import little else.

`tarfile` takes ten times as long to make a header, and an import writes hundreds of thousands.
"""

import os

BLOCK = 512  # a tar file is made of blocks of this size
END = bytes(2 * BLOCK)
OWNER = b"0000644\0" + b"0000000\0" * 2  # mode, user, group
TIME = b"00000000000\0"
AFTER = b"0" + bytes(100) + b"ustar\x0000" + bytes(247)  # plain file, no link, no owner, no prefix
CHECKED = sum(AFTER) + 8 * ord(" ")  # the checksum counts its own eight bytes as blanks


def header(name: str, size: int) -> bytes:
    """The ustar header of a plain file (POSIX.1-1988); names are our own and short."""
    before = b"%b%b%011o\0%b" % (name.encode("ascii").ljust(100, b"\0"), OWNER, size, TIME)
    return b"%b%06o\0 %b" % (before, sum(before) + CHECKED, AFTER)


def member(name: str, data: bytes | memoryview) -> bytes:
    """A file as it stands in a tar: header, content, filling."""
    return b"%b%b%b" % (header(name, len(data)), data, bytes(-len(data) % BLOCK))


def span(length: int) -> int:
    """The bytes that a file of this length takes in a pack."""
    return BLOCK + length + -length % BLOCK


def write_at(descriptor: int, data: bytes, position: int) -> None:
    """Write all bytes at a place, however many calls the system wants."""
    rest = memoryview(data)
    while rest:
        written = os.pwrite(descriptor, rest, position)
        position += written
        rest = rest[written:]
