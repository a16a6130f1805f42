#include "gatehouse/config/environment.hpp"

#include <cstdlib>
#include <map>
#include <memory>
#include <utility>

namespace gatehouse::config {

namespace {
constexpr std::string_view kReference = "os.environ/";
using Variables = std::map<std::string, std::string, std::less<>>;

void add_variable(const Node& node, const Environment& base, Variables& variables,
                  Problems& problems) {
  if (node.kind() == Node::Kind::null) return;
  if (node.kind() != Node::Kind::scalar) {
    problems.error(node.path(), node.line(), "must be a single value");
    return;
  }
  const auto reference = environment_reference(node.text());
  if (!reference) {
    variables.emplace(node.key(), node.text());
    return;
  }
  if (auto value = base(*reference)) {
    variables.emplace(node.key(), std::move(*value));
  } else {
    problems.error(node.path(), node.line(),
                   "environment variable " + std::string(*reference) + " is not set");
  }
}
}  // namespace

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    // Nothing in this process calls setenv, so reading from several threads is safe.
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return {};
    return std::string(value);
  };
}

Environment with_environment_section(const Node& root, Environment base, Problems& problems) {
  const Node* section = root.find("environment_variables");
  if (section == nullptr || section->kind() == Node::Kind::null) return base;
  if (section->kind() != Node::Kind::map) {
    problems.error(section->path(), section->line(), "must be a map of names and values");
    return base;
  }
  auto variables = std::make_shared<Variables>();
  for (const Node* child : section->children()) add_variable(*child, base, *variables, problems);
  return [own = std::shared_ptr<const Variables>(std::move(variables)),
          below = std::move(base)](std::string_view name) -> std::optional<std::string> {
    if (const auto found = own->find(name); found != own->end()) return found->second;
    return below(name);
  };
}

std::optional<std::string_view> environment_reference(std::string_view text) noexcept {
  if (!text.starts_with(kReference)) return {};
  return text.substr(kReference.size());
}

}  // namespace gatehouse::config
