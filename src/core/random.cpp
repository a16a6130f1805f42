#include "gatehouse/core/random.hpp"

#include <sys/random.h>

#include <bit>
#include <chrono>
#include <exception>

namespace gatehouse::core {

SystemRandom::SystemRandom() {
  // Without random bytes there is no safe way on (faults.md H8).
  if (getrandom(state_, sizeof state_, 0) != static_cast<ssize_t>(sizeof state_)) std::terminate();
}

std::uint64_t SystemRandom::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t SeededRandom::next() {
  // SplitMix64 (Steele, Lea and Flood, 2014).
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

namespace {
std::string uuid_text(std::uint64_t high, std::uint64_t low) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out(36, '-');
  std::size_t at = 0;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) ++at;
    const std::uint64_t half = i < 16 ? high : low;
    out[at++] = kHex[(half >> (60 - 4 * (i % 16))) & 15];
  }
  return out;
}
}  // namespace

std::string SystemIdSource::uuid() {
  const auto millis = std::chrono::duration_cast<Millis>(clock_.wall().time_since_epoch()).count();
  const std::uint64_t high =
      (static_cast<std::uint64_t>(millis) << 16) | 0x7000 | (random_.next() & 0xfff);
  const std::uint64_t low = 0x8000'0000'0000'0000ULL | (random_.next() >> 2);
  return uuid_text(high, low);
}

std::string CountingIdSource::uuid() {
  return uuid_text(0x7000, 0x8000'0000'0000'0000ULL | ++count_);
}

}  // namespace gatehouse::core
