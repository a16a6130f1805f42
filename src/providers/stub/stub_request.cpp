#include "stub/stub_request.hpp"

#include <algorithm>

#include "gatehouse/providers/token_estimate.hpp"
#include "json_view.hpp"

namespace gatehouse::providers::stub {
namespace {

using core::Errc;
using core::fail;

constexpr std::uint64_t kMaxChoices = 16;
constexpr std::size_t kMaxInputs = 2048;
constexpr std::uint64_t kMaxDimensions = 4096;

/// The text of a content that is a string or an array of parts.
std::string content_text(const json::Member& content) {
  if (is_string(content)) return json::as_string(content).value_or("");
  std::string text;
  for (const json::Member& part : Children(content)) {
    if (is_object(part)) text += find_text(part, "text");
  }
  return text;
}

/// Anthropic puts the result of a tool into a user's content.
std::optional<std::string> tool_result_text(const json::Member& content) {
  for (const json::Member& part : Children(content)) {
    if (!is_object(part) || find_text(part, "type") != "tool_result") continue;
    const auto inner = find(part, "content");
    return inner ? content_text(*inner) : std::string();
  }
  return std::nullopt;
}

void read_messages(const json::Member& messages, StubRequest& request) {
  for (const json::Member& message : Children(messages)) {
    const std::string role = find_text(message, "role");
    const auto content = find_set(message, "content");
    request.answers_tool_result = false;
    if (!content) continue;
    if (role == "tool" || role == "function") {
      request.answers_tool_result = true;
      request.tool_result = content_text(*content);
    } else if (role == "user") {
      if (auto result = tool_result_text(*content)) {
        request.answers_tool_result = true;
        request.tool_result = std::move(*result);
      } else {
        request.last_user_text = content_text(*content);
      }
    }
  }
}

void read_tools(const json::Member& tools, StubRequest& request) {
  for (const json::Member& tool : Children(tools)) {
    const json::Member inner = find(tool, "function").value_or(tool);
    StubTool read{.name = find_text(inner, "name"), .schema = {}};
    for (const std::string_view name : {"parameters", "input_schema"}) {
      if (const auto schema = find(inner, name); schema && is_object(*schema)) {
        read.schema = schema->value;
      }
    }
    if (!read.name.empty()) request.tools.push_back(std::move(read));
  }
}

/// OpenAI: "required" or {"function":{"name"}}; Anthropic: {"type":"any"|"tool","name"}.
void read_tool_choice(const json::Member& choice, StubRequest& request) {
  if (is_string(choice)) {
    if (json::as_string(choice) == "required") request.forced_tool = "*";
    return;
  }
  if (find_text(choice, "type") == "any") request.forced_tool = "*";
  const json::Member inner = find(choice, "function").value_or(choice);
  if (const std::string name = find_text(inner, "name"); !name.empty()) {
    request.forced_tool = name;
  }
}

void read_response_format(const json::Member& format, StubRequest& request) {
  const std::string type = find_text(format, "type");
  request.json_object = type == "json_object" || type == "json_schema";
  if (const auto outer = find(format, "json_schema")) {
    if (const auto schema = find(*outer, "schema"); schema && is_object(*schema)) {
      request.json_schema = schema->value;
    }
  }
}

core::Result<void> read_inputs(const json::Member& input, StubRequest& request) {
  if (is_string(input)) {
    request.inputs.push_back(json::as_string(input).value_or(""));
    return {};
  }
  const Children elements(input);
  if (elements.empty()) return fail(Errc::invalid_argument, "input: must be text or texts");
  if (elements.begin()->kind == json::Kind::number) {  // one text, given as tokens
    request.inputs.emplace_back(input.value);
    return {};
  }
  for (const json::Member& element : elements) {
    if (request.inputs.size() == kMaxInputs) {
      return fail(Errc::invalid_argument, "input: more than 2048 texts");
    }
    request.inputs.push_back(is_string(element) ? json::as_string(element).value_or("")
                                                : std::string(element.value));
  }
  return {};
}

core::Result<std::uint64_t> read_bounded(const json::Member& member, std::uint64_t most) {
  const auto value = json::as_uint(member);
  if (!value || *value == 0 || *value > most) {
    return fail(
        Errc::invalid_argument,
        std::string(member.key) + ": must be a whole number from 1 to " + std::to_string(most));
  }
  return *value;
}

core::Result<void> read_number_member(const json::Member& member, std::uint64_t most,
                                      std::uint64_t& into) {
  if (is_null(member)) return {};
  auto value = read_bounded(member, most);
  if (!value) return core::pass(value);
  into = *value;
  return {};
}

core::Result<void> read_member(const json::Member& member, StubRequest& request) {
  const std::string_view key = member.key;
  if (key == "model") {
    request.model = json::as_string(member).value_or("");
  } else if (key == "messages") {
    if (!is_array(member) || Children(member).empty()) {
      return fail(Errc::invalid_argument, "messages: must be an array with at least one message");
    }
    read_messages(member, request);
  } else if (key == "prompt") {
    request.last_user_text = content_text(member);
    if (is_array(member)) {
      for (const json::Member& text : Children(member)) {
        request.last_user_text = json::as_string(text).value_or("");
      }
    }
  } else if (key == "tools") {
    read_tools(member, request);
  } else if (key == "tool_choice") {
    read_tool_choice(member, request);
  } else if (key == "response_format") {
    read_response_format(member, request);
  } else if (key == "stream") {
    request.stream = json::as_bool(member).value_or(false);
  } else if (key == "stream_options") {
    const auto include = find(member, "include_usage");
    request.include_usage = include && json::as_bool(*include).value_or(false);
  } else if (key == "max_tokens" || key == "max_completion_tokens") {
    return read_number_member(member, 1'000'000, request.max_tokens);
  } else if (key == "n") {
    return read_number_member(member, kMaxChoices, request.n);
  } else if (key == "dimensions") {
    return read_number_member(member, kMaxDimensions, request.dimensions);
  } else if (key == "input") {
    return read_inputs(member, request);
  } else if (key == "encoding_format") {
    request.base64 = json::as_string(member) == "base64";
  }
  return {};
}

std::string_view required_member(WireFormat format) {
  switch (format) {
    case WireFormat::openai_completions:
      return "prompt";
    case WireFormat::openai_embeddings:
      return "input";
    default:
      return "messages";
  }
}

}  // namespace

core::Result<StubRequest> read_request(WireFormat format, const json::Outline& body) {
  if (body.kind() != json::Kind::object) {
    return fail(Errc::invalid_argument, "the request body must be a JSON object");
  }
  const std::string_view required = required_member(format);
  if (body.find(required) == nullptr) {
    return fail(Errc::invalid_argument, std::string(required) + ": is required");
  }
  StubRequest request;
  for (const json::Member& member : body.members()) {
    if (auto read = read_member(member, request); !read) return core::pass(read);
  }
  request.prompt_tokens = std::max<std::uint64_t>(1, estimate_prompt_tokens(format, body));
  return request;
}

}  // namespace gatehouse::providers::stub
