"""Which stage of a request's way an instruction belongs to, by the source file that it comes
from. Inlined code counts where it was written; the standard library's headers count for the
function that uses them."""

import re

# The first that matches.
_BY_FILE = [
    (r"src/net/(request_parser|response_parser|field_parser|head_scanner|headers|request_target"
     r"|router|chunked_decoder|answer_writer|sse|http_codec)\b", "HTTP text"),
    (r"src/net/(http_client|client_|connection_pool|endpoint|resolver|caching_resolver|address)",
     "upstream client"),
    (r"src/(net|core/(task|cancellation|task_group)|core/include/gatehouse/core/task)",
     "event loop, streams, tasks"),
    (r"src/json/", "JSON scan"),
    (r"src/(tenancy|crypto)/|src/core/.*secret", "authentication"),
    (r"src/(gateway/call_telemetry|gateway/call_record|telemetry|core/.*money)",
     "settlement, metrics, log"),
    (r"src/(ledger|database)/", "journal and settler"),
    (r"src/limits/", "budgets and rates"),
    (r"src/models/", "routing, prices, health"),
    (r"src/providers/", "dialects"),
    (r"src/gateway/", "pipeline"),
    (r"src/api/", "surface"),
    (r"(src/core|apps/gatehouse)/", "core"),
]
_ALLOCATION = re.compile(
    r"^(malloc|free|cfree|calloc|realloc|_int_|malloc_|unlink_chunk|tcache|operator (new|delete)"
    r"|_mid_memalign|memalign|aligned_alloc|je_|mi_)")
_COMPILED = [(re.compile(pattern), stage) for pattern, stage in _BY_FILE]

STAGES = list(dict.fromkeys(stage for _, stage in _BY_FILE)) + ["allocation", "libraries"]


def stage_of(place):
    """`place` has file, function_file, function and object, as callgrind names them."""
    for file in (place.file, place.function_file):
        for pattern, stage in _COMPILED:
            if pattern.search(file):
                return stage
    if _ALLOCATION.match(place.function):
        return "allocation"
    if "sqlite" in place.object:
        return "journal and settler"
    if "simdjson" in place.object:
        return "JSON scan"
    return "libraries"
