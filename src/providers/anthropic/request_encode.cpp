#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "anthropic/codec.hpp"
#include "anthropic/content_blocks.hpp"
#include "anthropic/message_writer.hpp"
#include "anthropic/request.hpp"
#include "anthropic/thinking.hpp"
#include "encode_support.hpp"
#include "gatehouse/json/writer.hpp"
#include "json_view.hpp"

namespace gatehouse::providers::anthropic {
namespace {

using Kind = ToolChoice::Kind;

class RequestEncoder {
 public:
  RequestEncoder(const ChatRequest& request, const EncodeOptions& options)
      : request_(request), options_(options), lacks_("anthropic", options.drop_params) {}

  core::Result<EncodedRequest> run() {
    if (auto checked = check_lacks(); !checked) return core::pass(checked);
    plan_answer_tool();
    if (auto planned = plan_thinking(); !planned) return core::pass(planned);
    writer_.begin_object();
    writer_.member("model",
                   options_.upstream_model.empty() ? request_.model : options_.upstream_model);
    writer_.key("max_tokens").number(max_tokens_);
    if (auto written = write_messages(writer_, request_, lacks_); !written) {
      return core::pass(written);
    }
    write_tools();
    if (auto written = write_settings(); !written) return core::pass(written);
    write_output_config();
    if (auto written = write_extra(); !written) return core::pass(written);
    writer_.end_object();
    return EncodedRequest{std::move(body_), lacks_.take()};
  }

 private:
  bool native() const { return request_.origin == WireFormat::anthropic_messages; }

  /// What Anthropic has no word for, unless it asks for nothing.
  core::Result<void> check_lacks() {
    const std::pair<std::string_view, bool> members[] = {
        {"n", request_.n.value_or(1) > 1},
        {"logprobs", request_.logprobs.value_or(false)},
        {"top_logprobs", request_.top_logprobs.value_or(0) > 0},
        {"presence_penalty", request_.presence_penalty.value_or(0) != 0},
        {"frequency_penalty", request_.frequency_penalty.value_or(0) != 0},
        {"seed", request_.seed.has_value()},
        {"response_format", request_.response_format && request_.response_format->kind ==
                                                            ResponseFormat::Kind::json_object},
    };
    for (const auto& [name, asked] : members) {
      if (!asked) continue;
      if (auto lacking = lacks_.lacks(name); !lacking) return lacking;
    }
    return {};
  }

  /// A demanded JSON shape becomes a tool that the model must call, except where the client's
  /// own choice of tools comes first.
  void plan_answer_tool() {
    const auto& format = request_.response_format;
    if (native() || !format || format->kind != ResponseFormat::Kind::json_schema) return;
    const Kind kind = request_.tool_choice ? request_.tool_choice->kind : Kind::automatic;
    answer_tool_ = kind == Kind::automatic || kind == Kind::none;
  }

  core::Result<void> plan_thinking() {
    max_tokens_ = request_.max_tokens.value_or(options_.default_max_tokens);
    ThinkingPlan plan = plan_budget(request_, options_.default_max_tokens);
    if (plan.budget == 0) {
      if (plan.lacking.empty()) return {};
      return lacks_.lacks(plan.lacking, "needs a max_tokens above 1024 with this provider");
    }
    const bool forced =
        answer_tool_ || (request_.tool_choice && (request_.tool_choice->kind == Kind::required ||
                                                  request_.tool_choice->kind == Kind::named));
    if (forced && !native()) {
      return lacks_.lacks(plan.source,
                          "cannot be combined with a forced tool or a JSON schema on anthropic");
    }
    thinking_budget_ = plan.budget;
    max_tokens_ = plan.max_tokens;
    return {};
  }

  void write_tools() {
    if (request_.tools.empty() && !answer_tool_) return;
    writer_.key("tools").begin_array();
    for (const Tool& tool : request_.tools) {
      writer_.begin_object().member("name", tool.name);
      if (!tool.description.empty()) writer_.member("description", tool.description);
      writer_.member_raw("input_schema", tool.parameters.empty()
                                             ? R"({"type":"object","properties":{}})"
                                             : std::string_view(tool.parameters));
      if (native() && tool.strict) writer_.key("strict").boolean(*tool.strict);
      writer_.member_raw_if("cache_control", tool.cache_control).end_object();
    }
    if (answer_tool_ && request_.response_format) write_answer_tool(*request_.response_format);
    writer_.end_array();
    write_tool_choice();
  }

