#include "gatehouse/tenancy/database_directory.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "flights.hpp"
#include "limits.hpp"
#include "principal_loader.hpp"
#include "token_text.hpp"
#include "warm_map.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr int kAttempts = 8;
constexpr const char* kKnownKeys =
    "SELECT token FROM virtual_key WHERE token > ? ORDER BY token LIMIT 10000";
constexpr const char* kKnownEndUsers =
    "SELECT user_id FROM end_user WHERE user_id > ? ORDER BY user_id LIMIT 10000";
constexpr const char* kKnownTags = "SELECT name FROM tag WHERE name > ? ORDER BY name LIMIT 10000";

struct DigestHash {
  std::uint64_t operator()(const crypto::Sha256& digest) const noexcept {
    std::uint64_t bits = 0;
    std::memcpy(&bits, digest.data(), sizeof bits);
    return bits;
  }
};

using PrincipalMap = WarmMap<crypto::Sha256, Principal, DigestHash>;
using SubjectMap = WarmMap<std::string, Subject, TextHash>;

class Implementation final : public DatabaseDirectory {
 public:
  Implementation(database::Database& database, const core::Clock& clock, DirectoryOptions options)
      : database_(database),
        clock_(clock),
        options_(std::move(options)),
        principals_(options_.max_principals, options_.max_unknown),
        end_users_(options_.max_subjects, options_.max_unknown),
        tags_(options_.max_subjects, options_.max_unknown) {
    set_end_user_defaults(options_.end_users);
    if (options_.load_in_background) {
      // A failure leaves the set incomplete: unknown ids are asked of the database then.
      background_ = std::thread([this] { static_cast<void>(load_known().has_value()); });
    }
  }
  ~Implementation() override {
    ending_ = true;
    if (background_.joinable()) background_.join();
  }

  std::uint64_t generation() const noexcept override { return generation_; }
  Lookup find_key(const crypto::Sha256& hash) const override;
  SubjectLookup find_end_user(std::string_view id) const override;
  SubjectLookup find_tag(std::string_view name) const override;
  std::vector<std::shared_ptr<const Principal>> warm_principals(
      std::size_t most, const std::function<bool(const Principal&)>& wanted) const override;
  core::Result<void> load_key(const crypto::Sha256& hash) override;
  core::Result<void> load_end_user(std::string_view id) override;
  core::Result<void> load_tag(std::string_view name) override;
  /// Where what changed could not be forgotten, a revoked key would stay valid: the process ends
  /// rather than go on.
  void apply(const Changes& changes) noexcept override;
  core::Result<void> load_known() override;
  Counts counts() const override;
  void set_end_user_defaults(const EndUserDefaults& defaults) override;

 private:
  /// Reads with `read(PrincipalLoader&)` until no write came between, then `keep(value, tickets)`.
  template <class Read, class Keep>
  core::Result<void> load(Read read, Keep keep);
  core::Result<void> load_default_subject();
  void forget(const Changes& changes);
  std::shared_ptr<const Subject> unknown_end_user() const;
  struct Defaults {
    LimitTerms terms;
    std::shared_ptr<Ticket> ticket = std::make_shared<Ticket>();  // of end users made with them
  };
  std::shared_ptr<const Defaults> defaults() const {
    const std::scoped_lock lock(default_mutex_);
    return defaults_;
  }
  template <class Each>
  core::Result<void> for_ids(std::string_view sql, Each each);

  database::Database& database_;
  const core::Clock& clock_;
  const DirectoryOptions options_;

  std::atomic<std::uint64_t> generation_{1};
  std::atomic<std::uint64_t> loads_{0};
  std::atomic<bool> ending_{false};
  Flights flights_;
  OneAtATime turns_;
  RecordCaches caches_;
  PrincipalMap principals_;
  SubjectMap end_users_;
  SubjectMap tags_;
  const std::shared_ptr<const Subject> nobody_ = std::make_shared<const Subject>();

  mutable std::mutex default_mutex_;
  std::shared_ptr<const Defaults> defaults_;        // of end users; guarded by default_mutex_
  std::shared_ptr<const Subject> default_subject_;  // guarded by default_mutex_
  std::atomic<bool> has_defaults_{false};
  std::thread background_;
};

