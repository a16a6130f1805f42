#pragma once
/// Administration of budgets that several identities share (litellm-contract.md 1.6). General
/// rules: store.hpp.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/tenancy/store.hpp"

namespace gatehouse::tenancy {

class BudgetStore {
 public:
  explicit BudgetStore(const StoreContext& context) : context_(context) {}

  /// Without an id: a new UUID. With a budget_duration and no anchor, periods are counted exactly
  /// from now.
  core::Result<BudgetRecord> create(const Actor& actor, std::optional<std::string> budget_id,
                                    const LimitPatch& fields) const;
  core::Result<BudgetRecord> update(const Actor& actor, std::string_view budget_id,
                                    const LimitPatch& patch) const;
  /// Those that named it lose its bounds at once.
  core::Result<BudgetRecord> remove(const Actor& actor, std::string_view budget_id) const;
  core::Result<BudgetRecord> find(std::string_view budget_id) const;
  /// Those of the ids that exist.
  core::Result<std::vector<BudgetRecord>> find_all(
      const std::vector<std::string>& budget_ids) const;
  /// Sorts by budget_id, created_at, max_budget.
  core::Result<Listing<BudgetRecord>> list(const Page& page, const Sort& sort = {}) const;

 private:
  const StoreContext& context_;
};

}  // namespace gatehouse::tenancy
