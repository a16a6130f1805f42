#pragma once
/// Entries as bytes. The format is described in README.md; golden bytes in codec_test.cpp hold it.

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/ledger/entry.hpp"

namespace gatehouse::ledger {

enum class EntryKind : std::uint8_t { reservation = 1, dispatch = 2, settlement = 3 };
inline constexpr std::uint8_t kEntryVersion = 1;

/// How an id is given when it is no literal: as what the call says of itself.
enum class IdForm : std::uint8_t {
  literal = 0,
  empty = 1,
  api_key = 2,
  user_id = 3,
  team_id = 4,
  organization_id = 5,
  end_user = 6,
  model_group = 7,
  provider = 8,    ///< of a settlement
  deployment = 9,  ///< of a settlement
  tag = 10,        ///< followed by its number
  team_and_user = 11,
  key_and_model = 12,
  team_and_model = 13,
};

/// Bytes that the periods of a reservation may take. Less than a settlement has for them, so that
/// the settlement fits with what a fallback adds.
inline constexpr std::size_t kMaxReservedPeriods = kMaxPeriods - 16;
inline constexpr std::size_t kMaxReservedPeriodBytes = 5'120;

/// The id of a scope as entries and counters keep it.
std::string_view bounded_id(core::Scope scope, std::string_view id) noexcept;

/// Write into `room`; the size, or nothing when it does not fit, has too many periods or a negative
/// amount. `room` of
/// kMaxEntry bytes is enough for everything but a settlement with many literal ids.
std::optional<std::size_t> encode(const ReservationEntry& entry, std::span<char> room) noexcept;
std::optional<std::size_t> encode_dispatch(std::string_view call_id, std::span<char> room) noexcept;
std::optional<std::size_t> encode(const SettlementEntry& entry, std::span<char> room) noexcept;

/// The kind and the call of an entry, without the rest. Nothing for garbage and other versions.
struct EntryHead {
  EntryKind kind = EntryKind::dispatch;
  std::string_view call_id;
};
std::optional<EntryHead> peek(std::string_view payload) noexcept;
/// True when the entry was written by a later version of this program.
bool is_newer(std::string_view payload) noexcept;

/// Reads entries. What it returns refers to the payload and to the decoder, until the next one.
class Decoder {
 public:
  /// Null for anything but a whole and valid entry of that kind.
  const ReservationEntry* reservation(std::string_view payload);
  const SettlementEntry* settlement(std::string_view payload);

 private:
  ReservationEntry reservation_;
  SettlementEntry settlement_;
  std::vector<std::string_view> tags_;
  std::vector<core::ChargedPeriod> periods_;
  std::deque<std::string> pairs_;  // ids that stand nowhere as a whole
};

}  // namespace gatehouse::ledger
