#include "memory_guard.hpp"

#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/text.hpp"

namespace gatehouse::app {
namespace {

constexpr core::Millis kInterval{100};
constexpr int kIntervalsPerTrim = 10;
constexpr std::uint64_t kHighPercent = 80;
constexpr std::uint64_t kCriticalPercent = 95;
constexpr std::uint64_t kSlackPercent = 5;  // so that it does not flicker

/// The first word of a file as a number; 0 for anything else ("max", no file).
std::uint64_t number_in(const char* path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return core::parse_u64(word).value_or(0);
}

}  // namespace

std::uint64_t control_group_memory_limit() {
  // Version 2, then version 1, as they are mounted inside a container.
  constexpr std::uint64_t kUnlimited = std::uint64_t{1} << 60;
  for (const char* path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    const std::uint64_t limit = number_in(path);
    if (limit != 0 && limit < kUnlimited) return limit;
  }
  return 0;
}

std::uint64_t anonymous_memory() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::uint64_t shared = 0;
  if (!(file >> size >> resident >> shared) || resident < shared) return 0;
  static const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return (resident - shared) * page;
}

net::MemoryPressure pressure_of(std::uint64_t used, std::uint64_t limit,
                                net::MemoryPressure before) noexcept {
  using net::MemoryPressure;
  const std::uint64_t percent = limit == 0 ? 0 : used / (limit / 100 + 1);
  const auto reached = [&](std::uint64_t bound, MemoryPressure level) {
    return percent >= bound - (before >= level ? kSlackPercent : 0);
  };
  if (reached(kCriticalPercent, MemoryPressure::critical)) return MemoryPressure::critical;
  if (reached(kHighPercent, MemoryPressure::high)) return MemoryPressure::high;
  return MemoryPressure::none;
}

MemoryGuard::MemoryGuard(std::uint64_t limit, Changed changed)
    : limit_(limit), changed_(std::move(changed)) {
  if (limit_ != 0) thread_ = std::thread([this] { watch(); });
}

MemoryGuard::~MemoryGuard() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void MemoryGuard::watch() {
  std::unique_lock lock(mutex_);
  int intervals = 0;
  while (!wake_.wait_for(lock, kInterval, [this] { return ending_; })) {
    const std::uint64_t used = anonymous_memory();
    const net::MemoryPressure before = flag_.load(std::memory_order_relaxed);
    const net::MemoryPressure now = pressure_of(used, limit_, before);
    // What was freed stays with the process, and would look like use, until it is given back.
    const bool trim = now != net::MemoryPressure::none && ++intervals % kIntervalsPerTrim == 0;
    if (trim) malloc_trim(0);
    if (now == before) continue;
    flag_.store(now, std::memory_order_relaxed);
    changed_(now, used);
  }
}

}  // namespace gatehouse::app
