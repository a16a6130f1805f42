"""Runs a program under callgrind and reads its profile."""

import collections
import re
import subprocess

Place = collections.namedtuple("Place", "file function_file function object")

_NAMED = re.compile(r"^(fl|fi|fe|fn|ob|cfi|cfl|cfn|cob)=(?:\((\d+)\))?\s*(.*)$")
_SPACE = {"fl": "file", "fi": "file", "fe": "file", "cfi": "file", "cfl": "file", "fn": "function",
          "cfn": "function", "ob": "object", "cob": "object"}


def command(output, arguments):
    return ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--dump-line=yes",
            f"--callgrind-out-file={output}", *map(str, arguments)]


def control(pid, *options):
    done = subprocess.run(["callgrind_control", *options, str(pid)], capture_output=True, text=True,
                          timeout=60, check=False)
    if done.returncode != 0 or "OK" not in done.stdout:
        raise RuntimeError(f"callgrind_control {options}: {done.stdout}{done.stderr}")


def self_costs(path):
    """{Place: instructions} of one dump; costs of called functions are not in their callers."""
    names = {"file": {}, "function": {}, "object": {}}
    current = {"file": "", "function_file": "", "function": "", "object": ""}
    costs = collections.Counter()
    skip_next = False
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            named = _NAMED.match(line)
            if named:
                key, number, name = named.groups()
                known = names[_SPACE[key]]
                if number and name:
                    known[number] = name
                _enter(current, key, known[number] if number else name)
            elif line.startswith("calls="):
                skip_next = True  # the inclusive cost of the call follows
            elif line[0] in "+-*0123456789":
                if not skip_next:
                    costs[Place(**current)] += int(line.split()[-1])
                skip_next = False
    return costs


def _enter(current, key, name):
    if key == "fn":
        current["function"] = name
    elif key == "ob":
        current["object"] = name
    elif key == "fl":
        current["file"] = current["function_file"] = name
    elif key in ("fi", "fe"):
        current["file"] = name
