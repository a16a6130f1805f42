#include "key_rules.hpp"

#include <algorithm>

#include "gatehouse/core/text.hpp"
#include "gatehouse/crypto/key_text.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr std::size_t kMaxKeyText = 512;
constexpr std::size_t kMaxListed = 10'000;

template <class T>
void fall_back(Patch<T>& patch, const std::optional<T>& value) {
  if (patch.absent() && value) patch = Patch<T>(*value);
}

std::unexpected<core::Error> over(const char* name, const std::string& given,
                                  const std::string& bound) {
  return core::fail(core::Errc::invalid_argument,
                    std::string(name) + " is over max limit set in config - user_value=" + given +
                        "; max_value=" + bound);
}

template <class T, class Text>
core::Result<void> bound(Patch<T>& patch, const std::optional<T>& bound, const char* name,
                         bool fill, Text text) {
  if (!bound) return {};
  if (patch.has_value() && patch.value() > *bound) {
    return over(name, text(patch.value()), text(*bound));
  }
  if (patch.clears() || (fill && patch.absent())) patch = Patch<T>(*bound);
  return {};
}

core::Result<core::Nanos> length_of(const DurationRules& rules, const std::string& text) {
  if (rules.exact == nullptr) {
    return core::fail(core::Errc::invalid_argument, "durations are not configured");
  }
  return rules.exact(text);
}

core::Result<void> bound_duration(Patch<std::string>& patch,
                                  const std::optional<std::string>& bound, const char* name,
                                  const StoreContext& context, bool fill) {
  if (!bound) return {};
  const bool endless = patch.clears() || (patch.has_value() && patch.value() == "-1");
  if (endless || (fill && patch.absent())) patch = Patch<std::string>(*bound);
  if (!patch.has_value()) return {};
  auto given = length_of(context.durations, patch.value());
  if (!given) return core::pass(given);
  auto most = length_of(context.durations, *bound);
  if (!most) return core::pass(most);
  if (*given > *most) return over(name, core::printable(patch.value()), *bound);
  return {};
}

std::string count_text(std::uint64_t count) {
  return std::to_string(count);
}
std::string money_text(core::Money amount) {
  return amount.to_usd();
}

core::Result<void> check_list(const std::vector<std::string>& list, const char* what) {
  if (list.size() > kMaxListed) {
    return core::fail(core::Errc::invalid_argument, std::string(what) + " has too many entries");
  }
  for (const std::string& item : list) {
    if (auto sound = check_name(item, what); !sound) return sound;
  }
  return {};
}

core::Result<void> check_texts(const KeyPatch& patch) {
  if (auto sound = check_given_name(patch.key_alias, "key_alias"); !sound) return sound;
  if (auto sound = check_given_name(patch.user_id, "user_id"); !sound) return sound;
  if (patch.models.has_value()) {
    if (auto sound = check_list(patch.models.value(), "models"); !sound) return sound;
  }
  if (patch.tags.has_value()) {
    if (auto sound = check_list(patch.tags.value(), "tags"); !sound) return sound;
  }
  if (patch.allowed_routes.has_value()) {
    if (auto sound = check_list(patch.allowed_routes.value(), "allowed_routes"); !sound) {
      return sound;
    }
  }
  if (patch.metadata.has_value()) return check_object(patch.metadata.value(), "metadata");
  return {};
}

core::Result<void> apply_duration(KeyRecord& record, const Patch<std::string>& duration,
                                  const Writing& writing) {
  if (duration.clears() || (duration.has_value() && duration.value() == "-1")) {
    record.expires.reset();
  } else if (duration.has_value()) {
    auto length = length_of(writing.context.durations, duration.value());
    if (!length) return core::pass(length);
    record.expires = writing.now + *length;
  }
  return {};
}

void apply_fields(KeyRecord& record, const KeyPatch& patch) {
  patch.key_alias.apply(record.key_alias);
  patch.type.apply(record.type);
  patch.models.apply(record.models);
  patch.aliases.apply(record.aliases);
  patch.user_id.apply(record.user_id);
  patch.team_id.apply(record.team_id);
  patch.organization_id.apply(record.organization_id);
  patch.temp_budget_increase.apply(record.temp_budget_increase);
  patch.temp_budget_expiry.apply(record.temp_budget_expiry);
  patch.blocked.apply(record.blocked);
  patch.tags.apply(record.tags);
  patch.allowed_routes.apply(record.allowed_routes);
  patch.metadata.apply(record.metadata, "{}");
  patch.rotation_interval.apply(record.rotation_interval);
  patch.auto_rotate.apply(record.auto_rotate);
}

core::Result<void> check_exists(const Writing& writing, std::string_view sql,
                                const std::optional<std::string>& id, const char* what) {
  if (!id) return {};
  auto found = exists(writing.db, sql, {*id});
  if (!found) return core::pass(found);
  if (*found) return {};
  return core::fail(core::Errc::invalid_argument,
                    std::string(what) + " not found: " + core::printable(*id));
}

}  // namespace

