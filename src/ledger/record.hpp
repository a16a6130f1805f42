#pragma once
/// call_record rows.

#include <string>

#include "gatehouse/core/error.hpp"
#include "gatehouse/database/connection.hpp"
#include "gatehouse/ledger/entry.hpp"

namespace gatehouse::ledger {

/// Error classes of settlements that recovery makes.
inline constexpr std::string_view kNotSent = "not_sent";
inline constexpr std::string_view kUnknownOutcome = "unknown_outcome";

/// Writes records; holds the memory for their lists. One thread.
class RecordWriter {
 public:
  /// False when the call has a record already: nothing was written.
  core::Result<bool> insert(database::Connection& connection, const SettlementEntry& entry);

 private:
  std::string tags_;
  std::string windows_;
};

}  // namespace gatehouse::ledger
