// ledger_generator FILE ROWS: makes a database with ROWS settled calls, for tests that need one.

#include <cstdio>
#include <cstdlib>

#include "generated_ledger.hpp"

int main(int argc, char** argv) {
  if (argc != 3 || std::atoll(argv[2]) <= 0) {
    std::fprintf(stderr, "usage: ledger_generator FILE ROWS\n");
    return 2;
  }
  using namespace gatehouse;
  auto database = database::open_sqlite({.file = argv[1], .checkpoint_pages = 100'000});
  auto made = database ? ledger::generate_ledger(**database, std::atoll(argv[2]))
                       : core::Result<void>(std::unexpected(database.error()));
  if (made) return 0;
  std::fprintf(stderr, "%s (%s)\n", made.error().public_message.c_str(),
               made.error().internal_detail.c_str());
  return 1;
}
