#include "litellm/activity_report.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::api::litellm {
namespace {

using admin::JsonWriter;
using ledger::ActivityLine;
using ledger::UsageSums;

/// Sums of one name, and of each key within it.
struct Entry {
  UsageSums sums;
  std::map<std::string, UsageSums> keys;
};
using Breakdown = std::map<std::string, Entry>;

void write_metrics(JsonWriter& out, const UsageSums& sums) {
  out.key("metrics")
      .begin_object()
      .member("spend", sums.spend)
      .member("prompt_tokens", sums.prompt_tokens)
      .member("completion_tokens", sums.completion_tokens)
      .member("cache_read_input_tokens", sums.cache_read_tokens)
      .member("cache_creation_input_tokens", sums.cache_write_tokens)
      .member("total_tokens", sums.total_tokens())
      .member("successful_requests", sums.successful)
      .member("failed_requests", sums.failed)
      .member("api_requests", sums.requests)
      .end_object();
}

void write_key(JsonWriter& out, const std::string& key, const UsageSums& sums,
               const ActivityNames& names) {
  out.key(key).begin_object();
  write_metrics(out, sums);
  out.key("metadata").begin_object();
  const auto name = names.keys.find(key);
  if (name == names.keys.end()) {
    out.member_null("key_alias").member_null("team_id");
  } else {
    out.member("key_alias", name->second.alias).member("team_id", name->second.team_id);
  }
  out.end_object().end_object();
}

void write_entry(JsonWriter& out, const std::string& name, const Entry& entry,
                 const ActivityNames& names) {
  out.key(name).begin_object();
  write_metrics(out, entry.sums);
  out.key("metadata").begin_object();
  const auto team = names.teams.find(name);
  if (team != names.teams.end()) out.member("team_alias", team->second);
  out.end_object().key("api_key_breakdown").begin_object();
  for (const auto& [key, sums] : entry.keys) write_key(out, key, sums, names);
  out.end_object().end_object();
}

void write_breakdown(JsonWriter& out, std::string_view name, const Breakdown& breakdown,
                     const ActivityNames& names) {
  out.key(name).begin_object();
  for (const auto& [id, entry] : breakdown) write_entry(out, id, entry, names);
  out.end_object();
}

/// Where calls of the type come in.
std::string_view endpoint_of(std::string_view call_type) {
  static constexpr std::pair<std::string_view, std::string_view> kEndpoints[] = {
      {"acompletion", "/chat/completions"},
      {"atext_completion", "/completions"},
      {"aembedding", "/embeddings"},
      {"aresponses", "/responses"},
      {"anthropic_messages", "/v1/messages"},
      {"amoderation", "/moderations"},
      {"aimage_generation", "/images/generations"},
      {"aspeech", "/audio/speech"},
      {"atranscription", "/audio/transcriptions"},
  };
  for (const auto& [type, endpoint] : kEndpoints) {
    if (type == call_type) return endpoint;
  }
  return call_type;
}

void add(Breakdown& breakdown, std::string_view name, const ActivityLine& line) {
  if (name.empty()) return;
  Entry& entry = breakdown[std::string(name)];
  entry.sums += line.sums;
  entry.keys[line.api_key] += line.sums;
}

}  // namespace

core::Result<ActivityNames> ActivityNames::of(const ledger::SpendQueries& queries,
                                              ledger::Subject subject,
                                              std::span<const ActivityLine> lines) {
  std::map<std::string, bool> keys;
  std::map<std::string, bool> teams;
  for (const ActivityLine& line : lines) {
    keys[line.api_key] = true;
    if (subject == ledger::Subject::team) teams[line.subject] = true;
  }
  const auto list = [](const std::map<std::string, bool>& set) {
    std::vector<std::string> names;
    names.reserve(set.size());
    for (const auto& [name, there] : set) names.push_back(name);
    return names;
  };
  auto key_names = queries.key_names(list(keys));
  if (!key_names) return core::pass(key_names);
  auto team_names = queries.team_names(list(teams));
  if (!team_names) return core::pass(team_names);
  return ActivityNames{std::move(*key_names), std::move(*team_names)};
}

UsageSums write_day(JsonWriter& out, std::span<const ActivityLine> lines,
                    const ActivityNames& names) {
  UsageSums total;
  std::map<std::string, UsageSums> keys;
  Breakdown models, groups, providers, endpoints, subjects;
  for (const ActivityLine& line : lines) {
    total += line.sums;
    keys[line.api_key] += line.sums;
    add(models, line.model, line);
    add(groups, line.model_group, line);
    add(providers, line.provider, line);
    add(endpoints, endpoint_of(line.call_type), line);
    add(subjects, line.subject, line);
  }
  out.begin_object().member("date", lines.front().date);
  write_metrics(out, total);
  out.key("breakdown").begin_object();
  write_breakdown(out, "models", models, names);
  write_breakdown(out, "model_groups", groups, names);
  write_breakdown(out, "mcp_servers", {}, names);
  write_breakdown(out, "providers", providers, names);
  write_breakdown(out, "endpoints", endpoints, names);
  out.key("api_keys").begin_object();
  for (const auto& [key, sums] : keys) write_key(out, key, sums, names);
  out.end_object();
  write_breakdown(out, "entities", subjects, names);
  out.end_object().end_object();
  return total;
}

void write_report_end(JsonWriter& out, const UsageSums& total, const ReportPage& page) {
  out.key("metadata")
      .begin_object()
      .member("total_spend", total.spend)
      .member("total_prompt_tokens", total.prompt_tokens)
      .member("total_completion_tokens", total.completion_tokens)
      .member("total_tokens", total.total_tokens())
      .member("total_api_requests", total.requests)
      .member("total_successful_requests", total.successful)
      .member("total_failed_requests", total.failed)
      .member("total_cache_read_input_tokens", total.cache_read_tokens)
      .member("total_cache_creation_input_tokens", total.cache_write_tokens)
      .member("page", page.page)
      .member("total_pages", page.pages)
      .member("has_more", page.page < page.pages)
      .end_object();
}

core::Result<std::shared_ptr<ActivityWriter>> ActivityWriter::begin(
    const ledger::SpendQueries& queries, ledger::Subject subject, const ledger::DayRange& days,
    ledger::UsageFilter filter) {
  auto active = queries.active_days(days);
  if (!active) return core::pass(active);
  return std::shared_ptr<ActivityWriter>(
      new ActivityWriter(queries, subject, std::move(filter), std::move(*active)));
}

core::Result<std::string> ActivityWriter::next() {
  if (done_) return std::string();
  std::string text = written_ == 0 ? R"({"results":[)" : "";
  while (written_ < days_.size() && (text.empty() || written_ == 0)) {
    auto lines = queries_.activity_of_day(subject_, days_[written_++], filter_);
    if (!lines) return core::pass(lines);
    if (lines->empty()) continue;
    const auto names = ActivityNames::of(queries_, subject_, *lines);
    if (!names) return std::unexpected(names.error());
    JsonWriter out;
    total_ += write_day(out, *lines, *names);
    if (std::exchange(any_, true)) text += ',';
    text += out.view();
  }
  if (written_ < days_.size()) return text;
  done_ = true;
  JsonWriter end;
  write_report_end(end, total_, {});
  return text + "]," + end.view() + "}";
}

}  // namespace gatehouse::api::litellm
