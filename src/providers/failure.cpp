#include "failure.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "gatehouse/core/text.hpp"
#include "json_view.hpp"

namespace gatehouse::providers {
namespace {

constexpr std::size_t kMaxMessage = 1000;
constexpr std::size_t kMaxWord = 100;

bool contains_any(std::string_view text, std::initializer_list<std::string_view> needles) {
  return std::ranges::any_of(needles, [&](std::string_view needle) {
    return text.find(needle) != std::string_view::npos;
  });
}

/// A text or a number as text, bounded and printable.
std::string word(const json::Member& member) {
  if (is_string(member)) {
    return core::printable(json::as_string(member).value_or(std::string()), kMaxWord);
  }
  if (member.kind == json::Kind::number) return std::string(member.value.substr(0, kMaxWord));
  return {};
}

/// Reads the members of an error object, of any vendor.
void read_error_object(const json::Member& object, UpstreamFailure& failure) {
  for (const json::Member& member : Children(object)) {
    if (key_is(member, "message") || key_is(member, "detail") || key_is(member, "error_message")) {
      if (is_null(member) || !failure.message.empty()) continue;
      const std::string text =
          is_string(member) ? json::as_string(member).value_or("") : std::string(member.value);
      failure.message = core::printable(text, kMaxMessage);
    } else if (key_is(member, "type")) {
      failure.type = word(member);
    } else if (key_is(member, "code")) {
      failure.code = word(member);
    } else if (key_is(member, "param") && is_string(member)) {
      failure.param = word(member);
    }
  }
}

void read_body(std::string_view body, UpstreamFailure& failure) {
  const auto root = parse_json(body);
  if (!root) {
    const std::string_view text = core::trim(body);
    // A page for people says nothing to a program.
    if (!text.empty() && text.front() != '<') failure.message = core::printable(text, 200);
    return;
  }
  // Some servers wrap the object in an array.
  json::Member object = *root;
  if (is_array(object)) {
    const Children elements(object);
    if (!elements.empty()) object = *elements.begin();
  }
  const auto error = find_set(object, "error");
  if (error && is_object(*error)) {
    read_error_object(*error, failure);
    return;
  }
  if (error && is_string(*error)) {
    failure.message = core::printable(json::as_string(*error).value_or(""), kMaxMessage);
  }
  read_error_object(object, failure);
}

bool speaks_of_window(const UpstreamFailure& failure) {
  return failure.code == "context_length_exceeded" ||
         contains_any(core::to_lower(failure.message),
                      {"maximum context length", "prompt is too long", "context window",
                       "exceed context limit", "context length", "context size"});
}

bool speaks_of_policy(const UpstreamFailure& failure) {
  return failure.code == "content_filter" || failure.code == "content_policy_violation" ||
         failure.code == "invalid_prompt" || failure.type == "content_filter" ||
         contains_any(
             core::to_lower(failure.message),
             {"content management policy", "content policy", "content filtering policy",
              "usage policy", "safety system", "flagged by moderation", "requires moderation"});
}

bool speaks_of_quota(const UpstreamFailure& failure) {
  return failure.code == "insufficient_quota" || failure.type == "insufficient_quota" ||
         failure.type == "billing_error" ||
         contains_any(core::to_lower(failure.message), {"credit balance is too low"});
}

FailureClass classify(const UpstreamFailure& failure) {
  const int status = failure.status;
  const bool refused = status == 400 || status == 403 || status == 413 || status == 422;
  if (refused && speaks_of_policy(failure)) return FailureClass::content_policy;
  if (refused && speaks_of_window(failure)) return FailureClass::context_window;
  if (status == 402 || (status < 500 && speaks_of_quota(failure))) {
    return FailureClass::rate_limited;
  }
  switch (status) {
    case 401:
    case 403:
    case 407:
      return FailureClass::authentication;
    case 408:
    case 504:
    case 524:
      return FailureClass::timeout;
    case 409:
    case 425:
    case 503:
    case 529:
      return FailureClass::overloaded;
    case 429:
      return FailureClass::rate_limited;
    default:
      break;
  }
  if (status < 400 || status > 599) return FailureClass::garbage;
  return status < 500 ? FailureClass::bad_request : FailureClass::server_error;
}

/// Vendors repeat the credential that they refuse, whole or in part: what looks like one goes.
std::string without_credentials(std::string_view message) {
  constexpr std::string_view kWordCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_*.+/=";
  std::string clean;
  while (!message.empty()) {
    const std::size_t gap = std::min(message.find_first_of(kWordCharacters), message.size());
    clean += message.substr(0, gap);
    message.remove_prefix(gap);
    const std::size_t length = std::min(message.find_first_not_of(kWordCharacters), message.size());
    const std::string_view run = message.substr(0, length);
    const bool suspicious =
        run.starts_with("sk-") || run.find('*') != std::string_view::npos ||
        (run.size() >= 12 && run.find_first_of("0123456789_") != std::string_view::npos);
    if (suspicious && !run.starts_with("//")) {
      clean += "[redacted]";
    } else {
      clean += run;
    }
    message.remove_prefix(length);
  }
  return clean;
}

}  // namespace

UpstreamFailure read_error_reply(int status, const net::HeaderList& headers, std::string_view body,
                                 core::WallTime now) {
  UpstreamFailure failure;
  failure.status = status;
  read_body(body, failure);
  if (failure.message.empty()) {
    failure.message = "the provider answered " + std::to_string(status) + " " +
                      std::string(net::reason_phrase(status));
  }
  failure.kind = classify(failure);
  if (failure.kind == FailureClass::authentication) {
    failure.message = without_credentials(failure.message);
  }
  failure.retry_after = read_retry_after(headers, now);
  return failure;
}

std::string_view name_of(FailureClass kind) noexcept {
  switch (kind) {
    case FailureClass::bad_request:
      return "bad_request";
    case FailureClass::authentication:
      return "authentication";
    case FailureClass::rate_limited:
      return "rate_limited";
    case FailureClass::timeout:
      return "timeout";
    case FailureClass::overloaded:
      return "overloaded";
    case FailureClass::server_error:
      return "server_error";
    case FailureClass::connection:
      return "connection";
    case FailureClass::garbage:
      return "garbage";
    case FailureClass::content_policy:
      return "content_policy";
    case FailureClass::context_window:
      return "context_window";
  }
  return "unknown";
}

}  // namespace gatehouse::providers
