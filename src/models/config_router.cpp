#include <array>
#include <string>

#include "gatehouse/config/section.hpp"
#include "gatehouse/models/config.hpp"

namespace gatehouse::models {

namespace {

using config::Node;
using config::Problems;

constexpr core::Nanos kLongest = std::chrono::hours(24);

/// LiteLLM's names of error classes in retry_policy and allowed_fails_policy.
struct ErrorClass {
  std::string_view name;
  std::array<std::optional<FailureKind>, 3> kinds;
};
constexpr std::array kClasses{
    ErrorClass{"BadRequestError", {FailureKind::bad_request}},
    ErrorClass{"AuthenticationError", {FailureKind::authentication}},
    ErrorClass{"TimeoutError", {FailureKind::timeout}},
    ErrorClass{"RateLimitError", {FailureKind::rate_limited}},
    ErrorClass{"ContentPolicyViolationError", {FailureKind::content_policy}},
    ErrorClass{"InternalServerError",
               {FailureKind::server_error, FailureKind::overloaded, FailureKind::garbage}},
};

void wrong(const Node& node, Problems& problems, std::string what) {
  problems.error(node.path(), node.line(), std::move(what));
}

/// "name" or ["name", …].
std::vector<std::string> read_names(const Node& node, Problems& problems) {
  std::vector<std::string> names;
  const auto add = [&](const Node& item) {
    if (item.kind() != Node::Kind::scalar) return wrong(item, problems, "must be a model's name");
    names.emplace_back(item.text());
  };
  if (node.kind() == Node::Kind::sequence) {
    for (const Node* item : node.children()) add(*item);
  } else {
    add(node);
  }
  return names;
}

/// [{group: [groups]}, …]
void describe_fallbacks(config::Section& s, std::string_view key,
                        std::optional<std::vector<FallbackRule>>& rules, std::string_view text) {
  s.custom(key, {.text = text},
           R"({"type":"array","items":{"type":"object","additionalProperties":)"
           R"({"type":["array","string"],"items":{"type":"string"}}}})",
           [&](const Node& node, Problems& problems) {
             if (node.kind() != Node::Kind::sequence) {
               return wrong(node, problems, "must be a list of {model: [models]}");
             }
             rules.emplace();
             for (const Node* item : node.children()) {
               if (item->kind() != Node::Kind::map) {
                 wrong(*item, problems, "must be {model: [models]}");
                 continue;
               }
               for (const Node* rule : item->children()) {
                 rules->push_back({std::string(rule->key()), read_names(*rule, problems)});
               }
             }
           });
}

/// {alias: group} or {alias: {model: group, hidden: true}}
GroupAlias read_alias(const Node& node, Problems& problems) {
  GroupAlias alias;
  alias.alias = node.key();
  if (node.kind() == Node::Kind::scalar) {
    alias.model = node.text();
    return alias;
  }
  const Node* model = node.find("model");
  if (model == nullptr || model->kind() != Node::Kind::scalar) {
    wrong(node, problems, "must be a model's name or {model: name, hidden: true}");
    return alias;
  }
  alias.model = model->text();
  if (const Node* hidden = node.find("hidden")) {
    if (hidden->text() == "true") {
      alias.hidden = true;
    } else if (hidden->text() != "false") {
      wrong(*hidden, problems, "must be true or false");
    }
  }
  return alias;
}

void describe_aliases(config::Section& s, std::optional<std::vector<GroupAlias>>& aliases) {
  s.custom("model_group_alias", {.text = "further names of models"},
           R"({"type":"object","additionalProperties":{"type":["string","object"]}})",
           [&](const Node& node, Problems& problems) {
             if (node.kind() != Node::Kind::map) {
               return wrong(node, problems, "must be a map of names to models");
             }
             aliases.emplace();
             for (const Node* item : node.children()) {
               aliases->push_back(read_alias(*item, problems));
             }
           });
}

void describe_strategy(config::Section& s, std::optional<Strategy>& strategy) {
  static constexpr std::array<std::pair<std::string_view, Strategy>, 6> kNames{{
      {"simple-shuffle", Strategy::simple_shuffle},
      {"least-busy", Strategy::least_busy},
      {"latency-based-routing", Strategy::latency_based},
      {"cost-based-routing", Strategy::cost_based},
      {"usage-based-routing", Strategy::usage_based},
      {"usage-based-routing-v2", Strategy::usage_based},
  }};
  s.custom("routing_strategy", {.text = "how to choose among deployments of equal order"},
           R"({"type":"string","enum":["simple-shuffle","least-busy","latency-based-routing",)"
           R"("cost-based-routing","usage-based-routing","usage-based-routing-v2"]})",
           [&](const Node& node, Problems& problems) {
             for (const auto& [name, value] : kNames) {
               if (node.text() == name) strategy = value;
             }
             if (!strategy) {
               problems.warning(node.path(), node.line(),
                                "is no strategy of this server; simple-shuffle is used");
             }
           });
}

/// The counts of one policy: a map from class name plus `suffix` to a number.
struct Policy {
  CountByKind& counts;
  std::string_view suffix;
};

void describe(config::Section& s, Policy& policy) {
  s.lenient_unknown();
  for (const ErrorClass& error : kClasses) {
    std::optional<std::uint32_t> count;
    s.integer(std::string(error.name) + std::string(policy.suffix), count, {0, 1'000'000}, {});
    if (!count) continue;
    for (const auto& kind : error.kinds) {
      if (kind) policy.counts[static_cast<std::size_t>(*kind)] = count;
    }
  }
}

/// Keys that LiteLLM accepts in both sections.
void describe_shared(config::Section& s, RouterOptions& options) {
  describe_fallbacks(s, "fallbacks", options.fallbacks, "models to try when one fails");
  describe_fallbacks(s, "context_window_fallbacks", options.context_window_fallbacks,
                     "models to try when a prompt is too long");
  describe_fallbacks(s, "content_policy_fallbacks", options.content_policy_fallbacks,
                     "models to try when a provider's filter refuses");
  s.texts("default_fallbacks", options.default_fallbacks,
          {.text = "models to try where `fallbacks` has no rule"});
  s.integer("max_fallbacks", options.max_fallbacks, {0, 15}, {.text = "most fallbacks of a call"});
  s.integer("num_retries", options.num_retries, {0, 100}, {.text = "retries within one model"});
  s.integer("allowed_fails", options.allowed_fails, {0, 1'000'000},
            {.text = "failures per minute before a deployment cools down; default: half of them"});
  s.duration("cooldown_time", options.cooldown_time, {core::Nanos(0), kLongest},
             {.text = "length of a cool-down"});
}

template <class T>
void take(T& value, const std::optional<T>& router, const std::optional<T>& litellm) {
  if (router) {
    value = *router;
  } else if (litellm) {
    value = *litellm;
  }
}

}  // namespace

void describe(config::Section& s, PeriodBudget& budget) {
  s.money("budget_limit", budget.max, {.text = "USD that calls of the provider may cost"});
  s.money("max_budget", budget.max, {.text = "another name of budget_limit"});
  s.text("time_period", budget.duration, {.text = "period of the budget; none: for ever"});
  s.text("budget_duration", budget.duration, {.text = "another name of time_period"});
  s.check(budget.max.has_value(), "", "needs a budget_limit");
  s.check(!budget.max || *budget.max >= core::Money(), "budget_limit", "must not be negative");
}

void describe(config::Section& s, RouterSection& router) {
  s.lenient_unknown();
  describe_shared(s, router);
  describe_strategy(s, router.strategy);
  describe_aliases(s, router.aliases);
  Policy retries{router.retry_policy, "Retries"};
  s.section("retry_policy", retries, {.text = "retries by kind of error"});
  Policy fails{router.allowed_fails_policy, "AllowedFails"};
  s.section("allowed_fails_policy", fails, {.text = "allowed_fails by kind of error"});
  s.boolean("enable_tag_filtering", router.tag_filtering,
            {.text = "deployments serve calls with one of their tags; those tagged default the "
                     "others"});
  s.boolean("tag_filtering_match_any", router.tags_match_any,
            {.text = "one tag of a call is enough; false: the deployment needs all of them"});
  s.sections("provider_budget_config", router.provider_budgets,
             {.text = "what all calls of a provider may cost in a period"});
  s.sections("model_budget_config", router.model_budgets,
             {.text = "what all calls of a model_name may cost in a period"});
  s.boolean("disable_cooldowns", router.disable_cooldowns, {.text = "never cool down"});
  s.duration("timeout", router.timeout, {core::Millis(1), kLongest}, {.text = "of a whole call"});
  s.duration("stream_timeout", router.stream_timeout, {core::Millis(1), kLongest},
             {.text = "to the first byte of a streamed call"});
  s.duration("retry_after", router.retry_after, {core::Nanos(0), kMaxRetryAfter},
             {.text = "shortest wait before a retry on the same deployment"});
  for (const std::string_view key : {"redis_host", "redis_port", "redis_password", "redis_url"}) {
    s.no_effect(key, "routing keeps its state in this process");
  }
}

void describe(config::Section& s, LitellmSection& settings) {
  s.lenient_unknown();
  describe_shared(s, settings);
  s.boolean("drop_params", settings.drop_params,
            {.text = "leave out parameters that a provider lacks"});
  s.duration("request_timeout", settings.timeout, {core::Millis(1), kLongest},
             {.text = "of a whole call"});
}

void describe(config::Section& s, CatalogSection& catalog) {
  s.text("price_map", catalog.price_map,
         {.text = "file in the format of LiteLLM's model_prices_and_context_window.json that "
                  "replaces the built-in prices"});
}

void describe(config::Section& root, ModelsConfig& config) {
  root.section("litellm_settings", config.litellm_settings, {.text = "defaults, as in LiteLLM"});
  describe_tables(root, config);
}

void describe_tables(config::Section& root, ModelsConfig& config) {
  root.sections("model_list", config.model_list, {.text = "the models and where they are served"});
  root.section("router_settings", config.router_settings, {.text = "choice, retries, fallbacks"});
  root.section("models", config.models, {.text = "prices"});
}

RouterSettings ModelsConfig::settings() const {
  const RouterOptions& router = router_settings;
  const RouterOptions& litellm = litellm_settings;
  RouterSettings out;
  take(out.strategy, router.strategy, litellm.strategy);
  take(out.aliases, router.aliases, litellm.aliases);
  take(out.fallbacks, router.fallbacks, litellm.fallbacks);
  take(out.context_window_fallbacks, router.context_window_fallbacks,
       litellm.context_window_fallbacks);
  take(out.content_policy_fallbacks, router.content_policy_fallbacks,
       litellm.content_policy_fallbacks);
  out.default_fallbacks =
      router.default_fallbacks.empty() ? litellm.default_fallbacks : router.default_fallbacks;
  take(out.max_fallbacks, router.max_fallbacks, litellm.max_fallbacks);
  take(out.num_retries, router.num_retries, litellm.num_retries);
  out.retry_policy = router.retry_policy;
  out.allowed_fails = router.allowed_fails ? router.allowed_fails : litellm.allowed_fails;
  out.allowed_fails_policy = router.allowed_fails_policy;
  take(out.cooldown_time, router.cooldown_time, litellm.cooldown_time);
  take(out.disable_cooldowns, router.disable_cooldowns, litellm.disable_cooldowns);
  take(out.timeout, router.timeout, litellm.timeout);
  out.stream_timeout = router.stream_timeout ? router.stream_timeout : litellm.stream_timeout;
  take(out.retry_after, router.retry_after, litellm.retry_after);
  take(out.drop_params, router.drop_params, litellm.drop_params);
  out.tag_filtering = router_settings.tag_filtering;
  out.tags_match_any = router_settings.tags_match_any;
  return out;
}

void report(const ModelTable::Built& built, config::Problems& problems) {
  for (const ConfigIssue& issue : built.errors) problems.error(issue.path, 0, issue.text);
  for (const ConfigIssue& issue : built.warnings) problems.warning(issue.path, 0, issue.text);
}

}  // namespace gatehouse::models
