#pragma once
/// A large ledger for benches and tests.

#include <cstdint>

#include "gatehouse/database/database.hpp"
#include "gatehouse/ledger/spend_records.hpp"

namespace gatehouse::ledger {

inline constexpr int kGeneratedDays = 90;
Day first_generated_day();

/// Fills an empty ledger with `rows` settled calls as the settler would have: records, counters,
/// daily sums. 90 days, 2,000 keys of 500 users in 50 teams, two of 20 models for each key, 20 end
/// users for every third key, tags on every tenth, one in 97 failed. Always the same ones. The
/// indexes of the log are made at the end, which is faster by far; a failure leaves it without.
core::Result<void> generate_ledger(database::Database& database, std::int64_t rows);

}  // namespace gatehouse::ledger
