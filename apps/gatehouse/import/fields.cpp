#include "fields.hpp"

#include "gatehouse/core/text.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/limits/period.hpp"
#include "pg_text.hpp"

namespace gatehouse::app::import {
namespace {

std::string json_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    core::append_json_string(out, text);
  }
  return out + "]";
}

/// Appends a member to an object that is still open.
void append_member(std::string& out, std::string_view name, std::string_view json) {
  if (out.size() > 1) out += ',';
  core::append_json_string(out, name);
  out += ':';
  out += json;
}

/// Times in metadata are ISO texts.
std::optional<core::WallTime> time_of(const json::Member& member) {
  const auto text = json::as_string(member);
  if (!text) return std::nullopt;
  const auto time = parse_timestamp(*text);
  return time ? std::optional(*time) : std::nullopt;
}

std::optional<core::Money> money_of(const json::Member& member) {
  if (member.kind != json::Kind::number) return std::nullopt;
  const auto amount = core::Money::from_usd(member.value);
  if (!amount || *amount < core::Money()) return std::nullopt;
  return *amount;
}

/// One model's budget; false when there is none in it.
core::Result<bool> append_model_budget(std::string& out, const json::Member& model) {
  const std::string name = json::unescape(model.key);
  json::Scanner scanner;
  const auto outline = scanner.scan_copy(model.value);
  if (!outline) return std::unexpected<core::Error>(outline.error());
  std::optional<core::Money> max = money_of(model);
  std::optional<std::string> duration;
  for (const json::Member& member : outline->members()) {
    if (member.key == "budget_limit" || member.key == "max_budget") max = money_of(member);
    if (member.key == "time_period" || member.key == "budget_duration") {
      duration = json::as_string(member);
    }
  }
  if (!max) return false;
  if (duration && !limits::check_budget_duration(*duration)) {
    return core::fail(core::Errc::invalid_argument,
                      "model_max_budget: no duration: " + core::printable(*duration));
  }
  std::string limit = R"({"max_nano":)" + std::to_string(max->nano_usd());
  if (duration) {
    limit += R"(,"duration":)";
    core::append_json_string(limit, *duration);
  }
  append_member(out, name, limit + "}");
  return true;
}

/// True when the member has a column of its own.
bool take_member(const json::Member& member, Metadata& out) {
  const bool object = member.kind == json::Kind::object;
  if (member.key == "tags" && member.kind == json::Kind::array) {
    out.tags = member.value;
  } else if (member.key == "model_rpm_limit" && object) {
    out.model_rpm_limit = member.value;
  } else if (member.key == "model_tpm_limit" && object) {
    out.model_tpm_limit = member.value;
  } else if (member.key == "soft_budget") {
    out.soft_budget = money_of(member);
  } else if (member.key == "temp_budget_increase") {
    out.temp_budget_increase = money_of(member);
  } else if (member.key == "temp_budget_expiry") {
    out.temp_budget_expiry = time_of(member);
  } else {
    // Kept as well: clients find it there.
    if (member.key == "service_account_id") out.service_account = true;
    return false;
  }
  return true;
}

}  // namespace

void Fields::fail(std::string_view column, std::string_view why) {
  if (!failure_) failure_ = std::string(column) + ": " + std::string(why);
}

std::optional<std::string> Fields::text(std::string_view column) const {
  const auto value = row_.find(column);
  return value ? std::optional(std::string(*value)) : std::nullopt;
}

std::optional<core::Money> Fields::money(std::string_view column) {
  const auto value = row_.find(column);
  if (!value) return std::nullopt;
  const auto amount = core::Money::from_usd(*value);
  if (!amount || *amount < core::Money()) {
    fail(column, "no amount: " + core::printable(*value, 40));
    return std::nullopt;
  }
  return *amount;
}

core::Money Fields::spend(std::string_view column) {
  return money(column).value_or(core::Money());
}

std::optional<std::int64_t> Fields::count(std::string_view column) {
  const auto value = row_.find(column);
  if (!value) return std::nullopt;
  const auto number = core::parse_u64(*value);
  if (!number || !std::in_range<std::int64_t>(*number)) {
    fail(column, "no whole number: " + core::printable(*value, 40));
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*number);
}

std::optional<core::WallTime> Fields::time(std::string_view column) {
  const auto value = row_.find(column);
  if (!value) return std::nullopt;
  const auto time = parse_timestamp(*value);
  if (time) return *time;
  fail(column, time.error().public_message);
  return std::nullopt;
}

