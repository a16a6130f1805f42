/// What a client is told when a limit refuses its call.

#include "call.hpp"
#include "gatehouse/limits/messages.hpp"

namespace gatehouse::gateway {

Refusal refusal_for(const limits::Denial& denial, const Call& call) {
  const AccountingRules& rules = call.snapshot->accounting;
  std::string_view alias;
  if (call.caller.principal) {
    const auto& own = call.caller.principal->key->key_alias;
    if (own) alias = *own;
  }
  Refusal refusal;
  refusal.message = limits::denial_message(denial, alias);
  switch (limits::code_of(denial)) {
    case core::Errc::budget_exceeded:
      refusal.status = rules.budget_status;
      refusal.type = "budget_exceeded";
      refusal.param.clear();
      call.worker.tools.observer.budget_refused(denial, facts_of(call));
      break;
    case core::Errc::rate_limited:
      refusal.status = 429;
      break;
    default:
      refusal.status = 400;
      refusal.type = "invalid_request_error";
      break;
  }
  for (limits::Header& header : limits::denial_headers(denial, rules.rate_window)) {
    refusal.headers.emplace_back(std::move(header.name), std::move(header.value));
  }
  return refusal;
}

}  // namespace gatehouse::gateway
