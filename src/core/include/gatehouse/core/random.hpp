#pragma once
/// Randomness and identifiers as ports.

#include <cstdint>
#include <string>

#include "gatehouse/core/clock.hpp"

namespace gatehouse::core {

/// Fast, non-secret randomness for load balancing and jitter. One object per thread.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;

  /// Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
  }
};

/// xoshiro256** (Blackman and Vigna, 2018), seeded from the operating system.
class SystemRandom final : public Random {
 public:
  SystemRandom();
  std::uint64_t next() override;

 private:
  std::uint64_t state_[4];
};

/// A repeatable sequence for tests.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  std::uint64_t state_;
};

/// Makes identifiers. One object per thread.
class IdSource {
 public:
  virtual ~IdSource() = default;
  /// A new UUID in lowercase text form; time-ordered (version 7, RFC 9562) in production.
  virtual std::string uuid() = 0;
};

/// UUID version 7 from a clock and a Random. Both must outlive it.
class SystemIdSource final : public IdSource {
 public:
  SystemIdSource(const Clock& clock, Random& random) : clock_(clock), random_(random) {}
  std::string uuid() override;

 private:
  const Clock& clock_;
  Random& random_;
};

/// 00000000-0000-7000-8000-000000000001, …2, … for tests.
class CountingIdSource final : public IdSource {
 public:
  std::string uuid() override;

 private:
  std::uint64_t count_ = 0;
};

}  // namespace gatehouse::core
