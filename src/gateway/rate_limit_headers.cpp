#include "rate_limit_headers.hpp"

#include <array>

#include "gatehouse/core/text.hpp"

namespace gatehouse::gateway {
namespace {

constexpr std::array<std::string_view, 2> kRequests{"x-ratelimit-remaining-requests",
                                                    "anthropic-ratelimit-requests-remaining"};
constexpr std::array<std::string_view, 2> kTokens{"x-ratelimit-remaining-tokens",
                                                  "anthropic-ratelimit-tokens-remaining"};

bool is_one_of(std::string_view name, const std::array<std::string_view, 2>& names) noexcept {
  for (const std::string_view known : names) {
    if (name.size() == known.size() && core::iequals(name, known)) return true;
  }
  return false;
}

}  // namespace

void note_rate_limits(const net::HeaderList& headers, models::DeploymentHealth& health) noexcept {
  constexpr std::size_t kShortest = kTokens.front().size();
  std::optional<std::uint64_t> requests;
  std::optional<std::uint64_t> tokens;
  for (const net::HeaderField& field : headers) {
    if (field.name.size() < kShortest) continue;
    if (is_one_of(field.name, kRequests)) requests = core::parse_u64(field.value);
    if (is_one_of(field.name, kTokens)) tokens = core::parse_u64(field.value);
  }
  health.told_remaining(requests, tokens);
}

}  // namespace gatehouse::gateway