bool Fields::boolean(std::string_view column) {
  const auto value = row_.find(column);
  if (!value) return false;
  const auto truth = parse_boolean(*value);
  if (truth) return *truth;
  fail(column, truth.error().public_message);
  return false;
}

std::vector<std::string> Fields::list(std::string_view column) {
  const auto value = row_.find(column);
  if (!value) return {};
  auto texts = parse_array(*value);
  if (texts) return std::move(*texts);
  fail(column, texts.error().public_message);
  return {};
}

std::string Fields::texts(std::string_view column) {
  return json_list(list(column));
}

std::string Fields::object(std::string_view column) {
  const auto value = row_.find(column);
  if (!value || *value == "null") return "{}";
  json::Scanner scanner;
  const auto outline = scanner.scan_copy(*value);
  if (outline && outline->kind() == json::Kind::object) return std::string(*value);
  fail(column, "no JSON object");
  return "{}";
}

std::optional<std::string> Fields::duration(std::string_view column) {
  const auto value = row_.find(column);
  if (!value || value->empty()) return std::nullopt;
  if (limits::check_budget_duration(*value)) return std::string(*value);
  fail(column, "no duration: " + core::printable(*value, 40));
  return std::nullopt;
}

core::Result<Metadata> split_metadata(std::string_view json) {
  Metadata out;
  json::Scanner scanner;
  const auto outline = scanner.scan_copy(json);
  if (!outline || outline->kind() != json::Kind::object) {
    return core::fail(core::Errc::invalid_argument, "metadata: no JSON object");
  }
  std::string rest = "{";
  for (const json::Member& member : outline->members()) {
    if (!take_member(member, out)) append_member(rest, json::unescape(member.key), member.value);
  }
  out.rest = rest + "}";
  return out;
}

core::Result<std::string> convert_model_budgets(std::string_view json) {
  json::Scanner scanner;
  const auto outline = scanner.scan_copy(json);
  if (!outline || outline->kind() != json::Kind::object) {
    return core::fail(core::Errc::invalid_argument, "model_max_budget: no JSON object");
  }
  std::string out = "{";
  for (const json::Member& member : outline->members()) {
    auto added = append_model_budget(out, member);
    if (!added) return core::pass(added);
  }
  return out + "}";
}

void add_terms(Insertion& out, Fields& in, const Metadata& metadata) {
  auto models = convert_model_budgets(in.object("model_max_budget"));
  if (!models) in.fail("model_max_budget", models.error().public_message);
  auto soft = in.money("soft_budget");
  if (!soft) soft = metadata.soft_budget;
  out.money("max_budget_nano", in.money("max_budget"));
  out.money("soft_budget_nano", soft);
  out.text("budget_duration", in.duration("budget_duration"));
  out.number("tpm_limit", in.count("tpm_limit"));
  out.number("rpm_limit", in.count("rpm_limit"));
  out.number("max_parallel_requests", in.count("max_parallel_requests"));
  out.text("model_max_budget", models ? *models : "{}");
  out.text("model_rpm_limit", metadata.model_rpm_limit);
  out.text("model_tpm_limit", metadata.model_tpm_limit);
}

void add_provenance(Insertion& out, Fields& in, core::WallTime now) {
  const core::WallTime created = in.time("created_at").value_or(now);
  out.time("created_at_ns", created);
  out.time("updated_at_ns", in.time("updated_at").value_or(created));
  out.text("created_by", in.text("created_by").value_or("import"));
  out.text("updated_by", in.text("updated_by").value_or("import"));
}

std::string extra_of(const SourceRow& row, const std::vector<std::string_view>& columns) {
  std::string out = "{";
  for (const std::string_view column : columns) {
    const auto value = row.find(column);
    if (!value || *value == "{}" || *value == "null" || value->empty()) continue;
    json::Scanner scanner;
    const auto outline = scanner.scan_copy(*value);
    const bool json =
        outline && (outline->kind() == json::Kind::object || outline->kind() == json::Kind::array);
    if (json) {
      append_member(out, column, *value);
      continue;
    }
    // An array literal or a plain text.
    std::string text;
    const auto texts = parse_array(*value);
    if (texts && texts->empty()) continue;
    if (texts) {
      text = json_list(*texts);
    } else {
      core::append_json_string(text, *value);
    }
    append_member(out, column, text);
  }
  return out + "}";
}

}  // namespace gatehouse::app::import
