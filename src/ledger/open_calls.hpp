#pragma once
/// Calls that are reserved and not settled, as far as the journals have been read.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "codec.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/database/connection.hpp"

namespace gatehouse::ledger {

/// One thread. Entries are taken in memory first; write() brings the table into line, as often as
/// its transaction has to be repeated, and written() says that it was committed.
class OpenCalls {
 public:
  struct Call {
    std::string entry;       ///< the reservation, once the call outlived its batch
    std::string_view fresh;  ///< in the journal, until then
    bool dispatched = false;
    bool left_over = false;  ///< of an earlier run
    bool stored = false;     ///< has a row
    bool changed = false;
    std::string_view reservation() const noexcept { return fresh.empty() ? entry : fresh; }
  };

  core::Result<void> load(database::Connection& connection);
  std::size_t size() const noexcept { return calls_.size(); }

  void reserve(std::string_view call_id, std::string_view payload, bool left_over);
  void dispatch(std::string_view call_id);
  void settle(std::string_view call_id);

  core::Result<void> write(database::Connection& connection);
  void written();

  /// Up to `limit` calls of earlier runs.
  std::vector<std::string> left_over(std::size_t limit) const;
  const Call& at(const std::string& call_id) const { return calls_.at(call_id); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  void touch(const std::string& call_id, Call& call);

  std::unordered_map<std::string, Call, Hash, std::equal_to<>> calls_;
  std::vector<std::string> changed_;  // since the last commit; some may be settled by now
  std::vector<std::string> removed_;  // rows of settled calls
  Decoder decoder_;
};

}  // namespace gatehouse::ledger
