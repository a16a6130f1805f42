#include "json_view.hpp"
#include "openai/chat_messages.hpp"
#include "openai/chat_request.hpp"
#include "openai/request_members.hpp"
#include "proxy_members.hpp"

namespace gatehouse::providers::openai {
namespace {

core::Result<Tool> decode_function(const json::Member& function, const FieldPath& path) {
  if (!is_object(function)) return path.fail("must be an object");
  Tool tool;
  auto name = require_text(function, "name", path);
  if (!name) return core::pass(name);
  tool.name = std::move(*name);
  tool.description = find_text(function, "description");
  if (const auto parameters = find_set(function, "parameters")) {
    if (!is_object(*parameters)) return (path / "parameters").fail("must be an object");
    tool.parameters = parameters->value;
  }
  if (const auto strict = find_set(function, "strict")) {
    if (auto read = read_into(*strict, path / "strict", tool.strict); !read) {
      return core::pass(read);
    }
  }
  return tool;
}

core::Result<void> decode_tools(const json::Member& tools, const FieldPath& path,
                                ChatRequest& request) {
  if (!is_array(tools)) return path.fail("must be an array");
  std::size_t index = 0;
  for (const json::Member& raw : Children(tools)) {
    if (index == kMaxTools) return path.fail("has too many tools");
    const FieldPath here = path[index++];
    if (!is_object(raw)) return here.fail("must be an object");
    const auto function = find_set(raw, "function");
    if (!function || find_text(raw, "type") != "function") {
      request.extra.emplace_back(here.text(), raw.value);
      continue;
    }
    auto tool = decode_function(*function, here / "function");
    if (!tool) return core::pass(tool);
    if (const auto control = find_set(raw, "cache_control")) tool->cache_control = control->value;
    request.tools.push_back(std::move(*tool));
  }
  return {};
}

core::Result<void> decode_tool_choice(const json::Member& choice, const FieldPath& path,
                                      ChatRequest& request) {
  using Kind = ToolChoice::Kind;
  if (is_string(choice)) {
    const std::string word = json::as_string(choice).value_or("");
    if (word == "auto") {
      request.tool_choice = ToolChoice{Kind::automatic};
    } else if (word == "none") {
      request.tool_choice = ToolChoice{Kind::none};
    } else if (word == "required" || word == "any") {
      request.tool_choice = ToolChoice{Kind::required};
    } else {
      return path.fail("must be auto, none, required or an object");
    }
    return {};
  }
  if (!is_object(choice)) return path.fail("must be a string or an object");
  const auto function = find_set(choice, "function");
  if (!function) {
    request.extra.emplace_back(path.text(), choice.value);
    return {};
  }
  auto name = require_text(*function, "name", path / "function");
  if (!name) return core::pass(name);
  request.tool_choice = ToolChoice{Kind::named, std::move(*name)};
  return {};
}

core::Result<void> decode_response_format(const json::Member& format, const FieldPath& path,
                                          ChatRequest& request) {
  using Kind = ResponseFormat::Kind;
  if (!is_object(format)) return path.fail("must be an object");
  const std::string type = find_text(format, "type");
  ResponseFormat read;
  if (type == "text") {
    read.kind = Kind::text;
  } else if (type == "json_object") {
    read.kind = Kind::json_object;
  } else if (type == "json_schema") {
    read.kind = Kind::json_schema;
    const FieldPath inner = path / "json_schema";
    const auto outer = find_set(format, "json_schema");
    if (!outer || !is_object(*outer)) return inner.fail("must be an object");
    read.name = find_text(*outer, "name");
    read.description = find_text(*outer, "description");
    if (const auto schema = find_set(*outer, "schema")) {
      if (!is_object(*schema)) return (inner / "schema").fail("must be an object");
      read.schema = schema->value;
    }
    if (const auto strict = find_set(*outer, "strict")) {
      if (auto ok = read_into(*strict, inner / "strict", read.strict); !ok) return ok;
    }
  } else if (type.empty()) {
    return (path / "type").fail("is required");
  } else {
    request.extra.emplace_back(path.text(), format.value);
    return {};
  }
  request.response_format = std::move(read);
  return {};
}

/// LiteLLM's way to ask Anthropic's models for thinking through this API.
core::Result<void> decode_thinking(const json::Member& thinking, const FieldPath& path,
                                   ChatRequest& request) {
  const std::string type = find_text(thinking, "type");
  const auto budget = find_set(thinking, "budget_tokens");
  if (type == "disabled") return {};
  if (type != "enabled" || !budget) {
    request.extra.emplace_back(path.text(), thinking.value);
    return {};
  }
  return read_into(*budget, path / "budget_tokens", request.thinking_budget);
}

core::Result<void> decode_member(std::string_view name, const json::Member& member,
                                 const FieldPath& path, ChatRequest& request) {
  auto common = decode_common_member(name, member, path, request);
  if (!common) return core::pass(common);
  if (*common) return {};
  if (name == "messages") return decode_messages(member, path, request);
  if (name == "tools") return decode_tools(member, path, request);
  if (name == "tool_choice") return decode_tool_choice(member, path, request);
  if (name == "parallel_tool_calls") return read_into(member, path, request.parallel_tool_calls);
  if (name == "response_format") return decode_response_format(member, path, request);
  if (name == "logprobs") return read_into(member, path, request.logprobs);
  if (name == "top_logprobs") return read_into(member, path, request.top_logprobs);
  if (name == "reasoning_effort") return read_into(member, path, request.reasoning_effort);
  if (name == "thinking") return decode_thinking(member, path, request);
  if (is_proxy_member(name)) return {};
  if (name == "metadata" &&
      plan_metadata(WireFormat::openai_chat, member).use != MetadataUse::keep) {
    return {};
  }
  request.extra.emplace_back(name, member.value);
  return {};
}

}  // namespace

core::Result<ChatRequest> decode_chat_request(std::string_view body) {
  auto root = parse_json(body);
  if (!root) return core::pass(root);
  const FieldPath path;
  if (!is_object(*root)) return path.fail("the request body must be a JSON object");
  ChatRequest request;
  request.origin = WireFormat::openai_chat;
  SeenNames seen;
  bool has_messages = false;
  for (const json::Member& member : Children(*root)) {
    auto name = seen.add(member, path);
    if (!name) return core::pass(name);
    if (is_null(member)) continue;
    has_messages = has_messages || *name == "messages";
    if (auto read = decode_member(*name, member, path / *name, request); !read) {
      return core::pass(read);
    }
  }
  if (!has_messages) return (path / "messages").fail("is required");
  return request;
}

}  // namespace gatehouse::providers::openai
