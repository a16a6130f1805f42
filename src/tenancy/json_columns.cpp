#include "json_columns.hpp"

#include <utility>

#include "gatehouse/core/text.hpp"
#include "gatehouse/json/scan.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr std::size_t kMaxObject = std::size_t{1} << 20;

void append_limit(std::string& out, const core::BudgetLimit& limit) {
  out += R"({"max_nano":)";
  core::append_number(out, limit.max.nano_usd());
  if (!limit.duration.empty()) {
    out += R"(,"duration":)";
    core::append_json_string(out, limit.duration);
  }
  if (limit.anchor) {
    out += R"(,"anchor_ns":)";
    core::append_number(out, std::int64_t{limit.anchor->time_since_epoch().count()});
  }
  out += '}';
}

template <class List, class Append>
std::string list_text(const List& list, Append append) {
  std::string out = "[";
  for (const auto& item : list) {
    if (out.size() > 1) out += ',';
    append(out, item);
  }
  return out += ']';
}

template <class Map, class Append>
std::string map_text(const Map& map, Append append) {
  std::string out = "{";
  for (const auto& [name, value] : map) {
    if (out.size() > 1) out += ',';
    core::append_json_string(out, name);
    out += ':';
    append(out, value);
  }
  return out += '}';
}

std::string name_of(const json::Member& member) {
  return member.key_escaped ? json::unescape(member.key) : std::string(member.key);
}

/// Calls `each(member)` for what `text` holds; nothing for "[]", "{}" and broken texts.
template <class Each>
void for_members(std::string_view text, Each each) {
  if (text.size() <= 2) return;
  json::Scanner scanner;
  const auto outline = scanner.scan_copy(text);
  if (!outline) return;
  for (const json::Member& member : outline->members()) each(member);
}

core::BudgetLimit limit_of(std::string_view text) {
  core::BudgetLimit limit;
  for_members(text, [&](const json::Member& member) {
    if (member.key == "max_nano") limit.max = core::Money::nano_usd(as_int(member).value_or(0));
    if (member.key == "duration") limit.duration = as_string(member).value_or("");
    if (member.key == "anchor_ns") {
      limit.anchor = core::WallTime(core::Nanos(as_int(member).value_or(0)));
    }
  });
  return limit;
}

core::Result<std::vector<std::pair<std::string, std::string>>> members_of(std::string_view text,
                                                                          std::string_view name) {
  json::Scanner scanner;
  const auto outline = scanner.scan_copy(text);
  if (!outline || outline->kind() != json::Kind::object) {
    return core::fail(core::Errc::invalid_argument, std::string(name) + " must be a JSON object");
  }
  std::vector<std::pair<std::string, std::string>> members;
  for (const json::Member& member : outline->members()) {
    members.emplace_back(name_of(member), std::string(member.value));
  }
  return members;
}

}  // namespace

std::string to_json(const TextList& list) {
  return list_text(
      list, [](std::string& out, const std::string& text) { core::append_json_string(out, text); });
}
std::string to_json(const TextMap& map) {
  return map_text(
      map, [](std::string& out, const std::string& text) { core::append_json_string(out, text); });
}
std::string to_json(const CountMap& map) {
  return map_text(map,
                  [](std::string& out, std::uint64_t count) { core::append_number(out, count); });
}
std::string to_json(const BudgetList& list) {
  return list_text(list, append_limit);
}
std::string to_json(const BudgetMap& map) {
  return map_text(map, append_limit);
}

void from_json(std::string_view text, TextList& list) {
  for_members(text, [&](const json::Member& member) {
    if (auto item = as_string(member)) list.push_back(*std::move(item));
  });
}
void from_json(std::string_view text, TextMap& map) {
  for_members(text, [&](const json::Member& member) {
    if (auto value = as_string(member)) map[name_of(member)] = *std::move(value);
  });
}
void from_json(std::string_view text, CountMap& map) {
  for_members(text, [&](const json::Member& member) {
    if (const auto value = as_uint(member)) map[name_of(member)] = *value;
  });
}
void from_json(std::string_view text, BudgetList& list) {
  for_members(text, [&](const json::Member& member) { list.push_back(limit_of(member.value)); });
}
void from_json(std::string_view text, BudgetMap& map) {
  for_members(text,
              [&](const json::Member& member) { map[name_of(member)] = limit_of(member.value); });
}

core::Result<void> check_object(std::string_view text, std::string_view name) {
  if (text.size() > kMaxObject) {
    return core::fail(core::Errc::invalid_argument, std::string(name) + " is larger than 1 MiB");
  }
  if (auto sound = json::check(text); !sound) return core::pass(sound);
  json::Scanner scanner;
  const auto outline = scanner.scan_copy(text);
  if (!outline || outline->kind() != json::Kind::object) {
    return core::fail(core::Errc::invalid_argument, std::string(name) + " must be a JSON object");
  }
  return {};
}

core::Result<std::string> merge_objects(std::string_view base, std::string_view patch,
                                        std::string_view name) {
  if (patch.size() <= 2) return std::string(base);
  if (auto sound = check_object(patch, name); !sound) return core::pass(sound);
  auto members = members_of(base, name);
  if (!members) return core::pass(members);
  auto changes = members_of(patch, name);
  if (!changes) return core::pass(changes);
  for (auto& [key, value] : *changes) {
    std::erase_if(*members, [&](const auto& member) { return member.first == key; });
    if (value != "null") members->emplace_back(std::move(key), std::move(value));
  }
  std::string out = "{";
  for (const auto& [key, value] : *members) {
    if (out.size() > 1) out += ',';
    core::append_json_string(out, key);
    out += ':';
    out += value;
  }
  out += '}';
  if (auto sound = check_object(out, name); !sound) return core::pass(sound);
  return out;
}

std::string without_values(std::string_view object) {
  const auto members = members_of(object, "object");
  TextMap names;
  if (members) {
    for (const auto& member : *members) names[member.first] = "…";
  }
  return to_json(names);
}

}  // namespace gatehouse::tenancy
