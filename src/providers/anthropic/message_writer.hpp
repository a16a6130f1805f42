#pragma once
/// `system` and `messages` of a request.

#include "encode_support.hpp"
#include "gatehouse/json/writer.hpp"
#include "gatehouse/providers/chat.hpp"

namespace gatehouse::providers::anthropic {

/// Writes both members. System and developer messages become `system`, wherever they stood;
/// results of tools join the user's turn; consecutive turns of one side become one.
core::Result<void> write_messages(json::Writer& writer, const ChatRequest& request,
                                  LackList& lacks);

}  // namespace gatehouse::providers::anthropic
