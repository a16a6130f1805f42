"""What a check is given, and how a verdict is written down."""

from dataclasses import dataclass, field

SHOWN = 20


class Verdict:
    """Of one invariant: what was compared, and what does not hold."""

    def __init__(self):
        self.checked = 0
        self.count = 0
        self.breaches = []
        self.missing = None

    def breach(self, text):
        self.count += 1
        if len(self.breaches) < SHOWN:
            self.breaches.append(text)

    def equal(self, what, found, wanted):
        self.checked += 1
        if found != wanted:
            self.breach(f"{what}: {found}, should be {wanted}")

    def holds(self, good, text):
        self.checked += 1
        if not good:
            self.breach(text)

    def not_applicable(self, why):
        """Nothing of it can be seen: neither a pass nor a breach."""
        self.missing = why

    def to_json(self):
        if self.count:
            return {"verdict": "breach", "checked": self.checked, "count": self.count,
                    "breaches": self.breaches}
        if self.missing:
            return {"verdict": "not applicable", "why": self.missing}
        return {"verdict": "pass", "checked": self.checked}


@dataclass
class Options:
    """What is known beside the stores. Everything but the folders may be absent."""
    quiet: bool = False            # nothing runs any more: no reservation may be open
    now_ns: int = 0
    max_age_s: float = 660.0       # of a reservation: a call's longest life and 60 s
    bill: dict = None              # the provider's /__bill
    stats: dict = None             # the provider's /__stats
    answers: list = field(default_factory=list)  # what clients saw
    in_flight: int = None          # calls under way when the fault struck
    secrets: list = field(default_factory=list)
    canaries: list = field(default_factory=list)
    scanned: list = field(default_factory=list)  # files of logs and other output
    pid: int = None
    baseline: dict = None          # {"fds": n, "rss_kib": n}
    price_versions: list = None
    allow_over_nano: int = 0       # a cap was lowered under work in flight
    lenient: bool = False          # admission without reservation of the estimate
    left_unanswered: int = 0       # clients that left before a byte of the answer had come
    unbilled_models: tuple = ()    # models whose upstream is not the one of the bill


@dataclass
class Context:
    store: object
    options: Options
    figures: dict = field(default_factory=dict)
    posted: object = None
