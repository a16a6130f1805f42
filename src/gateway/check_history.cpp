#include "gatehouse/gateway/model_check.hpp"

namespace gatehouse::gateway {

void CheckHistory::add(const std::vector<CheckOutcome>& outcomes, std::string_view checked_by) {
  const std::lock_guard lock(mutex_);
  for (const CheckOutcome& outcome : outcomes) {
    if (outcome.cut_off) continue;
    entries_.push_front({next_++, outcome, std::string(checked_by)});
    if (latest_.size() >= kMost && !latest_.contains(outcome.model_id)) {
      latest_.erase(latest_.begin());
    }
    latest_.insert_or_assign(outcome.model_id, entries_.front());
    if (entries_.size() > kMost) entries_.pop_back();
  }
}

std::vector<CheckHistory::Entry> CheckHistory::all() const {
  const std::lock_guard lock(mutex_);
  return {entries_.begin(), entries_.end()};
}

std::map<std::string, CheckHistory::Entry> CheckHistory::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

void CheckHistory::collect(const Snapshot& snapshot, telemetry::Exposition& out) const {
  const auto known = latest();
  out.begin("gatehouse_deployment_check_healthy", "The latest check of a deployment: 1 it answers",
            telemetry::MetricType::gauge);
  for (const models::Deployment& deployment : snapshot.table->deployments()) {
    const auto found = known.find(deployment.id.text());
    if (found == known.end()) continue;
    out.sample({{"model_id", deployment.id.view()},
                {"model_group", deployment.group},
                {"api_provider", deployment.provider}},
               found->second.outcome.healthy ? 1 : 0);
  }
}

}  // namespace gatehouse::gateway
