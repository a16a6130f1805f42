#include "gatehouse/ledger/entry.hpp"

namespace gatehouse::ledger {

std::string_view name_of(CallStatus status) noexcept {
  switch (status) {
    case CallStatus::answered:
      return "answered";
    case CallStatus::refused:
      return "refused";
    case CallStatus::failed:
      return "failed";
    case CallStatus::interrupted:
      return "interrupted";
    case CallStatus::unknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace gatehouse::ledger
