#pragma once
/// Requests with an Idempotency-Key: one call and one answer for each key (faults.md F7-F12).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/database/database.hpp"

namespace gatehouse::ledger {

/// A request as begin() sees it. Views are read during the call.
struct IdempotentRequest {
  std::string_view scope;        ///< whose keys: the tenant, or the hash of the API key
  std::string_view key;          ///< 1 to 255 bytes
  std::string_view fingerprint;  ///< of method, path and body
  std::string_view call_id;      ///< of the call that would run
};

struct StoredAnswer {
  int status = 0;
  std::string headers;  ///< as given to complete()
  std::string body;
};

struct IdempotencyDecision {
  enum class Kind : std::uint8_t {
    started,      ///< run it, then complete() or abandon()
    replay,       ///< send `answer`, call nothing
    in_progress,  ///< it is running: 409
    mismatch,     ///< the key belongs to another request: 422
    unknown,      ///< it ran when the server died: it may have been billed, so it never runs again
  };
  Kind kind = Kind::started;
  std::string call_id;  ///< of the call that ran, or runs, or may start
  StoredAnswer answer;  ///< of `replay`
};

/// Thread-safe, blocking.
class IdempotencyStore {
 public:
  static constexpr std::size_t kMaxKey = 255;
  static constexpr core::Seconds kLifetime{24 * 3600};

  /// Takes over the keys of earlier runs. To be called after Settler::start(): what it recovered
  /// tells whether the call of a key had left. A key whose call is known not to have left is free
  /// again; the others are `unknown`.
  static core::Result<IdempotencyStore> open(database::Database& database);

  /// Errc::invalid_argument for an empty or too long key.
  core::Result<IdempotencyDecision> begin(const IdempotentRequest& request, core::WallTime now);
  /// The answer of a started call, to be stored before its last byte is sent.
  core::Result<void> complete(std::string_view scope, std::string_view key,
                              const StoredAnswer& answer);
  /// The call ended without anything that could be billed: the key is free again.
  core::Result<void> abandon(std::string_view scope, std::string_view key);
  /// Deletes up to `limit` keys that are older than kLifetime; how many.
  core::Result<std::int64_t> expire(core::WallTime now, std::size_t limit = 500);

 private:
  explicit IdempotencyStore(database::Database& database) : database_(&database) {}
  database::Database* database_;
};

}  // namespace gatehouse::ledger
