#pragma once
/// Entries, folders and disks for the tests of this module.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "disk.hpp"
#include "gatehouse/core/random.hpp"
#include "gatehouse/ledger/entry.hpp"

namespace gatehouse::ledger::testing {

/// A folder of its own, removed at the end.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ledger-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline core::WallTime at_seconds(std::int64_t seconds) {
  return core::WallTime(core::Seconds(seconds));
}
inline constexpr std::int64_t kDay = 86'400;
inline constexpr std::int64_t kNewYear = 1'767'225'600;  // 2026-01-01T00:00:00Z

/// An ordinary call with a budget on key and team, and the entries it leaves.
struct Call {
  std::string id = "0197a1b2-0000-7000-8000-000000000001";
  std::string key = std::string(64, 'a');
  std::string user = "user-1";
  std::string team = "team-1";
  std::string member = core::pair_id("team-1", "user-1");
  std::vector<std::string_view> tags = {"blue", "green"};
  std::vector<core::ChargedPeriod> periods;
  std::int64_t cost = 1'250'000;
  std::int64_t reserved = 4'000'000;
  core::WallTime started = at_seconds(kNewYear + 3600);

  Call() { charge_usual_scopes(); }
  explicit Call(std::string call_id) : id(std::move(call_id)) { charge_usual_scopes(); }

  void charge_usual_scopes() {
    using core::Scope;
    const auto month = at_seconds(kNewYear);
    const auto next = at_seconds(kNewYear + 31 * kDay);
    periods = {{Scope::global, "", "", {}},
               {Scope::team, team, "", {}},
               {Scope::team_member, member, "", {}},
               {Scope::user, user, "", {}},
               {Scope::key, key, "", {}},
               {Scope::key, key, "1mo", month, next},
               {Scope::tag, "blue", "", {}},
               {Scope::model, "gpt-4o", "", {}}};
  }
  CallFacts facts() const {
    CallFacts facts;
    facts.call_id = id;
    facts.call_type = "acompletion";
    facts.api_key = key;
    facts.key_alias = "laptop";
    facts.user_id = user;
    facts.team_id = team;
    facts.organization_id = "org-1";
    facts.end_user = "pupil-7";
    facts.requested_model = "gpt-4o";
    facts.model_group = "gpt-4o";
    facts.session_id = "session-9";
    facts.requester_ip = "127.0.0.1";
    facts.tags = tags;
    facts.price_version = "1f0c";
    facts.started_at = started;
    return facts;
  }
  ReservationEntry reservation() const {
    return {facts(), core::Money::nano_usd(reserved), periods};
  }
  SettlementEntry settlement() const {
    SettlementEntry entry;
    entry.facts = facts();
    entry.stream = true;
    entry.usage_source = core::UsageSource::reported;
    entry.reserved = core::Money::nano_usd(reserved);
    entry.cost = core::Money::nano_usd(cost);
    entry.usage.prompt = 120;
    entry.usage.completion = 300;
    entry.usage.cache_read = 64;
    entry.response_id = "chatcmpl-123";
    entry.model = "gpt-4o-2024-11-20";
    entry.deployment = "d-1";
    entry.provider = "openai";
    entry.api_base = "https://api.openai.com/v1";
    entry.ended_at = started + core::Seconds(2);
    entry.first_token_at = started + core::Millis(300);
    entry.periods = periods;
    return entry;
  }
};

/// A disk in memory. What was synced is safe; a crash keeps, of what was not, sectors by chance.
class PlayedDisk final : public Disk {
 public:
  static constexpr std::size_t kSector = 512;
  struct Content {
    std::vector<char> live, safe;
    bool name_safe = false;
  };
  using Files = std::map<std::string, std::shared_ptr<Content>>;
  /// Shared with the set, so that it can be looked into after the set is gone.
  struct State {
    Files files;
    std::uint64_t space = ~std::uint64_t{0};
    int syncs_until_failure = -1;  ///< -1: none fails
  };

  explicit PlayedDisk(std::shared_ptr<State> state) : state_(std::move(state)) {}

  core::Result<std::vector<std::string>> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, content] : state_->files) names.push_back(name);
    return names;
  }
  core::Result<std::unique_ptr<SegmentFile>> create(const std::string& name,
                                                    std::uint64_t bytes) override {
    if (bytes > state_->space) return core::fail(core::Errc::unavailable, "full");
    state_->space -= bytes;
    auto content = std::make_shared<Content>();
    content->live.resize(bytes);
    content->safe.resize(bytes);
    state_->files[name] = content;
    return std::make_unique<File>(content, state_);
  }
  core::Result<std::unique_ptr<SegmentFile>> open(const std::string& name) override {
    return std::make_unique<File>(state_->files.at(name), state_);
  }
  void remove(const std::string& name) override {
    const auto found = state_->files.find(name);
    if (found == state_->files.end()) return;
    if (state_->space != ~std::uint64_t{0}) state_->space += found->second->live.size();
    state_->files.erase(found);
  }
  core::Result<void> sync_names() override {
    for (auto& [name, content] : state_->files) content->name_safe = true;
    return {};
  }

  /// What is found after the power came back.
  static std::shared_ptr<State> after_power_failure(const State& state, core::Random& random) {
    auto after = std::make_shared<State>();
    for (const auto& [name, content] : state.files) {
      if (!content->name_safe && random.below(2) == 0) continue;
      auto kept = std::make_shared<Content>();
      kept->safe = content->safe;
      for (std::size_t at = 0; at < kept->safe.size(); at += kSector) {
        const std::size_t size = std::min(kSector, kept->safe.size() - at);
        if (random.below(2) == 0) continue;
        std::copy_n(content->live.begin() + static_cast<std::ptrdiff_t>(at), size,
                    kept->safe.begin() + static_cast<std::ptrdiff_t>(at));
      }
      kept->live = kept->safe;
      kept->name_safe = true;
      after->files[name] = kept;
    }
    return after;
  }

 private:
  class File final : public SegmentFile {
   public:
    File(std::shared_ptr<Content> content, std::shared_ptr<State> state)
        : content_(std::move(content)), state_(std::move(state)) {}
    std::span<char> bytes() const override { return content_->live; }
    core::Result<void> sync() override {
      if (state_->syncs_until_failure == 0) return core::fail(core::Errc::io, "sync failed");
      if (state_->syncs_until_failure > 0) --state_->syncs_until_failure;
      content_->safe = content_->live;
      return {};
    }
    std::size_t prepare_pages(std::size_t) override { return content_->live.size(); }
    void forget(std::size_t) override {}

   private:
    std::shared_ptr<Content> content_;
    std::shared_ptr<State> state_;
  };
  std::shared_ptr<State> state_;
};

}  // namespace gatehouse::ledger::testing
