#include "gatehouse/database/select.hpp"

#include <gtest/gtest.h>

#include <array>

#include "conformance_test_support.hpp"

namespace gatehouse::database {

namespace {
constexpr std::array kSorts{Choice{"name", "name"}, Choice{"size", "length(note)"}};

class SelectTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = open_sqlite({.file = folder_.file("a.db")});
    ASSERT_TRUE(opened) << opened.error().internal_detail;
    database_ = std::move(*opened);
    auto filled = database_->write([](Connection& connection) -> core::Result<std::int64_t> {
      auto made =
          connection.execute("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, note TEXT)");
      if (!made) return made;
      return connection.execute(
          "INSERT INTO item(name, note) VALUES('a%b', 'xxx'), ('a_b', 'x'), ('a\\b', NULL), "
          "('ab', 'xx'), ('it''s', 'xx')");
    });
    ASSERT_TRUE(filled);
  }
  std::string names(const Select& select) {
    std::string all;
    auto done = database_->read([&](Connection& connection) {
      return select.each(connection, [&](const Row& row) -> core::Result<void> {
        all += std::string(row.text(0)) + " ";
        return {};
      });
    });
    return done ? all : "failed: " + done.error().internal_detail;
  }
  std::int64_t count(const Select& select) {
    return database_->read([&](Connection& connection) { return select.count(connection); })
        .value_or(-1);
  }

  TestFolder folder_;
  std::unique_ptr<Database> database_;
};
}  // namespace

TEST_F(SelectTest, OnlyConditionsWithAValueAreThere) {
  Select select("name", "item");
  select.where_if("note = ?", std::optional<std::string>{})
      .where_if("name > ?", std::optional<std::string>("a_"))
      .order_by("name");
  EXPECT_EQ(select.sql(), "SELECT name FROM item WHERE (name > ?) ORDER BY name");
  EXPECT_EQ(names(select), "a_b ab it's ");
}

TEST_F(SelectTest, ACopyHasItsOwnValues) {
  auto first = std::make_unique<Select>(Select("name", "item"));
  first->where("note = ?", std::string("xx")).order_by("name");
  const Select copy = *first;
  first.reset();
  EXPECT_EQ(names(copy), "ab it's ");
}

TEST_F(SelectTest, WildcardsOfLikeAreTexts) {
  EXPECT_EQ(names(Select("name", "item").where_contains("name", "%")), "a%b ");
  EXPECT_EQ(names(Select("name", "item").where_contains("name", "_")), "a_b ");
  EXPECT_EQ(names(Select("name", "item").where_contains("name", "\\")), "a\\b ");
  EXPECT_EQ(names(Select("name", "item").where_contains("name", "t's")), "it's ");
  EXPECT_EQ(names(Select("name", "item").where_contains("name", std::string(1'000, '%'))), "");
}

TEST_F(SelectTest, ListsMatchTheirMembers) {
  const std::vector<std::string> three{"ab", "it's", "none"};
  EXPECT_EQ(names(Select("name", "item").where_in("name", three).order_by("name")), "ab it's ");
  EXPECT_EQ(names(Select("name", "item").where_in("name", {})), "");
  // Lists of three and four share one statement.
  const std::vector<std::string> four{"1", "2", "3", "4"};
  EXPECT_EQ(Select("name", "item").where_in("name", three).sql(),
            Select("name", "item").where_in("name", four).sql());
}

TEST_F(SelectTest, SortsByWhatIsOffered) {
  const auto size = choose(kSorts, "size");
  ASSERT_TRUE(size);
  EXPECT_EQ(names(Select("name", "item")
                      .where("note IS NOT NULL")
                      .order_by(*size, true)
                      .order_by("name", false)),
            "a%b ab it's a_b ");
  EXPECT_FALSE(choose(kSorts, "name; DROP TABLE item"));
  EXPECT_FALSE(choose(kSorts, ""));
}

TEST_F(SelectTest, CountsWithoutTheLimit) {
  Select select("note, count(*)", "item");
  select.where("note IS NOT NULL").group_by("note").order_by("note").limit(1, 1);
  EXPECT_EQ(names(select), "xx ");
  EXPECT_EQ(count(select), 3);
  EXPECT_EQ(names(Select("name", "item").limit(-1)), "") << "a negative limit is not 'all'";
}

}  // namespace gatehouse::database
