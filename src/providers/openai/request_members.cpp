#include "openai/request_members.hpp"

#include "json_view.hpp"

namespace gatehouse::providers::openai {
namespace {

core::Result<void> decode_stop(const json::Member& member, const FieldPath& path,
                               ChatRequest& request) {
  if (is_string(member)) {
    request.stop.push_back(json::as_string(member).value_or(""));
    return {};
  }
  if (!is_array(member)) return path.fail("must be a string or an array of strings");
  std::size_t index = 0;
  for (const json::Member& element : Children(member)) {
    auto text = json::as_string(element);
    if (!text) return path[index].fail("must be a string");
    if (++index > 1024) return path.fail("has too many sequences");
    request.stop.push_back(std::move(*text));
  }
  return {};
}

core::Result<void> decode_stream_options(const json::Member& member, const FieldPath& path,
                                         ChatRequest& request) {
  if (!is_object(member)) return path.fail("must be an object");
  for (const json::Member& option : Children(member)) {
    // include_obfuscation is padding against eavesdroppers: ours to decide on our own stream.
    if (is_null(option) || key_is(option, "include_obfuscation")) continue;
    if (key_is(option, "include_usage")) {
      auto read = read_into(option, path / "include_usage", request.include_usage);
      if (!read) return read;
      continue;
    }
    request.extra.emplace_back((path / key_of(option)).text(), option.value);
  }
  return {};
}

core::Result<void> decode_number(std::string_view name, const json::Member& member,
                                 const FieldPath& path, ChatRequest& request, bool& known) {
  known = true;
  if (name == "temperature") return read_into(member, path, request.temperature);
  if (name == "top_p") return read_into(member, path, request.top_p);
  if (name == "top_k") return read_into(member, path, request.top_k);
  if (name == "presence_penalty") return read_into(member, path, request.presence_penalty);
  if (name == "frequency_penalty") return read_into(member, path, request.frequency_penalty);
  if (name == "seed") return read_into(member, path, request.seed);
  if (name == "n") return read_into(member, path, request.n);
  known = false;
  return {};
}

}  // namespace

core::Result<bool> decode_common_member(std::string_view name, const json::Member& member,
                                        const FieldPath& path, ChatRequest& request) {
  bool known = false;
  core::Result<void> read = decode_number(name, member, path, request, known);
  if (!known) {
    known = true;
    if (name == "model") {
      read = read_into(member, path, request.model);
    } else if (name == "max_tokens") {
      // The newer name wins, wherever it stands.
      std::optional<std::uint64_t> limit;
      read = read_into(member, path, limit);
      if (!request.max_tokens) request.max_tokens = limit;
    } else if (name == "max_completion_tokens") {
      read = read_into(member, path, request.max_tokens);
    } else if (name == "stop") {
      read = decode_stop(member, path, request);
    } else if (name == "stream") {
      read = read_into(member, path, request.stream);
    } else if (name == "stream_options") {
      read = decode_stream_options(member, path, request);
    } else if (name == "user") {
      read = read_into(member, path, request.user);
    } else {
      known = false;
    }
  }
  if (!read) return core::pass(read);
  return known;
}

}  // namespace gatehouse::providers::openai
