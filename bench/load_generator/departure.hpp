#pragma once
/// Clients that leave before their answer is complete.

#include <cstdint>

namespace gatehouse::load_generator {

/// When the client of one request leaves, and how. Where the answer ends earlier it stays.
struct Departure {
  enum class Moment : std::uint8_t {
    never,
    unanswered,  ///< with nothing read, after `amount` microseconds or when an answer arrives
    bytes,       ///< having read exactly `amount` bytes of the answer, its head among them
    events,      ///< having read `amount` events of a stream
  };
  Moment moment = Moment::never;
  std::uint64_t amount = 0;
  bool reset = false;  ///< by a reset instead of an orderly end
};

/// Which request it is.
struct RequestNumber {
  std::uint64_t connection = 0;
  std::uint64_t request = 0;  ///< of that connection
};

/// Draws for one request: `share` of them leave, a third each unanswered, about the head, and in
/// the body. Depends on the arguments alone, so that a run can be repeated whatever its timing.
Departure draw_departure(double share, std::uint64_t seed, RequestNumber number) noexcept;

}  // namespace gatehouse::load_generator
