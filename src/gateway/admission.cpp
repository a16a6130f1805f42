/// The steps before anything goes upstream.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "call.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/ledger/entry.hpp"
#include "gatehouse/tenancy/access.hpp"

namespace gatehouse::gateway {
namespace {

using json::Kind;
using json::Member;
using providers::WireFormat;

constexpr std::size_t kMaxModelName = 512;
constexpr std::size_t kMaxFallbacks = 5;

/// Members that decide what the gateway does: doubled, they would mean different things to us and
/// to the upstream (faults.md F15).
constexpr std::array<std::string_view, 14> kDecisive{"model",
                                                     "stream",
                                                     "stream_options",
                                                     "user",
                                                     "safety_identifier",
                                                     "fallbacks",
                                                     "num_retries",
                                                     "timeout",
                                                     "metadata",
                                                     "max_tokens",
                                                     "n",
                                                     "tags",
                                                     "max_completion_tokens",
                                                     "litellm_session_id"};

/// Seconds, with a fraction, as a duration of at most a day.
std::optional<core::Nanos> seconds(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  if (!std::isfinite(value) || value <= 0 || value > 86'400) return {};
  return core::Nanos(static_cast<std::int64_t>(value * 1e9));
}

Refusal invalid(std::string_view member, std::string_view what) {
  return bad_request("litellm.BadRequestError: Invalid value for '" + std::string(member) +
                         "': " + std::string(what),
                     std::string(member));
}

/// A text member: absent is fine, another kind is not.
std::optional<Refusal> read_text(const json::Outline& body, std::string_view name,
                                 std::string& into) {
  const Member* member = body.find(name);
  if (member == nullptr || member->kind == Kind::null) return {};
  auto text = json::as_string(*member);
  if (!text) return invalid(name, "expected a string");
  into = std::move(*text);
  return {};
}

std::optional<Refusal> read_flag(const json::Outline& body, std::string_view name, bool& into) {
  const Member* member = body.find(name);
  if (member == nullptr || member->kind == Kind::null) return {};
  const auto flag = json::as_bool(*member);
  if (!flag) return invalid(name, "expected true or false");
  into = *flag;
  return {};
}

/// What lies one level down is read with a scanner of its own, so that the outline stays valid.
json::Scanner& nested_scanner() {
  thread_local json::Scanner scanner;
  return scanner;
}

std::optional<Refusal> read_stream_options(const json::Outline& body, Wishes& wishes) {
  const Member* options = body.find("stream_options");
  if (options == nullptr || options->kind == Kind::null) return {};
  if (options->kind != Kind::object) return invalid("stream_options", "expected an object");
  const auto inner = nested_scanner().scan_copy(options->value);
  if (!inner) return invalid("stream_options", "expected an object");
  if (inner->repeated("include_usage")) return invalid("stream_options.include_usage", "repeated");
  return read_flag(*inner, "include_usage", wishes.usage_on_stream);
}

/// The largest of some members; empty when none is there or one cannot be told.
std::optional<std::uint64_t> largest_of(const json::Outline& body,
                                        std::initializer_list<std::string_view> names) {
  std::optional<std::uint64_t> largest;
  for (const std::string_view name : names) {
    const Member* member = body.find(name);
    if (member == nullptr || member->kind == Kind::null) continue;
    const auto count = json::as_uint(*member);
    if (!count || body.repeated(name)) return {};
    largest = std::max(largest.value_or(0), *count);
  }
  return largest;
}

/// Malformed limits are the upstream's to refuse.
void read_output_limit(const json::Outline& body, Wishes& wishes) {
  const auto tokens = largest_of(body, {"max_completion_tokens", "max_tokens"});
  const std::uint64_t choices = largest_of(body, {"n", "best_of"}).value_or(1);
  if (choices > 1024) return;
  wishes.choices = std::max<std::uint64_t>(choices, 1);
  if (tokens && *tokens <= core::kMaxPlausibleTokens) wishes.max_output = *tokens * wishes.choices;
}

std::optional<Refusal> read_end_user(WireFormat format, const json::Outline& body, Wishes& wishes) {
  if (format != WireFormat::anthropic_messages && format != WireFormat::anthropic_count_tokens) {
    if (auto refusal = read_text(body, "user", wishes.end_user)) return refusal;
    if (!wishes.end_user.empty()) return {};
    return read_text(body, "safety_identifier", wishes.end_user);
  }
  const Member* metadata = body.find("metadata");
  if (metadata == nullptr || metadata->kind != Kind::object) return {};
  const auto inner = nested_scanner().scan_copy(metadata->value);
  if (!inner) return invalid("metadata", "expected an object");
  return read_text(*inner, "user_id", wishes.end_user);
}

std::optional<Refusal> read_fallbacks(const json::Outline& body, Wishes& wishes) {
  const Member* fallbacks = body.find("fallbacks");
  if (fallbacks == nullptr || fallbacks->kind == Kind::null) return {};
  if (fallbacks->kind != Kind::array) return invalid("fallbacks", "expected a list of models");
  const auto inner = nested_scanner().scan_copy(fallbacks->value);
  if (!inner) return invalid("fallbacks", "expected a list of models");
  if (inner->members().size() > kMaxFallbacks) return invalid("fallbacks", "at most 5 models");
  for (const Member& entry : inner->members()) {
    auto name = json::as_string(entry);
    if (!name) return invalid("fallbacks", "expected a list of model names");
    wishes.fallbacks.push_back(std::move(*name));
  }
  return {};
}

std::optional<Refusal> read_retry_wishes(const json::Outline& body, const net::HeaderList& headers,
                                         Wishes& wishes) {
  if (const Member* retries = body.find("num_retries");
      retries != nullptr && retries->kind != Kind::null) {
    const auto count = json::as_uint(*retries);
    if (!count || *count > 100) return invalid("num_retries", "expected a small whole number");
    wishes.num_retries = static_cast<std::uint32_t>(*count);
  }
  if (const Member* timeout = body.find("timeout");
      timeout != nullptr && timeout->kind != Kind::null) {
    wishes.timeout = seconds(timeout->value);
    if (!wishes.timeout) return invalid("timeout", "expected a positive number of seconds");
  }
  if (const auto value = headers.find("x-litellm-num-retries")) {
    const auto count = core::parse_u64(*value);
    if (!count || *count > 100) return invalid("x-litellm-num-retries", "not a small whole number");
    wishes.num_retries = static_cast<std::uint32_t>(*count);
  }
  if (const auto value = headers.find("x-litellm-timeout")) {
    wishes.timeout = seconds(*value);
    if (!wishes.timeout) return invalid("x-litellm-timeout", "not a positive number of seconds");
  }
  if (const auto value = headers.find("x-litellm-stream-timeout")) {
    wishes.stream_timeout = seconds(*value);
    if (!wishes.stream_timeout) {
      return invalid("x-litellm-stream-timeout", "not a positive number of seconds");
    }
  }
  for (const std::string_view name : {"x-litellm-end-user-id", "x-litellm-customer-id"}) {
    if (const auto value = headers.find(name); value && wishes.end_user.empty()) {
      wishes.end_user = std::string(*value);
    }
  }
  return {};
}

/// Whether key, team, user and organization allow a model.
std::optional<tenancy::Refusal> refuse_model(const Call& call, std::string_view model,
                                             const models::ModelMatch& match) {
  std::vector<std::string> groups;
  if (match.group != nullptr) groups = match.group->deployments.front()->access_groups;
  return tenancy::refuse_model(call.caller, {.model = model, .access_groups = groups});
}

/// A list of texts: body members `tags` and `metadata.tags`.
std::optional<Refusal> read_tags(const json::Outline& body, Wishes& wishes) {
  const Member* tags = body.find("tags");
  if (tags == nullptr || tags->kind == Kind::null) return {};
  if (tags->kind != Kind::array) return invalid("tags", "expected a list of strings");
  thread_local json::Scanner scanner;
  const auto list = scanner.scan_copy(tags->value);
  if (!list || list->members().size() > ledger::kMaxTags) {
    return invalid("tags", "expected a list of at most 32 strings");
  }
  for (const Member& entry : list->members()) {
    auto tag = json::as_string(entry);
    if (!tag || tag->empty() || tag->size() > ledger::kMaxTag) {
      return invalid("tags", "a tag is a text of 1 to 64 bytes");
    }
    if (std::ranges::find(wishes.tags, *tag) == wishes.tags.end()) {
      wishes.tags.push_back(std::move(*tag));
    }
  }
  return {};
}

std::optional<Refusal> read_metadata_tags(const json::Outline& body, Wishes& wishes) {
  const Member* metadata = body.find("metadata");
  if (metadata == nullptr || metadata->kind != Kind::object) return {};
  const auto inner = nested_scanner().scan_copy(metadata->value);
  if (!inner) return invalid("metadata", "expected an object");
  return read_tags(*inner, wishes);
}

/// x-litellm-tags, x-litellm-session-id, x-litellm-spend-logs-metadata.
std::optional<Refusal> read_labels(const json::Outline& body, const net::HeaderList& headers,
                                   Wishes& wishes) {
  if (auto refusal = read_tags(body, wishes)) return refusal;
  if (auto refusal = read_metadata_tags(body, wishes)) return refusal;
  if (const auto value = headers.find("x-litellm-tags")) {
    for (const std::string_view part : core::split(*value, ',')) {
      const std::string_view tag = core::trim(part);
      if (tag.empty() || tag.size() > ledger::kMaxTag || wishes.tags.size() >= ledger::kMaxTags) {
        return invalid("x-litellm-tags", "a tag is a text of 1 to 64 bytes, at most 32 of them");
      }
      if (std::ranges::find(wishes.tags, tag) == wishes.tags.end()) wishes.tags.emplace_back(tag);
    }
  }
  if (auto refusal = read_text(body, "litellm_session_id", wishes.session_id)) return refusal;
  if (const auto value = headers.find("x-litellm-session-id")) wishes.session_id = *value;
  if (const auto value = headers.find("x-litellm-spend-logs-metadata")) {
    const auto text = nested_scanner().scan_copy(*value);
    if (!text || text->kind() != Kind::object) {
      return invalid("x-litellm-spend-logs-metadata", "expected a JSON object");
    }
    wishes.client_metadata = std::string(*value);
  }
  return {};
}

/// An end user is any text to a provider. Longer ones than the ledger keeps are counted under their
/// digest, so that two of them never share a counter.
void shorten(std::string& end_user) {
  if (end_user.size() > ledger::kMaxId) end_user = "sha256:" + crypto::sha256_hex(end_user);
}

/// What the key and its team say about every call of theirs.
void add_own_tags(const tenancy::Caller& caller, Wishes& wishes) {
  if (!caller.principal) return;
  const auto add = [&wishes](const std::vector<std::string>& tags) {
    for (const std::string& tag : tags) {
      if (wishes.tags.size() < ledger::kMaxTags &&
          std::ranges::find(wishes.tags, tag) == wishes.tags.end()) {
        wishes.tags.push_back(tag);
      }
    }
  };
  add(caller.principal->key->tags);
  if (caller.principal->team) add(caller.principal->team->tags);
}

bool can_stream(WireFormat format) {
  return format == WireFormat::openai_chat || format == WireFormat::openai_completions ||
         format == WireFormat::anthropic_messages;
}

}  // namespace

std::optional<Refusal> authenticate(Call& call) {
  auto outcome = call.snapshot->authenticator.begin(call.inbound.headers, call.started_at);
  if (auto* failure = std::get_if<tenancy::AuthenticationFailure>(&outcome)) {
    return Refusal{failure->status,
                   std::move(failure->message),
                   std::move(failure->type),
                   std::move(failure->param),
                   {}};
  }
  if (const auto* absent = std::get_if<tenancy::KeyToLoad>(&outcome)) {
    call.key_to_load = absent->hash;
    return {};
  }
  call.caller = std::move(std::get<tenancy::Caller>(outcome));
  call.authenticated = true;
  auto denied = tenancy::refuse_route(
      call.caller,
      {.kind = tenancy::RouteKind::llm_api, .path = call.inbound.route, .reads = false});
  if (!denied) return {};
  return Refusal{denied->status,
                 std::move(denied->message),
                 std::move(denied->type),
                 std::move(denied->param),
                 {}};
}

core::Task<std::optional<Refusal>> load_key(Call& call) {
  const Accounting& accounting = call.worker.tools.accounting;
  auto ask = [directory = &accounting.directory,
              hash = call.key_to_load.value_or(crypto::Sha256{})] {
    return directory->load_key(hash);
  };
  auto loaded = co_await accounting.pool.run(call.worker.tools.loop, std::move(ask));
  if (!loaded) co_return refusal_for(loaded.error());
  call.key_to_load.reset();
  auto refusal = authenticate(call);
  if (!refusal && call.key_to_load) {
    co_return refusal_for(core::Error{core::Errc::unavailable, "the server is busy"});
  }
  co_return refusal;
}

std::optional<Refusal> read_request(Call& call) {
  const Inbound& inbound = call.inbound;
  auto outline = call.worker.requests.scan(inbound.body);
  if (!outline) {
    return bad_request("litellm.BadRequestError: Invalid JSON body: " +
                       outline.error().public_message);
  }
  if (outline->kind() != Kind::object) {
    return bad_request("litellm.BadRequestError: The request body must be a JSON object");
  }
  call.fresh_outline = *outline;
  for (const std::string_view name : kDecisive) {
    if (outline->ambiguous(name)) {
      return invalid(name, "the member is repeated or spelled in another case");
    }
  }
  Wishes& wishes = call.wishes;
  if (auto refusal = read_text(*outline, "model", wishes.model)) return refusal;
  if (!inbound.path_model.empty()) wishes.model = std::string(inbound.path_model);
  if (wishes.model.empty()) {
    return bad_request("litellm.BadRequestError: " + std::string(inbound.route) +
                           ": model is missing in the request body",
                       "model");
  }
  if (wishes.model.size() > kMaxModelName) return invalid("model", "the name is too long");
  if (auto refusal = read_flag(*outline, "stream", wishes.stream)) return refusal;
  wishes.stream = wishes.stream && can_stream(inbound.format);
  if (inbound.format != WireFormat::anthropic_messages) {
    if (auto refusal = read_stream_options(*outline, wishes)) return refusal;
  }
  read_output_limit(*outline, wishes);
  if (auto refusal = read_end_user(inbound.format, *outline, wishes)) return refusal;
  if (auto refusal = read_fallbacks(*outline, wishes)) return refusal;
  if (auto refusal = read_retry_wishes(*outline, inbound.headers, wishes)) return refusal;
  if (auto refusal = read_labels(*outline, inbound.headers, wishes)) return refusal;
  add_own_tags(call.caller, wishes);
  shorten(wishes.end_user);
  if (wishes.timeout) {
    call.deadline = std::min(call.deadline, inbound.received_at + *wishes.timeout);
  }
  return {};
}

std::optional<Refusal> find_model(Call& call) {
  const std::string_view wanted = tenancy::resolve_alias(call.caller, call.wishes.model);
  call.match = call.snapshot->table->resolve(wanted);
  std::optional<tenancy::Refusal> denied = refuse_model(call, call.wishes.model, call.match);
  for (const std::string& fallback : call.wishes.fallbacks) {
    if (!denied) denied = refuse_model(call, fallback, call.snapshot->table->resolve(fallback));
  }
  if (denied) {
    return Refusal{call.snapshot->accounting.model_denied_status,
                   std::move(denied->message),
                   std::move(denied->type),
                   std::move(denied->param),
                   {}};
  }
  if (call.match.group != nullptr) return {};
  Refusal refusal =
      bad_request(std::string(call.inbound.route) +
                  ": Invalid model name passed in model=" + core::printable(call.wishes.model) +
                  ". Call `/v1/models` to view available models for your key.");
  refusal.type = "None";
  return refusal;
}

}  // namespace gatehouse::gateway
