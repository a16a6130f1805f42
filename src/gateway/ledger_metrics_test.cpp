#include "gatehouse/gateway/ledger_metrics.hpp"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

TEST(LedgerMetricsTest, EachFigureHasItsOwnName) {
  telemetry::Exposition out;
  collect_ledger_metrics({.applied = 11,
                          .pending_bytes = 12,
                          .open_reservations = 13,
                          .unknown = 14,
                          .voided = 15,
                          .duplicates = 16,
                          .undecodable = 17,
                          .damaged_bytes = 18,
                          .retries = 19,
                          .archived = 20},
                         out);
  const std::string text = out.take();
  for (const char* line :
       {"\ngatehouse_ledger_applied_total 11\n", "\ngatehouse_ledger_pending_bytes 12\n",
        "\ngatehouse_ledger_open_reservations 13\n",
        "\ngatehouse_ledger_recovered_unknown_total 14\n",
        "\ngatehouse_ledger_recovered_void_total 15\n", "\ngatehouse_ledger_duplicates_total 16\n",
        "\ngatehouse_ledger_undecodable_total 17\n", "\ngatehouse_ledger_damaged_bytes_total 18\n",
        "\ngatehouse_ledger_retries_total 19\n", "\ngatehouse_ledger_archived_total 20\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

}  // namespace
}  // namespace gatehouse::gateway
