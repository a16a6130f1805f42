#pragma once
/// Reading rows of call_record.

#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/database/connection.hpp"
#include "gatehouse/database/select.hpp"
#include "gatehouse/ledger/spend_records.hpp"

namespace gatehouse::ledger {

/// All columns that read_call() expects, in its order.
extern const database::Fragment kCallColumns;
LoggedCall read_call(const database::Row& row);

/// Adds the conditions that the filter makes. Where an index serves only part of the rows, the
/// condition that lets the engine use it, too.
void narrow(database::Select& select, const CallFilter& filter);
/// The one of them that is about the key.
void narrow_key(database::Select& select, const CallFilter& filter);

/// Nanoseconds since 1970.
inline std::int64_t nanos_of(core::WallTime time) {
  return time.time_since_epoch().count();
}

}  // namespace gatehouse::ledger
