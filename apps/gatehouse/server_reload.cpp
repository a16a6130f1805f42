#include <algorithm>
#include <future>

#include "gatehouse/tenancy/stored_models.hpp"
#include "server.hpp"
#include "stored_model_entries.hpp"

namespace gatehouse::app {
namespace {

constexpr core::Seconds kPublishPatience{5};

}  // namespace

void Server::report(const config::Problems& problems) {
  for (const config::Problem& problem : problems.all()) {
    logger_.warning("config_problem", {{"path", problem.path},
                                       {"line", problem.line},
                                       {"message", problem.message},
                                       {"error", problem.severity == config::Severity::error}});
  }
}

std::shared_ptr<const gateway::Snapshot> Server::generation(const AppConfig& config,
                                                            const core::Secret& key,
                                                            config::Problems& problems) {
  auto stored = tenancy::StoredModels(*stores_->stores).all();
  if (!stored) {
    problems.error("stored models", 0, stored.error().public_message);
    return nullptr;
  }
  return make_generation(
      config, key, sources_, problems,
      entries_of(*stored, {*stores_->sealing_keys, sources_.environment}, problems));
}

core::Result<void> Server::reload_models() {
  const std::scoped_lock lock(reloading_);
  config::Problems problems;
  auto snapshot = generation(config_, key_.secret, problems);
  report(problems);
  const bool left_out = std::ranges::any_of(problems.all(), [](const config::Problem& problem) {
    return problem.path.starts_with("stored model");
  });
  if (!snapshot || left_out) {
    return core::fail(core::Errc::invalid_argument,
                      "the models cannot be used: " + problems.to_text("stored models"));
  }
  return publish(snapshot);
}

core::Result<void> Server::publish(const std::shared_ptr<const gateway::Snapshot>& snapshot) {
  current_.store(snapshot);
  const auto waiting = std::make_shared<std::atomic<std::size_t>>(workers_.size());
  const auto all = std::make_shared<std::promise<void>>();
  for (const auto& worker : workers_) {
    worker->replace_snapshot(snapshot, [waiting, all] {
      if (waiting->fetch_sub(1) == 1) all->set_value();
    });
  }
  // A loop that has ended with a drain does not answer.
  if (workers_.empty() ||
      all->get_future().wait_for(kPublishPatience) == std::future_status::ready) {
    return {};
  }
  return core::fail(core::Errc::unavailable, "not every thread has the new models yet");
}

void Server::follow_policies(const ControlSettings& settings) {
  stores_->stores->policy.replace(identity_policy(settings));
  if (end_user_defaults(settings) != end_user_defaults(config_.control)) {
    stores_->directory->set_end_user_defaults(end_user_defaults(settings));
  }
}

void Server::reload() {
  const std::scoped_lock lock(reloading_);
  config::Problems problems;
  AppConfig next = load_config(options_.config_file, sources_.environment, problems);
  std::shared_ptr<const gateway::Snapshot> snapshot;
  core::Secret key = key_.secret;
  if (!problems.failed()) {
    // A generated key stays; a configured one follows the file.
    if (key_.file.empty() && !next.general.master_key.empty()) key = next.general.master_key;
    snapshot = generation(next, key, problems);
  }
  report(problems);
  if (!snapshot) {
    logger_.error("reload_refused", {{"file", options_.config_file}});
    return;
  }
  for (const std::string& path : config::restart_needed(config_, next)) {
    logger_.warning("restart_needed", {{"path", path}});
  }
  if (server_tls_) {
    if (auto reloaded = server_tls_->reload(); !reloaded) {
      logger_.error("certificate_kept", {{"error", reloaded.error()}});
    }
  }
  if (auto published = publish(snapshot); !published) {
    logger_.warning("reload_slow", {{"error", published.error()}});
  }
  follow_policies(next.control);
  follow_checks(next.general);
  alerter_->set_channels(next.general.alerting.channels);
  desk_->follow(next.general.alerting);
  logger_.set_level(next.log.level);
  key_.secret = std::move(key);
  config_ = std::move(next);
  health_.collect();
  logger_.info("reloaded", {{"models", snapshot->table->visible_models().size()}});
}

}  // namespace gatehouse::app
