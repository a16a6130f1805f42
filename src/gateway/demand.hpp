#pragma once
/// What a call may cost at most, and how much output a budget leaves room for.

#include <cstdint>
#include <vector>

#include "call.hpp"

namespace gatehouse::gateway {

/// How often a call is offered with less output: others may take what seemed affordable a moment
/// ago.
inline constexpr int kClampTries = 4;

/// Fills the reservation's bounds: the dearest of the group's deployments, and the longest output
/// that one of them can give.
void bound_group(Call& call);

/// The price of these bounds. An error when the amount is beyond core::Money.
core::Result<limits::Demand> demand_of(Call& call);

/// Tokens of output that fit when a budget of `denial` is what is missing; 0 when the output cannot
/// be reduced to that.
std::uint64_t affordable_output(const Call& call, const limits::Denial& denial);
/// Bounds the output to that. False when it cannot be reduced.
bool clamp(Call& call, const limits::Denial& denial);

/// What the reservation holds back for output goes upstream as a limit: a client's limit that the
/// provider does not know of would not hold.
void tell_output_bound(Call& call);

/// Whether a budget bounds one of `charges`.
bool bounded_by_budget(const std::vector<limits::Charge>& charges);
/// Whether anybody limits tokens per minute: where nobody does, none need be counted.
bool limits_pace(const std::vector<limits::Charge>& charges);

}  // namespace gatehouse::gateway
