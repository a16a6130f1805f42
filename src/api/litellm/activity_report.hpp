#pragma once
/// The days of an activity report (litellm-contract.md 1.7, "daily/activity").

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "admin/json_writer.hpp"
#include "gatehouse/ledger/spend_queries.hpp"

namespace gatehouse::api::litellm {

/// What keys and teams that occur in a report are called.
struct ActivityNames {
  std::map<std::string, ledger::KeyName> keys;
  std::map<std::string, std::string> teams;  ///< empty but for reports about teams

  static core::Result<ActivityNames> of(const ledger::SpendQueries& queries,
                                        ledger::Subject subject,
                                        std::span<const ledger::ActivityLine> lines);
};

/// Writes {"date","metrics","breakdown"} for lines of one day, of which there is at least one;
/// returns their sum.
ledger::UsageSums write_day(admin::JsonWriter& out, std::span<const ledger::ActivityLine> lines,
                            const ActivityNames& names);

struct ReportPage {
  std::uint64_t page = 1;
  std::uint64_t pages = 1;
};
/// Writes the member "metadata" with the totals.
void write_report_end(admin::JsonWriter& out, const ledger::UsageSums& total,
                      const ReportPage& page);

/// A whole report in parts of one day each. Blocking; one thread at a time.
class ActivityWriter {
 public:
  static core::Result<std::shared_ptr<ActivityWriter>> begin(const ledger::SpendQueries& queries,
                                                             ledger::Subject subject,
                                                             const ledger::DayRange& days,
                                                             ledger::UsageFilter filter);
  /// The next part of the JSON text; empty behind the last one.
  core::Result<std::string> next();

 private:
  ActivityWriter(const ledger::SpendQueries& queries, ledger::Subject subject,
                 ledger::UsageFilter filter, std::vector<ledger::Day> days)
      : queries_(queries), subject_(subject), filter_(std::move(filter)), days_(std::move(days)) {}

  const ledger::SpendQueries& queries_;
  ledger::Subject subject_;
  ledger::UsageFilter filter_;
  std::vector<ledger::Day> days_;  ///< still to be written, newest first
  std::size_t written_ = 0;
  bool done_ = false;
  ledger::UsageSums total_;
  bool any_ = false;
};

}  // namespace gatehouse::api::litellm
