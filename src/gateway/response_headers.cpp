#include <fmt/format.h>

#include <array>

#include "call.hpp"
#include "gatehouse/core/text.hpp"

namespace gatehouse::gateway {
namespace {

/// Milliseconds with microsecond digits, as LiteLLM writes durations.
std::string_view millis_text(core::Nanos duration, std::array<char, 32>& buffer) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  const auto end =
      fmt::format_to_n(buffer.data(), buffer.size(), "{}.{:03}", micros / 1000, micros % 1000);
  return {buffer.data(), end.size};
}

/// "1.0", "2.5": a Python float.
std::string_view seconds_text(core::Nanos duration, std::array<char, 32>& buffer) {
  const auto end = fmt::format_to_n(buffer.data(), buffer.size(), "{}",
                                    static_cast<double>(duration.count()) / 1e9);
  std::string_view text(buffer.data(), end.size);
  if (text.find('.') != std::string_view::npos) return text;
  return {buffer.data(),
          static_cast<std::size_t>(fmt::format_to_n(buffer.data() + end.size, 2, ".0").out -
                                   buffer.data())};
}

constexpr std::array<std::string_view, 14> kNotForwarded{"connection",
                                                         "keep-alive",
                                                         "transfer-encoding",
                                                         "content-length",
                                                         "content-encoding",
                                                         "set-cookie",
                                                         "upgrade",
                                                         "trailer",
                                                         "te",
                                                         "server",
                                                         "proxy-authenticate",
                                                         "proxy-authorization",
                                                         "date",
                                                         "content-type"};

}  // namespace

void add_answer_headers(const Call& call, net::HeaderBlock& headers) {
  headers.add("x-litellm-call-id", call.id);
  if (call.deployment != nullptr) {
    headers.append(call.snapshot->upstream_of(*call.deployment).answer_headers);
  }
  if (call.match.group != nullptr) headers.add("x-litellm-model-group", call.wishes.model);
  const auto elapsed = call.worker.tools.loop.clock().monotonic() - call.inbound.received_at;
  std::array<char, 32> buffer{};
  headers.add("x-litellm-response-duration-ms", millis_text(elapsed, buffer));
  headers.add("x-litellm-overhead-duration-ms",
              millis_text(elapsed - call.upstream_duration, buffer));
  headers.add("x-litellm-attempted-retries", std::uint64_t{call.retries});
  headers.add("x-litellm-max-retries", std::uint64_t{call.max_retries});
  headers.add("x-litellm-attempted-fallbacks", std::uint64_t{call.fallbacks});
  if (call.wishes.timeout) {
    headers.add("x-litellm-timeout", seconds_text(*call.wishes.timeout, buffer));
  }
  headers.add("x-litellm-max-fallbacks", std::uint64_t{call.settings().max_fallbacks});
}

void add_provider_headers(const net::HeaderList& from, net::HeaderBlock& headers) {
  std::array<char, 80> name{};
  static constexpr std::string_view kPrefix = "llm_provider-";
  std::copy(kPrefix.begin(), kPrefix.end(), name.begin());
  for (const net::HeaderField& field : from) {
    if (field.name.size() > name.size() - kPrefix.size() || field.value.size() > 512) continue;
    bool skip = false;
    for (const std::string_view hidden : kNotForwarded) {
      skip = skip || core::iequals(field.name, hidden);
    }
    if (skip) continue;
    std::size_t length = kPrefix.size();
    for (const char c : field.name) name[length++] = core::ascii_lower(c);
    headers.add({name.data(), length}, field.value);
  }
}

}  // namespace gatehouse::gateway