Directory::Lookup Implementation::find_key(const crypto::Sha256& hash) const {
  PrincipalMap::Answer answer = principals_.find(hash);
  if (answer.state == PrincipalMap::State::unknown) return {Lookup::State::unknown, {}};
  if (answer.state == PrincipalMap::State::absent) return {};
  const std::optional<core::WallTime>& until = answer.value->valid_until;
  if (until && *until <= clock_.wall()) return {};
  return {Lookup::State::found, std::move(answer.value)};
}

std::shared_ptr<const Subject> Implementation::unknown_end_user() const {
  if (!has_defaults_) return nobody_;
  const std::scoped_lock lock(default_mutex_);
  return default_subject_;
}

Directory::SubjectLookup Implementation::find_end_user(std::string_view id) const {
  SubjectMap::Answer answer = end_users_.find(id);
  if (answer.state == SubjectMap::State::absent) return {};
  if (answer.state == SubjectMap::State::unknown) answer.value = unknown_end_user();
  const bool loaded = answer.value != nullptr;
  return {loaded, std::move(answer.value)};
}

Directory::SubjectLookup Implementation::find_tag(std::string_view name) const {
  SubjectMap::Answer answer = tags_.find(name);
  if (answer.state == SubjectMap::State::absent) return {};
  if (answer.state == SubjectMap::State::unknown) answer.value = nobody_;
  return {true, std::move(answer.value)};
}

std::vector<std::shared_ptr<const Principal>> Implementation::warm_principals(
    std::size_t most, const std::function<bool(const Principal&)>& wanted) const {
  std::vector<std::shared_ptr<const Principal>> found;
  principals_.each_warm([&](const std::shared_ptr<const Principal>& principal) {
    if (found.size() >= most) return false;
    if (wanted(*principal)) found.push_back(principal);
    return true;
  });
  return found;
}

template <class Read, class Keep>
core::Result<void> Implementation::load(Read read, Keep keep) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Flights::Flight flight(flights_);
    ++loads_;
    bool kept = false;
    auto done = database_.read([&](database::Connection& db) -> core::Result<void> {
      PrincipalLoader loader(caches_, db, clock_.wall());
      auto value = read(loader);
      if (!value) return core::pass(value);
      kept = flight.publish(loader.used(), [&] { keep(*std::move(value), loader.publish()); });
      return {};
    });
    if (!done || kept) return done;
  }
  return core::fail(core::Errc::unavailable, "the server is busy",
                    "an identity changed during each of several loads");
}

core::Result<void> Implementation::load_key(const crypto::Sha256& hash) {
  const std::string token = hex_of(hash);
  const OneAtATime::Turn turn(turns_, "key:" + token);
  if (find_key(hash).state != Lookup::State::absent) return {};
  return load([&](PrincipalLoader& loader) { return loader.principal(token); },
              [&](std::shared_ptr<const Principal> principal, Tickets tickets) {
                if (principal) {
                  principals_.put(hash, std::move(principal), std::move(tickets));
                } else {
                  principals_.put_unknown(hash);
                }
              });
}

core::Result<void> Implementation::load_default_subject() {
  const std::shared_ptr<const Defaults> present = defaults();
  return load([&](PrincipalLoader& loader) { return loader.resolved(present->terms); },
              [&](const LimitTerms& terms, const Tickets&) {
                const std::scoped_lock lock(default_mutex_);
                if (defaults_ != present) return;
                default_subject_ = std::make_shared<const Subject>(
                    Subject{false, false, std::nullopt, limit_set(terms)});
              });
}

core::Result<void> Implementation::load_end_user(std::string_view id) {
  const std::string name(id);
  const OneAtATime::Turn turn(turns_, "end_user:" + name);
  if (find_end_user(id).loaded) return {};
  if (end_users_.find(id).state == SubjectMap::State::absent) {
    const std::shared_ptr<const Defaults> present = defaults();
    auto done = load([&](PrincipalLoader& loader) { return loader.end_user(name, present->terms); },
                     [&](std::shared_ptr<const Subject> subject, Tickets tickets) {
                       tickets.push_back(present->ticket);
                       if (subject) {
                         end_users_.put(name, std::move(subject), std::move(tickets));
                       } else {
                         end_users_.put_unknown(name);
                       }
                     });
    if (!done || find_end_user(id).loaded) return done;
  }
  return load_default_subject();
}

