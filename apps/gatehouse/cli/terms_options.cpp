#include "terms_options.hpp"

#include "gatehouse/core/money.hpp"
#include "gatehouse/core/text.hpp"

namespace gatehouse::app::cli {

CLI::Validator usd_amount() {
  return CLI::Validator(
      [](std::string& text) {
        const auto amount = core::Money::from_usd(text);
        if (!amount || *amount < core::Money()) return "no amount of USD: " + text;
        text = amount->to_usd();
        return std::string();
      },
      "USD");
}

CLI::Validator whole_number() {
  return CLI::Validator(
      [](std::string& text) {
        const auto number = core::parse_u64(text);
        if (!number) return "no whole number: " + text;
        text = std::to_string(*number);
        return std::string();
      },
      "N");
}

void TermsOptions::add(CLI::App& command, bool shared_budget) {
  command.add_option("--max-budget", max_budget, "most that may be spent")->transform(usd_amount());
  command.add_option("--soft-budget", soft_budget, "an alarm above it")->transform(usd_amount());
  command.add_option("--budget-duration", budget_duration,
                     "the budget starts anew every 1h, 1d, 7d, 30d, …");
  command.add_option("--rpm", rpm, "requests per minute")->transform(whole_number());
  command.add_option("--tpm", tpm, "tokens per minute")->transform(whole_number());
  command.add_option("--parallel", parallel, "requests at once")->transform(whole_number());
  if (shared_budget) command.add_option("--budget", budget_id, "id of a shared budget");
}

Body& TermsOptions::write(Body& body) const {
  body.raw("max_budget", max_budget).raw("soft_budget", soft_budget);
  body.text("budget_duration", budget_duration).raw("rpm_limit", rpm).raw("tpm_limit", tpm);
  return body.raw("max_parallel_requests", parallel).text("budget_id", budget_id);
}

}  // namespace gatehouse::app::cli
