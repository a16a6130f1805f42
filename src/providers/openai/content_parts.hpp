#pragma once
/// Contents of messages of the chat completions API: a text or an array of parts.

#include <string>
#include <utility>
#include <vector>

#include "decode_support.hpp"
#include "encode_support.hpp"
#include "gatehouse/json/writer.hpp"
#include "gatehouse/providers/chat.hpp"

namespace gatehouse::providers::openai {

/// Parts of unknown types go to `extra` under their path.
core::Result<void> decode_content(const json::Member& content, const FieldPath& path,
                                  std::vector<Part>& into,
                                  std::vector<std::pair<std::string, std::string>>& extra);

/// True for parts that stand in a content (not tool calls, results or reasoning).
bool is_content(const Part& part) noexcept;

/// Parts without their copies; none may be null.
using PartRefs = std::vector<const Part*>;

/// Writes the value of `content`: null, a text, or an array of parts. `path` names the message in
/// errors about what the format lacks. All parts must be content.
core::Result<void> write_content(json::Writer& writer, const PartRefs& parts,
                                 const std::string& path, LackList& lacks);

}  // namespace gatehouse::providers::openai
