#include "row_io.hpp"

#include "store_test_support.hpp"

namespace gatehouse::tenancy {
namespace {

class RowsTest : public StoreTest {
 protected:
  std::vector<std::string> columns_in(const std::string& table) {
    std::vector<std::string> names;
    auto done = database->read([&](database::Connection& db) {
      return db.query("SELECT name FROM pragma_table_info(?)", {table},
                      [&](const database::Row& row) -> core::Result<void> {
                        names.emplace_back(row.text(0));
                        return {};
                      });
    });
    EXPECT_TRUE(done);
    return names;
  }
  template <class Record>
  void expect_columns() {
    EXPECT_EQ(columns_of<Record>(), columns_in(std::string(Table<Record>::kName)));
  }
};

TEST_F(RowsTest, RecordsListTheColumnsOfTheirTables) {
  expect_columns<KeyRecord>();
  expect_columns<TeamRecord>();
  expect_columns<UserRecord>();
  expect_columns<OrganizationRecord>();
  expect_columns<EndUserRecord>();
  expect_columns<TagRecord>();
  expect_columns<BudgetRecord>();
  expect_columns<StoredModel>();
}

TEST_F(RowsTest, ArchivesHaveTheSameColumnsAndTwoMore) {
  for (const auto& [archive, expected] : {std::pair{"deleted_virtual_key", columns_of<KeyRecord>()},
                                          std::pair{"deleted_team", columns_of<TeamRecord>()}}) {
    auto wanted = expected;
    wanted.insert(wanted.end(), {"deleted_at_ns", "deleted_by"});
    EXPECT_EQ(columns_in(archive), wanted);
  }
}

TEST_F(RowsTest, TheDefaultTenantIsThereFromTheStart) {
  const auto organization = organizations.find("default");
  ASSERT_TRUE(organization);
  EXPECT_FALSE(organization->blocked);
}

TEST(JsonColumns, KeepWhatTheyAreGiven) {
  const TextMap map{{"a\"b", "é\n"}, {"", "x"}};
  TextMap read;
  from_json(to_json(map), read);
  EXPECT_EQ(read, map);
  const BudgetList budgets{{core::Money::nano_usd(-5), "30d", core::WallTime(core::Nanos(7))},
                           {core::Money::max(), "", {}}};
  BudgetList read_budgets;
  from_json(to_json(budgets), read_budgets);
  EXPECT_EQ(read_budgets, budgets);
  const CountMap counts{{"m", 9'000'000'000'000}};
  CountMap read_counts;
  from_json(to_json(counts), read_counts);
  EXPECT_EQ(read_counts, counts);
}

TEST(JsonColumns, MergeObjects) {
  EXPECT_EQ(*merge_objects(R"({"a":1,"b":2})", R"({"a":null,"c":{"d":3}})", "x"),
            R"({"b":2,"c":{"d":3}})");
  EXPECT_EQ(*merge_objects(R"({"\u0061":1})", R"({"a":2})", "x"), R"({"a":2})");
  EXPECT_EQ(*merge_objects("{}", "{}", "x"), "{}");
  EXPECT_FALSE(merge_objects("{}", "[1,2]", "x"));
  EXPECT_FALSE(merge_objects("{}", R"({"a":1,"a":2})", "x"));
  EXPECT_FALSE(check_object("{", "x"));
  EXPECT_FALSE(check_object(R"({"a":")" + std::string(std::size_t{1} << 20, 'x') + "\"}", "x"));
  EXPECT_EQ(without_values(R"({"api_key":"secret"})"), R"({"api_key":"…"})");
}

}  // namespace
}  // namespace gatehouse::tenancy
