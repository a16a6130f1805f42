#include "charged_accounts.hpp"

#include <memory>
#include <string>
#include <utility>

#include "gatehouse/core/text.hpp"

namespace gatehouse::gateway {
namespace {

using core::Scope;

/// Others may drop what was loaded a moment ago.
constexpr int kLoadTries = 3;

Refusal busy() {
  return refusal_for(core::Error{core::Errc::unavailable, "the server is busy"});
}

/// Charges beyond those of the caller's every call: bounds by model.
std::vector<PlannedCharge> model_charges(const Call& call) {
  std::vector<PlannedCharge> out;
  const auto& principal = call.caller.principal;
  if (!principal) return out;
  const std::string& group = call.match.group->name;
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

enum class Whose : std::uint8_t { callers_too, planned_only };

/// What is not in memory is loaded together.
core::Task<Charges> find_accounts(Call& call, std::vector<PlannedCharge> planned, Whose whose) {
  const Accounting& accounting = call.worker.tools.accounting;
  for (int i = 0; i < kLoadTries; ++i) {
    std::vector<limits::Charge> charges;
    std::vector<ledger::ScopeId> missing;
    charges.reserve(8 + planned.size());
    if (whose == Whose::callers_too) {
      call.worker.charges.append(call.caller.principal, call.snapshot->accounting, charges,
                                 missing);
    }
    for (const PlannedCharge& each : planned) {
      call.worker.charges.append(each, charges, missing);
    }
    if (missing.empty()) co_return charges;
    auto ask = [book = &accounting.accounts, balances = &accounting.balances,
                scopes = std::move(missing)] { return load_accounts(*book, *balances, scopes); };
    auto loaded = co_await accounting.pool.run(call.worker.tools.loop, std::move(ask));
    call.fresh_outline.reset();
    if (!loaded) co_return std::unexpected(refusal_for(loaded.error()));
  }
  co_return std::unexpected(busy());
}

}  // namespace

core::Task<Charges> callers_charges(Call& call) {
  if (call.checks) {
    std::vector<PlannedCharge> own{{Scope::key, std::string(kCheckKey)}, {Scope::global, ""}};
    auto charges = co_await find_accounts(call, std::move(own), Whose::planned_only);
    co_return charges;
  }
  std::vector<PlannedCharge> further = model_charges(call);
  if (!call.wishes.tags.empty() || !call.wishes.end_user.empty()) {
    auto refused = co_await add_subjects(call, further);
    if (refused) co_return std::unexpected(std::move(*refused));
  }
  auto charges = co_await find_accounts(call, std::move(further), Whose::callers_too);
  co_return charges;
}

core::Task<Charges> charges_for(Call& call, std::vector<PlannedCharge> planned) {
  return find_accounts(call, std::move(planned), Whose::planned_only);
}

}  // namespace gatehouse::gateway
