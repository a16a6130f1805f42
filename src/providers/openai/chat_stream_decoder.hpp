#pragma once
/// Streams of the chat completions API as deltas.

#include <cstdint>
#include <vector>

#include "gatehouse/json/scan.hpp"
#include "gatehouse/providers/codec.hpp"

namespace gatehouse::providers::openai {

class ChatStreamDecoder final : public StreamDecoder {
 public:
  core::Result<void> decode(std::string_view type, std::string_view data,
                            std::vector<Delta>& out) override;

 private:
  /// A tool call as the wire numbers it, and as we do.
  struct Call {
    std::uint32_t choice;
    std::uint64_t wire_index;
    std::uint32_t index;
    std::string id;
  };

  core::Result<void> decode_chunk(const json::Member& root, std::vector<Delta>& out);
  core::Result<void> decode_choice(const json::Member& raw, std::vector<Delta>& out);
  core::Result<void> decode_delta(const json::Member& delta, std::uint32_t choice,
                                  const std::string& logprobs, std::vector<Delta>& out);
  core::Result<void> decode_call(const json::Member& raw, std::uint32_t choice,
                                 std::uint64_t position, std::vector<Delta>& out);
  Call* find_call(std::uint32_t choice, std::uint64_t wire_index);

  bool started_ = false;
  std::vector<Call> calls_;
};

}  // namespace gatehouse::providers::openai
