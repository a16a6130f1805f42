#include "demand.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "gatehouse/providers/token_estimate.hpp"

namespace gatehouse::gateway {
namespace {

using providers::WireFormat;

/// Where neither the client nor the price map bounds the output.
constexpr std::uint64_t kDefaultOutputBound = 16'384;
/// Less output than this is not worth a call.
constexpr std::uint64_t kLeastOutput = 16;

bool has_output(WireFormat format) {
  return format != WireFormat::openai_embeddings && format != WireFormat::anthropic_count_tokens;
}

/// Tokens for the pace: about what the call will use, not the most that it could.
std::uint64_t expected_tokens(Call& call) {
  return call.estimate_prompt() + call.wishes.max_output.value_or(0);
}

}  // namespace

void bound_group(Call& call) {
  const providers::PromptBound prompt = providers::bound_prompt(call.outline());
  Reservation& reservation = call.reservation;
  reservation.prompt_tokens = prompt.tokens;
  std::uint64_t longest = 0;
  std::string scratch;
  for (const models::Deployment* deployment : call.match.group->deployments) {
    const std::string_view upstream = models::upstream_model(*deployment, call.match, scratch);
    const models::PriceSet* prices =
        models::prices_for(*call.snapshot->table, *deployment, upstream);
    if (prices != nullptr) {
      reservation.price.join(models::PriceBound(
          *prices, {.cache_writes = prompt.cache_writes, .audio = prompt.audio}));
    }
    longest = std::max(longest, deployment->max_output_tokens);
  }
  if (!has_output(call.inbound.format)) {
    reservation.output_tokens = 0;
  } else if (call.wishes.max_output) {
    reservation.output_tokens = *call.wishes.max_output;
  } else {
    reservation.output_tokens =
        (longest != 0 ? longest : kDefaultOutputBound) * call.wishes.choices;
  }
}

core::Result<limits::Demand> demand_of(Call& call) {
  const Reservation& reservation = call.reservation;
  auto prompt = reservation.price.of_prompt(reservation.prompt_tokens);
  if (!prompt) return core::pass(prompt);
  // What failed tries have cost already comes on top of what the next one may cost.
  prompt = prompt->plus(call.failed_cost);
  if (!prompt) return core::pass(prompt);
  auto output = reservation.price.of_output(reservation.output_tokens);
  if (!output) return core::pass(output);
  return limits::Demand{.fixed_cost = *prompt,
                        .output_cost = *output,
                        .tokens = reservation.paced ? expected_tokens(call) : 0,
                        .at = call.started_at,
                        .now = call.now()};
}

std::uint64_t affordable_output(const Call& call, const limits::Denial& denial) {
  const Reservation& reservation = call.reservation;
  if (denial.reason != limits::Denial::Reason::budget) return 0;
  if (call.snapshot->accounting.reservation != limits::ReservationMode::strict) return 0;
  const std::uint64_t choices = call.wishes.choices;
  const std::uint64_t least = std::min(reservation.output_tokens, kLeastOutput * choices);
  std::uint64_t affordable =
      reservation.price.output_within(denial.affordable_output, reservation.output_tokens);
  affordable -= affordable % choices;
  const bool reduces = affordable >= least && affordable < reservation.output_tokens;
  return reduces ? affordable : 0;
}

bool clamp(Call& call, const limits::Denial& denial) {
  const std::uint64_t affordable = affordable_output(call, denial);
  if (affordable == 0) return false;
  call.reservation.output_tokens = affordable;
  call.reservation.output_limit = affordable / call.wishes.choices;
  return true;
}

void tell_output_bound(Call& call) {
  Reservation& reservation = call.reservation;
  if (reservation.output_tokens == 0) return;
  reservation.output_limit = reservation.output_tokens / call.wishes.choices;
}

bool bounded_by_budget(const std::vector<limits::Charge>& charges) {
  return std::ranges::any_of(charges, [](const limits::Charge& charge) {
    return charge.limits != nullptr && !charge.limits->budgets.empty();
  });
}

bool limits_pace(const std::vector<limits::Charge>& charges) {
  return std::ranges::any_of(charges, [](const limits::Charge& charge) {
    return charge.limits != nullptr && charge.limits->rate.tokens_per_minute;
  });
}

}  // namespace gatehouse::gateway
