"""Reads the segments of a data folder's journals. Never writes, takes no lock."""

import mmap
import pathlib
import re
import struct
from dataclasses import dataclass, field

from .entries import Malformed, decode

MAGIC = b"GHJRNL\r\n"
HEADER = struct.Struct("<8sIIIIQQQII")
HEADER_BYTES = 512
FRAME_HEAD = 8
MAX_ENTRY = 16_384
NAME = re.compile(r"w(\d{4,})-(\d{10})\.journal$")


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ 0x82F63B78 * (value & 1)
        table.append(value)
    return table


_TABLE = _crc_table()


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    table = _TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def position_of(sequence, offset):
    return sequence << 32 | offset


def show(position):
    return f"{position >> 32}:{position & 0xFFFFFFFF}"


@dataclass
class Segment:
    path: pathlib.Path
    writer: int
    sequence: int
    size: int = 0
    salt: int = 0
    whole_header: bool = True
    frames: list = field(default_factory=list)  # (position, Entry)
    end: int = 0                                # offset behind the last frame
    problems: list = field(default_factory=list)

    @property
    def begin_position(self):
        return position_of(self.sequence, HEADER_BYTES)

    @property
    def end_position(self):
        return position_of(self.sequence, self.end)


def _header(segment, data):
    """Fills in what the header says; False when there is none that counts."""
    fields = HEADER.unpack_from(data) if len(data) >= HEADER_BYTES else None
    if not fields or fields[0] != MAGIC or fields[9] != crc32c(bytes(data[:HEADER.size - 4])):
        segment.whole_header = False
        return False
    _, version, writer, sequence, _, base, size, segment.salt, _, _ = fields
    if version != 1:
        segment.problems.append(f"version {version}")
    if (writer, sequence) != (segment.writer, segment.sequence):
        segment.problems.append(f"its header is that of writer {writer}, segment {sequence}")
    if base != segment.begin_position:
        segment.problems.append(f"its base is {show(base)}")
    if size != len(data):
        segment.problems.append(f"{len(data)} bytes, its header says {size}")
    return True


def _frame(segment, data, offset):
    """(payload, problem) of the frame at `offset`; (None, None) where none was published."""
    length, stored = struct.unpack_from("<II", data, offset)
    if length == 0:
        return None, None
    if length > MAX_ENTRY or offset + FRAME_HEAD + length > len(data):
        return None, f"a length of {length}"
    payload = bytes(data[offset + FRAME_HEAD:offset + FRAME_HEAD + length])
    seed = struct.pack("<QQ", segment.salt, position_of(segment.sequence, offset))
    if crc32c(payload, crc32c(seed)) != stored:
        return None, "a wrong checksum"
    return payload, None


def _later_frame(segment, data, offset):
    """The next offset behind `offset` with a valid frame, or None."""
    while offset + FRAME_HEAD <= len(data):
        if offset % 4096 == 0 and not any(data[offset:offset + 4096]):
            offset += 4096
            continue
        if _frame(segment, data, offset)[0] is not None:
            return offset
        offset += 8
    return None


def _frames(segment, data):
    offset = HEADER_BYTES
    while offset + FRAME_HEAD <= len(data):
        payload, problem = _frame(segment, data, offset)
        if payload is None:
            later = _later_frame(segment, data, offset + 8)
            if later is None:
                break  # the end; behind a power failure the last frame may be torn
            what = problem or "a hole"
            segment.problems.append(f"{what} at offset {offset}, a frame follows at {later}")
            offset = later
            continue
        try:
            segment.frames.append((position_of(segment.sequence, offset), decode(payload)))
        except Malformed as error:
            segment.problems.append(f"no entry at offset {offset}: {error}")
        offset += (FRAME_HEAD + len(payload) + 7) & ~7
    segment.end = min(offset, len(data))


def read_segment(path):
    match = NAME.search(path.name)
    segment = Segment(path, int(match.group(1)), int(match.group(2)))
    with open(path, "rb") as file:
        size = path.stat().st_size
        if size == 0:
            segment.whole_header = False
            return segment
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            segment.size = len(data)
            if _header(segment, data):
                _frames(segment, data)
    return segment


def read_folder(folder):
    """All segments by writer, in order; None when one went away while it was read."""
    writers = {}
    try:
        for path in sorted(pathlib.Path(folder).glob("w*.journal")):
            if NAME.search(path.name):
                segment = read_segment(path)
                writers.setdefault(segment.writer, []).append(segment)
    except FileNotFoundError:
        return None
    return writers
