#pragma once
/// The columns that all daily roll-ups share.

#include "gatehouse/database/connection.hpp"
#include "gatehouse/database/select.hpp"
#include "gatehouse/ledger/spend_records.hpp"

/// A literal, because queries are made of literals alone.
#define GATEHOUSE_USAGE_SUMS                                                              \
  "SUM(spend_nano), SUM(prompt_tokens), SUM(completion_tokens), SUM(cache_read_tokens), " \
  "SUM(cache_write_tokens), SUM(reasoning_tokens), SUM(api_requests), "                   \
  "SUM(successful_requests), SUM(failed_requests)"

namespace gatehouse::ledger {

/// The nine sums from column `first` on.
UsageSums read_sums(const database::Row& row, int first);
void within(database::Select& select, const DayRange& days);
void narrow(database::Select& select, const UsageFilter& filter);

}  // namespace gatehouse::ledger
