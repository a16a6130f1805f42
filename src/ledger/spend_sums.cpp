#include "spend_sums.hpp"

namespace gatehouse::ledger {

UsageSums read_sums(const database::Row& row, int first) {
  UsageSums sums;
  sums.spend = core::Money::nano_usd(row.integer(first));
  sums.prompt_tokens = row.integer(first + 1);
  sums.completion_tokens = row.integer(first + 2);
  sums.cache_read_tokens = row.integer(first + 3);
  sums.cache_write_tokens = row.integer(first + 4);
  sums.reasoning_tokens = row.integer(first + 5);
  sums.requests = row.integer(first + 6);
  sums.successful = row.integer(first + 7);
  sums.failed = row.integer(first + 8);
  return sums;
}

void within(database::Select& select, const DayRange& days) {
  select.where("date >= ?", text_of(days.first)).where("date <= ?", text_of(days.last));
}

void narrow(database::Select& select, const UsageFilter& filter) {
  if (!filter.api_keys.empty()) select.where_in("api_key", filter.api_keys);
  if (!filter.user_ids.empty()) select.where_in("user_id", filter.user_ids);
  if (!filter.team_ids.empty()) select.where_in("team_id", filter.team_ids);
  if (!filter.organization_ids.empty()) {
    select.where_in("organization_id", filter.organization_ids);
  }
  if (!filter.end_users.empty()) select.where_in("end_user", filter.end_users);
  if (!filter.tags.empty()) select.where_in("tag", filter.tags);
  if (!filter.models.empty()) select.where_in("model", filter.models);
}

}  // namespace gatehouse::ledger
