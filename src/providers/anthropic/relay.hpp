#pragma once
/// Relays streams of Anthropic's messages API.

#include <memory>

#include "gatehouse/providers/passthrough.hpp"

namespace gatehouse::providers::anthropic {

std::unique_ptr<StreamRelay> make_relay(RelayOptions options, json::Scanner& scanner);

}  // namespace gatehouse::providers::anthropic
