#include "generated_ledger.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "record.hpp"
#include "sums.hpp"

namespace gatehouse::ledger {
namespace {

using database::Connection;
using database::Row;

constexpr std::int64_t kTransaction = 200'000;  // calls
constexpr std::int64_t kDayNanos = std::int64_t{86'400} * 1'000'000'000;

/// Call number `i`, and the texts that its entry shows.
class GeneratedCall {
 public:
  GeneratedCall(std::int64_t i, core::WallTime started) {
    const auto number = static_cast<std::uint64_t>(i);
    const std::uint64_t mixed = (number * 2'654'435'761) % 4'294'967'296;
    const std::uint64_t key = (mixed / 7) % 2'000;
    const std::uint64_t model = (key + (mixed / 14'000) % 2) % 20;
    id_ = fmt::format("{:012x}-0000-7000-8000-{:012x}", number, mixed);
    response_ = fmt::format("chatcmpl-{:08x}{:x}", mixed, number);
    key_ = fmt::format("{:064x}", key * 0x9e3779b97f4a7c15);
    alias_ = fmt::format("key-{}", key);
    user_ = fmt::format("user-{}", key % 500);
    team_ = fmt::format("team-{}", key % 50);
    organization_ = fmt::format("org-{}", key % 5);
    member_ = core::pair_id(team_, user_);
    group_ = fmt::format("group-{}", model);
    model_ = fmt::format("model-{}", model);
    deployment_ = fmt::format("deployment-{}", model);
    if (key % 3 == 0) end_user_ = fmt::format("customer-{}-{}", key, (mixed / 28'000) % 20);
    if (mixed % 5 == 0) session_ = fmt::format("session-{}", number / 20);
    if (key % 10 == 0) tag_ = fmt::format("job:{}", mixed % 5);
    if (!tag_.empty()) tags_.emplace_back(tag_);
    fill(mixed, model, started);
    charge();
  }
  GeneratedCall(const GeneratedCall&) = delete;
  GeneratedCall& operator=(const GeneratedCall&) = delete;

  const SettlementEntry& entry() const noexcept { return entry_; }

 private:
  void fill(std::uint64_t mixed, std::uint64_t model, core::WallTime started) {
    CallFacts& facts = entry_.facts;
    facts.call_id = id_;
    facts.call_type = model < 3 ? "aembedding" : "acompletion";
    facts.api_key = key_;
    facts.key_alias = alias_;
    facts.user_id = user_;
    facts.team_id = team_;
    facts.organization_id = organization_;
    facts.end_user = end_user_;
    facts.requested_model = facts.model_group = group_;
    facts.session_id = session_;
    facts.requester_ip = "10.0.0.1";
    facts.tags = tags_;
    facts.price_version = "v1";
    facts.started_at = started;
    const bool failed = mixed % 97 == 0;
    entry_.status = failed ? CallStatus::failed : CallStatus::answered;
    entry_.http_status = failed ? 500 : 200;
    entry_.error_class = failed ? "RateLimitError" : "";
    entry_.stream = mixed % 2 == 1;
    entry_.usage_source = core::UsageSource::reported;
    entry_.cost = core::Money::nano_usd(static_cast<std::int64_t>(mixed % 100'000) * 10);
    entry_.reserved = core::Money::nano_usd(1'000'000);
    entry_.usage.prompt = mixed % 3'000;
    entry_.usage.completion = mixed % 700;
    entry_.response_id = response_;
    entry_.model = model_;
    entry_.deployment = deployment_;
    entry_.provider = model < 12 ? "openai" : "anthropic";
    entry_.api_base = "https://api.example.com/v1";
    entry_.ended_at = started + core::Millis(900);
  }
  void charge() {
    using core::Scope;
    const auto add = [this](Scope scope, std::string_view id) {
      periods_.push_back({.scope = scope, .id = id, .duration = {}});
    };
    add(Scope::global, "");
    add(Scope::organization, organization_);
    add(Scope::team, team_);
    add(Scope::team_member, member_);
    add(Scope::user, user_);
    add(Scope::key, key_);
    add(Scope::model, group_);
    if (!end_user_.empty()) add(Scope::end_user, end_user_);
    if (!tag_.empty()) add(Scope::tag, tag_);
    entry_.periods = periods_;
  }

  std::string id_, response_, key_, alias_, user_, team_, organization_, member_, group_, model_;
  std::string deployment_, end_user_, session_, tag_;
  std::vector<std::string_view> tags_;
  std::vector<core::ChargedPeriod> periods_;
  SettlementEntry entry_;
};

/// Takes the indexes of the log away; returns the statements that make them again.
core::Result<std::vector<std::string>> drop_indexes(Connection& connection) {
  std::vector<std::string> names;
  std::vector<std::string> statements;
  auto read = connection.query(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'call_record'"
      " AND sql IS NOT NULL",
      {}, [&](const Row& row) -> core::Result<void> {
        names.emplace_back(row.text(0));
        statements.emplace_back(row.text(1));
        return {};
      });
  if (!read) return core::pass(read);
  for (const std::string& name : names) {
    auto dropped = connection.execute("DROP INDEX " + name);
    if (!dropped) return core::pass(dropped);
  }
  return statements;
}

core::Result<void> add_calls(Connection& connection, std::int64_t from, std::int64_t until,
                             std::int64_t per_day) {
  RecordWriter records;
  Sums sums;
  for (std::int64_t i = from; i < until; ++i) {
    const core::WallTime started =
        start_of(first_generated_day()) +
        core::Nanos(i / per_day * kDayNanos + i % per_day * (kDayNanos / per_day));
    const GeneratedCall call(i, started);
    auto inserted = records.insert(connection, call.entry());
    if (!inserted) return core::pass(inserted);
    if (*inserted) sums.add(call.entry());
  }
  return sums.write(connection);
}

}  // namespace

Day first_generated_day() {
  return std::chrono::year(2026) / 1 / 1;
}

core::Result<void> generate_ledger(database::Database& database, std::int64_t rows) {
  const std::int64_t per_day = (rows + kGeneratedDays - 1) / kGeneratedDays;
  auto indexes = database.write(drop_indexes);
  if (!indexes) return core::pass(indexes);
  for (std::int64_t from = 0; from < rows; from += kTransaction) {
    const std::int64_t until = std::min(rows, from + kTransaction);
    auto added = database.write(
        [&](Connection& connection) { return add_calls(connection, from, until, per_day); });
    if (!added) return added;
  }
  for (const std::string& statement : *indexes) {
    auto made =
        database.write([&](Connection& connection) { return connection.execute(statement); });
    if (!made) return core::pass(made);
  }
  return {};
}

}  // namespace gatehouse::ledger
