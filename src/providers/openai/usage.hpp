#pragma once
/// The `usage` object of OpenAI-compatible replies.

#include <optional>
#include <string>

#include "gatehouse/core/usage.hpp"
#include "gatehouse/json/scan.hpp"

namespace gatehouse::providers::openai {

/// Empty when the object is no report that can be believed (faults.md E10): counts that are
/// negative, no integers or above core::kMaxPlausibleTokens, or no prompt count at all.
std::optional<core::TokenUsage> read_usage(const json::Member& usage);

/// The `usage` member of a reply or chunk, also where Groq puts it (`x_groq.usage`).
std::optional<core::TokenUsage> read_reply_usage(const json::Outline& reply);

/// Appends a usage object with its detail objects.
void append_usage(std::string& out, const core::TokenUsage& usage);

}  // namespace gatehouse::providers::openai
