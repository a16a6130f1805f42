#pragma once
/// A call as the ledger keeps it.

#include "call.hpp"
#include "gatehouse/ledger/entry.hpp"

namespace gatehouse::gateway {

/// Views into the call, gathered in the worker's own lists: one at a time per thread.
class JournalEntry {
 public:
  explicit JournalEntry(Call& call);

  ledger::ReservationEntry reservation() const;
  /// `record` is what the call's observers are told.
  ledger::SettlementEntry settlement(const CallRecord& record) const;

 private:
  Call& call_;
  ledger::CallFacts facts_;
};

}  // namespace gatehouse::gateway
