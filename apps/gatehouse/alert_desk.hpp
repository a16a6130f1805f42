#pragma once
/// Which events of calls and of the database an operator is told of.

#include <atomic>
#include <memory>
#include <set>
#include <string>

#include "alert_config.hpp"
#include "database_watch.hpp"
#include "gatehouse/alerts/alerter.hpp"
#include "gatehouse/gateway/call_record.hpp"

namespace gatehouse::app {

/// Thread-safe; `alerter` and `clock` outlive it.
class AlertDesk {
 public:
  AlertDesk(alerts::Alerter& alerter, const core::Clock& clock, const AlertingSettings& settings);

  /// Later events are judged by these.
  void follow(const AlertingSettings& settings);

  void threshold_reached(const limits::Threshold& threshold, const gateway::CallerFacts& caller);
  void budget_refused(const limits::Denial& denial, const gateway::CallerFacts& caller);
  void attempt_failed(const gateway::FailedTry& failed);
  void database_trouble(const DatabaseTrouble& trouble);
  void call_settled(const gateway::CallRecord& record) {
    const core::Nanos slow{slow_after_.load(std::memory_order_relaxed)};
    if (slow.count() != 0 && record.duration > slow) slow_call(record);
  }

 private:
  struct Rules {
    AlertingArgs args;
    std::set<std::uint32_t> percents;
  };
  /// What a budget's alert is about.
  struct Budget {
    core::Scope scope;
    const std::string& id;
    const std::string& duration;
    core::Money spent;
    core::Money max;
    std::optional<core::WallTime> resets_at;
    bool known = false;  ///< an earlier run may have told of it
  };
  void slow_call(const gateway::CallRecord& record);
  std::optional<alerts::Claim> claim(const Budget& budget, std::string_view event,
                                     const std::string& what);
  /// Unless that was told before.
  void tell(const Budget& budget, const gateway::CallerFacts& caller, std::string event,
            const std::string& what);
  void post(const Budget& budget, const gateway::CallerFacts& caller, std::string event,
            const std::string& what, alerts::Claim claim);
  void tell_share(const Budget& budget, const gateway::CallerFacts& caller, std::uint32_t percent);

  alerts::Alerter& alerter_;
  const core::Clock& clock_;
  std::atomic<std::shared_ptr<const Rules>> rules_;
  std::atomic<std::int64_t> slow_after_{0};
};

/// Hands every event of one thread to `counted` and to the desk.
class AlertingObserver final : public gateway::CallObserver {
 public:
  AlertingObserver(gateway::CallObserver& counted, AlertDesk& desk)
      : counted_(counted), desk_(desk) {}

  void call_started() override { counted_.call_started(); }
  void call_settled(const gateway::CallRecord& record) override {
    counted_.call_settled(record);
    desk_.call_settled(record);
  }
  void attempt_failed(const gateway::FailedTry& failed) override {
    counted_.attempt_failed(failed);
    desk_.attempt_failed(failed);
  }
  void threshold_reached(const limits::Threshold& threshold,
                         const gateway::CallerFacts& caller) override {
    counted_.threshold_reached(threshold, caller);
    desk_.threshold_reached(threshold, caller);
  }
  void budget_refused(const limits::Denial& denial, const gateway::CallerFacts& caller) override {
    counted_.budget_refused(denial, caller);
    desk_.budget_refused(denial, caller);
  }
  void unrecorded() override { counted_.unrecorded(); }

 private:
  gateway::CallObserver& counted_;
  AlertDesk& desk_;
};

}  // namespace gatehouse::app
