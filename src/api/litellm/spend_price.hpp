#pragma once
/// What a call would cost.

#include <string>

#include "admin/answer.hpp"
#include "admin/body_reader.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/core/usage.hpp"
#include "gatehouse/models/model_table.hpp"

namespace gatehouse::api::litellm {

struct HypotheticalCall {
  std::string model;
  core::TokenUsage usage;
};

/// From {"model","messages"} (the prompt's tokens are estimated) or
/// {"completion_response":{"model", "usage"}}; 400 E2 when neither is there. Wrong types are
/// findings of the body.
admin::Outcome<HypotheticalCall> read_hypothetical_call(admin::BodyReader& body);

/// By the first deployment of the model, or by the price map when no group has that name.
/// Errc::not_found without a price.
core::Result<core::Money> price_of(const HypotheticalCall& call, const models::ModelTable& table);

}  // namespace gatehouse::api::litellm
