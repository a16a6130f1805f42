#pragma once
/// Answers in memory by id, for many threads: what exists, what does not, and a bound on both.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace gatehouse::tenancy {

/// Says of a record that others were made from whether it has changed since.
struct Ticket {
  std::atomic<bool> stale{false};
};
using Tickets = std::vector<std::shared_ptr<const Ticket>>;

/// Hashes of 64 bits in 8 to 16 bytes each: open addressing, never shrinks. Not thread-safe.
class FingerprintSet {
 public:
  void insert(std::uint64_t print) {
    if (4 * (size_ + 1) > 3 * slots_.size()) grow();
    if (place(slots_, print)) ++size_;
  }
  bool contains(std::uint64_t print) const noexcept {
    if (slots_.empty()) return false;
    const std::uint64_t wanted = print == 0 ? 1 : print;
    for (std::size_t i = wanted & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i] == wanted) return true;
      if (slots_[i] == 0) return false;
    }
  }
  std::size_t size() const noexcept { return size_; }

 private:
  static bool place(std::vector<std::uint64_t>& slots, std::uint64_t print) {
    const std::uint64_t wanted = print == 0 ? 1 : print;
    std::size_t i = wanted & (slots.size() - 1);
    for (; slots[i] != 0; i = (i + 1) & (slots.size() - 1)) {
      if (slots[i] == wanted) return false;
    }
    slots[i] = wanted;
    return true;
  }
  void grow() {
    std::vector<std::uint64_t> larger(slots_.empty() ? 64 : 2 * slots_.size());
    for (const std::uint64_t print : slots_) {
      if (print != 0) place(larger, print);
    }
    slots_ = std::move(larger);
  }
  std::vector<std::uint64_t> slots_;  // 0 = free; a power of two
  std::size_t size_ = 0;
};

/// Thread-safe. `Hash` takes every type that is looked up by and gives 64 well-mixed bits.
template <class Key, class Value, class Hash>
class WarmMap {
 public:
  enum class State : std::uint8_t { found, unknown, absent };
  struct Answer {
    State state = State::absent;
    std::shared_ptr<const Value> value = {};
  };

  WarmMap(std::size_t max_warm, std::size_t max_unknown)
      : max_warm_(1 + max_warm / kShards), max_unknown_(1 + max_unknown / kShards) {}

  template <class K>
  Answer find(const K& key) const {
    const std::uint64_t hash = Hash{}(key);
    Shard& shard = shard_of(hash);
    const std::scoped_lock lock(shard.mutex);
    if (const auto found = shard.warm.find(key); found != shard.warm.end()) {
      Warm& warm = found->second;
      if (is_stale(warm)) return {};
      warm.referenced = true;
      return {State::found, warm.value};
    }
    if (complete_.load(std::memory_order_acquire) && !shard.known.contains(hash)) {
      return {State::unknown, {}};
    }
    if (shard.unknown.contains(key)) return {State::unknown, {}};
    return {};
  }

  void put(const Key& key, std::shared_ptr<const Value> value, Tickets tickets) {
    const std::uint64_t hash = Hash{}(key);
    Shard& shard = shard_of(hash);
    const std::scoped_lock lock(shard.mutex);
    if (shard.warm.size() >= max_warm_) make_room(shard);
    shard.warm.insert_or_assign(key, Warm{std::move(value), std::move(tickets), true});
    shard.known.insert(hash);
  }
  void put_unknown(const Key& key) {
    Shard& shard = shard_of(Hash{}(key));
    const std::scoped_lock lock(shard.mutex);
    if (shard.unknown.size() >= max_unknown_) shard.unknown.clear();
    shard.unknown.insert(key);
    shard.warm.erase(key);
  }
  /// The row has been written: whatever was known of it is forgotten, but that it may exist.
  void drop(const Key& key) {
    const std::uint64_t hash = Hash{}(key);
    Shard& shard = shard_of(hash);
    const std::scoped_lock lock(shard.mutex);
    shard.warm.erase(key);
    shard.unknown.erase(key);
    shard.known.insert(hash);
  }
  void know(const Key& key) {
    const std::uint64_t hash = Hash{}(key);
    Shard& shard = shard_of(hash);
    const std::scoped_lock lock(shard.mutex);
    shard.known.insert(hash);
  }
  /// From now on what is not known does not exist.
  void complete() { complete_.store(true, std::memory_order_release); }
  bool is_complete() const { return complete_.load(std::memory_order_acquire); }

  /// Calls `use(value)` for what find() would find, until that returns false. `use` runs under a
  /// lock: it must be short and ask nothing of this map.
  template <class Use>
  void each_warm(Use use) const {
    for (Shard& shard : shards_) {
      const std::scoped_lock lock(shard.mutex);
      for (const auto& [key, warm] : shard.warm) {
        if (!is_stale(warm) && !use(warm.value)) return;
      }
    }
  }

  std::size_t warm() const {
    return sum([](const Shard& shard) { return shard.warm.size(); });
  }
  std::size_t known() const {
    return sum([](const Shard& shard) { return shard.known.size(); });
  }

 private:
  static constexpr std::size_t kShards = 64;

  struct Warm {
    std::shared_ptr<const Value> value;
    Tickets tickets;
    bool referenced = true;
  };
  static bool is_stale(const Warm& warm) noexcept {
    for (const auto& ticket : warm.tickets) {
      if (ticket->stale.load(std::memory_order_acquire)) return true;
    }
    return false;
  }
  struct HashOf {
    using is_transparent = void;
    template <class K>
    std::size_t operator()(const K& key) const {
      return Hash{}(key);
    }
  };
  struct alignas(64) Shard {
    std::mutex mutex;
    std::unordered_map<Key, Warm, HashOf, std::equal_to<>> warm;
    std::unordered_set<Key, HashOf, std::equal_to<>> unknown;
    FingerprintSet known;
    std::size_t hand = 0;
  };

  Shard& shard_of(std::uint64_t hash) const { return shards_[hash >> 58]; }

  /// Second chance: goes round the buckets and removes the first that nobody asked for since the
  /// last round.
  void make_room(Shard& shard) {
    for (std::size_t step = 0; step < 2 * shard.warm.bucket_count(); ++step) {
      const std::size_t bucket = shard.hand++ % shard.warm.bucket_count();
      for (auto it = shard.warm.begin(bucket); it != shard.warm.end(bucket); ++it) {
        if (!it->second.referenced) {
          shard.warm.erase(shard.warm.find(it->first));
          return;
        }
        it->second.referenced = false;
      }
    }
  }

  template <class Count>
  std::size_t sum(Count count) const {
    std::size_t total = 0;
    for (Shard& shard : shards_) {
      const std::scoped_lock lock(shard.mutex);
      total += count(shard);
    }
    return total;
  }

  const std::size_t max_warm_;
  const std::size_t max_unknown_;
  std::atomic<bool> complete_{false};
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace gatehouse::tenancy
