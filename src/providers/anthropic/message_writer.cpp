#include "anthropic/message_writer.hpp"

#include <string>

#include "anthropic/content_blocks.hpp"

namespace gatehouse::providers::anthropic {
namespace {

bool is_instruction(const Message& message) noexcept {
  return message.role == Role::system || message.role == Role::developer;
}

std::string part_path(std::size_t message, std::size_t part) {
  return "messages[" + std::to_string(message) + "].content[" + std::to_string(part) + "]";
}

core::Result<void> write_parts(json::Writer& writer, const Message& message, std::size_t index,
                               LackList& lacks) {
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    auto written = write_block(writer, message.parts[i], part_path(index, i), lacks);
    if (!written) return written;
  }
  return {};
}

core::Result<void> write_system(json::Writer& writer, const ChatRequest& request, LackList& lacks) {
  std::string blocks = "[";
  json::Writer inner(blocks);
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    if (!is_instruction(request.messages[i])) continue;
    auto written = write_parts(inner, request.messages[i], i, lacks);
    if (!written) return written;
  }
  if (blocks.size() == 1) return {};
  inner.end_array();
  writer.member_raw("system", blocks);
  return {};
}

/// Joins consecutive turns of one side; turns without any block are left out.
class TurnWriter {
 public:
  explicit TurnWriter(json::Writer& writer) : writer_(writer) {}

  /// Where to write blocks of this side.
  json::Writer& turn(bool assistant) {
    if (assistant != assistant_) flush();
    assistant_ = assistant;
    return inner_;
  }

  void flush() {
    if (blocks_.size() > 1) {
      inner_.end_array();
      writer_.begin_object().member("role", assistant_ ? "assistant" : "user");
      writer_.member_raw("content", blocks_).end_object();
    }
    blocks_ = "[";
  }

 private:
  json::Writer& writer_;
  std::string blocks_ = "[";
  json::Writer inner_{blocks_};
  bool assistant_ = false;
};

}  // namespace

core::Result<void> write_messages(json::Writer& writer, const ChatRequest& request,
                                  LackList& lacks) {
  if (auto written = write_system(writer, request, lacks); !written) return written;
  writer.key("messages").begin_array();
  TurnWriter turns(writer);
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    const Message& message = request.messages[i];
    if (is_instruction(message)) continue;
    if (!message.name.empty() && message.role != Role::tool) {
      auto lacking = lacks.lacks("messages[" + std::to_string(i) + "].name");
      if (!lacking) return lacking;
    }
    json::Writer& turn = turns.turn(message.role == Role::assistant);
    if (auto written = write_parts(turn, message, i, lacks); !written) return written;
  }
  turns.flush();
  writer.end_array();
  return {};
}

}  // namespace gatehouse::providers::anthropic
