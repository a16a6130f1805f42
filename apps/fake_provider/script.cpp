// Scripts: queues of instructions per model.
#include <boost/json.hpp>

#include "books.hpp"

namespace gatehouse::fake_provider {

namespace {

namespace bj = boost::json;

core::Result<Instruction> read_instruction(const bj::value& value) {
  Instruction out;
  if (value.is_string()) {
    auto behaviours = Behaviours::parse(value.as_string());
    if (!behaviours) return core::pass(behaviours);
    out.behaviours = std::move(*behaviours);
    return out;
  }
  if (!value.is_object()) {
    return core::fail(core::Errc::invalid_argument, "an instruction is a text or an object");
  }
  for (const auto& member : value.as_object()) {
    const std::string_view name = member.key();
    if (name == "headers" && member.value().is_object()) {
      for (const auto& field : member.value().as_object()) {
        if (!field.value().is_string()) {
          return core::fail(core::Errc::invalid_argument, "a header value is a text");
        }
        out.verbatim.headers.emplace_back(field.key(), std::string(field.value().as_string()));
      }
      continue;
    }
    if (!member.value().is_string()) {
      return core::fail(core::Errc::invalid_argument, "not a text: " + std::string(name));
    }
    const std::string text(member.value().as_string());
    if (name == "do") {
      auto behaviours = Behaviours::parse(text);
      if (!behaviours) return core::pass(behaviours);
      out.behaviours = std::move(*behaviours);
    } else if (name == "raw") {
      out.verbatim.raw = base64_decode(text);
    } else if (name == "body") {
      out.verbatim.body = text;
    } else {
      return core::fail(core::Errc::invalid_argument, "unknown member: " + std::string(name));
    }
  }
  return out;
}

}  // namespace

core::Result<void> ScriptBook::set(std::string_view json) {
  boost::system::error_code error;
  const bj::value root = bj::parse(json, error);
  if (error || !root.is_object()) {
    return core::fail(core::Errc::invalid_argument, "the script is not a JSON object");
  }
  const bj::object& object = root.as_object();
  const bj::value* model = object.if_contains("model");
  if (!model || !model->is_string()) {
    return core::fail(core::Errc::invalid_argument, "the script names no model");
  }
  Script script;
  if (const bj::value* queue = object.if_contains("queue"); queue && queue->is_array()) {
    for (const bj::value& item : queue->as_array()) {
      auto instruction = read_instruction(item);
      if (!instruction) return core::pass(instruction);
      script.queue.push_back(std::move(*instruction));
    }
  }
  if (const bj::value* then = object.if_contains("then")) {
    auto instruction = read_instruction(*then);
    if (!instruction) return core::pass(instruction);
    script.then = std::move(*instruction);
  }
  const std::lock_guard lock(mutex_);
  scripts_[std::string(model->as_string())] = std::move(script);
  active_ = true;
  return {};
}

std::optional<Instruction> ScriptBook::next(const std::string& model) {
  const std::lock_guard lock(mutex_);
  auto found = scripts_.find(model);
  if (found == scripts_.end()) found = scripts_.find("*");
  if (found == scripts_.end()) return std::nullopt;
  Script& script = found->second;
  if (script.queue.empty()) return script.then;
  Instruction out = std::move(script.queue.front());
  script.queue.pop_front();
  return out;
}

void ScriptBook::clear() {
  const std::lock_guard lock(mutex_);
  scripts_.clear();
  active_ = false;
}

}  // namespace gatehouse::fake_provider
