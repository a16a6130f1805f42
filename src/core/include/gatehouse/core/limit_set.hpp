#pragma once
/// The vocabulary of limits: whom they hold for and what they bound.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/money.hpp"

namespace gatehouse::core {

/// Who or what is counted. The numbers are stored in journals: append only.
enum class Scope : std::uint8_t {
  global = 0,
  organization = 1,
  team = 2,
  team_member = 3,  ///< a user within a team: member_id()
  user = 4,
  key = 5,  ///< by the key's hash
  end_user = 6,
  tag = 7,
  model = 8,     ///< a model group, whoever calls it
  provider = 9,  ///< "openai"
  deployment = 10,
  key_model = 11,  ///< a model group as one key uses it: pair_id()
  team_model = 12,
};
inline constexpr std::size_t kScopes = 13;
/// The scope's name in messages, tables and headers ("api_key" is Scope::key's). Static storage.
std::string_view name_of(Scope scope) noexcept;
/// The inverse; nothing for another text.
std::optional<Scope> scope_named(std::string_view name) noexcept;

/// The id of a scope that is a pair (team and user, key and model): both texts with U+001F between.
std::string pair_id(std::string_view first, std::string_view second);

/// A hard bound on what may be spent in a period.
struct BudgetLimit {
  Money max;
  std::string duration = {};            ///< "30d", "1mo", "1h", …; empty: for ever
  std::optional<WallTime> anchor = {};  ///< periods are counted from here, exactly; else they are
                                        ///< aligned to the calendar (litellm-contract.md 1.11)
  bool operator==(const BudgetLimit&) const = default;
};

/// Bounds on the pace. What is absent is unbounded.
struct RateLimit {
  std::optional<std::uint64_t> requests_per_minute = {};
  std::optional<std::uint64_t> tokens_per_minute = {};
  std::optional<std::uint64_t> parallel_requests = {};
  bool empty() const noexcept {
    return !requests_per_minute && !tokens_per_minute && !parallel_requests;
  }
  bool operator==(const RateLimit&) const = default;
};

/// Everything that bounds one scope.
struct LimitSet {
  std::vector<BudgetLimit> budgets = {};  ///< all hold at once
  std::optional<Money> soft_budget =
      {};  ///< an alarm, never a refusal; in the first budget's period
  RateLimit rate = {};
  bool empty() const noexcept { return budgets.empty() && !soft_budget && rate.empty(); }
  bool operator==(const LimitSet&) const = default;
};

/// The budget counter of one period that a call is charged to: limits chooses it at the admission,
/// the ledger posts it there. The texts belong to whoever made it.
struct ChargedPeriod {
  Scope scope = Scope::global;
  std::string_view id;
  std::string_view duration;  ///< empty: lifetime
  WallTime period_start{};
  WallTime period_end = WallTime::max();  ///< exclusive; max: never
};

}  // namespace gatehouse::core
