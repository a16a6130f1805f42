#pragma once
/// Translation between a wire format and the neutral conversation.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/error.hpp"
#include "gatehouse/providers/chat.hpp"
#include "gatehouse/providers/wire_format.hpp"

namespace gatehouse::providers {

struct EncodeOptions {
  std::string_view upstream_model = {};
  /// True: what the format lacks is left out and listed in `dropped`. False: the first such
  /// member is an Errc::invalid_argument that names it.
  bool drop_params = false;
  /// Largest output of the model, where the format demands a bound and the request has none.
  std::uint64_t default_max_tokens = 4096;
  /// OpenAI streams: ask for the usage (Provider::takes_stream_options).
  bool stream_options = true;
};

struct EncodedRequest {
  std::string body;
  std::vector<std::string> dropped;  ///< names of the members left out
};

/// Decodes the events of one streamed reply. One object per stream.
class StreamDecoder {
 public:
  virtual ~StreamDecoder() = default;
  /// `type` and `data` of one server-sent event; appends to `out`. Malformed data is
  /// Errc::upstream_failed.
  virtual core::Result<void> decode(std::string_view type, std::string_view data,
                                    std::vector<Delta>& out) = 0;
};

struct StreamEncodeOptions {
  std::string model;             ///< the name the client asked for
  bool include_usage = false;    ///< OpenAI: send the usage chunk
  std::string fallback_id = {};  ///< when the provider gives none
  std::int64_t created = 0;      ///< seconds since 1970, when the provider gives none
};

/// Encodes deltas as server-sent events of one format. One object per stream.
class StreamEncoder {
 public:
  virtual ~StreamEncoder() = default;
  /// Appends the events that `delta` causes, ready to send.
  virtual void encode(const Delta& delta, std::string& out) = 0;
};

/// One chat wire format, both ways. Stateless and thread-safe.
class ChatCodec {
 public:
  virtual ~ChatCodec() = default;
  /// Errc::invalid_argument names the offending member ("messages[2].content: …").
  virtual core::Result<ChatRequest> decode_request(std::string_view body) const = 0;
  virtual core::Result<EncodedRequest> encode_request(const ChatRequest& request,
                                                      const EncodeOptions& options) const = 0;
  /// Errc::upstream_failed when the body is not a reply of this format.
  virtual core::Result<ChatReply> decode_reply(std::string_view body) const = 0;
  virtual std::string encode_reply(const ChatReply& reply) const = 0;
  virtual std::unique_ptr<StreamDecoder> make_stream_decoder() const = 0;
  virtual std::unique_ptr<StreamEncoder> make_stream_encoder(StreamEncodeOptions options) const = 0;
};

/// The codec of a chat format (openai_chat, openai_completions, anthropic_messages); static
/// lifetime. Null for formats that are only passed through. openai_completions decodes and
/// encodes for clients only: a provider that lacks it is asked in its chat format.
const ChatCodec* chat_codec(WireFormat format) noexcept;

}  // namespace gatehouse::providers
