#include "planner.hpp"

#include <array>

namespace gatehouse::fake_provider {

namespace {

constexpr std::string_view kPathPrefix = "/__b/";

/// Hashes both ends only: long prompts that differ in the middle alone are rare, and the keys
/// are compared in full anyway.
std::size_t hash_of(std::string_view target, std::string_view field, std::string_view body) {
  constexpr std::size_t kEnd = 2048;
  const std::hash<std::string_view> hash;
  std::size_t out = hash(target) * 31 + hash(field);
  out = out * 31 + hash(body.substr(0, kEnd));
  if (body.size() > kEnd) out = out * 31 + hash(body.substr(body.size() - kEnd));
  return out * 31 + body.size();
}

bool matches(std::string_view key, std::string_view target, std::string_view field,
             std::string_view body) {
  return key.size() == target.size() + field.size() + body.size() + 2 && key.ends_with(body) &&
         key.starts_with(target) && key.substr(target.size() + 1, field.size()) == field;
}

}  // namespace

core::Result<Behaviours> Planner::of_head(const Request& request) {
  auto behaviours = Behaviours::parse(request.header("x-fake-behaviour"));
  if (!behaviours || !request.target.starts_with(kPathPrefix)) return behaviours;
  const std::string_view rest = request.target.substr(kPathPrefix.size());
  auto of_path = Behaviours::parse(rest.substr(0, rest.find('/')));
  if (!of_path) return of_path;
  behaviours->merge(*of_path);
  return behaviours;
}

std::shared_ptr<const Plan> Planner::plan(const Request& request) {
  bool repeatable = !shared_.scripts.active();
  if (!repeatable) return make(request, repeatable);
  const std::string_view field = request.header("x-fake-behaviour");
  const std::size_t hash = hash_of(request.target, field, request.body);
  const auto [first, last] = remembered_.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    const auto& [key, plan] = it->second;
    if (matches(key, request.target, field, request.body)) return plan;
  }
  auto plan = make(request, repeatable);
  if (!repeatable) return plan;
  std::string key;
  key.append(request.target).append("\n").append(field).append("\n").append(request.body);
  remembered_bytes_ += key.size() + plan->reply.bytes.size();
  if (remembered_bytes_ > kMaxRemembered) {
    remembered_.clear();
    remembered_bytes_ = key.size() + plan->reply.bytes.size();
  }
  remembered_.emplace(hash, std::pair(std::move(key), plan));
  return plan;
}

Plan Planner::refuse(Surface surface, int status, std::string_view message) const {
  Plan plan;
  plan.surface = surface;
  plan.reply = build_reply(error_draft(surface, status, "", message), Ask{}, Behaviours{},
                           Verbatim{}, clock_.wall());
  return plan;
}

std::shared_ptr<const Plan> Planner::make(const Request& request, bool& repeatable) {
  Ask ask = read_ask(request.target, request.body);
  auto behaviours = of_head(request);
  if (!behaviours) {
    return std::make_shared<Plan>(refuse(ask.surface, 400, behaviours.error().public_message));
  }
  auto of_model = Behaviours::parse(behaviours_of_model(ask.model));
  if (!of_model) {
    return std::make_shared<Plan>(refuse(ask.surface, 404, of_model.error().public_message));
  }
  behaviours->merge(*of_model);
  Verbatim verbatim;
  if (auto instruction = shared_.scripts.next(ask.model)) {
    behaviours->merge(instruction->behaviours);
    verbatim = std::move(instruction->verbatim);
  }
  if (behaviours->has("flap")) {
    repeatable = false;
    if (coin_.below(100) < behaviours->number("flap", 50)) {
      auto failing = Behaviours::parse("status=500");
      behaviours->merge(*failing);
    }
  }
  // Dates made of the time of day would go stale.
  if (behaviours->has("retry-after")) repeatable = false;
  auto plan = std::make_shared<Plan>();
  plan->model = ask.model;
  plan->surface = ask.surface;
  const core::WallTime now = clock_.wall();
  plan->reply = build_reply(draft_for(ask, *behaviours, now), ask, *behaviours, verbatim, now);
  return plan;
}

Draft Planner::draft_for(const Ask& ask, const Behaviours& behaviours, core::WallTime now) const {
  if (behaviours.has("redirect")) {
    Draft draft =
        error_draft(ask.surface, static_cast<int>(behaviours.number("redirect", 307)), "", "moved");
    draft.headers.emplace_back("location", "/__redirected/v1/chat/completions");
    return draft;
  }
  if (behaviours.has("status")) {
    const std::string_view message = behaviours.text("message");
    return error_draft(ask.surface, static_cast<int>(behaviours.number("status", 500)),
                       behaviours.text("code"),
                       message.empty() ? "The fake provider refuses." : message);
  }
  if (behaviours.has("content-filter")) {
    return error_draft(ask.surface, 400, is_anthropic(ask.surface) ? "" : "content_filter",
                       "Output blocked by content filtering policy");
  }
  if (ask.surface == Surface::unknown) return error_draft(ask.surface, 404, "", "no such path");
  const bool early = behaviours.has("early") || behaviours.has("no-read");
  if (!ask.valid && !early && ask.surface != Surface::models) {
    return error_draft(ask.surface, 400, "", "the body is not a JSON object");
  }
  return is_anthropic(ask.surface) ? anthropic_draft(ask, behaviours)
                                   : openai_draft(ask, behaviours, now);
}

}  // namespace gatehouse::fake_provider
