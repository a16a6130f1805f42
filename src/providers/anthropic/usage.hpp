#pragma once
/// The `usage` object of Anthropic's messages API.

#include <optional>
#include <string>

#include "gatehouse/core/usage.hpp"
#include "gatehouse/json/scan.hpp"

namespace gatehouse::providers::anthropic {

/// Counts as they come in pieces: message_start tells the prompt, message_delta the running
/// output, cumulative. Anthropic's input_tokens leaves out the cached tokens, ours includes them.
class UsageSum {
 public:
  /// Takes one `usage` object. A report with nonsense in it is ignored as a whole (faults.md E10);
  /// a count lower than an earlier one does not lower it.
  void take(const json::Member& usage);
  /// Empty before the first report that could be believed.
  std::optional<core::TokenUsage> total() const;

 private:
  struct Counts {
    std::uint64_t input = 0;
    std::uint64_t output = 0;
    std::uint64_t cache_read = 0;
    std::uint64_t cache_write = 0;  // both lifetimes
    std::uint64_t cache_write_1h = 0;
  };
  static bool read(const json::Member& usage, Counts& counts, bool& any);
  Counts counts_;
  bool known_ = false;
};

/// The usage of a complete reply.
std::optional<core::TokenUsage> read_reply_usage(const json::Outline& reply);
/// One complete usage object.
std::optional<core::TokenUsage> read_usage(const json::Member& usage);

/// Appends a usage object.
void append_usage(std::string& out, const core::TokenUsage& usage);

}  // namespace gatehouse::providers::anthropic
