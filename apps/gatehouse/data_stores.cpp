#include "data_stores.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "gatehouse/limits/period.hpp"
#include "sealing_keys.hpp"

namespace gatehouse::app {
namespace {

constexpr std::size_t kPoolThreads = 4;
constexpr core::Seconds kIdleAccount{3600};
constexpr core::Millis kFlushPatience{5'000};
constexpr int kMostExpiries = 200;  // batches of one round

/// What was promised may be lost: nothing more is acknowledged, and the next start recovers.
void die(const char* what, const core::Error& error) {
  std::fprintf(stderr, "gatehouse: fatal: %s: %s (%s)\n", what, error.public_message.c_str(),
               error.internal_detail.c_str());
  std::fflush(stderr);
  _exit(74);
}

/// Also after a power failure a new folder has its name.
core::Result<void> make_folder(const std::string& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error) return core::fail(core::Errc::io, "cannot create " + folder, error.message());
  if (!made) return {};
  const std::string parent = std::filesystem::canonical(folder).parent_path().string();
  const int handle = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = handle >= 0 && ::fsync(handle) == 0;
  if (handle >= 0) ::close(handle);
  if (synced) return {};
  return core::fail(core::Errc::io, "cannot sync " + parent, std::strerror(errno));
}

database::DatabaseOptions database_options(const std::string& data_folder,
                                           const ControlSettings& settings, DatabaseWatch& watch) {
  database::DatabaseOptions options;
  options.file = database_file(data_folder);
  options.readers = settings.storage.readers;
  options.busy_timeout = settings.storage.busy_timeout;
  // Always: segments of the journal are deleted once the database has their entries.
  options.sync_commits = true;
  options.wal_alarm_bytes = settings.storage.log_alarm_bytes;
  watch.follow(options);
  options.on_fatal = [](const core::Error& error) { die("database", error); };
  return options;
}

}  // namespace

std::string database_file(const std::string& data_folder) {
  return data_folder + "/gatehouse.db";
}

std::string journal_folder(const std::string& data_folder) {
  return data_folder + "/journal";
}

std::string archive_folder(const std::string& data_folder) {
  return data_folder + "/archive";
}

std::string rotated_keys_folder(const std::string& data_folder) {
  return data_folder + "/rotated_keys";
}

core::Result<std::unique_ptr<DataStores>> DataStores::open(
    const std::string& data_folder, const ControlSettings& settings, std::size_t threads,
    const config::Environment& environment, const core::Clock& clock, telemetry::Logger& logger) {
  auto stores = std::make_unique<DataStores>(clock, logger);
  if (auto made = make_folder(data_folder); !made) return core::pass(made);
  auto database = database::open_sqlite(database_options(data_folder, settings, stores->watch));
  if (!database) return core::pass(database);
  stores->database = std::move(*database);

  auto journals = ledger::JournalSet::open(
      {.folder = journal_folder(data_folder),
       .segment_bytes = settings.storage.journal_segment_bytes,
       .durability = settings.storage.durability,
       .sync_interval = settings.storage.sync_interval,
       .on_fatal = [](const core::Error& error) { die("journal", error); }},
      threads);
  if (!journals) return core::pass(journals);
  stores->journals = std::move(*journals);

  ledger::SettlerOptions settling;
  settling.interval = settings.storage.settle_interval;
  settling.retention = settings.storage.spend_log_retention;
  settling.archive_folder = archive_folder(data_folder);
  settling.on_fatal = [](const core::Error& error) { die("settler", error); };
  auto settler =
      ledger::Settler::start(*stores->database, *stores->journals, clock, std::move(settling));
  if (!settler) return core::pass(settler);
  stores->settler = std::move(*settler);
  stores->balances = std::make_unique<ledger::Balances>(*stores->database);
  stores->corrections = std::make_unique<ledger::Corrections>(*stores->database);
  stores->queries = std::make_unique<ledger::SpendQueries>(*stores->database);
  auto idempotency = ledger::IdempotencyStore::open(*stores->database);
  if (!idempotency) return core::pass(idempotency);
  stores->idempotency = std::make_unique<ledger::IdempotencyStore>(*idempotency);

  stores->directory =
      tenancy::make_directory(*stores->database, clock, directory_options(settings));
  stores->stores = std::make_unique<tenancy::StoreContext>(
      tenancy::StoreContext{.database = *stores->database,
                            .directory = *stores->directory,
                            .clock = clock,
                            .ids = stores->ids,
                            .random = stores->random_bytes,
                            .policy = identity_policy(settings),
                            .durations = {.exact = limits::exact_duration,
                                          .check_budget = limits::check_budget_duration}});
  stores->rotation = std::make_unique<tenancy::KeyRotation>(
      *stores->stores, tenancy::RotationOptions{.folder = rotated_keys_folder(data_folder),
                                                .grace = settings.keys.rotation_grace});
  if (auto recovered = stores->rotation->recover(); !recovered) return core::pass(recovered);
  stores->rotate_keys();
  auto keys = open_key_ring(data_folder, environment, stores->random_bytes);
  if (!keys) return core::pass(keys);
  stores->sealing_keys = std::make_unique<crypto::KeyRing>(std::move(*keys));
  stores->pool = std::make_unique<net::BlockingPool>(kPoolThreads);
  return stores;
}

void DataStores::rotate_keys() {
  const auto round = rotation->run();
  if (!round) {
    logger.warning("keys_not_rotated", {{"error", round.error()}});
    return;
  }
  if (round->rotated != 0) logger.info("keys_rotated", {{"keys", round->rotated}});
  const std::optional<core::Error>& error = round->error;
  if (error) logger.warning("keys_not_rotated", {{"keys", round->failed}, {"error", *error}});
}

void DataStores::maintain() {
  rotate_keys();
  for (int i = 0; i < kMostExpiries; ++i) {
    const auto expired = idempotency->expire(clock.wall());
    if (!expired) logger.warning("idempotency_keys_kept", {{"error", expired.error()}});
    if (!expired || *expired == 0) break;
  }
  const core::MonotonicTime idle_since = clock.monotonic() - kIdleAccount;
  // An account is loaded anew from the ledger, which has to know of everything by then.
  if (settler->flush(kFlushPatience)) accounts.drop_idle(idle_since);
}

}  // namespace gatehouse::app
