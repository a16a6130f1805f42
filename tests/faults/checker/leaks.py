"""I8 (and I7 as far as canaries are given): what must not be found anywhere."""

import base64
import json
import mmap
import pathlib
import urllib.parse

SLICE = 12
PUBLIC_PREFIX = 3  # "sk-"
PUBLIC_SUFFIX = 4  # the last characters are the displayed name of a key


def forms_of(secret):
    """Byte strings whose occurrence gives the secret away."""
    raw = secret.encode()
    inner = raw[PUBLIC_PREFIX:] if raw.startswith(b"sk-") else raw
    forms = {inner[at:at + SLICE] for at in range(max(1, len(inner) - SLICE + 1))}
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)
        # The first characters depend on what stands before.
        part = coded[4 if shift else 0:].rstrip(b"=")[:-2]
        if len(part) >= SLICE:
            forms.add(part[:24])
            forms.add(part[:24].replace(b"+", b"-").replace(b"/", b"_"))
    for coded in (urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1]):
        if coded != secret:
            forms.add(coded.encode())
    return {form for form in forms if len(form) >= min(SLICE, len(inner))}


def scan(data, forms):
    return [form for form in forms if data.find(form) >= 0]


def _files(context):
    store = context.store
    base = store.database_file
    for path in (base, base.with_name(base.name + "-wal"), base.with_name(base.name + "-shm")):
        if path.exists():
            yield path
    yield from sorted(store.journal_folder.glob("*.journal"))
    for name in context.options.scanned:
        path = pathlib.Path(name)
        if path.is_dir():
            yield from sorted(part for part in path.rglob("*") if part.is_file())
        elif path.exists():
            yield path


def _look(path, forms):
    size = path.stat().st_size
    if size == 0:
        return []
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return scan(data, forms)


def check_i8(context, verdict):
    """No secret, nor a coded form or a slice of it, in any store, log or argument."""
    options = context.options
    if not options.secrets:
        return verdict.not_applicable("no secrets were given")
    forms = {number: forms_of(secret) for number, secret in enumerate(options.secrets)}
    hits = 0
    for path in _files(context):
        for number, parts in forms.items():
            verdict.checked += 1
            if _look(path, parts):
                hits += 1
                verdict.breach(f"secret number {number} occurs in {path.name}")
    if options.pid:
        arguments = pathlib.Path(f"/proc/{options.pid}/cmdline").read_bytes()
        for number, parts in forms.items():
            if scan(arguments, parts):
                hits += 1
                verdict.breach(f"secret number {number} is an argument of the process")
    context.figures["S"] = hits


def check_canaries(context):
    """X: how often a foreign tenant's canary occurs in what clients and logs got."""
    if not context.options.canaries:
        return
    found = 0
    for path in map(pathlib.Path, context.options.scanned):
        if path.is_file():
            found += len(_look(path, {canary.encode() for canary in context.options.canaries}))
    context.figures["X"] = found
