#pragma once
/// The tables alert_outbox and alert_claim.

#include <cstdint>

#include "gatehouse/alerts/outbox_store.hpp"
#include "gatehouse/database/database.hpp"

namespace gatehouse::alerts {

/// How much is remembered.
struct OutboxBounds {
  core::Seconds failed_for{7 * 86'400};  ///< alerts that failed, for the operator to see
  std::int64_t most_failed = 10'000;
  std::int64_t most_claims = 16'384;  ///< the latest
};

/// `database` outlives it.
class DatabaseOutbox final : public OutboxStore {
 public:
  explicit DatabaseOutbox(database::Database& database, OutboxBounds bounds = {})
      : database_(database), bounds_(bounds) {}

  core::Result<KeptState> load() override;
  core::Result<void> apply(const OutboxChanges& changes) override;
  core::Result<void> expire(core::WallTime now) override;

 private:
  database::Database& database_;
  const OutboxBounds bounds_;
};

}  // namespace gatehouse::alerts
