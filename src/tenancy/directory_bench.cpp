// Look-ups of keys in a directory over a database of N keys: time of find_key, memory, start.
//   directory_bench FOLDER [keys...]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "gatehouse/core/random.hpp"
#include "gatehouse/tenancy/authenticator.hpp"
#include "gatehouse/tenancy/key_store.hpp"
#include "row_io.hpp"

namespace gatehouse::tenancy {
namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  file >> pages >> resident;
  return resident * 4'096;
}

double micros(Clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

std::string key_text(std::size_t i) {
  return "sk-bench-" + std::to_string(i);
}

/// Goes on where an earlier run ended.
std::size_t present(database::Database& database) {
  std::size_t count = 0;
  auto done = database.read([&](database::Connection& db) {
    return db.query("SELECT count(*) FROM virtual_key", {},
                    [&](const database::Row& row) -> core::Result<void> {
                      count = static_cast<std::size_t>(row.integer(0));
                      return {};
                    });
  });
  if (!done) std::abort();
  return count;
}

void fill(database::Database& database, std::size_t count) {
  for (std::size_t first = present(database); first < count; first += 20'000) {
    auto done = database.write([&](database::Connection& db) -> core::Result<void> {
      for (std::size_t i = first; i < std::min(count, first + 20'000); ++i) {
        KeyRecord key;
        key.token = crypto::sha256_hex(key_text(i));
        key.account = key.token;
        key.key_name = "sk-...0000";
        key.user_id = "user-" + std::to_string(i % 1'000);
        key.limits.max_budget = core::Money::nano_usd(1'000'000'000);
        key.limits.rpm_limit = 100;
        if (auto inserted = insert_row(db, key); !inserted) return inserted;
      }
      return {};
    });
    if (!done) std::abort();
  }
}

void report(const char* what, std::vector<double>& times) {
  std::ranges::sort(times);
  fmt::print("  {:<28} p50 {:8.3f} us   p99 {:8.3f} us\n", what, times[times.size() / 2],
             times[times.size() * 99 / 100]);
}

/// One batch of 16 look-ups per sample: the clock's own cost would hide a single one.
std::vector<double> find_times(const Directory& directory,
                               const std::vector<crypto::Sha256>& hashes, core::Random& random) {
  constexpr int kBatch = 16;
  std::vector<double> times;
  for (int sample = 0; sample < 40'000; ++sample) {
    const crypto::Sha256* wanted[kBatch];
    for (auto& hash : wanted) hash = &hashes[random.below(hashes.size())];
    const auto start = Clock::now();
    for (const auto* hash : wanted) {
      if (directory.find_key(*hash).state == Directory::Lookup::State::absent) std::abort();
    }
    times.push_back(micros(Clock::now() - start) / kBatch);
  }
  return times;
}

/// The whole way of a request: header field, SHA-256, look-up, checks.
std::vector<double> begin_times(const Directory& directory, const std::vector<std::string>& texts,
                                core::Random& random, core::WallTime now) {
  const Authenticator authenticator(core::Secret("sk-master-0123456789"), {}, &directory);
  std::vector<double> times;
  for (int sample = 0; sample < 100'000; ++sample) {
    const net::HeaderField field{"x-litellm-api-key", texts[random.below(texts.size())]};
    const net::HeaderList headers(std::span<const net::HeaderField>(&field, 1));
    const auto start = Clock::now();
    const auto outcome = authenticator.begin(headers, now);
    times.push_back(micros(Clock::now() - start));
    if (!std::holds_alternative<Caller>(outcome)) std::abort();
  }
  return times;
}

void measure(const std::string& folder, std::size_t count) {
  const std::string file = folder + "/keys-" + std::to_string(count) + ".db";
  auto opened = database::open_sqlite({.file = file});
  if (!opened) std::abort();
  database::Database& database = **opened;
  fill(database, count);

  const core::SystemClock clock;
  core::SystemRandom random;
  const std::uint64_t before = resident_bytes();
  const auto start = Clock::now();
  auto directory = make_directory(database, clock, {.load_in_background = false});
  fmt::print("{} keys\n  start                        {:.3f} ms\n", count,
             micros(Clock::now() - start) / 1'000);
  const auto known = Clock::now();
  if (!directory->load_known()) std::abort();
  fmt::print("  set of known hashes          {:.0f} ms, {:.1f} MiB\n",
             micros(Clock::now() - known) / 1'000,
             static_cast<double>(resident_bytes() - before) / 1'048'576);

  std::vector<crypto::Sha256> warm;
  const std::size_t used = std::min<std::size_t>(count, 100'000);
  std::vector<std::string> texts;
  std::vector<double> loads;
  for (std::size_t i = 0; i < used; ++i) {
    texts.push_back(key_text(i * (count / used)));
    warm.push_back(crypto::sha256(texts.back()));
    const auto load = Clock::now();
    if (!directory->load_key(warm.back())) std::abort();
    loads.push_back(micros(Clock::now() - load));
  }
  report("load_key (a cold key)", loads);
  fmt::print("  principals in memory         {}, {:.1f} MiB with the set\n",
             directory->counts().principals,
             static_cast<double>(resident_bytes() - before) / 1'048'576);
  auto all = find_times(*directory, warm, random);
  report("find_key, all of them", all);
  auto begun = begin_times(*directory, texts, random, clock.wall());
  report("Authenticator, all of them", begun);
  texts.resize(std::min<std::size_t>(texts.size(), 1'000));
  begun = begin_times(*directory, texts, random, clock.wall());
  report("Authenticator, the same 1,000", begun);
  warm.resize(std::min<std::size_t>(warm.size(), 1'000));
  auto hot = find_times(*directory, warm, random);
  report("find_key, the same 1,000", hot);
}

}  // namespace
}  // namespace gatehouse::tenancy

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : ".";
  std::vector<std::size_t> counts{1'000, 1'000'000};
  if (argc > 2) counts.clear();
  for (int i = 2; i < argc; ++i) counts.push_back(std::strtoull(argv[i], nullptr, 10));
  for (const std::size_t count : counts) gatehouse::tenancy::measure(folder, count);
}