  void write_answer_tool(const ResponseFormat& format) {
    writer_.begin_object().member("name", kAnswerTool);
    writer_.member("description", format.description.empty()
                                      ? "Gives the final answer. Call it exactly once."
                                      : std::string_view(format.description));
    writer_.member_raw("input_schema", format.schema.empty() ? R"({"type":"object"})"
                                                             : std::string_view(format.schema));
    writer_.end_object();
  }

  void write_tool_choice() {
    const Kind kind = request_.tool_choice ? request_.tool_choice->kind : Kind::automatic;
    const bool serial = request_.parallel_tool_calls == false;
    if (!answer_tool_ && !request_.tool_choice && !serial) return;
    writer_.key("tool_choice").begin_object();
    if (answer_tool_ && (request_.tools.empty() || kind == Kind::none)) {
      writer_.member("type", "tool").member("name", kAnswerTool);
    } else if (answer_tool_ || kind == Kind::required) {
      writer_.member("type", "any");
    } else if (kind == Kind::named) {
      writer_.member("type", "tool").member("name", request_.tool_choice->name);
    } else {
      writer_.member("type", kind == Kind::none ? "none" : "auto");
    }
    if (serial && (answer_tool_ || kind != Kind::none)) {
      writer_.key("disable_parallel_tool_use").boolean(true);
    }
    writer_.end_object();
  }

  core::Result<void> write_settings() {
    if (auto written = write_temperature(); !written) return written;
    if (request_.top_p) writer_.key("top_p").number(*request_.top_p);
    if (request_.top_k) writer_.key("top_k").number(*request_.top_k);
    if (!request_.stop.empty()) {
      writer_.key("stop_sequences").begin_array();
      for (const std::string& sequence : request_.stop) writer_.text(sequence);
      writer_.end_array();
    }
    if (!request_.user.empty()) {
      writer_.key("metadata").begin_object().member("user_id", request_.user).end_object();
    }
    if (thinking_budget_) {
      writer_.key("thinking").begin_object().member("type", "enabled");
      writer_.key("budget_tokens").number(*thinking_budget_).end_object();
    }
    if (request_.stream) writer_.key("stream").boolean(true);
    return {};
  }

  core::Result<void> write_temperature() {
    if (!request_.temperature) return {};
    const double temperature = *request_.temperature;
    if (temperature < 0 || temperature > 1) {
      return lacks_.lacks("temperature", "must be from 0 to 1 with this provider");
    }
    if (thinking_budget_ && temperature != 1 && !native()) {
      return lacks_.lacks("temperature", "must be 1 with reasoning on this provider");
    }
    writer_.key("temperature").number(temperature);
    return {};
  }

  void write_output_config() {
    const auto& format = request_.response_format;
    const bool schema = format && format->kind == ResponseFormat::Kind::json_schema;
    if (!native() || (!schema && request_.reasoning_effort.empty())) return;
    writer_.key("output_config").begin_object();
    if (!request_.reasoning_effort.empty()) writer_.member("effort", request_.reasoning_effort);
    if (schema) {
      writer_.key("format").begin_object().member("type", "json_schema");
      writer_.member_raw("schema", format->schema).end_object();
    }
    writer_.end_object();
  }

  core::Result<void> write_extra() {
    for (const auto& [name, raw] : request_.extra) {
      if (native() && !is_nested_name(name)) {
        writer_.quoted_key(name).raw(raw);
      } else if (name == "safety_identifier" && request_.user.empty()) {
        writer_.key("metadata").begin_object().member_raw("user_id", raw).end_object();
      } else if (!is_harmless(name, raw)) {
        if (auto lacking = lacks_.lacks(name); !lacking) return lacking;
      }
    }
    return {};
  }

  /// Members that ask for what this API does anyway, or that steer only OpenAI's own books.
  static bool is_harmless(std::string_view name, std::string_view raw) {
    if (asks_nothing(raw)) return true;
    if (name == "service_tier") return raw == "\"auto\"" || raw == "\"default\"";
    if (name == "modalities") return raw == R"(["text"])";
    if (name == "verbosity") return raw == "\"medium\"";
    return name == "metadata" || name == "safety_identifier" || name == "prompt_cache_key";
  }

  const ChatRequest& request_;
  const EncodeOptions& options_;
  LackList lacks_;
  std::string body_;
  json::Writer writer_{body_};
  std::uint64_t max_tokens_ = 0;
  std::optional<std::uint64_t> thinking_budget_;
  bool answer_tool_ = false;
};

}  // namespace

core::Result<EncodedRequest> encode_request(const ChatRequest& request,
                                            const EncodeOptions& options) {
  return RequestEncoder(request, options).run();
}

}  // namespace gatehouse::providers::anthropic
