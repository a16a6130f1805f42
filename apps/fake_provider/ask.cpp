#include "ask.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace gatehouse::fake_provider {

namespace {

namespace bj = boost::json;

const bj::value* member(const bj::value* value, std::string_view name) {
  if (!value || !value->is_object()) return nullptr;
  return value->as_object().if_contains(name);
}

std::string text_of(const bj::value* value) {
  if (!value || !value->is_string()) return {};
  return std::string(value->as_string());
}

std::optional<std::uint64_t> count_of(const bj::value* value) {
  if (!value || !value->is_int64() || value->as_int64() < 0) return std::nullopt;
  return static_cast<std::uint64_t>(value->as_int64());
}

bool truth_of(const bj::value* value) {
  return value && value->is_bool() && value->as_bool();
}

/// The text of a content member: a string, or the text parts of an array.
std::string content_text(const bj::value* content) {
  if (!content) return {};
  if (content->is_string()) return std::string(content->as_string());
  std::string out;
  if (content->is_array()) {
    for (const bj::value& part : content->as_array()) out += text_of(member(&part, "text"));
  }
  return out;
}

/// A value that satisfies the simple schemas used in tests.
bj::value sample(const bj::value& schema, int depth = 0) {
  if (!schema.is_object() || depth > 16) return nullptr;
  if (const bj::value* choices = member(&schema, "enum")) {
    if (choices->is_array() && !choices->as_array().empty()) return choices->as_array().front();
  }
  const std::string type = text_of(member(&schema, "type"));
  if (type == "string") return "text";
  if (type == "integer" || type == "number") return 1;
  if (type == "boolean") return true;
  if (type == "array") {
    const bj::value* items = member(&schema, "items");
    return items ? bj::value(bj::array{sample(*items, depth + 1)}) : bj::value(bj::array{});
  }
  bj::object out;
  const bj::value* properties = member(&schema, "properties");
  if (properties && properties->is_object()) {
    for (const auto& property : properties->as_object()) {
      out[property.key()] = sample(property.value(), depth + 1);
    }
  }
  return out;
}

/// Four bytes are a token, and each message costs four more.
std::uint64_t tokens_of(std::size_t bytes) {
  return (bytes + 3) / 4;
}

void read_messages(const bj::value& root, Ask& ask) {
  ask.prompt_tokens += tokens_of(content_text(member(&root, "system")).size());
  const bj::value* messages = member(&root, "messages");
  if (!messages || !messages->is_array()) return;
  for (const bj::value& message : messages->as_array()) {
    const std::string role = text_of(member(&message, "role"));
    const std::string text = content_text(member(&message, "content"));
    ask.prompt_tokens += 4 + tokens_of(text.size());
    if (role == "user") ask.last_user_text = text;
  }
}

bool ends_with_tool_result(const bj::value& root) {
  const bj::value* messages = member(&root, "messages");
  if (!messages || !messages->is_array() || messages->as_array().empty()) return false;
  const bj::value& last = messages->as_array().back();
  if (text_of(member(&last, "role")) == "tool") return true;
  const bj::value* content = member(&last, "content");
  if (!content || !content->is_array()) return false;
  return std::ranges::any_of(content->as_array(), [](const bj::value& part) {
    return text_of(member(&part, "type")) == "tool_result";
  });
}

void read_tools(const bj::value& root, Ask& ask) {
  const bj::value* tools = member(&root, "tools");
  if (!tools || !tools->is_array()) return;
  for (const bj::value& tool : tools->as_array()) {
    const bj::value* function = member(&tool, "function");
    const bj::value* place = function ? function : &tool;
    const bj::value* schema = member(place, function ? "parameters" : "input_schema");
    ask.tools.push_back(
        {text_of(member(place, "name")), bj::serialize(schema ? sample(*schema) : bj::object{})});
  }
  const bj::value* choice = member(&root, "tool_choice");
  std::string wanted = text_of(member(member(choice, "function"), "name"));
  if (wanted.empty()) wanted = text_of(member(choice, "name"));
  const auto chosen = std::ranges::find(ask.tools, wanted, &ToolCall::name);
  if (chosen != ask.tools.end()) std::iter_swap(ask.tools.begin(), chosen);
  const bool refused = text_of(choice) == "none" || text_of(member(choice, "type")) == "none";
  ask.wants_tool = !ask.tools.empty() && !refused && !ends_with_tool_result(root);
}

void read_json_mode(const bj::value& root, Ask& ask) {
  const bj::value* format = member(&root, "response_format");
  const std::string type = text_of(member(format, "type"));
  if (type == "json_object") ask.forced_json = R"({"answer":"text"})";
  if (type != "json_schema") return;
  const bj::value* schema = member(member(format, "json_schema"), "schema");
  ask.forced_json = bj::serialize(schema ? sample(*schema) : bj::object{});
}

void read_inputs(const bj::value& root, Ask& ask) {
  const bj::value* input = member(&root, ask.surface == Surface::embeddings ? "input" : "prompt");
  if (!input) return;
  if (input->is_string()) {
    ask.last_user_text = std::string(input->as_string());
    ask.prompt_tokens += tokens_of(input->as_string().size());
    return;
  }
  if (!input->is_array()) return;
  const bj::array& list = input->as_array();
  const bool token_list = !list.empty() && list.front().is_int64();
  ask.inputs = token_list ? 1 : list.size();
  for (const bj::value& item : list) {
    const std::string text = text_of(&item);
    ask.prompt_tokens += item.is_string() ? tokens_of(text.size()) : 1;
    ask.last_user_text = text;
  }
}

/// Boost.JSON refuses lone surrogates and exponents that overflow, both of which are grammatical
/// JSON. A provider may accept them, so this one does: they are made harmless first.
std::string without_extremes(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  for (std::size_t i = 0; i < body.size(); ++i) {
    const bool escape = body[i] == '\\' && i + 1 < body.size();
    const bool surrogate = escape && body[i + 1] == 'u' && i + 5 < body.size() &&
                           (body[i + 2] | 32) == 'd' && body[i + 3] >= '8';
    if (surrogate) {
      out += "\\ufffd";
      i += 5;
    } else if (escape) {
      out += body.substr(i++, 2);
    } else {
      const bool long_exponent = out.size() > 4 && body[i] >= '0' && body[i] <= '9' &&
                                 out.find_last_not_of("0123456789") < out.size() - 3 &&
                                 (out[out.find_last_not_of("0123456789+-")] | 32) == 'e';
      if (!long_exponent) out += body[i];
    }
  }
  return out;
}

bj::value parse(std::string_view body, boost::system::error_code& error) {
  bj::parse_options options;
  options.max_depth = 512;
  bj::value root = bj::parse(body, error, {}, options);
  if (!error) return root;
  return bj::parse(without_extremes(body), error, {}, options);
}

}  // namespace

