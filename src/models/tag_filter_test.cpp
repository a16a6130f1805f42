#include "gatehouse/models/tag_filter.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

namespace gatehouse::models {
namespace {

class TagFilterTest : public testing::Test {
 protected:
  TagFilterTest() { settings.tag_filtering = true; }
  void add(std::string id, std::vector<std::string> tags) {
    Deployment& deployment = deployments.emplace_back();
    deployment.id = core::DeploymentId(std::move(id));
    deployment.tags = std::move(tags);
    group.deployments.push_back(&deployment);
  }
  std::string allowed(const std::vector<std::string>& tags) const {
    const TagFilter filter(group, settings, tags);
    std::string ids;
    for (const Deployment* deployment : group.deployments) {
      if (filter.allows(*deployment)) ids += deployment->id.text();
    }
    EXPECT_EQ(filter.closed(), ids.empty());
    return ids;
  }

  RouterSettings settings;
  std::deque<Deployment> deployments;
  ModelGroup group;
};

TEST_F(TagFilterTest, ChoosesByTagAndElseTheDefault) {
  add("f", {"free"});
  add("p", {"paid", "fast"});
  add("d", {"default"});
  EXPECT_EQ(allowed({"free"}), "f");
  EXPECT_EQ(allowed({"fast", "unheard-of"}), "p");
  EXPECT_EQ(allowed({"free", "paid"}), "fp");
  EXPECT_EQ(allowed({"unheard-of"}), "d");
  EXPECT_EQ(allowed({}), "d");
}

TEST_F(TagFilterTest, AllTagsWhereThatIsAskedFor) {
  settings.tags_match_any = false;
  add("f", {"free"});
  add("p", {"paid", "fast"});
  EXPECT_EQ(allowed({"paid", "fast"}), "p");
  EXPECT_EQ(allowed({"paid", "free"}), "");
}

TEST_F(TagFilterTest, WithoutADefaultOnlyCallsWithoutTagsGoAnywhere) {
  add("f", {"free"});
  add("u", {});
  EXPECT_EQ(allowed({}), "fu");
  EXPECT_EQ(allowed({"paid"}), "");
}

TEST_F(TagFilterTest, IsOffUnlessAskedFor) {
  settings.tag_filtering = false;
  add("f", {"free"});
  add("d", {"default"});
  EXPECT_TRUE(TagFilter(group, settings, {}).open());
  EXPECT_EQ(allowed({"paid"}), "fd");
}

}  // namespace
}  // namespace gatehouse::models
