// What an append costs: beside one write(2) per entry, and by its parts.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include "codec.hpp"
#include "crc32c.hpp"
#include "gatehouse/ledger/journal.hpp"
#include "journal_reader.hpp"
#include "test_support.hpp"

namespace gatehouse::ledger {
namespace {

using testing::Call;
using testing::TempFolder;

void encode_settlement(benchmark::State& state) {
  const Call call;
  const SettlementEntry entry = call.settlement();
  std::string room(kMaxEntry, '\0');
  std::size_t size = 0;
  for (auto _ : state) benchmark::DoNotOptimize(size = *encode(entry, room));
  state.counters["bytes"] = static_cast<double>(size);
}
BENCHMARK(encode_settlement);

void checksum(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(crc32c(bytes.data(), bytes.size()));
}
BENCHMARK(checksum)->Arg(480);

void checksum_by_table(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(crc32c_by_table(bytes.data(), bytes.size()));
}
BENCHMARK(checksum_by_table)->Arg(480);

void decode_settlement(benchmark::State& state) {
  const Call call;
  std::string room(kMaxEntry, '\0');
  room.resize(*encode(call.settlement(), room));
  Decoder decoder;
  for (auto _ : state) benchmark::DoNotOptimize(decoder.settlement(room));
}
BENCHMARK(decode_settlement);

std::unique_ptr<JournalSet> open_set(const TempFolder& folder) {
  JournalOptions options;
  options.folder = folder.path();
  auto set = JournalSet::open(std::move(options), 1);
  if (!set) std::abort();
  return std::move(*set);
}

/// Drops what was read, as the settler would, so that the bench needs little space.
void forget(JournalSet& set) {
  set.reader().release(0, set.writer(0).position());
}

void append_settlement(benchmark::State& state) {
  const TempFolder folder;
  const auto set = open_set(folder);
  Journal& journal = set->writer(0);
  const Call call;
  const SettlementEntry entry = call.settlement();
  std::uint64_t count = 0;
  for (auto _ : state) {
    if (!journal.settle(entry)) std::abort();
    if (++count % 100'000 == 0) forget(*set);
  }
}
BENCHMARK(append_settlement);

/// Reservation, dispatch, settlement: everything that an answered call appends.
void append_call(benchmark::State& state) {
  const TempFolder folder;
  const auto set = open_set(folder);
  Journal& journal = set->writer(0);
  const Call call;
  const ReservationEntry reservation = call.reservation();
  const SettlementEntry settlement = call.settlement();
  std::uint64_t count = 0;
  for (auto _ : state) {
    if (!journal.reserve(reservation)) std::abort();
    journal.dispatch(call.id);
    if (!journal.settle(settlement)) std::abort();
    if (++count % 50'000 == 0) forget(*set);
  }
}
BENCHMARK(append_call);

/// The alternative: the same bytes, one write(2) each, to a file that grows.
void write_settlement(benchmark::State& state) {
  const TempFolder folder;
  const int file = ::open((folder / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const Call call;
  const SettlementEntry entry = call.settlement();
  std::string room(kMaxEntry, '\0');
  std::uint64_t count = 0;
  for (auto _ : state) {
    const std::size_t size = *encode(entry, room);
    benchmark::DoNotOptimize(crc32c(room.data(), size));
    if (::write(file, room.data(), size) < 0) std::abort();
    if (++count % 100'000 == 0 && ::ftruncate(file, 0) != 0) std::abort();
  }
  ::close(file);
}
BENCHMARK(write_settlement);

}  // namespace
}  // namespace gatehouse::ledger
