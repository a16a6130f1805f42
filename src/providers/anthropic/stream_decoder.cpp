#include "anthropic/stream_decoder.hpp"

#include "anthropic/codec.hpp"
#include "anthropic/stop_reason.hpp"
#include "gatehouse/core/text.hpp"
#include "json_view.hpp"

namespace gatehouse::providers::anthropic {
namespace {

constexpr std::size_t kMaxOpenBlocks = 4096;

std::unexpected<core::Error> broken(std::string_view what) {
  return core::fail(core::Errc::upstream_failed, "the provider's stream is not a message stream",
                    std::string(what));
}

std::uint64_t index_of(const json::Member& root) {
  const auto index = find(root, "index");
  return index ? json::as_uint(*index).value_or(0) : 0;
}

ErrorDelta read_error(const json::Member& root) {
  const json::Member error = find(root, "error").value_or(root);
  ErrorDelta delta{.type = core::printable(find_text(error, "type"), 100),
                   .message = core::printable(find_text(error, "message"), 500)};
  if (delta.message.empty()) delta.message = "the provider reported an error without a message";
  return delta;
}

}  // namespace

core::Result<void> MessageStreamDecoder::decode(std::string_view, std::string_view data,
                                                std::vector<Delta>& out) {
  if (data.empty()) return {};
  auto root = parse_json(data);
  if (!root || !is_object(*root)) return broken("data that is not a JSON object");
  const std::string type = find_text(*root, "type");
  if (type == "content_block_delta") return on_block_delta(*root, out);
  if (type == "content_block_start") return on_block_start(*root, out);
  if (type == "content_block_stop") {
    on_block_stop(*root, out);
  } else if (type == "message_start") {
    on_message_start(*root, out);
  } else if (type == "message_delta") {
    on_message_delta(*root, out);
  } else if (type == "message_stop") {
    out.emplace_back(EndDelta{});
  } else if (type == "error") {
    out.emplace_back(read_error(*root));
  }
  return {};  // pings, and events that may come with newer versions of the API
}

void MessageStreamDecoder::on_message_start(const json::Member& root, std::vector<Delta>& out) {
  const json::Member message = find(root, "message").value_or(json::Member{});
  if (const auto usage = find(message, "usage")) usage_.take(*usage);
  out.emplace_back(StartDelta{.id = find_text(message, "id"),
                              .model = find_text(message, "model"),
                              .usage = usage_.total()});
}

core::Result<void> MessageStreamDecoder::on_block_start(const json::Member& root,
                                                        std::vector<Delta>& out) {
  if (blocks_.size() == kMaxOpenBlocks) return broken("too many open blocks");
  const json::Member block = find(root, "content_block").value_or(json::Member{});
  const std::string type = find_text(block, "type");
  Block& open = blocks_[index_of(root)];
  open = {};
  if (type == "tool_use") {
    on_tool_start(block, open, out);
  } else if (type == "text") {
    if (std::string text = find_text(block, "text"); !text.empty()) {
      out.emplace_back(TextDelta{.text = std::move(text)});
    }
  } else if (type == "thinking") {
    if (std::string text = find_text(block, "thinking"); !text.empty()) {
      out.emplace_back(ThinkingDelta{.text = std::move(text)});
    }
  } else if (type == "redacted_thinking") {
    out.emplace_back(ThinkingDelta{.text = {}, .redacted = find_text(block, "data")});
  }
  return {};
}

void MessageStreamDecoder::on_tool_start(const json::Member& block, Block& open,
                                         std::vector<Delta>& out) {
  std::string name = find_text(block, "name");
  if (name == kAnswerTool) {
    open.kind = Block::Kind::answer;
    answered_ = true;
  } else {
    open.kind = Block::Kind::tool;
    open.tool_index = tools_++;
    out.emplace_back(ToolUseStart{
        .index = open.tool_index, .id = find_text(block, "id"), .name = std::move(name)});
  }
  // Some servers give the whole input at the start.
  const auto input = find_set(block, "input");
  if (input && !Children(*input).empty()) on_arguments(open, std::string(input->value), out);
}

core::Result<void> MessageStreamDecoder::on_block_delta(const json::Member& root,
                                                        std::vector<Delta>& out) {
  const auto found = blocks_.find(index_of(root));
  if (found == blocks_.end()) return broken("a delta outside of any block");
  const auto delta = find(root, "delta");
  if (!delta) return broken("a delta event without delta");
  const std::string type = find_text(*delta, "type");
  if (type == "text_delta") {
    out.emplace_back(TextDelta{.text = find_text(*delta, "text")});
  } else if (type == "input_json_delta") {
    on_arguments(found->second, find_text(*delta, "partial_json"), out);
  } else if (type == "thinking_delta") {
    out.emplace_back(ThinkingDelta{.text = find_text(*delta, "thinking")});
  } else if (type == "signature_delta") {
    out.emplace_back(ThinkingDelta{.text = {}, .signature = find_text(*delta, "signature")});
  }
  return {};
}

void MessageStreamDecoder::on_arguments(Block& block, std::string piece, std::vector<Delta>& out) {
  if (piece.empty()) return;
  block.has_arguments = true;
  if (block.kind == Block::Kind::answer) {
    out.emplace_back(TextDelta{.text = std::move(piece)});
  } else if (block.kind == Block::Kind::tool) {
    out.emplace_back(ToolUseDelta{.index = block.tool_index, .arguments = std::move(piece)});
  }
}

void MessageStreamDecoder::on_block_stop(const json::Member& root, std::vector<Delta>& out) {
  const auto found = blocks_.find(index_of(root));
  if (found == blocks_.end()) return;
  // A call without arguments has the arguments {}: an empty text is not JSON.
  if (!found->second.has_arguments) on_arguments(found->second, "{}", out);
  blocks_.erase(found);
}

void MessageStreamDecoder::on_message_delta(const json::Member& root, std::vector<Delta>& out) {
  if (const auto delta = find(root, "delta")) {
    if (const std::string word = find_text(*delta, "stop_reason"); !word.empty()) {
      FinishReason reason = parse_stop(word);
      if (reason == FinishReason::tool_calls && answered_ && tools_ == 0) {
        reason = FinishReason::stop;
      }
      out.emplace_back(
          FinishDelta{.reason = reason, .stop_sequence = find_text(*delta, "stop_sequence")});
    }
  }
  if (const auto usage = find(root, "usage")) {
    usage_.take(*usage);
    if (const auto total = usage_.total()) out.emplace_back(UsageDelta{*total});
  }
}

}  // namespace gatehouse::providers::anthropic
