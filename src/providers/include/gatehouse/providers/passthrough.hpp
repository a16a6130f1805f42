#pragma once
/// Same format on both sides: the original bytes go through, with point edits.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/core/error.hpp"
#include "gatehouse/core/usage.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/net/sse.hpp"
#include "gatehouse/providers/wire_format.hpp"

namespace gatehouse::providers {

/// A text as pieces of the original and replacements, to be sent without copying. Pinned: pieces
/// point into the original and into this object.
class EditedBody {
 public:
  EditedBody() = default;
  EditedBody(const EditedBody&) = delete;
  EditedBody& operator=(const EditedBody&) = delete;

  std::span<const std::string_view> pieces() const noexcept { return {pieces_, count_}; }
  std::size_t size() const noexcept;
  /// Ready for another text; keeps its memory.
  void clear() noexcept;

 private:
  friend class RequestEdit;
  static constexpr std::size_t kMaxPieces = 7;
  std::string_view pieces_[kMaxPieces];
  std::size_t count_ = 0;
  std::string model_;     // replacement text
  std::string options_;   // replacement text
  std::string metadata_;  // replacement text
  std::string limit_;     // replacement text
  std::string rebuilt_;   // the whole text, where the pieces would be too many
};

struct RequestEditOptions {
  std::string_view upstream_model = {};  ///< replaces "model", or adds it; empty: left as it is
  bool ask_usage = false;                ///< OpenAI streams: set stream_options.include_usage
  /// Remove stream_options: for vendors that refuse it (Provider::takes_stream_options).
  bool drop_stream_options = false;
  /// Largest number of output tokens for each choice: replaces the limit that the body has, or
  /// adds one as `output_limit_member`. Empty: left as it is.
  std::optional<std::uint64_t> output_limit = {};
  std::string_view output_limit_member = "max_tokens";
};

/// Fills `out` with `body` edited as asked; all other bytes stay as they are. Members meant for
/// the gateway (contract 1.9: fallbacks, num_retries, timeout, tags, litellm_…, …) are removed;
/// `metadata` stays as far as the format defines it (OpenAI chat: a map of texts; Anthropic:
/// user_id). `outline` must be that of `body`, its views pointing into it.
/// Errc::invalid_argument when the body is no object or repeats a member that is edited.
core::Result<void> edit_request(WireFormat format, std::string_view body,
                                const json::Outline& outline, const RequestEditOptions& options,
                                EditedBody& out);

/// The usage a complete reply reports; empty when it reports none or nonsense (faults.md E10).
std::optional<core::TokenUsage> read_usage(WireFormat format, const json::Outline& reply);

struct RelayOptions {
  std::string model;        ///< the name the client asked for; empty: leave the upstream's
  bool hide_usage = false;  ///< the client did not ask for the usage that we asked for
};

/// Relays one streamed reply, reading its usage from the passing events.
class StreamRelay {
 public:
  virtual ~StreamRelay() = default;

  enum class Verdict : std::uint8_t {
    relayed,   ///< bytes were appended
    withheld,  ///< nothing for the client in it
    end,       ///< the stream's proper end ([DONE], message_stop); bytes may have been appended
    error,     ///< an error event; `error_message()` tells it, bytes were appended
  };
  /// Appends to `out` what the client gets of this event. Data that is not JSON is
  /// Errc::upstream_failed.
  virtual core::Result<Verdict> relay(const net::SseEvent& event, std::string& out) = 0;

  /// Usage seen so far; of several reports the last plausible one, never lower than an earlier.
  /// Where the format tells the prompt first (Anthropic), the completion is estimated until the
  /// report at the end.
  virtual std::optional<core::TokenUsage> usage() const = 0;
  /// Whether usage() is the provider's word on all of its counts; false while there is none.
  virtual bool usage_is_reported() const = 0;
  /// Bytes of generated text relayed so far, for an estimate where no usage came.
  virtual std::uint64_t generated_bytes() const = 0;
  virtual std::string_view error_message() const = 0;
  /// The provider's id of the reply; empty until an event has told it.
  virtual std::string_view response_id() const = 0;
};

/// Null for formats that have no streams. `scanner` is the thread's and outlives the relay.
std::unique_ptr<StreamRelay> make_stream_relay(WireFormat format, RelayOptions options,
                                               json::Scanner& scanner);

}  // namespace gatehouse::providers
