// Does Secret::matches take the same time wherever the candidate differs? (faults.md S5)
//
//   secret_timing             Welch's t over two classes of candidates, 10^6 samples each; exits
//                             with 1 when |t| >= 4.5, or when the method does not see the leak of
//                             a comparison that stops early
//   secret_timing first|last  100,000 comparisons of one class, for instruction counts

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/random.hpp"
#include "gatehouse/core/secret.hpp"

namespace gatehouse::core {
namespace {

constexpr int kSamples = 1'000'000;
constexpr int kCallsPerSample = 4;
constexpr double kLimit = 4.5;
const std::string kText = "sk-4711abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ";

std::string differing_at(std::size_t place) {
  std::string candidate = kText;
  candidate[place] = '!';
  return candidate;
}

struct Class {
  std::string candidate;
  std::vector<double> nanos = {};
};

bool stops_early(const Secret& secret, std::string_view candidate) {
  const std::string_view own = secret.reveal();
  if (own.size() != candidate.size()) return false;
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (own[i] != candidate[i]) return false;
  }
  return true;
}

bool constant_time(const Secret& secret, std::string_view candidate) {
  return secret.matches(candidate);
}

/// Samples above this are interrupts and other guests.
double cut(const Class& a, const Class& b) {
  std::vector<double> all(a.nanos);
  all.insert(all.end(), b.nanos.begin(), b.nanos.end());
  const auto rank = all.begin() + static_cast<std::ptrdiff_t>(all.size() * 9 / 10);
  std::nth_element(all.begin(), rank, all.end());
  return *rank;
}

struct Moments {
  double count = 0;
  double mean = 0;
  double variance = 0;
};

Moments moments_below(const Class& samples, double limit) {
  Moments m;
  double squares = 0;
  for (const double value : samples.nanos) {
    if (value > limit) continue;
    ++m.count;
    const double delta = value - m.mean;
    m.mean += delta / m.count;
    squares += delta * (value - m.mean);
  }
  m.variance = squares / (m.count - 1);
  return m;
}

template <class Compare>
double welch_t(Compare compare) {
  const SystemClock clock;
  SystemRandom random;
  const Secret secret(kText);
  std::array<Class, 2> classes{Class{differing_at(0)}, Class{differing_at(kText.size() - 1)}};
  for (Class& one : classes) one.nanos.reserve(kSamples);
  std::string buffer(kText.size(), ' ');  // one address for both classes
  while (classes[0].nanos.size() < kSamples || classes[1].nanos.size() < kSamples) {
    Class& chosen = classes[random.next() & 1];
    std::copy(chosen.candidate.begin(), chosen.candidate.end(), buffer.begin());
    bool matched = false;
    const MonotonicTime start = clock.monotonic();
    for (int i = 0; i < kCallsPerSample; ++i) matched |= compare(secret, buffer);
    const Nanos taken = clock.monotonic() - start;
    if (matched) std::puts("a wrong candidate matched");
    if (chosen.nanos.size() < kSamples) chosen.nanos.push_back(static_cast<double>(taken.count()));
  }
  const double limit = cut(classes[0], classes[1]);
  const Moments a = moments_below(classes[0], limit);
  const Moments b = moments_below(classes[1], limit);
  return (a.mean - b.mean) / std::sqrt(a.variance / a.count + b.variance / b.count);
}

int count(std::string_view which) {
  const Secret secret(kText);
  const std::string candidate = differing_at(which == "first" ? 0 : kText.size() - 1);
  int matched = 0;
  for (int i = 0; i < 100'000; ++i) matched += secret.matches(candidate) ? 1 : 0;
  return matched;
}

int judge() {
  const double leaking = welch_t(stops_early);
  const double ours = welch_t(constant_time);
  std::printf("t of a comparison that stops early: %.1f\nt of Secret::matches: %.2f\n", leaking,
              ours);
  return std::abs(leaking) > kLimit && std::abs(ours) < kLimit ? 0 : 1;
}

}  // namespace
}  // namespace gatehouse::core

int main(int argc, char** argv) {
  return argc > 1 ? gatehouse::core::count(argv[1]) : gatehouse::core::judge();
}