Surface surface_of(std::string_view path) noexcept {
  path = path.substr(0, path.find('?'));
  if (path.ends_with("/chat/completions")) return Surface::chat;
  if (path.ends_with("/completions")) return Surface::completions;
  if (path.ends_with("/embeddings")) return Surface::embeddings;
  if (path.ends_with("/messages/count_tokens")) return Surface::count_tokens;
  if (path.ends_with("/messages")) return Surface::messages;
  if (path.ends_with("/models")) return Surface::models;
  return Surface::unknown;
}

Ask read_ask(std::string_view path, std::string_view body) {
  Ask ask;
  ask.surface = surface_of(path);
  boost::system::error_code error;
  const bj::value root = parse(body, error);
  if (error || !root.is_object()) return ask;
  ask.valid = true;
  ask.model = text_of(member(&root, "model"));
  ask.stream = truth_of(member(&root, "stream"));
  ask.include_usage = truth_of(member(member(&root, "stream_options"), "include_usage"));
  const bj::value* logprobs = member(&root, "logprobs");
  ask.logprobs = truth_of(logprobs) || count_of(logprobs).has_value();
  ask.choices = std::clamp<std::uint64_t>(count_of(member(&root, "n")).value_or(1), 1, 128);
  ask.max_tokens = count_of(member(&root, "max_tokens"));
  if (!ask.max_tokens) ask.max_tokens = count_of(member(&root, "max_completion_tokens"));
  ask.dimensions =
      std::clamp<std::uint64_t>(count_of(member(&root, "dimensions")).value_or(8), 1, 4096);
  ask.base64 = text_of(member(&root, "encoding_format")) == "base64";
  if (ask.surface == Surface::completions || ask.surface == Surface::embeddings) {
    read_inputs(root, ask);
  } else {
    read_messages(root, ask);
    read_tools(root, ask);
    read_json_mode(root, ask);
  }
  return ask;
}

}  // namespace gatehouse::fake_provider
