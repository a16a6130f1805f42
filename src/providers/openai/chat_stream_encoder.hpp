#pragma once
/// Deltas as a stream of the chat completions API.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/json/writer.hpp"
#include "gatehouse/providers/codec.hpp"

namespace gatehouse::providers::openai {

class ChatStreamEncoder final : public StreamEncoder {
 public:
  explicit ChatStreamEncoder(StreamEncodeOptions options) : options_(std::move(options)) {}
  void encode(const Delta& delta, std::string& out) override;

 private:
  void start(const StartDelta& delta);
  void finish_stream(std::string& out);
  void write_error(const ErrorDelta& error, std::string& out);
  void write_tool_start(const ToolUseStart& delta, std::string& out);
  void write_thinking(const ThinkingDelta& delta, std::string& out);

  /// One chunk with one choice, whose delta `body` writes.
  template <class Body>
  void chunk(std::uint32_t choice, std::string& out, Body body,
             std::optional<FinishReason> finish = {}, const std::string& logprobs = {});
  const std::string& head();

  StreamEncodeOptions options_;
  std::string head_;             // what every chunk begins with
  std::vector<bool> role_sent_;  // by choice
  std::optional<core::TokenUsage> usage_;
  bool ended_ = false;
};

}  // namespace gatehouse::providers::openai