core::Result<void> Implementation::load_tag(std::string_view name) {
  const std::string text(name);
  const OneAtATime::Turn turn(turns_, "tag:" + text);
  if (find_tag(name).loaded) return {};
  return load([&](PrincipalLoader& loader) { return loader.tag(text); },
              [&](std::shared_ptr<const Subject> subject, Tickets tickets) {
                if (subject) {
                  tags_.put(text, std::move(subject), std::move(tickets));
                } else {
                  tags_.put_unknown(text);
                }
              });
}

void Implementation::forget(const Changes& changes) {
  for (const std::string& id : changes.teams) caches_.teams.drop(id);
  for (const std::string& id : changes.users) caches_.users.drop(id);
  for (const std::string& id : changes.organizations) caches_.organizations.drop(id);
  for (const std::string& id : changes.budgets) caches_.budgets.drop(id);
  for (const std::string& token : changes.keys) {
    if (const auto hash = hash_of(token)) principals_.drop(*hash);
  }
  for (const std::string& id : changes.end_users) end_users_.drop(id);
  for (const std::string& name : changes.tags) tags_.drop(name);
  {
    const std::scoped_lock lock(default_mutex_);
    const auto& budget = defaults_->terms.budget_id;
    if (budget && std::ranges::find(changes.budgets, *budget) != changes.budgets.end()) {
      default_subject_ = nullptr;
    }
  }
  ++generation_;
}

void Implementation::set_end_user_defaults(const EndUserDefaults& defaults) {
  auto next = std::make_shared<Defaults>();
  next->terms.budget_id = defaults.budget_id;
  next->terms.max_budget = defaults.max_budget;
  {
    const std::scoped_lock lock(default_mutex_);
    if (defaults_) defaults_->ticket->stale.store(true, std::memory_order_release);
    defaults_ = std::move(next);
    default_subject_ = nullptr;
    has_defaults_ = defaults.budget_id || defaults.max_budget;
  }
  ++generation_;
}

void Implementation::apply(const Changes& changes) noexcept {
  flights_.announce(changes, [&] { forget(changes); });
}

template <class Each>
core::Result<void> Implementation::for_ids(std::string_view sql, Each each) {
  std::string last;
  for (bool more = true; more && !ending_;) {
    more = false;
    // Short transactions: a long one would keep the write-ahead log from being reused.
    auto done = database_.read([&](database::Connection& db) {
      const std::string from = last;
      return db.query(sql, {from}, [&](const database::Row& row) -> core::Result<void> {
        last = row.text(0);
        more = true;
        each(last);
        return {};
      });
    });
    if (!done) return done;
  }
  return {};
}

core::Result<void> Implementation::load_known() {
  auto keys = for_ids(kKnownKeys, [&](const std::string& token) {
    if (const auto hash = hash_of(token)) principals_.know(*hash);
  });
  if (!keys) return keys;
  auto end_users = for_ids(kKnownEndUsers, [&](const std::string& id) { end_users_.know(id); });
  if (!end_users) return end_users;
  auto tags = for_ids(kKnownTags, [&](const std::string& name) { tags_.know(name); });
  if (!tags) return tags;
  if (ending_) return {};
  principals_.complete();
  end_users_.complete();
  tags_.complete();
  ++generation_;
  return {};
}

DatabaseDirectory::Counts Implementation::counts() const {
  return {principals_.warm(), principals_.known(), loads_, principals_.is_complete()};
}

}  // namespace

std::unique_ptr<DatabaseDirectory> make_directory(database::Database& database,
                                                  const core::Clock& clock,
                                                  DirectoryOptions options) {
  return std::make_unique<Implementation>(database, clock, std::move(options));
}

}  // namespace gatehouse::tenancy
