#pragma once
/// Rendering of nodes, shared by the sources of this module.

#include <functional>
#include <string>
#include <string_view>

#include "gatehouse/config/environment.hpp"
#include "gatehouse/config/node.hpp"

namespace gatehouse::config {

/// Turns a scalar that is an environment reference into its text.
using ResolveText = std::function<std::string(const Node& scalar)>;

void append_json(std::string& out, const Node& node, const ResolveText& resolve);

/// A key as one step of a path: plain words as they are, everything else as ["…"].
std::string path_step(std::string_view key);

}  // namespace gatehouse::config
