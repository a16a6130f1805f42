#include <algorithm>
#include <array>
#include <string>

#include "encode_support.hpp"
#include "gatehouse/json/writer.hpp"
#include "openai/chat_messages.hpp"
#include "openai/chat_request.hpp"
#include "openai/content_parts.hpp"

namespace gatehouse::providers::openai {
namespace {

std::string_view name_of(Role role) {
  switch (role) {
    case Role::system:
      return "system";
    case Role::developer:
      return "developer";
    case Role::user:
      return "user";
    case Role::assistant:
      return "assistant";
    case Role::tool:
      return "tool";
  }
  return "user";
}

/// OpenAI's reasoning models refuse max_tokens; compatible servers know nothing else.
bool wants_completion_limit(std::string_view model) {
  const std::size_t slash = model.rfind('/');
  if (slash != std::string_view::npos) model.remove_prefix(slash + 1);
  constexpr std::array<std::string_view, 4> kFamilies = {"o1", "o3", "o4", "gpt-5"};
  return std::ranges::any_of(kFamilies, [&](std::string_view f) { return model.starts_with(f); });
}

/// The inverse of the budgets that the Anthropic slice gives to an effort.
std::string_view effort_for(std::uint64_t budget) {
  if (budget < 2048) return "low";
  return budget < 4096 ? "medium" : "high";
}

class RequestEncoder {
 public:
  RequestEncoder(const ChatRequest& request, const EncodeOptions& options)
      : request_(request), options_(options), lacks_("this provider", options.drop_params) {}

  core::Result<EncodedRequest> run() {
    const std::string_view model =
        options_.upstream_model.empty() ? request_.model : options_.upstream_model;
    writer_.begin_object().member("model", model);
    if (auto written = write_messages(); !written) return core::pass(written);
    write_tools();
    write_response_format();
    if (auto written = write_settings(model); !written) return core::pass(written);
    if (auto written = write_extra(); !written) return core::pass(written);
    writer_.end_object();
    return EncodedRequest{std::move(body_), lacks_.take()};
  }

 private:
  core::Result<void> write_messages() {
    writer_.key("messages").begin_array();
    for (std::size_t i = 0; i < request_.messages.size(); ++i) {
      const Message& message = request_.messages[i];
      const std::string path = "messages[" + std::to_string(i) + "]";
      if (auto written = write_tool_results(message, path); !written) return written;
      const bool only_results =
          !message.parts.empty() && std::ranges::all_of(message.parts, [](const Part& part) {
            return std::holds_alternative<ToolResultPart>(part);
          });
      if (only_results && moved_.empty()) continue;
      if (auto written = write_message(message, path); !written) return written;
    }
    writer_.end_array();
    return {};
  }

  /// Results of tools become messages of their own, before the rest of the message they were in.
  core::Result<void> write_tool_results(const Message& message, const std::string& path) {
    moved_.clear();
    for (const Part& part : message.parts) {
      const auto* result = std::get_if<ToolResultPart>(&part);
      if (result == nullptr) continue;
      PartRefs texts;
      for (const Part& content : result->content) {
        // A tool's message holds text alone; what else it has follows in the user's name.
        (std::holds_alternative<TextPart>(content) ? texts : moved_).push_back(&content);
      }
      writer_.begin_object().member("role", "tool").member("tool_call_id", result->tool_use_id);
      writer_.key("content");
      if (texts.empty()) {
        writer_.text("");
      } else if (auto written = write_content(writer_, texts, path, lacks_); !written) {
        return written;
      }
      writer_.end_object();
    }
    return {};
  }

  core::Result<void> write_message(const Message& message, const std::string& path) {
    const bool from_user = message.role == Role::user || message.role == Role::tool;
    writer_.begin_object().member("role", from_user ? "user" : name_of(message.role));
    PartRefs parts = moved_;
    std::string refusal;
    for (const Part& part : message.parts) {
      if (const auto* refused = std::get_if<RefusalPart>(&part)) {
        refusal += refused->text;
      } else if (is_content(part)) {
        parts.push_back(&part);
      }
    }
    writer_.key("content");
    if (auto written = write_content(writer_, parts, path, lacks_); !written) return written;
    if (!message.name.empty()) writer_.member("name", message.name);
    if (message.role == Role::assistant) {
      if (!refusal.empty()) writer_.member("refusal", refusal);
      // Other servers would refuse the reasoning of earlier turns, and none needs it.
      if (request_.origin == WireFormat::openai_chat) write_reasoning(writer_, message);
      write_tool_calls(writer_, message);
    }
    writer_.end_object();
    return {};
  }

