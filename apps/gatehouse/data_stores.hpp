#pragma once
/// Everything that lives in the data folder, opened in the right order and closed in the reverse.

#include <memory>
#include <string>

#include "control_config.hpp"
#include "database_watch.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/random.hpp"
#include "gatehouse/crypto/key_ring.hpp"
#include "gatehouse/crypto/random_bytes.hpp"
#include "gatehouse/database/database.hpp"
#include "gatehouse/ledger/balances.hpp"
#include "gatehouse/ledger/corrections.hpp"
#include "gatehouse/ledger/idempotency.hpp"
#include "gatehouse/ledger/journal.hpp"
#include "gatehouse/ledger/settler.hpp"
#include "gatehouse/ledger/spend_queries.hpp"
#include "gatehouse/limits/account.hpp"
#include "gatehouse/net/blocking_pool.hpp"
#include "gatehouse/telemetry/log.hpp"
#include "gatehouse/tenancy/database_directory.hpp"
#include "gatehouse/tenancy/key_rotation.hpp"
#include "gatehouse/tenancy/store.hpp"

namespace gatehouse::app {

/// Where things lie in a data folder.
std::string database_file(const std::string& data_folder);
std::string journal_folder(const std::string& data_folder);
std::string archive_folder(const std::string& data_folder);
std::string rotated_keys_folder(const std::string& data_folder);

/// Opened before the first worker, ended after the last one. Members are declared in the order in
/// which they depend on each other. A failed write or sync ends the process.
struct DataStores {
  DataStores(const core::Clock& its_clock, telemetry::Logger& its_logger)
      : clock(its_clock), logger(its_logger), watch(its_logger) {}

  /// Applies what an earlier run left in its journals. Blocking.
  static core::Result<std::unique_ptr<DataStores>> open(
      const std::string& data_folder, const ControlSettings& settings, std::size_t threads,
      const config::Environment& environment, const core::Clock& clock, telemetry::Logger& logger);

  /// Rotates keys that are due, forgets expired Idempotency-Keys and accounts that were idle for
  /// long. Blocking; every minute.
  void maintain();
  void rotate_keys();

  const core::Clock& clock;
  telemetry::Logger& logger;
  core::SystemRandom random;
  core::SystemIdSource ids{clock, random};
  crypto::SystemRandomBytes random_bytes;
  DatabaseWatch watch;
  std::unique_ptr<database::Database> database;
  std::unique_ptr<ledger::JournalSet> journals;
  std::unique_ptr<ledger::Settler> settler;
  std::unique_ptr<ledger::Balances> balances;
  std::unique_ptr<ledger::Corrections> corrections;
  std::unique_ptr<ledger::SpendQueries> queries;
  std::unique_ptr<ledger::IdempotencyStore> idempotency;
  std::unique_ptr<tenancy::DatabaseDirectory> directory;
  std::unique_ptr<tenancy::StoreContext> stores;
  std::unique_ptr<tenancy::KeyRotation> rotation;
  limits::AccountBook accounts{random.next()};
  std::unique_ptr<crypto::KeyRing> sealing_keys;  ///< of secrets in the database
  std::unique_ptr<net::BlockingPool> pool;
};

}  // namespace gatehouse::app
