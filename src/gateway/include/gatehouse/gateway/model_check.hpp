#pragma once
/// Does a deployment answer? A call of the operator's own says.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/cancellation.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/gateway/snapshot.hpp"
#include "gatehouse/telemetry/exposition.hpp"

namespace gatehouse::gateway {

class Pipeline;

/// What calls that check a deployment are recorded and counted under, in place of a key. They are
/// charged to it, to the global budget, which does not refuse them, and to the bounds of the
/// deployment and its provider, which do. No user, team or organization pays for them.
inline constexpr std::string_view kCheckKey = "litellm-internal-health-check";

/// How a check went. Texts are fit for an administrator and hold no credential.
struct CheckOutcome {
  std::string model_id;
  std::string model_group;
  std::string model;  ///< "provider/name", as it was called
  std::string api_base;
  std::string mode;
  bool healthy = false;
  bool cut_off = false;  ///< whoever asked has left: says nothing of the deployment
  int status = 200;
  std::string error;
  core::WallTime checked_at{};
  core::Nanos duration{0};
  core::Money cost;
};

/// Checks each of `deployments`, which are of `snapshot`, with a few calls at a time. Results in
/// the same order. On the pipeline's thread; `cancellation` outlives it.
core::Task<std::vector<CheckOutcome>> check_models(
    Pipeline& pipeline, std::shared_ptr<const Snapshot> snapshot,
    std::vector<const models::Deployment*> deployments, core::Cancellation& cancellation);

/// The latest checks, in memory. Thread-safe.
class CheckHistory {
 public:
  static constexpr std::size_t kMost = 1'000;

  struct Entry {
    std::uint64_t number = 0;  ///< ascending
    CheckOutcome outcome;
    std::string checked_by;
  };
  /// Those that were cut off are left out.
  void add(const std::vector<CheckOutcome>& outcomes, std::string_view checked_by);
  /// Newest first.
  std::vector<Entry> all() const;
  /// The newest of each deployment, by its id.
  std::map<std::string, Entry> latest() const;
  /// gatehouse_deployment_check_healthy of the deployments of `snapshot` that were checked.
  void collect(const Snapshot& snapshot, telemetry::Exposition& out) const;

 private:
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
  std::map<std::string, Entry> latest_;
  std::uint64_t next_ = 1;
};

}  // namespace gatehouse::gateway