KeyPatch with_defaults(KeyPatch patch, const KeyDefaults& defaults) {
  fall_back(patch.limits.max_budget, defaults.max_budget);
  fall_back(patch.limits.soft_budget, defaults.soft_budget);
  fall_back(patch.limits.budget_duration, defaults.budget_duration);
  fall_back(patch.limits.tpm_limit, defaults.tpm_limit);
  fall_back(patch.limits.rpm_limit, defaults.rpm_limit);
  fall_back(patch.limits.max_parallel_requests, defaults.max_parallel_requests);
  fall_back(patch.duration, defaults.duration);
  fall_back(patch.team_id, defaults.team_id);
  if (!defaults.models.empty()) fall_back(patch.models, std::optional(defaults.models));
  return patch;
}

core::Result<KeyPatch> within_bounds(KeyPatch patch, const Writing& writing, bool fill) {
  const StoreContext& context = writing.context;
  const KeyBounds& bounds = writing.policy->keys.bounds;
  LimitPatch& limits = patch.limits;
  if (auto done = bound(limits.max_budget, bounds.max_budget, "max_budget", fill, money_text);
      !done) {
    return core::pass(done);
  }
  if (auto done = bound(limits.tpm_limit, bounds.tpm_limit, "tpm_limit", fill, count_text); !done) {
    return core::pass(done);
  }
  if (auto done = bound(limits.rpm_limit, bounds.rpm_limit, "rpm_limit", fill, count_text); !done) {
    return core::pass(done);
  }
  if (auto done = bound(limits.max_parallel_requests, bounds.max_parallel_requests,
                        "max_parallel_requests", fill, count_text);
      !done) {
    return core::pass(done);
  }
  if (auto done = bound_duration(limits.budget_duration, bounds.budget_duration, "budget_duration",
                                 context, fill);
      !done) {
    return core::pass(done);
  }
  if (auto done = bound_duration(patch.duration, bounds.duration, "duration", context, fill);
      !done) {
    return core::pass(done);
  }
  return patch;
}

core::Result<KeyRecord> patched(KeyRecord record, const KeyPatch& patch, const Writing& writing) {
  if (auto sound = check_texts(patch); !sound) return core::pass(sound);
  apply_fields(record, patch);
  if (auto done = apply_duration(record, patch.duration, writing); !done) return core::pass(done);
  if (record.temp_budget_increase && *record.temp_budget_increase < core::Money()) {
    return core::fail(core::Errc::invalid_argument, "temp_budget_increase cannot be negative");
  }
  auto extra = merge_objects(record.extra, patch.extra, "extra");
  if (!extra) return core::pass(extra);
  record.extra = *std::move(extra);
  auto limits = patched(std::move(record.limits), patch.limits, writing.context.durations);
  if (!limits) return core::pass(limits);
  record.limits = *std::move(limits);
  return record;
}

core::Result<void> plan_rotation(const Writing& writing, const KeyRecord& record, bool anew) {
  if (!record.auto_rotate || !record.rotation_interval) {
    auto done = writing.db.execute("DELETE FROM key_rotation WHERE account = ?", {record.account});
    if (!done) return core::pass(done);
    return {};
  }
  auto length = length_of(writing.context.durations, *record.rotation_interval);
  if (!length) return core::pass(length);
  const std::int64_t due = (writing.now + *length).time_since_epoch().count();
  auto done = writing.db.execute(
      anew ? "INSERT OR REPLACE INTO key_rotation (account, due_at_ns) VALUES (?, ?)"
           : "INSERT OR IGNORE INTO key_rotation (account, due_at_ns) VALUES (?, ?)",
      {record.account, due});
  if (!done) return core::pass(done);
  return {};
}

core::Result<void> check_references(const Writing& writing, const KeyRecord& record) {
  if (record.key_alias) {
    auto taken = exists(writing.db, "SELECT 1 FROM virtual_key WHERE key_alias = ? AND token <> ?",
                        {*record.key_alias, record.token});
    if (!taken) return core::pass(taken);
    if (*taken) {
      return core::fail(
          core::Errc::conflict,
          "Key with alias '" + core::printable(*record.key_alias) + "' already exists.");
    }
  }
  if (auto done =
          check_exists(writing, "SELECT 1 FROM team WHERE team_id = ?", record.team_id, "Team");
      !done) {
    return done;
  }
  if (auto done = check_exists(writing, "SELECT 1 FROM organization WHERE organization_id = ?",
                               record.organization_id, "Organization");
      !done) {
    return done;
  }
  return check_budget_exists(writing.db, record.limits);
}

core::Result<core::Secret> key_text(const Writing& writing,
                                    const std::optional<core::Secret>& wanted) {
  if (!wanted) return crypto::new_key(writing.context.random);
  const std::string_view text = wanted->reveal();
  const bool graphic = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!text.starts_with("sk-") || text.size() < 4 || text.size() > kMaxKeyText || !graphic) {
    return core::fail(core::Errc::invalid_argument,
                      "Invalid key format. LiteLLM Virtual Key must start with 'sk-' and hold "
                      "visible ASCII characters only.");
  }
  return *wanted;
}

core::Result<void> check_token_free(const Writing& writing, std::string_view token) {
  auto taken = exists(writing.db,
                      "SELECT 1 FROM virtual_key WHERE token = ? OR account = ? "
                      "UNION ALL SELECT 1 FROM former_key WHERE token = ?",
                      {token, token, token});
  if (!taken) return core::pass(taken);
  if (*taken) return core::fail(core::Errc::conflict, "A key with this text already exists.");
  return {};
}

}  // namespace gatehouse::tenancy
