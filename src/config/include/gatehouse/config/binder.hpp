#pragma once
/// The three uses of a description (see section.hpp): reading a file into a struct, printing the
/// JSON Schema, listing settings.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/config/section.hpp"

namespace gatehouse::config {

/// A setting as it stands.
struct Setting {
  std::string path;   ///< "server.port"
  std::string value;  ///< as JSON; empty for a secret
  core::Secret secret;
  bool restart = false;
};

/// Runs `describe` in one of its three uses. Implementation detail of the functions below.
struct SectionDriver {
  using Describe = std::function<void(Section&)>;
  static void read(const Node& root, const Environment& environment, Problems& problems,
                   const Describe& describe);
  static std::string schema(std::string_view title, const Describe& describe);
  static std::vector<Setting> settings(const Describe& describe);
  static std::vector<std::string> restart_needed(const std::vector<Setting>& before,
                                                 const std::vector<Setting>& after);
};

/// Reads the whole tree into a T that starts from its defaults. All findings go to `problems`;
/// the value is to be used only if `!problems.failed()`.
template <class T>
T read(const Node& root, const Environment& environment, Problems& problems) {
  T value{};
  SectionDriver::read(root, environment, problems, [&](Section& s) { describe(s, value); });
  return value;
}

/// JSON Schema (draft 2020-12) of T. "x-restart-required" marks what a reload does not apply.
template <class T>
std::string schema_of(std::string_view title) {
  T value{};
  return SectionDriver::schema(title, [&](Section& s) { describe(s, value); });
}

/// The scalar and list settings of `value`, nested structs included; lists and maps of sections
/// are left out.
template <class T>
std::vector<Setting> settings_of(T value) {
  return SectionDriver::settings([&](Section& s) { describe(s, value); });
}

/// Paths of settings that differ and that a reload does not apply, for the log to name.
template <class T>
std::vector<std::string> restart_needed(const T& before, const T& after) {
  return SectionDriver::restart_needed(settings_of(before), settings_of(after));
}

}  // namespace gatehouse::config
