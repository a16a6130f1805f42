#include "departure.hpp"

namespace gatehouse::load_generator {

namespace {

using Moment = Departure::Moment;

constexpr std::uint64_t kLongestSilence = 5'000;  // microseconds
constexpr std::uint64_t kHeadBytes = 256;         // shorter than any head of an answer
constexpr std::uint64_t kDoublings = 6;           // of it, for positions in the body
constexpr std::uint64_t kMostEvents = 20;

/// splitmix64: good for a few draws from neighbouring seeds.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// Below `bound`, which is small: the bias of a remainder does not show.
  std::uint64_t below(std::uint64_t bound) noexcept { return next() % bound; }
  /// In [0, 1).
  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

}  // namespace

Departure draw_departure(double share, std::uint64_t seed, RequestNumber number) noexcept {
  if (share <= 0) return {};
  const std::uint64_t of_connection = Draws(seed ^ (number.connection << 32)).next();
  Draws draws(of_connection ^ number.request);
  if (draws.unit() >= share) return {};
  const bool reset = draws.below(2) == 0;
  switch (draws.below(6)) {
    case 0:
      return {Moment::unanswered, 0, reset};
    case 1:
      return {Moment::unanswered, 1 + draws.below(kLongestSilence), reset};
    case 2:
    case 3:
      return {Moment::bytes, 1 + draws.below(kHeadBytes), reset};
    case 4: {
      // As often in short answers as in long ones: each doubling of the position is as likely.
      const std::uint64_t first = kHeadBytes << draws.below(kDoublings);
      return {Moment::bytes, first + 1 + draws.below(first), reset};
    }
    default:
      return {Moment::events, 1 + draws.below(kMostEvents), reset};
  }
}

}  // namespace gatehouse::load_generator
