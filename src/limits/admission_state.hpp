#pragma once
/// What one call holds.

#include <memory>
#include <mutex>
#include <vector>

#include "account_state.hpp"
#include "gatehouse/limits/admission.hpp"

namespace gatehouse::limits {

struct Admission::State {
  /// Of one charge, next to the budgets.
  struct Hold {
    Taken requests;
    Taken tokens;
    bool counted = false;  ///< among the account's parallel requests
    bool news = false;     ///< thresholds may have been reached before this call
  };
  /// One of `periods`, seen from inside.
  struct Post {
    Counter* counter = nullptr;
    std::size_t charge = 0;
  };

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  std::vector<Charge> charges;  ///< each account once
  std::vector<Hold> holds;      ///< of each charge
  std::vector<Post> posts;      ///< ascending by charge
  std::vector<core::ChargedPeriod> periods;
  core::Money reserved;  ///< on each post
  std::uint64_t tokens = 0;
  RateMode mode = RateMode::fixed_window;
  core::Nanos window{};
  core::MonotonicTime now{};  ///< of the last demand
  bool settled = false;
  std::vector<Threshold> reached;

  Account::State& account(std::size_t charge) const { return *charges[charge].account->state_; }
  Pace pace(std::uint64_t limit) const noexcept { return {mode, window, limit}; }
  /// Adds the charges of accounts that are not there yet; returns the index of the first.
  std::size_t append(std::vector<Charge>&& more);
  /// Forgets the charges from `first` on, which hold nothing.
  void truncate(std::size_t first);
  void add_post(std::size_t charge, Counter& counter);

  /// Turns what the charge holds into `actual` and `used_tokens`. `post` is the first of its posts
  /// and moves on to the next charge's.
  void close(std::size_t charge, std::size_t& post, core::Money actual, std::uint64_t used_tokens,
             core::MonotonicTime moment);
  /// The pace alone: tokens, and one parallel request less.
  void close_rates(std::size_t charge, std::uint64_t used_tokens, core::MonotonicTime moment);
  Room lower(core::Money cost);
  Room drop(std::initializer_list<core::Scope> scopes);
};

}  // namespace gatehouse::limits
