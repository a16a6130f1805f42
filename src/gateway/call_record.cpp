#include "gatehouse/gateway/call_record.hpp"

namespace gatehouse::gateway {

std::string_view name_of(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::answered:
      return "answered";
    case Outcome::refused:
      return "refused";
    case Outcome::failed:
      return "failed";
    case Outcome::interrupted:
      return "interrupted";
  }
  return "unknown";
}

}  // namespace gatehouse::gateway
