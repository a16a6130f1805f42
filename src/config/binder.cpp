#include "gatehouse/config/binder.hpp"

#include <algorithm>

#include "gatehouse/core/text.hpp"
#include "node_json.hpp"
#include "section_state.hpp"

namespace gatehouse::config {

namespace {
/// A scalar of any type may be taken from the environment.
constexpr std::string_view kDefinitions =
    R"("$defs":{"environment":{"type":"string","pattern":"^os\\.environ/.+$",)"
    R"("description":"the value of that environment variable"}})";
}  // namespace

std::string Section::State::child_path(std::string_view key) const {
  return prefix + path_step(key);
}

void Section::State::add_property(std::string_view key, const Field& field, std::string_view type,
                                  std::string_view preset) {
  if (!properties.empty()) properties += ',';
  core::append_json_string(properties, key);
  // A key without a value is the same as no key, except where a value is required.
  properties += field.required ? ":{" : R"(:{"anyOf":[{"type":"null"},{)";
  properties += type;
  if (!field.required) properties += "}]";
  if (!field.text.empty()) {
    properties += R"(,"description":)";
    core::append_json_string(properties, field.text);
  }
  if (!preset.empty()) properties.append(R"(,"default":)").append(preset);
  if (field.restart) properties += R"(,"x-restart-required":true)";
  properties += '}';
  if (field.required) required.emplace_back(key);
}

void Section::State::add_setting(std::string_view key, const Field& field, std::string value,
                                 core::Secret secret) {
  settings->push_back({child_path(key), std::move(value), std::move(secret), field.restart});
}

std::string Section::State::object_schema() const {
  std::string out = R"("type":"object","properties":{)" + properties + "}";
  if (!required.empty()) {
    out += R"(,"required":[)";
    for (const std::string& key : required) {
      if (out.back() != '[') out += ',';
      core::append_json_string(out, key);
    }
    out += ']';
  }
  out += lenient ? R"(,"additionalProperties":true)" : R"(,"additionalProperties":false)";
  return out;
}

void SectionDriver::read(const Node& root, const Environment& environment, Problems& problems,
                         const Describe& describe) {
  if (root.kind() != Node::Kind::map) {
    problems.error({}, root.line(), "the file must be a map of sections");
    return;
  }
  Section::State state(Section::State::Mode::read, nullptr);
  state.environment = &environment;
  state.problems = &problems;
  Section section(state, &root);
  describe(section);
  state.report_unknown(root);
}

std::string SectionDriver::schema(std::string_view title, const Describe& describe) {
  Section::State state(Section::State::Mode::schema, nullptr);
  Section section(state, nullptr);
  describe(section);
  std::string out = R"({"$schema":"https://json-schema.org/draft/2020-12/schema","title":)";
  core::append_json_string(out, title);
  out += ',' + state.object_schema() + ',';
  out.append(kDefinitions);
  return out + '}';
}

std::vector<Setting> SectionDriver::settings(const Describe& describe) {
  std::vector<Setting> settings;
  Section::State state(Section::State::Mode::settings, nullptr);
  state.settings = &settings;
  Section section(state, nullptr);
  describe(section);
  return settings;
}

std::vector<std::string> SectionDriver::restart_needed(const std::vector<Setting>& before,
                                                       const std::vector<Setting>& after) {
  std::vector<std::string> paths;
  const auto differs = [](const Setting& setting, const std::vector<Setting>& others) {
    const auto twin = std::ranges::find(others, setting.path, &Setting::path);
    return twin == others.end() || twin->value != setting.value ||
           twin->secret.reveal() != setting.secret.reveal();
  };
  for (const Setting& setting : after) {
    if (setting.restart && differs(setting, before)) paths.push_back(setting.path);
  }
  for (const Setting& setting : before) {
    const bool gone = std::ranges::find(after, setting.path, &Setting::path) == after.end();
    if (setting.restart && gone) paths.push_back(setting.path);
  }
  return paths;
}

}  // namespace gatehouse::config
