#pragma once
/// Which deployments of a group to try, in which order.

#include <array>
#include <cstddef>
#include <functional>
#include <span>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/random.hpp"
#include "gatehouse/models/deployment.hpp"

namespace gatehouse::models {

/// Deployments in the order to try them. At most kCapacity; no heap.
class Candidates {
 public:
  static constexpr std::size_t kCapacity = 8;

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  const Deployment& operator[](std::size_t at) const noexcept { return *items_[at]; }
  const Deployment* const* begin() const noexcept { return items_.data(); }
  const Deployment* const* end() const noexcept { return items_.data() + size_; }

  bool contains(const Deployment* deployment) const noexcept;
  void push(const Deployment* deployment) noexcept { items_[size_++] = deployment; }
  void clear() noexcept { size_ = 0; }
  /// Those behind it move up.
  void erase(std::size_t at) noexcept;

 private:
  std::array<const Deployment*, kCapacity> items_{};
  std::size_t size_ = 0;
};

/// Writes the deployments of `group` that are not cooling, lowest order tier first and inside a
/// tier by `strategy`: simple_shuffle: random by weight; least_busy: fewest calls in flight;
/// latency_based: shortest time to the first byte, unknown ones first; cost_based: cheapest input
/// plus output token; usage_based: fewest tokens in the current minute. Ties are broken by weight.
/// Deployments of weight 0 come last.
///
/// Empty when all are cooling: see earliest_return().
void select(const ModelGroup& group, Strategy strategy, core::MonotonicTime now,
            core::Random& random, Candidates& out);

/// The same for the deployments for which `allowed(deployment)` is true.
using DeploymentFilter = std::function<bool(const Deployment& deployment)>;
void select(const ModelGroup& group, Strategy strategy, core::MonotonicTime now,
            core::Random& random, const DeploymentFilter& allowed, Candidates& out);

/// How long until the first deployment of a group has cooled down; zero when one is ready. For
/// "No deployments available for selected model, Try again in N seconds".
core::Nanos earliest_return(const ModelGroup& group, core::MonotonicTime now) noexcept;

}  // namespace gatehouse::models