  void write_tools() {
    if (request_.tools.empty()) return;
    writer_.key("tools").begin_array();
    for (const Tool& tool : request_.tools) {
      writer_.begin_object().member("type", "function").key("function").begin_object();
      writer_.member("name", tool.name);
      if (!tool.description.empty()) writer_.member("description", tool.description);
      writer_.member_raw_if("parameters", tool.parameters);
      if (tool.strict) writer_.key("strict").boolean(*tool.strict);
      writer_.end_object().end_object();
    }
    writer_.end_array();
    write_tool_choice();
    if (request_.parallel_tool_calls) {
      writer_.key("parallel_tool_calls").boolean(*request_.parallel_tool_calls);
    }
  }

  void write_tool_choice() {
    if (!request_.tool_choice) return;
    writer_.key("tool_choice");
    switch (request_.tool_choice->kind) {
      case ToolChoice::Kind::automatic:
        writer_.text("auto");
        break;
      case ToolChoice::Kind::none:
        writer_.text("none");
        break;
      case ToolChoice::Kind::required:
        writer_.text("required");
        break;
      case ToolChoice::Kind::named:
        writer_.begin_object().member("type", "function").key("function").begin_object();
        writer_.member("name", request_.tool_choice->name).end_object().end_object();
        break;
    }
  }

  void write_response_format() {
    if (!request_.response_format) return;
    const ResponseFormat& format = *request_.response_format;
    writer_.key("response_format").begin_object();
    switch (format.kind) {
      case ResponseFormat::Kind::text:
        writer_.member("type", "text");
        break;
      case ResponseFormat::Kind::json_object:
        writer_.member("type", "json_object");
        break;
      case ResponseFormat::Kind::json_schema:
        writer_.member("type", "json_schema").key("json_schema").begin_object();
        writer_.member("name", format.name.empty() ? "answer" : format.name);
        if (!format.description.empty()) writer_.member("description", format.description);
        writer_.member_raw_if("schema", format.schema);
        if (format.strict) writer_.key("strict").boolean(*format.strict);
        writer_.end_object();
        break;
    }
    writer_.end_object();
  }

  template <class Number>
  void number(std::string_view name, const std::optional<Number>& value) {
    if (value) writer_.key(name).number(*value);
  }

  core::Result<void> write_settings(std::string_view model) {
    number(wants_completion_limit(model) ? "max_completion_tokens" : "max_tokens",
           request_.max_tokens);
    number("temperature", request_.temperature);
    number("top_p", request_.top_p);
    number("presence_penalty", request_.presence_penalty);
    number("frequency_penalty", request_.frequency_penalty);
    number("seed", request_.seed);
    number("n", request_.n);
    if (request_.logprobs) writer_.key("logprobs").boolean(*request_.logprobs);
    number("top_logprobs", request_.top_logprobs);
    if (!request_.stop.empty()) {
      writer_.key("stop").begin_array();
      for (const std::string& sequence : request_.stop) writer_.text(sequence);
      writer_.end_array();
    }
    if (!request_.user.empty()) writer_.member("user", request_.user);
    if (!request_.reasoning_effort.empty()) {
      writer_.member("reasoning_effort", request_.reasoning_effort);
    } else if (request_.thinking_budget) {
      writer_.member("reasoning_effort", effort_for(*request_.thinking_budget));
    }
    if (request_.stream) {
      writer_.key("stream").boolean(true);
      if (options_.stream_options) {
        writer_.key("stream_options").begin_object().key("include_usage").boolean(true);
        writer_.end_object();
      }
    }
    if (!request_.top_k) return {};
    if (request_.origin == WireFormat::anthropic_messages) return lacks_.lacks("top_k");
    number("top_k", request_.top_k);  // an extension of several compatible servers
    return {};
  }

  core::Result<void> write_extra() {
    for (const auto& [name, raw] : request_.extra) {
      if (is_own(name)) {
        writer_.quoted_key(name).raw(raw);
      } else if (!is_shared(name, raw)) {
        if (auto lacking = lacks_.lacks(name); !lacking) return lacking;
      }
    }
    return {};
  }

  /// Members of OpenAI's APIs and of servers that extend them.
  bool is_own(std::string_view name) const {
    if (is_nested_name(name)) return false;
    if (request_.origin == WireFormat::openai_chat) return true;
    return request_.origin == WireFormat::openai_completions && name != "echo" &&
           name != "suffix" && name != "best_of" && name != "logprobs";
  }

  /// Members of other formats that need no translation.
  static bool is_shared(std::string_view name, std::string_view raw) {
    return asks_nothing(raw) || (name == "service_tier" && raw == "\"auto\"");
  }

  const ChatRequest& request_;
  const EncodeOptions& options_;
  LackList lacks_;
  std::string body_;
  json::Writer writer_{body_};
  PartRefs moved_;  // images out of tool results of the message at hand
};

}  // namespace

core::Result<EncodedRequest> encode_chat_request(const ChatRequest& request,
                                                 const EncodeOptions& options) {
  return RequestEncoder(request, options).run();
}

}  // namespace gatehouse::providers::openai
