#pragma once
/// Streams of the messages API as deltas.

#include <cstdint>
#include <map>

#include "anthropic/usage.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/providers/codec.hpp"

namespace gatehouse::providers::anthropic {

class MessageStreamDecoder final : public StreamDecoder {
 public:
  core::Result<void> decode(std::string_view type, std::string_view data,
                            std::vector<Delta>& out) override;

 private:
  /// An open content block.
  struct Block {
    enum class Kind : std::uint8_t { other, tool, answer } kind = Kind::other;
    std::uint32_t tool_index = 0;
    bool has_arguments = false;
  };

  void on_message_start(const json::Member& root, std::vector<Delta>& out);
  core::Result<void> on_block_start(const json::Member& root, std::vector<Delta>& out);
  void on_tool_start(const json::Member& block, Block& open, std::vector<Delta>& out);
  core::Result<void> on_block_delta(const json::Member& root, std::vector<Delta>& out);
  void on_block_stop(const json::Member& root, std::vector<Delta>& out);
  void on_message_delta(const json::Member& root, std::vector<Delta>& out);
  void on_arguments(Block& block, std::string piece, std::vector<Delta>& out);

  std::map<std::uint64_t, Block> blocks_;
  std::uint32_t tools_ = 0;
  bool answered_ = false;  // through our own answer tool
  UsageSum usage_;
};

}  // namespace gatehouse::providers::anthropic
