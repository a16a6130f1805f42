#pragma once
/// Relays streams of the chat completions and completions APIs.

#include <memory>

#include "gatehouse/providers/passthrough.hpp"

namespace gatehouse::providers::openai {

std::unique_ptr<StreamRelay> make_relay(RelayOptions options, json::Scanner& scanner);

}  // namespace gatehouse::providers::openai
