/// Before a call goes upstream: who is charged, how much is held back, and its journal entry.

#include <algorithm>
#include <array>
#include <coroutine>
#include <map>

#include "call.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/providers/token_estimate.hpp"
#include "journal_entry.hpp"

namespace gatehouse::gateway {
namespace {

using core::Scope;
using providers::WireFormat;

/// Where neither the client nor the price map bounds the output.
constexpr std::uint64_t kDefaultOutputBound = 16'384;
/// Less output than this is not worth a call.
constexpr std::uint64_t kLeastOutput = 16;
/// Others may take what seemed affordable a moment ago.
constexpr int kClampTries = 4;

bool has_output(WireFormat format) {
  return format != WireFormat::openai_embeddings && format != WireFormat::anthropic_count_tokens;
}

/// The dearest of the group's deployments, and the longest output that one of them can give.
void bound_group(Call& call, const providers::PromptBound& prompt) {
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

/// Tokens for the pace: about what the call will use, not the most that it could.
std::uint64_t expected_tokens(Call& call) {
  return call.estimate_prompt() + call.wishes.max_output.value_or(0);
}

/// Whether anybody limits tokens per minute: where nobody does, none need be counted.
bool limits_pace(const std::vector<limits::Charge>& charges) {
  return std::ranges::any_of(charges, [](const limits::Charge& charge) {
    return charge.limits != nullptr && charge.limits->rate.tokens_per_minute;
  });
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

/// Charges beyond the caller's own: bounds by model, tags, the end user.
std::vector<PlannedCharge> further_charges(Call& call) {
  std::vector<PlannedCharge> out;
  const auto& principal = call.caller.principal;
  const std::string& group = call.match.group->name;
  if (principal) {
    if (const auto found = principal->key_model_limits.find(group);
        found != principal->key_model_limits.end()) {
      out.push_back(
          {Scope::key_model, core::pair_id(principal->key->account, group), &found->second});
    }
    if (const auto found = principal->team_model_limits.find(group);
        found != principal->team_model_limits.end()) {
      out.push_back(
          {Scope::team_model, core::pair_id(principal->team->team_id, group), &found->second});
    }
  }
  return out;
}

/// The row of an end user or tag; absent rows are loaded once.
template <class Find, class Load>
core::Task<core::Result<std::shared_ptr<const tenancy::Subject>>> subject(Call* call,
                                                                          std::string id, Find find,
                                                                          Load load) {
  const Accounting& accounting = call->worker.tools.accounting;
  for (int i = 0; i < 2; ++i) {
    tenancy::Directory::SubjectLookup found = (accounting.directory.*find)(id);
    if (found.loaded) co_return std::move(found.subject);
    auto ask = [directory = &accounting.directory, load, id] { return (directory->*load)(id); };
    auto loaded = co_await accounting.pool.run(call->worker.tools.loop, std::move(ask));
    call->fresh_outline.reset();
    if (!loaded) co_return core::pass(loaded);
  }
  co_return core::fail(core::Errc::unavailable, "the server is busy");
}

Refusal blocked_end_user(const Call& call) {
  return {
      403,
      "Authentication Error, End User=" + core::printable(call.wishes.end_user) + " is blocked.",
      "auth_error",
      "None",
      {}};
}

/// Rows of tags and of the end user; a blocked end user is refused.
core::Task<std::optional<Refusal>> add_subjects(Call& call, std::vector<PlannedCharge>& charges) {
  using tenancy::Directory;
  for (const std::string& tag : call.wishes.tags) {
    auto row = co_await subject(&call, tag, &Directory::find_tag, &Directory::load_tag);
    if (!row) co_return refusal_for(row.error());
    const core::LimitSet* limits = *row ? &(*row)->limits : nullptr;
    if (*row) call.reservation.subjects.push_back(std::move(*row));
    charges.push_back({Scope::tag, tag, limits});
  }
  if (call.wishes.end_user.empty()) co_return std::nullopt;
  auto row = co_await subject(&call, call.wishes.end_user, &Directory::find_end_user,
                              &Directory::load_end_user);
  if (!row) co_return refusal_for(row.error());
  if (*row && (*row)->blocked) co_return blocked_end_user(call);
  const core::LimitSet* limits = *row ? &(*row)->limits : nullptr;
  if (*row) call.reservation.subjects.push_back(std::move(*row));
  charges.push_back({Scope::end_user, call.wishes.end_user, limits});
  co_return std::nullopt;
}

using Charges = std::expected<std::vector<limits::Charge>, Refusal>;
enum class Whose : std::uint8_t { callers_too, planned_only };

/// Accounts of `planned` and, if asked for, of the caller; what is not in memory is loaded
/// together.
core::Task<Charges> find_planned(Call& call, std::vector<PlannedCharge> further,
                                 Whose whose = Whose::planned_only) {
  const Accounting& accounting = call.worker.tools.accounting;
  for (int i = 0; i < 3; ++i) {
    std::vector<limits::Charge> charges;
    std::vector<ledger::ScopeId> missing;
    charges.reserve(8 + further.size());
    if (whose == Whose::callers_too) {
      call.worker.charges.append(call.caller.principal, call.snapshot->accounting, charges,
                                 missing);
    }
    for (const PlannedCharge& planned : further) {
      call.worker.charges.append(planned, charges, missing);
    }
    if (missing.empty()) co_return charges;
    auto ask = [book = &accounting.accounts, balances = &accounting.balances,
                scopes = std::move(missing)] { return load_accounts(*book, *balances, scopes); };
    auto loaded = co_await accounting.pool.run(call.worker.tools.loop, std::move(ask));
    call.fresh_outline.reset();
    if (!loaded) co_return std::unexpected(refusal_for(loaded.error()));
  }
  co_return std::unexpected(
      refusal_for(core::Error{core::Errc::unavailable, "the server is busy"}));
}

core::Task<Charges> find_accounts(Call& call) {
  if (call.checks) {
    std::vector<PlannedCharge> own{{Scope::key, std::string(kCheckKey)}, {Scope::global, ""}};
    auto charges = co_await find_planned(call, std::move(own));
    co_return charges;
  }
  std::vector<PlannedCharge> further = further_charges(call);
  if (!call.wishes.tags.empty() || !call.wishes.end_user.empty()) {
    auto refused = co_await add_subjects(call, further);
    if (refused) co_return std::unexpected(std::move(*refused));
  }
  auto charges = co_await find_planned(call, std::move(further), Whose::callers_too);
  co_return charges;
}

/// How much output would fit, when that is what is missing: 0 when it cannot be reduced.
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

/// Less output. False when it cannot be reduced.
bool clamp(Call& call, const limits::Denial& denial) {
  const std::uint64_t affordable = affordable_output(call, denial);
  if (affordable == 0) return false;
  call.reservation.output_tokens = affordable;
  call.reservation.output_limit = affordable / call.wishes.choices;
  return true;
}

std::optional<Refusal> reserve(Call& call, const std::vector<limits::Charge>& charges) {
  const limits::Rules rules = call.snapshot->accounting.limits();
  for (int i = 0; i < kClampTries; ++i) {
    const auto demand = demand_of(call);
    if (!demand) return bad_request("litellm.BadRequestError: the request is too large to price");
    auto admitted = limits::Admission::admit(charges, *demand, rules);
    if (admitted) {
      call.reservation.admission.emplace(std::move(*admitted));
      return {};
    }
    if (!clamp(call, admitted.error()) || i + 1 == kClampTries) {
      return refusal_for(admitted.error(), call);
    }
  }
  return {};
}

/// A client's limit that the provider does not know of would not hold.
bool bounded_by_budget(const std::vector<limits::Charge>& charges) {
  return std::ranges::any_of(charges, [](const limits::Charge& charge) {
    return charge.limits != nullptr && !charge.limits->budgets.empty();
  });
}

/// What the reservation holds back for output goes upstream as a limit.
void tell_output_bound(Reservation& reservation, std::uint64_t choices) {
  if (reservation.output_tokens != 0)
    reservation.output_limit = reservation.output_tokens / choices;
}

/// The bounds of the deployment that was tried last no longer hold.
void drop_upstream(Reservation& reservation) {
  if (!std::exchange(reservation.bounds_upstream, false) || !reservation.admission) return;
  reservation.admission->drop(Scope::deployment);
  reservation.admission->drop(Scope::provider);
  reservation.admission->drop(Scope::model);
}

std::optional<Refusal> write_reservation(Call& call) {
  JournalEntry entry(call);
  auto written = call.worker.tools.accounting.journal.reserve(entry.reservation());
  if (written) return {};
  call.reservation.admission.reset();
  return refusal_for(written.error());
}

}  // namespace

core::Task<std::optional<Refusal>> admit(Call& call) {
  bound_group(call, providers::bound_prompt(call.outline()));
  auto charges = co_await find_accounts(call);
  if (!charges) co_return std::move(charges.error());
  call.reservation.paced = limits_pace(*charges);
  if (bounded_by_budget(*charges) && !call.wishes.max_output) {
    tell_output_bound(call.reservation, call.wishes.choices);
  }
  if (auto refusal = reserve(call, *charges)) co_return refusal;
  if (auto refusal = write_reservation(call)) co_return refusal;
  if (call.worker.tools.accounting.durability == ledger::Durability::power) {
    // One sync for both: nothing may leave of which the journal does not know after a power cut.
    dispatch(call);
    co_await make_durable(call);
  }
  co_return std::nullopt;
}

std::optional<Refusal> extend_reservation(Call& call) {
  drop_upstream(call.reservation);
  bound_group(call, providers::bound_prompt(call.outline()));
  if (call.reservation.output_limit) {
    // What was promised to go upstream stays the bound.
    call.reservation.output_tokens = *call.reservation.output_limit * call.wishes.choices;
  }
  const auto demand = demand_of(call);
  if (!demand) return bad_request("litellm.BadRequestError: the request is too large to price");
  auto& admission = call.reservation.admission;
  if (!admission) return {};
  const core::Money before = admission->reserved();
  auto extended = admission->extend({}, *demand, call.snapshot->accounting.limits());
  if (!extended) return refusal_for(extended.error(), call);
  if (admission->reserved() == before) return {};
  JournalEntry entry(call);
  auto written = call.worker.tools.accounting.journal.reserve(entry.reservation());
  if (!written) return refusal_for(written.error());
  return {};
}

namespace {

using NamedLimits = std::map<std::string, core::LimitSet, std::less<>>;

void plan_named(const NamedLimits& limits, Scope scope, const std::string& name,
                std::vector<PlannedCharge>& planned) {
  if (limits.empty()) return;
  if (const auto found = limits.find(name); found != limits.end()) {
    planned.push_back({scope, name, &found->second});
  }
}

/// Bounds of the deployment, its provider and its model group.
std::vector<PlannedCharge> upstream_charges(const Call& call,
                                            const models::Deployment& deployment) {
  std::vector<PlannedCharge> planned;
  if (!deployment.limits.empty()) {
    planned.push_back({Scope::deployment, deployment.id.text(), &deployment.limits});
  }
  plan_named(call.snapshot->accounting.providers, Scope::provider, deployment.provider, planned);
  plan_named(call.snapshot->accounting.models, Scope::model, call.match.group->name, planned);
  return planned;
}

/// Takes hold of bounds of a deployment, with less output if that was asked for and is what it
/// takes.
std::optional<Refusal> hold_upstream(Call& call, limits::Admission& admission,
                                     const std::vector<limits::Charge>& charges) {
  Reservation& reservation = call.reservation;
  for (int i = 0; i < kClampTries; ++i) {
    const auto demand = demand_of(call);
    if (!demand) return refusal_for(demand.error());
    auto extended = admission.extend(charges, *demand, call.snapshot->accounting.limits());
    if (extended) return {};
    reservation.fits_with_less = affordable_output(call, extended.error()) != 0;
    if (!reservation.take_less || i + 1 == kClampTries || !clamp(call, extended.error())) {
      return refusal_for(extended.error(), call);
    }
    const auto less = demand_of(call);
    if (!less) return refusal_for(less.error());
    const auto cost = less->fixed_cost.plus(less->output_cost);
    if (cost) admission.lower(*cost);
  }
  return {};
}

}  // namespace

core::Task<std::optional<Refusal>> charge_deployment(Call& call,
                                                     const models::Deployment& deployment) {
  Reservation& reservation = call.reservation;
  if (!reservation.admission) co_return std::nullopt;
  drop_upstream(reservation);
  std::vector<PlannedCharge> planned = upstream_charges(call, deployment);
  if (planned.empty()) co_return std::nullopt;
  auto charges = co_await find_planned(call, std::move(planned));
  if (!charges) co_return std::move(charges.error());
  if (!call.wishes.max_output && !reservation.output_limit && bounded_by_budget(*charges)) {
    tell_output_bound(reservation, call.wishes.choices);
  }
  reservation.paced = reservation.paced || limits_pace(*charges);
  auto refusal = hold_upstream(call, *reservation.admission, *charges);
  if (refusal) co_return refusal;
  reservation.bounds_upstream = true;
  JournalEntry entry(call);
  auto written = call.worker.tools.accounting.journal.reserve(entry.reservation());
  if (!written) co_return refusal_for(written.error());
  co_return std::nullopt;
}

void dispatch(Call& call) {
  if (std::exchange(call.reservation.dispatched, true)) return;
  call.worker.tools.accounting.journal.dispatch(call.id);
}

namespace {

/// Resumes on the loop once the journal is synced up to a position.
class Synced {
 public:
  explicit Synced(Call& call) : call_(call) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    net::EventLoop* loop = &call_.worker.tools.loop;
    ledger::Journal& journal = call_.worker.tools.accounting.journal;
    journal.when_durable(journal.position(),
                         [loop, waiter] { loop->post([waiter] { waiter.resume(); }); });
  }
  void await_resume() const noexcept {}

 private:
  Call& call_;
};

}  // namespace

core::Task<void> make_durable(Call& call) {
  if (call.worker.tools.accounting.durability != ledger::Durability::power) co_return;
  if (!call.authenticated) co_return;  // nothing was written of it
  Synced synced(call);
  co_await synced;
  call.fresh_outline.reset();
  settle_budgets(call);
}

core::Task<void> finish_settlement(Call& call) {
  if (call.reservation.due) co_await make_durable(call);
}

}  // namespace gatehouse::gateway
