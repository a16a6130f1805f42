#pragma once
/// The options that bound what somebody may spend and how fast.

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "request_text.hpp"

namespace gatehouse::app::cli {

struct TermsOptions {
  std::optional<std::string> max_budget, soft_budget, budget_duration, budget_id;
  std::optional<std::string> rpm, tpm, parallel;

  /// The object must stay where it is until the command line was read.
  void add(CLI::App& command, bool shared_budget = true);
  Body& write(Body& body) const;
};

/// Accepts decimal amounts of USD and makes JSON numbers of them.
CLI::Validator usd_amount();
/// Accepts whole numbers.
CLI::Validator whole_number();

}  // namespace gatehouse::app::cli
