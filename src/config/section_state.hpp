#pragma once
/// What a Section remembers while `describe` drives it.

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/config/binder.hpp"
#include "gatehouse/config/section.hpp"

namespace gatehouse::config {

struct Section::State {
  enum class Mode : std::uint8_t { read, schema, settings };

  Mode mode;
  const Environment* environment = nullptr;  // read
  Problems* problems = nullptr;              // read
  std::vector<Setting>* settings = nullptr;  // settings
  std::string prefix = {};                   // settings: path of this section

  std::vector<std::string> known = {};     // keys that were described
  bool lenient = false;                    // unknown keys are warnings
  std::string properties = {};             // schema: members of "properties"
  std::vector<std::string> required = {};  // schema
  bool unset = false;                      // the value bound now is an empty optional
  bool assigned = false;                   // read: the value bound last was there and good

  State(Mode use, const State* parent) : mode(use) {
    if (parent == nullptr) return;
    environment = parent->environment;
    problems = parent->problems;
    settings = parent->settings;
  }

  /// The scalar's text with os.environ/NAME resolved; nothing after a recorded problem.
  std::optional<std::string> resolve(const Node& scalar, const Field& field);
  /// The node of `key`, or nullptr when it is absent or null (recorded if required).
  const Node* take(const Node& section, std::string_view key, const Field& field);
  /// Like take, and of that kind; `expected` completes "must be …".
  const Node* take(const Node& section, std::string_view key, const Field& field, Node::Kind kind,
                   std::string_view expected);
  /// Adds one property to the schema. `type` is the members that say what is allowed.
  void add_property(std::string_view key, const Field& field, std::string_view type,
                    std::string_view preset);
  void add_setting(std::string_view key, const Field& field, std::string value,
                   core::Secret secret = {});
  /// The schema of the whole section: type, properties, required, additionalProperties.
  std::string object_schema() const;
  void report_unknown(const Node& section) const;
  std::string child_path(std::string_view key) const;
};

}  // namespace gatehouse::config
