#pragma once
/// Streams of the completions API.

#include <optional>
#include <string>

#include "gatehouse/providers/codec.hpp"

namespace gatehouse::providers::openai {

class CompletionStreamDecoder final : public StreamDecoder {
 public:
  core::Result<void> decode(std::string_view type, std::string_view data,
                            std::vector<Delta>& out) override;

 private:
  bool started_ = false;
};

/// Tells the texts alone: the format has no words for tools and reasoning.
class CompletionStreamEncoder final : public StreamEncoder {
 public:
  explicit CompletionStreamEncoder(StreamEncodeOptions options) : options_(std::move(options)) {}
  void encode(const Delta& delta, std::string& out) override;

 private:
  void start(const StartDelta& delta);
  void chunk(std::uint32_t choice, std::string_view text, std::optional<FinishReason> finish,
             std::string& out);
  void finish_stream(std::string& out);
  void write_error(const ErrorDelta& error, std::string& out);

  StreamEncodeOptions options_;
  std::string head_;
  std::optional<core::TokenUsage> usage_;
  bool ended_ = false;
};

}  // namespace gatehouse::providers::openai
