#pragma once
/// From a request to its answer.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "books.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/random.hpp"
#include "reply.hpp"
#include "request.hpp"

namespace gatehouse::fake_provider {

struct Plan {
  Reply reply;
  std::string model;
  Surface surface = Surface::unknown;
};

/// One per worker. Remembers the plans of small sets of equal requests, which makes a bench's
/// requests cheap.
class Planner {
 public:
  Planner(Shared& shared, const core::Clock& clock) : shared_(shared), clock_(clock) {}

  std::shared_ptr<const Plan> plan(const Request& request);

  /// Behaviours known from the head alone: the field x-fake-behaviour and a path such as
  /// "/__b/early/v1/chat/completions".
  static core::Result<Behaviours> of_head(const Request& request);

 private:
  std::shared_ptr<const Plan> make(const Request& request, bool& repeatable);
  Plan refuse(Surface surface, int status, std::string_view message) const;
  Draft draft_for(const Ask& ask, const Behaviours& behaviours, core::WallTime now) const;

  static constexpr std::size_t kMaxRemembered = 64UL << 20;

  Shared& shared_;
  const core::Clock& clock_;
  core::SeededRandom coin_{20260101};
  std::unordered_multimap<std::size_t, std::pair<std::string, std::shared_ptr<const Plan>>>
      remembered_;
  std::size_t remembered_bytes_ = 0;
};

}  // namespace gatehouse::fake_provider
