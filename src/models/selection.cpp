#include "gatehouse/models/selection.hpp"

#include <algorithm>
#include <limits>

namespace gatehouse::models {

namespace {

/// The smaller, the earlier. Equal ranks are shuffled by weight.
std::int64_t rank_of(const Deployment& deployment, Strategy strategy,
                     core::MonotonicTime now) noexcept {
  switch (strategy) {
    case Strategy::simple_shuffle:
      return 0;
    case Strategy::least_busy:
      return deployment.health->in_flight();
    case Strategy::latency_based:
      return deployment.health->latency().count();
    case Strategy::cost_based:
      return deployment.cost_rank;
    case Strategy::usage_based:
      return static_cast<std::int64_t>(deployment.health->tokens_in_minute(now));
  }
  return 0;
}

double draw(core::Random& random, double total) {
  constexpr double kUnit = 1.0 / static_cast<double>(std::uint64_t{1} << 53);
  return static_cast<double>(random.next() >> 11) * kUnit * total;
}

/// One selection from a group.
class Picker {
 public:
  Picker(Strategy strategy, core::MonotonicTime now, core::Random& random,
         const DeploymentFilter* allowed, Candidates& out)
      : strategy_(strategy), now_(now), random_(random), allowed_(allowed), out_(out) {}

  /// Adds the deployments of one order tier.
  void take_tier(std::span<const Deployment* const> tier) {
    while (out_.size() < Candidates::kCapacity) {
      const Deployment* next = pick(tier);
      if (next == nullptr) return;
      out_.push(next);
    }
  }

 private:
  bool usable(const Deployment& deployment) const {
    return !deployment.health->cooling(now_) && !out_.contains(&deployment) &&
           (allowed_ == nullptr || (*allowed_)(deployment));
  }

  /// The first in rank; among equals a draw by weight, or an even one when none has weight.
  const Deployment* pick(std::span<const Deployment* const> tier) {
    std::int64_t best = std::numeric_limits<std::int64_t>::max();
    double total = 0;
    std::size_t count = 0;
    const Deployment* only = nullptr;
    for (const Deployment* deployment : tier) {
      if (!usable(*deployment)) continue;
      const std::int64_t rank = rank_of(*deployment, strategy_, now_);
      if (count != 0 && rank > best) continue;
      if (rank < best) total = 0, count = 0;
      best = rank;
      total += deployment->weight;
      ++count;
      only = deployment;
    }
    if (count <= 1) return only;
    const Deployment* drawn = draw_among(tier, best, total, count);
    return drawn != nullptr ? drawn : only;
  }

  const Deployment* draw_among(std::span<const Deployment* const> tier, std::int64_t best,
                               double total, std::size_t count) {
    const bool even = !(total > 0);
    double left = draw(random_, even ? static_cast<double>(count) : total);
    const Deployment* last = nullptr;
    for (const Deployment* deployment : tier) {
      // Ranks and cool-downs may have changed since the first pass.
      if (!usable(*deployment) || rank_of(*deployment, strategy_, now_) > best) continue;
      const double weight = even ? 1 : deployment->weight;
      if (weight <= 0) continue;
      last = deployment;
      left -= weight;
      if (left < 0) break;
    }
    return last;
  }

  Strategy strategy_;
  core::MonotonicTime now_;
  core::Random& random_;
  const DeploymentFilter* allowed_;
  Candidates& out_;
};

void select_with(const ModelGroup& group, Strategy strategy, core::MonotonicTime now,
                 core::Random& random, const DeploymentFilter* allowed, Candidates& out) {
  out.clear();
  Picker picker(strategy, now, random, allowed, out);
  std::span<const Deployment* const> left = group.deployments;
  while (!left.empty()) {
    const auto same_order = [&](const Deployment* d) { return d->order == left.front()->order; };
    const auto end = std::ranges::find_if_not(left, same_order);
    const auto size = static_cast<std::size_t>(end - left.begin());
    picker.take_tier(left.first(size));
    left = left.subspan(size);
  }
}

}  // namespace

bool Candidates::contains(const Deployment* deployment) const noexcept {
  return std::find(begin(), end(), deployment) != end();
}

void Candidates::erase(std::size_t at) noexcept {
  const auto from = items_.begin() + static_cast<std::ptrdiff_t>(at);
  std::copy(from + 1, items_.begin() + static_cast<std::ptrdiff_t>(size_), from);
  --size_;
}

void select(const ModelGroup& group, Strategy strategy, core::MonotonicTime now,
            core::Random& random, Candidates& out) {
  select_with(group, strategy, now, random, nullptr, out);
}

void select(const ModelGroup& group, Strategy strategy, core::MonotonicTime now,
            core::Random& random, const DeploymentFilter& allowed, Candidates& out) {
  select_with(group, strategy, now, random, &allowed, out);
}

core::Nanos earliest_return(const ModelGroup& group, core::MonotonicTime now) noexcept {
  core::Nanos earliest = core::Nanos::max();
  for (const Deployment* deployment : group.deployments) {
    earliest = std::min(earliest, deployment->health->cooling_left(now));
  }
  return group.deployments.empty() ? core::Nanos(0) : earliest;
}

}  // namespace gatehouse::models
