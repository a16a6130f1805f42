#include "anthropic/content_blocks.hpp"
#include "anthropic/request.hpp"
#include "decode_support.hpp"
#include "json_view.hpp"
#include "proxy_members.hpp"

namespace gatehouse::providers::anthropic {
namespace {

core::Result<void> decode_system(const json::Member& system, const FieldPath& path,
                                 ChatRequest& request) {
  Message message{.role = Role::system, .parts = {}};
  auto read = decode_content(system, path, message.parts, request.extra);
  if (!read) return read;
  if (!message.parts.empty()) request.messages.insert(request.messages.begin(), std::move(message));
  return {};
}

core::Result<void> decode_message(const json::Member& raw, const FieldPath& path,
                                  ChatRequest& request) {
  if (!is_object(raw)) return path.fail("must be an object");
  Message message;
  SeenNames seen;
  bool has_role = false;
  bool has_content = false;
  for (const json::Member& member : Children(raw)) {
    auto name = seen.add(member, path);
    if (!name) return core::pass(name);
    if (*name == "role") {
      has_role = true;
      const std::string role = json::as_string(member).value_or("");
      if (role != "user" && role != "assistant") {
        return (path / "role").fail("must be user or assistant");
      }
      message.role = role == "user" ? Role::user : Role::assistant;
    } else if (*name == "content") {
      has_content = true;
      auto read = decode_content(member, path / "content", message.parts, request.extra);
      if (!read) return read;
    } else if (!is_null(member)) {
      request.extra.emplace_back((path / *name).text(), member.value);
    }
  }
  if (!has_role) return (path / "role").fail("is required");
  if (!has_content) return (path / "content").fail("is required");
  request.messages.push_back(std::move(message));
  return {};
}

core::Result<void> decode_messages(const json::Member& messages, const FieldPath& path,
                                   ChatRequest& request) {
  if (!is_array(messages)) return path.fail("must be an array");
  std::size_t index = 0;
  for (const json::Member& message : Children(messages)) {
    if (index == kMaxMessages) return path.fail("has too many messages");
    if (auto read = decode_message(message, path[index++], request); !read) return read;
  }
  if (index == 0) return path.fail("must have at least one message");
  return {};
}

core::Result<void> decode_tool(const json::Member& raw, const FieldPath& path,
                               ChatRequest& request) {
  if (!is_object(raw)) return path.fail("must be an object");
  const std::string type = find_text(raw, "type");
  if (!type.empty() && type != "custom") {  // run by Anthropic itself
    request.extra.emplace_back(path.text(), raw.value);
    return {};
  }
  Tool tool;
  SeenNames seen;
  for (const json::Member& member : Children(raw)) {
    auto name = seen.add(member, path);
    if (!name) return core::pass(name);
    if (is_null(member) || *name == "type") continue;
    const FieldPath here = path / *name;
    core::Result<void> read;
    if (*name == "name") {
      read = read_into(member, here, tool.name);
    } else if (*name == "description") {
      read = read_into(member, here, tool.description);
    } else if (*name == "input_schema") {
      if (!is_object(member)) return here.fail("must be an object");
      tool.parameters = member.value;
    } else if (*name == "strict") {
      read = read_into(member, here, tool.strict);
    } else if (*name == "cache_control") {
      tool.cache_control = member.value;
    } else {
      request.extra.emplace_back(here.text(), member.value);
    }
    if (!read) return read;
  }
  if (tool.name.empty()) return (path / "name").fail("is required");
  request.tools.push_back(std::move(tool));
  return {};
}

core::Result<void> decode_tools(const json::Member& tools, const FieldPath& path,
                                ChatRequest& request) {
  if (!is_array(tools)) return path.fail("must be an array");
  std::size_t index = 0;
  for (const json::Member& tool : Children(tools)) {
    if (index == kMaxTools) return path.fail("has too many tools");
    if (auto read = decode_tool(tool, path[index++], request); !read) return read;
  }
  return {};
}

core::Result<void> decode_tool_choice(const json::Member& choice, const FieldPath& path,
                                      ChatRequest& request) {
  using Kind = ToolChoice::Kind;
  if (!is_object(choice)) return path.fail("must be an object");
  const std::string type = find_text(choice, "type");
  if (type == "auto") {
    request.tool_choice = ToolChoice{Kind::automatic};
  } else if (type == "any") {
    request.tool_choice = ToolChoice{Kind::required};
  } else if (type == "none") {
    request.tool_choice = ToolChoice{Kind::none};
  } else if (type == "tool") {
    auto name = require_text(choice, "name", path);
    if (!name) return core::pass(name);
    request.tool_choice = ToolChoice{Kind::named, std::move(*name)};
  } else {
    return (path / "type").fail("must be auto, any, tool or none");
  }
  if (const auto single = find_set(choice, "disable_parallel_tool_use")) {
    bool disabled = false;
    auto read = read_into(*single, path / "disable_parallel_tool_use", disabled);
    if (!read) return read;
    request.parallel_tool_calls = !disabled;
  }
  return {};
}

core::Result<void> decode_thinking(const json::Member& thinking, const FieldPath& path,
                                   ChatRequest& request) {
  const std::string type = find_text(thinking, "type");
  if (type == "disabled") return {};
  const auto budget = find_set(thinking, "budget_tokens");
  if (type != "enabled" || !budget) {
    request.extra.emplace_back(path.text(), thinking.value);
    return {};
  }
  return read_into(*budget, path / "budget_tokens", request.thinking_budget);
}

void decode_format(const json::Member& format, const FieldPath& path, ChatRequest& request) {
  const auto schema = find_set(format, "schema");
  if (find_text(format, "type") != "json_schema" || !schema || !is_object(*schema)) {
    request.extra.emplace_back(path.text(), format.value);
    return;
  }
  request.response_format = ResponseFormat{.kind = ResponseFormat::Kind::json_schema,
                                           .schema = std::string(schema->value),
                                           .strict = true};
}

core::Result<void> decode_output_config(const json::Member& config, const FieldPath& path,
                                        ChatRequest& request) {
  for (const json::Member& member : Children(config)) {
    if (is_null(member)) continue;
    if (key_is(member, "format")) {
      decode_format(member, path / "format", request);
    } else if (key_is(member, "effort")) {
      auto read = read_into(member, path / "effort", request.reasoning_effort);
      if (!read) return read;
    } else {
      request.extra.emplace_back((path / key_of(member)).text(), member.value);
    }
  }
  return {};
}

core::Result<void> decode_stops(const json::Member& sequences, const FieldPath& path,
                                ChatRequest& request) {
  if (!is_array(sequences)) return path.fail("must be an array of strings");
  for (const json::Member& sequence : Children(sequences)) {
    if (request.stop.size() == 1024) return path.fail("has too many sequences");
    auto text = json::as_string(sequence);
    if (!text) return path[request.stop.size()].fail("must be a string");
    request.stop.push_back(std::move(*text));
  }
  return {};
}

core::Result<void> decode_member(std::string_view name, const json::Member& member,
                                 const FieldPath& path, ChatRequest& request) {
  if (name == "messages") return decode_messages(member, path, request);
  if (name == "model") return read_into(member, path, request.model);
  if (name == "max_tokens") return read_into(member, path, request.max_tokens);
  if (name == "tools") return decode_tools(member, path, request);
  if (name == "tool_choice") return decode_tool_choice(member, path, request);
  if (name == "stop_sequences") return decode_stops(member, path, request);
  if (name == "stream") return read_into(member, path, request.stream);
  if (name == "temperature") return read_into(member, path, request.temperature);
  if (name == "top_p") return read_into(member, path, request.top_p);
  if (name == "top_k") return read_into(member, path, request.top_k);
  if (name == "thinking") return decode_thinking(member, path, request);
  if (name == "output_config") return decode_output_config(member, path, request);
  if (name == "output_format") {
    decode_format(member, path, request);
    return {};
  }
  if (name == "metadata") {
    request.user = find_text(member, "user_id");
    return {};
  }
  if (is_proxy_member(name)) return {};
  request.extra.emplace_back(name, member.value);
  return {};
}

}  // namespace

core::Result<ChatRequest> decode_request(std::string_view body) {
  auto root = parse_json(body);
  if (!root) return core::pass(root);
  const FieldPath path;
  if (!is_object(*root)) return path.fail("the request body must be a JSON object");
  ChatRequest request;
  request.origin = WireFormat::anthropic_messages;
  request.include_usage = true;  // this API always tells it
  SeenNames seen;
  std::optional<json::Member> system;
  bool has_messages = false;
  for (const json::Member& member : Children(*root)) {
    auto name = seen.add(member, path);
    if (!name) return core::pass(name);
    if (is_null(member)) continue;
    if (*name == "system") {
      system = member;
      continue;
    }
    has_messages = has_messages || *name == "messages";
    if (auto read = decode_member(*name, member, path / *name, request); !read) {
      return core::pass(read);
    }
  }
  if (!has_messages) return (path / "messages").fail("is required");
  if (system) {
    if (auto read = decode_system(*system, path / "system", request); !read) {
      return core::pass(read);
    }
  }
  return request;
}

}  // namespace gatehouse::providers::anthropic
