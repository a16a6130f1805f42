// Decoding of journal entries: garbage is refused, and what is accepted is written again as the
// same entry.

#include <cstdint>
#include <string>

#include "codec.hpp"
#include "fuzz_input.hpp"

namespace {

namespace ledger = gatehouse::ledger;
using gatehouse::fuzz::require;

template <class Entry, class Read>
void same_again(const Entry& entry, Read read) {
  std::string bytes(2 * ledger::kMaxEntry, '\0');
  const auto size = ledger::encode(entry, bytes);
  if (!size) return;  // larger than anything that we write
  bytes.resize(*size);
  ledger::Decoder decoder;
  const auto* const again = read(decoder, bytes);
  require(again != nullptr, "what was encoded is not decoded");
  std::string twice(2 * ledger::kMaxEntry, '\0');
  const auto second = ledger::encode(*again, twice);
  require(second.has_value(), "a decoded entry is not encoded");
  twice.resize(*second);
  require(twice == bytes, "an entry changes when it is written again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto head = ledger::peek(bytes);
  ledger::is_newer(bytes);
  ledger::Decoder decoder;
  if (const auto* const entry = decoder.settlement(bytes)) {
    require(head && head->kind == ledger::EntryKind::settlement, "the head is another");
    same_again(*entry,
               [](ledger::Decoder& from, std::string_view text) { return from.settlement(text); });
  }
  if (const auto* const entry = decoder.reservation(bytes)) {
    require(head && head->kind == ledger::EntryKind::reservation, "the head is another");
    same_again(*entry,
               [](ledger::Decoder& from, std::string_view text) { return from.reservation(text); });
  }
  return 0;
}
