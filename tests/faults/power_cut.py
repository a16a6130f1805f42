"""What a power failure leaves of a folder: makes it from what power_cut.cpp wrote down.

Certain is what was synced: a file's content at its last sync, a folder's names at its last sync. Of
everything later any part may have reached the disk: sectors of files in any order, single names.
"""

import ctypes
import os
import pathlib
import shutil
import struct

LIBRARY = os.environ.get("POWER_CUT_LIBRARY")
PAGE, SECTOR = 4096, 512

_libc = ctypes.CDLL(None, use_errno=True)
_IDENTITY = struct.Struct("<QqI")


def identity(path):
    """(inode, seconds and nanoseconds of birth); a number that is used again is another file."""
    buffer = ctypes.create_string_buffer(256)
    # AT_FDCWD, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME
    if _libc.statx(-100, os.fsencode(path), 0x100, 0x900, buffer) != 0:
        raise OSError(ctypes.get_errno(), "statx", str(path))
    return (struct.unpack_from("<Q", buffer, 32)[0], *struct.unpack_from("<qI", buffer, 80))


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, layout):
        values = struct.unpack_from(layout, self.data, self.at)
        self.at += struct.calcsize(layout)
        return values if len(values) > 1 else values[0]

    def file(self):
        return self.take(_IDENTITY.format)

    def text(self):
        size = self.take("<I")
        self.at += size
        return os.fsdecode(self.data[self.at - size:self.at])

    def page(self):
        number = self.take("<Q")
        self.at += PAGE
        return number, self.data[self.at - PAGE:self.at]


class PowerCut:
    """The disk below one folder. Give `environment` to the process that works on it."""

    def __init__(self, root, log, sync_micros=500):
        self.root, self.log = pathlib.Path(root).resolve(), pathlib.Path(log)
        self.root.mkdir(exist_ok=True)
        self.environment = {"LD_PRELOAD": LIBRARY, "POWER_CUT_ROOT": str(self.root),
                            "POWER_CUT_LOG": str(self.log),
                            "POWER_CUT_SYNC_MICROS": str(sync_micros)}
        self.lost_bytes = self.lost_names = 0
        self._take_as_certain()

    def lose(self, chance):
        """The process is gone and the power with it: the folder becomes what is left."""
        self._read_log()
        # Nothing of what was not synced, all of it, or some.
        self.share = chance.choice((0.0, 0.0, 0.2, 0.5, 0.8, 1.0))
        self.unit = chance.choice((PAGE, PAGE, SECTOR))
        aftermath = self.root.with_name(self.root.name + ".after")
        shutil.rmtree(aftermath, ignore_errors=True)
        self._build("", aftermath, chance)
        shutil.rmtree(self.root)
        aftermath.rename(self.root)
        self._take_as_certain()

    def _take_as_certain(self):
        self.contents, self.names = {}, {}
        for folder, folders, files in os.walk(self.root):
            here = pathlib.Path(folder)
            relative = str(here.relative_to(self.root))
            listed = self.names["" if relative == "." else relative] = {}
            for name in folders:
                listed[name] = (2, identity(here / name))
            for name in files:
                listed[name] = (1, identity(here / name))
                self.contents[listed[name][1]] = (here / name).read_bytes()
        self.log.write_bytes(b"")

    def _read_log(self):
        data, at = self.log.read_bytes(), 0
        while at + 8 <= len(data):
            size = struct.unpack_from("<Q", data, at)[0]
            if at + 8 + size > len(data):
                break  # the process ended before the sync did
            reader = _Reader(data[at + 8:at + 8 + size])
            self._file(reader) if reader.take("<B") == 1 else self._folder(reader)
            at += 8 + size

    def _file(self, reader):
        file, size, pages = reader.file(), reader.take("<Q"), reader.take("<I")
        content = bytearray(self.contents.get(file, b"")[:size])
        content.extend(bytes(size - len(content)))
        for _ in range(pages):
            number, page = reader.page()
            begin = number * PAGE
            content[begin:begin + PAGE] = page[:size - begin]
        self.contents[file] = content

    def _folder(self, reader):
        path, count = reader.text(), reader.take("<I")
        listed = self.names[path] = {}
        for _ in range(count):
            kind, file, name = reader.take("<B"), reader.file(), reader.text()
            listed[name] = (kind, file)

    def _build(self, path, target, chance):
        target.mkdir()
        certain, now = self.names.get(path, {}), self._present(path)
        for name in sorted(certain.keys() | now.keys()):
            entry = certain.get(name)
            if entry != now.get(name):
                self.lost_names += 1
                if chance.random() < self.share:
                    entry = now.get(name)
            if entry is None:
                continue
            kind, file = entry
            below = f"{path}/{name}" if path else name
            if kind == 2:
                self._build(below, target / name, chance)
                continue
            # Of a file without a name nothing but what is certain is known.
            present = self.root / below if now.get(name) == entry else None
            (target / name).write_bytes(self._content(file, present, chance))
            (target / name).chmod(0o600)

    def _present(self, path):
        folder = self.root / path
        if not folder.is_dir():
            return {}
        return {entry.name: (2 if entry.is_dir() else 1, identity(entry.path))
                for entry in os.scandir(folder)}

    def _content(self, file, present, chance):
        certain = self.contents.get(file, b"")
        if present is None:
            return certain
        now = present.read_bytes()
        if now == certain:
            return certain
        size = len(now) if chance.random() < self.share else len(certain)
        content = bytearray(certain[:size])
        content.extend(bytes(size - len(content)))
        for page in range(0, min(size, len(now)), PAGE):
            if content[page:page + PAGE] == now[page:min(page + PAGE, size)]:
                continue
            for at in range(page, min(page + PAGE, size, len(now)), self.unit):
                end = min(at + self.unit, size, len(now))
                if content[at:end] == now[at:end]:
                    continue
                if chance.random() < self.share:
                    content[at:end] = now[at:end]
                else:
                    self.lost_bytes += end - at
        return content
