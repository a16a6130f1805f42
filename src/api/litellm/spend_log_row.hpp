#pragma once
/// Calls in answers (litellm-contract.md 1.7, "Log row").

#include <cstdint>
#include <optional>

#include "admin/json_writer.hpp"
#include "gatehouse/ledger/spend_records.hpp"

namespace gatehouse::api::litellm {

/// One row. `session_calls` is written only when it is there.
void write_log_row(admin::JsonWriter& out, const ledger::LoggedCall& call,
                   std::optional<std::uint64_t> session_calls = {});

}  // namespace gatehouse::api::litellm
