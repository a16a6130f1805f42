#pragma once
/// Deltas as a stream of the messages API.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/providers/codec.hpp"

namespace gatehouse::providers::anthropic {

/// The API has one open block at a time, so calls of tools that other vendors interleave wait
/// until the first one's arguments are complete.
class MessageStreamEncoder final : public StreamEncoder {
 public:
  explicit MessageStreamEncoder(StreamEncodeOptions options) : options_(std::move(options)) {}
  void encode(const Delta& delta, std::string& out) override;

 private:
  enum class Open : std::uint8_t { none, text, thinking, tool };
  struct WaitingTool {
    ToolUseStart start;
    std::string arguments;
  };

  void start(const StartDelta& delta, std::string& out);
  void ensure_started(std::string& out);
  void open_block(Open kind, std::string& out);
  void open_tool(const ToolUseStart& tool, std::string& out);
  void write_delta(std::string_view type, std::string_view member, std::string_view text,
                   std::string& out);
  void close_block(std::string& out);
  void on_text(std::string_view text, std::string& out);
  void on_thinking(const ThinkingDelta& delta, std::string& out);
  void on_tool_start(const ToolUseStart& tool, std::string& out);
  void on_tool_delta(const ToolUseDelta& delta, std::string& out);
  void flush_tools(std::string& out);
  void finish_stream(std::string& out);
  void write_error(const ErrorDelta& error, std::string& out);

  StreamEncodeOptions options_;
  bool started_ = false;
  bool ended_ = false;
  Open open_ = Open::none;
  std::uint64_t index_ = 0;      // of the open block, or of the next one
  std::uint32_t open_tool_ = 0;  // index of the open block's tool
  bool signed_ = false;          // the open thinking block has its signature
  bool called_tools_ = false;
  std::vector<WaitingTool> waiting_;
  std::optional<FinishDelta> finish_;
  core::TokenUsage usage_;
};

}  // namespace gatehouse::providers::anthropic
