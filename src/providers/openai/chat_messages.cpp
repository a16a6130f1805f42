#include "openai/chat_messages.hpp"

#include <algorithm>

#include "json_view.hpp"
#include "openai/content_parts.hpp"

namespace gatehouse::providers::openai {
namespace {

using Extra = std::vector<std::pair<std::string, std::string>>;

/// The members of a message, before their order is restored.
struct Members {
  std::optional<json::Member> role, content, name, tool_calls, tool_call_id, refusal;
};

core::Result<Role> decode_role(const std::optional<json::Member>& member, const FieldPath& path) {
  if (!member) return (path / "role").fail("is required");
  const std::string role = json::as_string(*member).value_or("");
  if (role == "user") return Role::user;
  if (role == "assistant") return Role::assistant;
  if (role == "system") return Role::system;
  if (role == "developer") return Role::developer;
  if (role == "tool") return Role::tool;
  return (path / "role").fail("must be system, developer, user, assistant or tool");
}

core::Result<Members> gather(const json::Member& message, const FieldPath& path, Extra& extra) {
  Members members;
  SeenNames seen;
  for (const json::Member& member : Children(message)) {
    auto name = seen.add(member, path);
    if (!name) return core::pass(name);
    if (is_null(member)) continue;
    if (*name == "role") {
      members.role = member;
    } else if (*name == "content") {
      members.content = member;
    } else if (*name == "name") {
      members.name = member;
    } else if (*name == "tool_calls") {
      members.tool_calls = member;
    } else if (*name == "tool_call_id") {
      members.tool_call_id = member;
    } else if (*name == "refusal") {
      members.refusal = member;
    } else if (*name == "annotations" || *name == "reasoning_content" || *name == "reasoning" ||
               *name == "thinking_blocks" || *name == "cache_control") {
      continue;  // read elsewhere, or a reply's decoration that a client sends back
    } else {
      extra.emplace_back((path / *name).text(), member.value);
    }
  }
  return members;
}

core::Result<void> decode_tool_message(const Members& members, const FieldPath& path,
                                       Message& message, Extra& extra) {
  if (!members.tool_call_id) return (path / "tool_call_id").fail("is required");
  ToolResultPart result;
  if (auto read = read_into(*members.tool_call_id, path / "tool_call_id", result.tool_use_id);
      !read) {
    return read;
  }
  if (members.content) {
    auto read = decode_content(*members.content, path / "content", result.content, extra);
    if (!read) return read;
  }
  message.parts.emplace_back(std::move(result));
  return {};
}

core::Result<void> decode_parts(const json::Member& raw, const Members& members,
                                const FieldPath& path, Message& message, Extra& extra) {
  if (message.role == Role::assistant) {
    decode_reasoning(raw, message.parts);
  } else if (!members.content) {
    return (path / "content").fail("is required");
  }
  if (members.content) {
    auto read = decode_content(*members.content, path / "content", message.parts, extra);
    if (!read) return read;
  }
  if (members.refusal) {
    RefusalPart refusal;
    if (auto read = read_into(*members.refusal, path / "refusal", refusal.text); !read) return read;
    message.parts.emplace_back(std::move(refusal));
  }
  if (members.tool_calls) {
    return decode_tool_calls(*members.tool_calls, path / "tool_calls", message.parts, extra);
  }
  return {};
}

core::Result<void> decode_message(const json::Member& raw, const FieldPath& path,
                                  ChatRequest& request) {
  if (!is_object(raw)) return path.fail("must be an object");
  auto gathered = gather(raw, path, request.extra);
  if (!gathered) return core::pass(gathered);
  const auto& members = *gathered;
  if (members.role && json::as_string(*members.role) == "function") {
    // The forerunner of tools: carried, but not understood.
    request.extra.emplace_back(path.text(), raw.value);
    return {};
  }
  auto role = decode_role(members.role, path);
  if (!role) return core::pass(role);
  Message message{.role = *role, .parts = {}};
  if (members.name) {
    if (auto read = read_into(*members.name, path / "name", message.name); !read) return read;
  }
  auto read = message.role == Role::tool
                  ? decode_tool_message(members, path, message, request.extra)
                  : decode_parts(raw, members, path, message, request.extra);
  if (!read) return read;
  request.messages.push_back(std::move(message));
  return {};
}

core::Result<void> decode_tool_call(const json::Member& call, const FieldPath& path,
                                    std::vector<Part>& into, Extra& extra) {
  const auto function = find_set(call, "function");
  if (!function) {
    extra.emplace_back(path.text(), call.value);
    return {};
  }
  ToolUsePart part;
  part.id = find_text(call, "id");
  auto name = require_text(*function, "name", path / "function");
  if (!name) return core::pass(name);
  part.name = std::move(*name);
  if (const auto arguments = find_set(*function, "arguments")) {
    // Some servers give the object itself instead of its text.
    part.arguments = is_object(*arguments) ? std::string(arguments->value)
                                           : json::as_string(*arguments).value_or("");
  }
  into.emplace_back(std::move(part));
  return {};
}

void decode_thinking_blocks(const json::Member& blocks, std::vector<Part>& into) {
  for (const json::Member& block : Children(blocks)) {
    if (!is_object(block)) continue;
    ThinkingPart part{.text = find_text(block, "thinking"),
                      .signature = find_text(block, "signature"),
                      .redacted = find_text(block, "data")};
    if (!part.text.empty() || !part.signature.empty() || !part.redacted.empty()) {
      into.emplace_back(std::move(part));
    }
  }
}

}  // namespace

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

core::Result<void> decode_tool_calls(const json::Member& calls, const FieldPath& path,
                                     std::vector<Part>& into, Extra& extra) {
  if (!is_array(calls)) return path.fail("must be an array");
  std::size_t index = 0;
  for (const json::Member& call : Children(calls)) {
    const FieldPath here = path[index++];
    if (!is_object(call)) return here.fail("must be an object");
    if (into.size() >= kMaxParts) return path.fail("has too many calls");
    if (auto read = decode_tool_call(call, here, into, extra); !read) return read;
  }
  return {};
}

void decode_reasoning(const json::Member& message, std::vector<Part>& into) {
  const std::size_t before = into.size();
  if (const auto blocks = find_set(message, "thinking_blocks")) {
    decode_thinking_blocks(*blocks, into);
  }
  if (into.size() > before) return;
  for (const std::string_view name : {"reasoning_content", "reasoning"}) {
    std::string text = find_text(message, name);
    if (text.empty()) continue;
    into.emplace_back(ThinkingPart{.text = std::move(text), .signature = {}});
    return;
  }
}

void write_reasoning(json::Writer& writer, const Message& message) {
  std::string text;
  bool blocks = false;
  for (const Part& part : message.parts) {
    const auto* thinking = std::get_if<ThinkingPart>(&part);
    if (thinking == nullptr) continue;
    text += thinking->text;
    blocks = blocks || !thinking->signature.empty() || !thinking->redacted.empty();
  }
  if (!text.empty()) writer.member("reasoning_content", text);
  if (!blocks) return;
  writer.key("thinking_blocks").begin_array();
  for (const Part& part : message.parts) {
    const auto* thinking = std::get_if<ThinkingPart>(&part);
    if (thinking == nullptr) continue;
    writer.begin_object();
    if (!thinking->redacted.empty()) {
      writer.member("type", "redacted_thinking").member("data", thinking->redacted);
    } else {
      writer.member("type", "thinking").member("thinking", thinking->text);
      writer.member("signature", thinking->signature);
    }
    writer.end_object();
  }
  writer.end_array();
}

void write_tool_calls(json::Writer& writer, const Message& message) {
  const auto is_call = [](const Part& part) { return std::holds_alternative<ToolUsePart>(part); };
  if (std::ranges::none_of(message.parts, is_call)) return;
  writer.key("tool_calls").begin_array();
  for (const Part& part : message.parts) {
    const auto* call = std::get_if<ToolUsePart>(&part);
    if (call == nullptr) continue;
    writer.begin_object().member("id", call->id).member("type", "function");
    writer.key("function").begin_object().member("name", call->name);
    writer.member("arguments", call->arguments).end_object().end_object();
  }
  writer.end_array();
}

}  // namespace gatehouse::providers::openai
