#include <array>
#include <mutex>
#include <unordered_map>

#include "account_state.hpp"
#include "gatehouse/limits/account.hpp"
#include "id_hash.hpp"

namespace gatehouse::limits {
namespace {

constexpr std::size_t kShards = 64;

/// `id` is that of the account itself.
struct Name {
  core::Scope scope;
  std::string_view id;
  std::uint64_t hash;
  bool operator==(const Name& other) const noexcept {
    return hash == other.hash && scope == other.scope && id == other.id;
  }
};
struct HashOfName {
  std::size_t operator()(const Name& name) const noexcept { return name.hash; }
};

struct alignas(64) Shard {
  mutable std::mutex mutex;
  std::unordered_map<Name, std::shared_ptr<Account>, HashOfName> accounts;
};

}  // namespace

struct AccountBook::State {
  explicit State(std::uint64_t key) : hash_key(key) {}

  Name name(core::Scope scope, std::string_view id) const {
    return {scope, id, hash_id(hash_key, static_cast<std::uint64_t>(scope), id)};
  }
  Shard& shard(const Name& name) { return shards[name.hash >> 58]; }

  std::uint64_t hash_key;
  std::shared_mutex corrections;
  std::array<Shard, kShards> shards;
};

AccountBook::AccountBook(std::uint64_t hash_key) : state_(std::make_unique<State>(hash_key)) {}

AccountBook::~AccountBook() = default;

std::shared_ptr<Account> AccountBook::find(core::Scope scope, std::string_view id) const {
  const Name name = state_->name(scope, id);
  const Shard& shard = state_->shard(name);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.accounts.find(name);
  return found == shard.accounts.end() ? nullptr : found->second;
}

std::shared_ptr<Account> AccountBook::add(core::Scope scope, std::string_view id,
                                          std::span<const CounterState> settled) {
  auto account = std::make_shared<Account>(scope, std::string(id), settled);
  const Name name = state_->name(scope, account->id());
  Shard& shard = state_->shard(name);
  const std::lock_guard lock(shard.mutex);
  return shard.accounts.try_emplace(name, std::move(account)).first->second;
}

std::size_t AccountBook::size() const {
  std::size_t total = 0;
  for (const Shard& shard : state_->shards) {
    const std::lock_guard lock(shard.mutex);
    total += shard.accounts.size();
  }
  return total;
}

std::shared_lock<std::shared_mutex> AccountBook::loading() {
  return std::shared_lock(state_->corrections);
}

std::unique_lock<std::shared_mutex> AccountBook::correcting() {
  return std::unique_lock(state_->corrections);
}

std::size_t AccountBook::drop_idle(core::MonotonicTime idle_since) {
  std::size_t dropped = 0;
  for (Shard& shard : state_->shards) {
    const std::lock_guard lock(shard.mutex);
    // A count of one is the book's own: no other thread can take one without the shard's lock.
    dropped += std::erase_if(shard.accounts, [&](const auto& entry) {
      const std::shared_ptr<Account>& account = entry.second;
      return account.use_count() == 1 && account->idle_since(idle_since);
    });
  }
  return dropped;
}

}  // namespace gatehouse::limits
