#pragma once
/// Environment variables as a port.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/config/node.hpp"

namespace gatehouse::config {

/// The value of a variable, nothing when it is not set. Must be callable from any thread.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// The process's own environment.
Environment process_environment();

/// Variables that the file's section `environment_variables` sets hide those of `base`, as in
/// LiteLLM. Values may be os.environ/NAME themselves (of `base`). A section that is not a map of
/// scalars is reported in `problems` and ignored.
Environment with_environment_section(const Node& root, Environment base, Problems& problems);

/// The NAME of "os.environ/NAME"; nothing for any other text.
std::optional<std::string_view> environment_reference(std::string_view text) noexcept;

}  // namespace gatehouse::config
