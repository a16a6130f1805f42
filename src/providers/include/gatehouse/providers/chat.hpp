#pragma once
/// A conversation in neutral words: what two chat formats are translated through.
///
/// Texts are decoded UTF-8. JSON that only passes through (tool schemas, tool arguments, unknown
/// members) is kept as raw JSON text.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gatehouse/core/usage.hpp"
#include "gatehouse/providers/wire_format.hpp"

namespace gatehouse::providers {

enum class Role : std::uint8_t { system, developer, user, assistant, tool };

struct TextPart {
  std::string text;
  std::string cache_control = {};  ///< raw JSON, empty when absent
};
struct ImagePart {
  std::string url;         ///< https or data URL; empty when `base64` is set
  std::string media_type;  ///< "image/png", for inline data
  std::string base64;
  std::string detail = {};  ///< OpenAI: low | high | auto
  std::string cache_control = {};
};
struct AudioPart {
  std::string base64;
  std::string format;  ///< wav | mp3
};
struct FilePart {
  std::string media_type;
  std::string base64;
  std::string url;
  std::string file_id;
  std::string name;
  std::string text = {};  ///< a document given as plain text instead of base64
  std::string cache_control = {};
};
/// Visible reasoning of an assistant turn, with the provider's signature where it has one.
struct ThinkingPart {
  std::string text;
  std::string signature;
  std::string redacted = {};  ///< Anthropic redacted_thinking data
};
struct ToolUsePart {
  std::string id;
  std::string name;
  std::string arguments;  ///< JSON text of an object, unless the model itself wrote nonsense
  std::string cache_control = {};
};
struct RefusalPart {
  std::string text;
};
struct ToolResultPart;
using Part = std::variant<TextPart, ImagePart, AudioPart, FilePart, ThinkingPart, ToolUsePart,
                          RefusalPart, ToolResultPart>;
struct ToolResultPart {
  std::string tool_use_id;
  std::vector<Part> content;
  bool is_error = false;
  std::string cache_control = {};
};

struct Message {
  Role role = Role::user;
  std::vector<Part> parts;
  std::string name = {};
};

struct Tool {
  std::string name;
  std::string description;
  std::string parameters;  ///< raw JSON Schema, empty when absent
  std::optional<bool> strict = {};
  std::string cache_control = {};
};

struct ToolChoice {
  enum class Kind : std::uint8_t { automatic, none, required, named } kind = Kind::automatic;
  std::string name = {};
};

struct ResponseFormat {
  enum class Kind : std::uint8_t { text, json_object, json_schema } kind = Kind::text;
  std::string name = {};
  std::string description = {};
  std::string schema = {};  ///< raw JSON Schema
  std::optional<bool> strict = {};
};

struct ChatRequest {
  WireFormat origin = WireFormat::openai_chat;  ///< the format it was decoded from
  std::string model;
  std::vector<Message> messages;
  std::vector<Tool> tools;
  std::optional<ToolChoice> tool_choice;
  std::optional<bool> parallel_tool_calls;
  std::optional<ResponseFormat> response_format;
  std::optional<std::uint64_t> max_tokens;
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::int64_t> top_k;
  std::optional<double> presence_penalty;
  std::optional<double> frequency_penalty;
  std::optional<std::int64_t> seed;
  std::optional<std::uint64_t> n;
  std::optional<bool> logprobs;
  std::optional<std::uint64_t> top_logprobs;
  std::vector<std::string> stop;
  std::string user;                              ///< end user
  std::string reasoning_effort;                  ///< none | minimal | low | medium | high | …
  std::optional<std::uint64_t> thinking_budget;  ///< tokens, Anthropic `thinking`
  bool stream = false;
  bool include_usage = false;  ///< the client asked for usage on its stream
  /// Members this model has no word for: name → raw JSON. Those of nested objects have a path for
  /// a name ("messages[2].audio"). An encoder knows which of them its format has.
  std::vector<std::pair<std::string, std::string>> extra;
};

enum class FinishReason : std::uint8_t { stop, length, tool_calls, content_filter, refusal, other };

struct ChatChoice {
  Message message;  ///< role assistant
  FinishReason finish = FinishReason::stop;
  std::string stop_sequence = {};  ///< the sequence that ended it, if the provider says
  std::string logprobs = {};       ///< raw JSON
};

struct ChatReply {
  std::string id;
  std::string model;
  std::int64_t created = 0;  ///< seconds since 1970, 0 when unknown
  std::vector<ChatChoice> choices;
  std::optional<core::TokenUsage> usage;
};

/// One step of a streamed reply.
struct StartDelta {
  std::string id;
  std::string model;
  std::int64_t created = 0;
  std::optional<core::TokenUsage> usage = {};  ///< Anthropic tells the prompt's usage at the start
};
struct TextDelta {
  std::uint32_t choice = 0;
  std::string text;
  std::string logprobs = {};  ///< raw JSON
};
struct ThinkingDelta {
  std::uint32_t choice = 0;
  std::string text;
  std::string signature = {};  ///< ends the thinking that it signs
  std::string redacted = {};   ///< a whole block of hidden thinking
};
struct RefusalDelta {
  std::uint32_t choice = 0;
  std::string text;
};
struct ToolUseStart {
  std::uint32_t choice = 0;
  std::uint32_t index = 0;  ///< counts the tool calls of the choice from 0
  std::string id;
  std::string name;
};
struct ToolUseDelta {
  std::uint32_t choice = 0;
  std::uint32_t index = 0;
  std::string arguments;  ///< a piece of the JSON text
};
struct FinishDelta {
  std::uint32_t choice = 0;
  FinishReason reason = FinishReason::stop;
  std::string stop_sequence = {};
};
struct UsageDelta {
  core::TokenUsage usage;  ///< complete as of now; a later one replaces it
};
struct EndDelta {};  ///< the provider said that the stream is complete
struct ErrorDelta {
  std::string type;
  std::string message;
};
using Delta = std::variant<StartDelta, TextDelta, ThinkingDelta, RefusalDelta, ToolUseStart,
                           ToolUseDelta, FinishDelta, UsageDelta, EndDelta, ErrorDelta>;

}  // namespace gatehouse::providers
