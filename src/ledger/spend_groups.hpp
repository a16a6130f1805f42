#pragma once
/// Rows of sums, added up by their names.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gatehouse/database/connection.hpp"
#include "gatehouse/ledger/spend_records.hpp"

namespace gatehouse::ledger {

/// The columns of sums that a question reads, in this order. Reading those that nobody asked for
/// takes longer than finding the row.
enum class SumColumns : std::uint8_t {
  spend,   ///< spend, requests
  report,  ///< spend, prompt tokens, completion tokens, requests
  all,     ///< as in UsageSums
};

UsageSums read_sums(const database::Row& row, int first, SumColumns columns);

/// Adds up rows of the same names. Sums by day have to come in order of the days, so that a day's
/// are sorted and forgotten when the next one begins.
class Groups {
 public:
  /// The first `names` columns of a row are names, with the day as the first one if `by_day`.
  Groups(int names, bool by_day, SumColumns columns)
      : names_(names), by_day_(by_day), columns_(columns) {}

  void add(const database::Row& row);
  /// At most `limit`: by day, then greatest spend first.
  std::vector<UsageGroup> take(std::uint64_t limit) &&;

 private:
  void close_day();
  UsageGroup& group_of_row();
  void make_room();

  int names_;
  bool by_day_;
  SumColumns columns_;
  std::array<std::string_view, 4> now_;  ///< the names of the row
  std::vector<UsageGroup> groups_;
  // The day's groups by their names: an open table, because a report has a hundred thousand groups
  // and a map would copy all their names.
  struct Place {
    std::size_t hash = 0;
    std::size_t group = 0;  ///< counted from 1; 0: free
  };
  std::vector<Place> places_ = std::vector<Place>(64);
  std::size_t day_ = 0;  ///< where the groups of the day begin
};

}  // namespace gatehouse::ledger
