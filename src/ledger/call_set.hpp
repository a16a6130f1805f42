#pragma once
/// Which calls of a writer have room kept for them.

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace gatehouse::ledger {

/// A set of call ids by their 64-bit hashes, without an allocation per call. Two open calls with
/// one hash (1 in 2^63 pairs) would share their room, nothing else. One thread.
class CallSet {
 public:
  std::size_t size() const noexcept { return size_; }

  /// False when it was there.
  bool insert(std::string_view call_id) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    const std::uint64_t key = key_of(call_id);
    const std::size_t at = find(key);
    if (slots_[at] != 0) return false;
    slots_[at] = key;
    ++size_;
    return true;
  }
  /// True when it is there and was not marked before.
  bool mark(std::string_view call_id) noexcept {
    if (size_ == 0) return false;
    std::uint64_t& slot = slots_[find(key_of(call_id))];
    if (slot == 0 || (slot & 1U) != 0) return false;
    slot |= 1U;
    return true;
  }
  bool contains(std::string_view call_id) const noexcept {
    return size_ > 0 && slots_[find(key_of(call_id))] != 0;
  }
  void erase(std::string_view call_id) noexcept {
    if (size_ == 0) return;
    std::size_t hole = find(key_of(call_id));
    if (slots_[hole] == 0) return;
    // Moves later members of the run up, so that no search ends at the hole.
    for (std::size_t at = next(hole); slots_[at] != 0; at = next(at)) {
      const std::size_t home = home_of(slots_[at]);
      if (((at - home) & mask()) >= ((at - hole) & mask())) {
        slots_[hole] = slots_[at];
        hole = at;
      }
    }
    slots_[hole] = 0;
    --size_;
  }

 private:
  static std::uint64_t key_of(std::string_view call_id) noexcept {
    return (std::uint64_t{std::hash<std::string_view>{}(call_id)} | 2U) & ~std::uint64_t{1};
  }
  std::size_t mask() const noexcept { return slots_.size() - 1; }
  std::size_t next(std::size_t at) const noexcept { return (at + 1) & mask(); }
  std::size_t home_of(std::uint64_t key) const noexcept { return (key >> 2) & mask(); }
  std::size_t find(std::uint64_t key) const noexcept {
    std::size_t at = home_of(key);
    while (slots_[at] != 0 && (slots_[at] & ~std::uint64_t{1}) != key) at = next(at);
    return at;
  }
  void grow() {
    std::vector<std::uint64_t> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const std::uint64_t key : old) {
      if (key != 0) slots_[find(key & ~std::uint64_t{1})] = key;
    }
  }

  std::vector<std::uint64_t> slots_;  // 0: empty; bit 0: marked
  std::size_t size_ = 0;
};

}  // namespace gatehouse::ledger
