#include "anthropic/thinking.hpp"

#include <algorithm>

namespace gatehouse::providers::anthropic {
namespace {

constexpr std::uint64_t kLeastBudget = 1024;

std::uint64_t budget_of(std::string_view effort) {
  if (effort.empty() || effort == "none") return 0;
  if (effort == "minimal" || effort == "low") return kLeastBudget;
  return effort == "medium" ? 2048 : 4096;
}

/// True when the last turn of the assistant called tools and its thinking did not come along.
bool lacks_signed_thinking(const ChatRequest& request) {
  const auto last =
      std::find_if(request.messages.rbegin(), request.messages.rend(),
                   [](const Message& message) { return message.role == Role::assistant; });
  if (last == request.messages.rend()) return false;
  bool calls = false;
  for (const Part& part : last->parts) {
    const auto* thinking = std::get_if<ThinkingPart>(&part);
    if (thinking != nullptr && (!thinking->signature.empty() || !thinking->redacted.empty())) {
      return false;
    }
    calls = calls || std::holds_alternative<ToolUsePart>(part);
  }
  return calls;
}

}  // namespace

ThinkingPlan plan_budget(const ChatRequest& request, std::uint64_t default_max_tokens) {
  ThinkingPlan plan;
  plan.max_tokens = request.max_tokens.value_or(default_max_tokens);
  if (request.thinking_budget) {
    plan.budget = *request.thinking_budget;
    plan.source = "thinking";
    if (!request.max_tokens) plan.max_tokens = std::max(plan.max_tokens, plan.budget + 1024);
    return plan;
  }
  // In Anthropic's own dialect the effort is a setting of its own, not a budget.
  if (request.origin == WireFormat::anthropic_messages) return plan;
  const std::uint64_t budget = budget_of(request.reasoning_effort);
  if (budget == 0 || lacks_signed_thinking(request)) return plan;
  plan.source = "reasoning_effort";
  if (!request.max_tokens) {
    plan.budget = budget;
    plan.max_tokens = default_max_tokens + budget;
  } else if (*request.max_tokens <= kLeastBudget) {
    plan.lacking = plan.source;
  } else {
    plan.budget = std::min(budget, std::max(kLeastBudget, *request.max_tokens / 2));
  }
  return plan;
}

}  // namespace gatehouse::providers::anthropic
