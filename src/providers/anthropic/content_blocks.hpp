#pragma once
/// Content blocks of the messages API.

#include <string>
#include <utility>
#include <vector>

#include "decode_support.hpp"
#include "encode_support.hpp"
#include "gatehouse/json/writer.hpp"
#include "gatehouse/providers/chat.hpp"

namespace gatehouse::providers::anthropic {

/// A content: text or an array of blocks. Blocks of unknown types, and members that the neutral
/// model lacks, go to `extra` under their path.
core::Result<void> decode_content(const json::Member& content, const FieldPath& path,
                                  std::vector<Part>& into,
                                  std::vector<std::pair<std::string, std::string>>& extra);

/// Writes one part as a block, unless it is an empty text or unsigned thinking, which the API
/// refuses. `path` names the part in errors about what the format lacks.
core::Result<void> write_block(json::Writer& writer, const Part& part, const std::string& path,
                               LackList& lacks);

/// The `input` of a tool call: the arguments if they are a JSON object, {} if there are none, and
/// otherwise an object with the model's own text under "raw_arguments".
void write_tool_input(json::Writer& writer, const std::string& arguments);

}  // namespace gatehouse::providers::anthropic
