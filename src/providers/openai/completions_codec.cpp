#include "decode_support.hpp"
#include "encode_support.hpp"
#include "gatehouse/json/writer.hpp"
#include "json_view.hpp"
#include "openai/chat_reply.hpp"
#include "openai/codec.hpp"
#include "openai/completions_stream.hpp"
#include "openai/finish_reason.hpp"
#include "openai/request_members.hpp"
#include "openai/usage.hpp"
#include "proxy_members.hpp"

namespace gatehouse::providers::openai {
namespace {

core::Result<void> decode_prompt(const json::Member& prompt, const FieldPath& path,
                                 ChatRequest& request) {
  Message message{.role = Role::user, .parts = {}};
  json::Member text = prompt;
  if (is_array(prompt)) {
    const Children elements(prompt);
    auto element = elements.begin();
    if (element == elements.end()) return path.fail("must not be empty");
    if (element->kind == json::Kind::number || is_array(*element)) {
      return path.fail("given as tokens is not supported by this model's provider; send text");
    }
    text = *element;
    if (++element != elements.end()) {
      return path.fail("with several texts is not supported by this model's provider; send one");
    }
  }
  TextPart part;
  if (auto read = read_into(text, path, part.text); !read) return read;
  message.parts.emplace_back(std::move(part));
  request.messages.push_back(std::move(message));
  return {};
}

core::Result<void> decode_member(std::string_view name, const json::Member& member,
                                 const FieldPath& path, ChatRequest& request) {
  auto common = decode_common_member(name, member, path, request);
  if (!common) return core::pass(common);
  if (*common || is_proxy_member(name) || name == "metadata") return {};
  if (name == "prompt") return decode_prompt(member, path, request);
  if (name == "best_of" && member.value == "1") return {};
  request.extra.emplace_back(name, member.value);
  return {};
}

core::Result<ChatRequest> decode_completion_request(std::string_view body) {
  auto root = parse_json(body);
  if (!root) return core::pass(root);
  const FieldPath path;
  if (!is_object(*root)) return path.fail("the request body must be a JSON object");
  ChatRequest request;
  request.origin = WireFormat::openai_completions;
  SeenNames seen;
  for (const json::Member& member : Children(*root)) {
    auto name = seen.add(member, path);
    if (!name) return core::pass(name);
    if (is_null(member)) continue;
    if (auto read = decode_member(*name, member, path / *name, request); !read) {
      return core::pass(read);
    }
  }
  if (request.messages.empty()) return (path / "prompt").fail("is required");
  return request;
}

core::Result<EncodedRequest> refuse_encoding() {
  return core::fail(core::Errc::invalid_argument,
                    "messages: conversations cannot be sent to a completions API");
}

core::Result<ChatReply> decode_completion_reply(std::string_view body) {
  auto root = parse_json(body);
  const auto choices = root ? find_set(*root, "choices") : std::nullopt;
  if (!choices || !is_array(*choices)) {
    return core::fail(core::Errc::upstream_failed, "the provider's answer is not a completion");
  }
  ChatReply reply;
  reply.id = find_text(*root, "id");
  reply.model = find_text(*root, "model");
  if (const auto created = find(*root, "created")) {
    reply.created = json::as_int(*created).value_or(0);
  }
  for (const json::Member& raw : Children(*choices)) {
    if (reply.choices.size() == 1024) break;
    ChatChoice choice;
    choice.message.role = Role::assistant;
    choice.message.parts.emplace_back(TextPart{.text = find_text(raw, "text")});
    choice.finish = parse_finish(find_text(raw, "finish_reason"));
    if (const auto logprobs = find_set(raw, "logprobs")) choice.logprobs = logprobs->value;
    reply.choices.push_back(std::move(choice));
  }
  if (const auto usage = find(*root, "usage")) reply.usage = read_usage(*usage);
  return reply;
}

std::string encode_completion_reply(const ChatReply& reply) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("id", reply.id).member("object", "text_completion");
  writer.key("created").number(reply.created).member("model", reply.model);
  writer.key("choices").begin_array();
  std::uint64_t index = 0;
  for (const ChatChoice& choice : reply.choices) {
    writer.begin_object().member("text", joined_text(choice.message));
    writer.key("index").number(index++).key("logprobs").null();
    writer.member("finish_reason", finish_word(choice.finish)).end_object();
  }
  writer.end_array();
  if (reply.usage) {
    writer.key("usage");
    append_usage(body, *reply.usage);
  }
  writer.end_object();
  return body;
}

class Codec final : public ChatCodec {
 public:
  core::Result<ChatRequest> decode_request(std::string_view body) const override {
    return decode_completion_request(body);
  }
  core::Result<EncodedRequest> encode_request(const ChatRequest&,
                                              const EncodeOptions&) const override {
    return refuse_encoding();
  }
  core::Result<ChatReply> decode_reply(std::string_view body) const override {
    return decode_completion_reply(body);
  }
  std::string encode_reply(const ChatReply& reply) const override {
    return encode_completion_reply(reply);
  }
  std::unique_ptr<StreamDecoder> make_stream_decoder() const override {
    return std::make_unique<CompletionStreamDecoder>();
  }
  std::unique_ptr<StreamEncoder> make_stream_encoder(StreamEncodeOptions options) const override {
    return std::make_unique<CompletionStreamEncoder>(std::move(options));
  }
};

}  // namespace

const ChatCodec& completions_codec() noexcept {
  static const Codec codec;
  return codec;
}

}  // namespace gatehouse::providers::openai
