"""Turns a report into text: Markdown for bench/README.md, the same for the terminal."""

RESULTS = ("<!-- results: begin (written by bench/run) -->", "<!-- results: end -->")
INSTRUCTIONS = ("<!-- instructions: begin (written by bench/instructions --update) -->",
                "<!-- instructions: end -->")

_COLUMNS = {
    "rate": ("req/s", "{:,.0f}"),
    "cpu_us": ("CPU µs/req", "{:.1f}"),
    "ratio_cpu_us": ("CPU ×", "{:.2f}"),
    "ratio_rate": ("req/s ×", "{:.2f}"),
    "cpu_us_per_frame": ("CPU µs/frame", "{:.2f}"),
    "ratio_cpu_us_per_frame": ("CPU/frame ×", "{:.2f}"),
    "user_share": ("user", "{:.0%}"),
    "cores": ("cores", "{:.2f}"),
    "waited_share": ("waited", "{:.0%}"),
    "waited_share": ("waited", "{:.0%}"),
    "memory_per_stream_kib": ("KiB/stream", "{:.1f}"),
    "idle_mib": ("idle MiB", "{:.1f}"),
    "busy_mib": ("busy MiB", "{:.1f}"),
    "peak_mib": ("peak MiB", "{:.1f}"),
    "after_mib": ("after MiB", "{:.1f}"),
    "growth_mib_per_minute": ("growth MiB/min", "{:.2f}"),
    "behind_mib": ("most behind, MiB", "{:.1f}"),
    "late_behind_mib": ("in the second half, MiB", "{:.1f}"),
    "caught_up_s": ("caught up after s", "{:.2f}"),
    "records": ("records", "{:,}"),
    "median_ms": ("median ms", "{:.0f}"),
    "worst_ms": ("worst ms", "{:.0f}"),
    "starts": ("starts", "{}"),
}
_GROUPS = {"latency_us": "", "first_byte_us": "first event ", "added_us": "added "}


def markdown(report):
    machine = report["machine"]
    lines = [
        f"Run of {report['time']} ({report['mode']}), {machine['cores']} cores of "
        f"{machine['cpu']}{' (virtual)' if machine['virtual'] else ''}, Linux {machine['kernel']}, "
        f"{machine['distribution']}. Cores: "
        + ", ".join(f"{role} {_cores(cores)}" for role, cores in report["cores"].items())
        + f". Other programs used {report['foreign_load']:.0%} of the machine before the run.",
        "",
        "Versions: " + ", ".join(f"{n} {v}" for n, v in report["versions"].items()
                                 if n != "direct") + ".",
        "",
        *[f"Peers: {line}." for line in report["peers_skipped"]],
        "",
        "| goal | measured | limit | |", "| --- | ---: | ---: | --- |",
    ]
    for scenario in report["scenarios"]:
        lines += [_goal(goal) for goal in scenario["goals"]]
    for scenario in report["scenarios"]:
        lines += ["", f"### {scenario['id']}: {scenario['title']}", "", scenario["how"] + ".", ""]
        lines += _rows(scenario["rows"])
        lines += [f"\n{note}" for note in scenario["notes"]]
    return "\n".join(lines) + "\n"


def _cores(cores):
    return "+".join(map(str, cores))


def _goal(goal):
    if goal["measured"] is None:
        return f"| {goal['text']} | void | {_sign(goal)} {_number(goal['limit'])} | void |"
    verdict = "met" if goal["met"] else _missed(goal)
    return (f"| {goal['text']} | {_number(goal['measured'])} | {_sign(goal)} "
            f"{_number(goal['limit'])} | {verdict} |")


def _missed(goal):
    if not goal["limit"] or goal["measured"] <= 0:
        return "missed"
    factor = goal["measured"] / goal["limit"]
    return f"missed by {abs(factor - 1):.0%}"


def _sign(goal):
    return "≤" if goal["at_most"] else "≥"


def _number(value):
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _rows(rows):
    keys = [key for key in _COLUMNS if any(key in row for row in rows)]
    groups = [(group, name) for group in _GROUPS
              for name in ("p50", "p90", "p99", "p99.9") if any(name in row.get(group, {})
                                                               for row in rows)]
    if any(group == "first_byte_us" for group, _ in groups) and not any(
            "frames" in row and row["frames"] for row in rows):
        groups = [g for g in groups if g[0] != "first_byte_us"]
    head = ["", *[_COLUMNS[key][0] for key in keys],
            *[f"{_GROUPS[group]}{name} µs" for group, name in groups], "failures"]
    lines = ["| " + " | ".join(head) + " |",
             "| --- |" + " ---: |" * (len(head) - 1)]
    for row in rows:
        cells = [row["name"]]
        cells += [_COLUMNS[key][1].format(row[key]) if key in row else "" for key in keys]
        cells += [_number(row[group][name]) if name in row.get(group, {}) else ""
                  for group, name in groups]
        lines.append("| " + " | ".join(cells + [_failures(row)]) + " |")
    return lines


def _failures(row):
    if not row["void"]:
        return "0"
    count = sum(v for kind, v in row["failures"].items() if kind != "first")
    return f"**{count}: void**"


def insert(readme, marks, text):
    """Replaces what stands between the marks."""
    begin, end = marks
    before, rest = readme.read_text().split(begin, 1)
    after = rest.split(end, 1)[1]
    readme.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}")
