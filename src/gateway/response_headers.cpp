#include <fmt/format.h>

#include <array>

#include "call.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/limits/messages.hpp"

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

/// Spend and limits of the calling key. `key-spend` includes this call once it is settled.
void add_key_headers(const Call& call, net::HeaderBlock& headers) {
  const tenancy::Principal* principal = call.caller.principal.get();
  if (principal == nullptr || !call.reservation.admission) return;
  const tenancy::LimitTerms& terms = principal->key->limits;
  if (terms.max_budget) headers.add("x-litellm-key-max-budget", terms.max_budget->to_usd());
  if (terms.tpm_limit) headers.add("x-litellm-key-tpm-limit", *terms.tpm_limit);
  if (terms.rpm_limit) headers.add("x-litellm-key-rpm-limit", *terms.rpm_limit);
  const core::BudgetLimit window{.max = core::Money(),
                                 .duration = terms.budget_duration.value_or(std::string()),
                                 .anchor = terms.budget_anchor};
  const auto account =
      call.worker.tools.accounting.accounts.find(core::Scope::key, principal->key->account);
  if (account) {
    const auto& zone = call.snapshot->accounting.zone;
    const auto balance =
        account->balance(window, call.started_at, zone ? *zone : limits::TimeZone::utc());
    headers.add("x-litellm-key-spend", balance.spent.to_usd());
  }
  const std::vector<limits::RateState> rates = call.reservation.admission->rates(call.now());
  if (rates.empty()) return;
  for (const limits::Header& header : limits::rate_headers(rates)) {
    headers.add(header.name, header.value);
  }
  for (const limits::RateState& state : rates) {
    if (state.scope != core::Scope::key_model) continue;
    for (const limits::Header& header : limits::key_model_headers(state, call.wishes.model)) {
      headers.add(header.name, header.value);
    }
  }
}

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
  add_key_headers(call, headers);
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
