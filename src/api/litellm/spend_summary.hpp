#pragma once
/// /spend/logs by day.

#include "admin/answer.hpp"
#include "gatehouse/ledger/spend_queries.hpp"

namespace gatehouse::api::litellm {

/// [{"startTime":"2026-01-05","spend","users":{id:spend},"models":{name:spend},"<key hash>":spend}]
/// for the days from `from` to the one before `until`, both set. Days without calls are written
/// only behind the last one with some.
admin::Answer spend_summary(const ledger::SpendQueries& queries, const ledger::CallFilter& filter);

}  // namespace gatehouse::api::litellm
