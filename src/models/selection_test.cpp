#include "gatehouse/models/selection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace gatehouse::models {
namespace {

using namespace std::chrono_literals;

class Selection : public testing::Test {
 protected:
  Deployment& add(std::string id, double weight = 1, std::uint32_t order = 0) {
    Deployment& deployment = deployments.emplace_back();
    deployment.id = core::DeploymentId(std::move(id));
    deployment.weight = weight;
    deployment.order = order;
    deployment.health = std::make_shared<DeploymentHealth>();
    group.deployments.push_back(&deployment);
    std::ranges::stable_sort(group.deployments, {}, &Deployment::order);
    return deployment;
  }
  void cool(Deployment& deployment, core::Nanos pause = 5s) {
    deployment.health->failed({.kind = FailureKind::rate_limited, .retry_after = pause}, now, {});
  }
  std::string order_by(Strategy strategy) {
    select(group, strategy, now, random, candidates);
    std::string ids;
    for (const Deployment* deployment : candidates) ids += deployment->id.text();
    return ids;
  }
  /// How often each deployment is the first choice.
  std::map<std::string, int> shares(int rounds) {
    std::map<std::string, int> out;
    for (int i = 0; i < rounds; ++i) {
      select(group, Strategy::simple_shuffle, now, random, candidates);
      ++out[candidates[0].id.text()];
    }
    return out;
  }

  core::MonotonicTime now{10min};
  core::SeededRandom random{3};
  std::deque<Deployment> deployments;
  ModelGroup group;
  Candidates candidates;
};

TEST_F(Selection, OneDeploymentIsTheOnlyCandidate) {
  add("a");
  EXPECT_EQ(order_by(Strategy::simple_shuffle), "a");
}

TEST_F(Selection, UsageBasedTakesWhoHasUsedLeastInTheMinute) {
  Deployment& a = add("a");
  Deployment& b = add("b");
  a.health->used(now, 500);
  b.health->used(now, 100);
  EXPECT_EQ(order_by(Strategy::usage_based), "ba");
  b.health->used(now, 401);
  EXPECT_EQ(order_by(Strategy::usage_based), "ab");
  now += 60s;
  a.health->used(now, 1);
  EXPECT_EQ(order_by(Strategy::usage_based), "ba") << "the minute before is over";
}

TEST_F(Selection, AllDeploymentsAreCandidatesOnce) {
  add("a");
  add("b");
  add("c");
  std::map<std::string, int> orders;
  for (int i = 0; i < 6000; ++i) ++orders[order_by(Strategy::simple_shuffle)];
  ASSERT_EQ(orders.size(), 6u);
  for (const auto& [order, count] : orders) {
    EXPECT_EQ(order.size(), 3u);
    EXPECT_NEAR(count, 1000, 150) << order;
  }
}

TEST_F(Selection, SharesFollowTheWeights) {
  add("a", 9);
  add("b", 1);
  add("c", 0);
  auto share = shares(20'000);
  EXPECT_NEAR(share["a"], 18'000, 300);
  EXPECT_NEAR(share["b"], 2000, 300);
  EXPECT_EQ(share.count("c"), 0u);
  // Weight 0 still serves when nothing else is left.
  EXPECT_EQ(order_by(Strategy::simple_shuffle).back(), 'c');
}

TEST_F(Selection, FractionsAreWeightsToo) {
  add("a", 0.75);
  add("b", 0.25);
  EXPECT_NEAR(shares(20'000)["a"], 15'000, 300);
}

TEST_F(Selection, WithoutAnyWeightAllAreEqual) {
  add("a", 0);
  add("b", 0);
  EXPECT_NEAR(shares(10'000)["a"], 5000, 300);
}

TEST_F(Selection, LowerOrdersComeFirst) {
  add("b", 100, 2);
  add("a", 1, 1);
  add("c", 100, 3);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order_by(Strategy::simple_shuffle), "abc");
  cool(deployments[1]);
  EXPECT_EQ(order_by(Strategy::simple_shuffle), "bc");
}

TEST_F(Selection, CoolingDeploymentsAreLeftOut) {
  cool(add("a"));
  add("b");
  EXPECT_EQ(order_by(Strategy::simple_shuffle), "b");
  now += 5s;
  EXPECT_EQ(order_by(Strategy::simple_shuffle).size(), 2u);
}

TEST_F(Selection, WhenAllCoolThereIsNoneAndTheEarliestReturnIsKnown) {
  cool(add("a"), 30s);
  cool(add("b"), 20s);
  EXPECT_EQ(order_by(Strategy::simple_shuffle), "");
  EXPECT_EQ(earliest_return(group, now), 20s);
  EXPECT_EQ(earliest_return(group, now + 19s), 1s);
  EXPECT_EQ(earliest_return(group, now + 25s), 0s);
  add("c");
  EXPECT_EQ(earliest_return(group, now), 0s);
  EXPECT_EQ(earliest_return(ModelGroup{}, now), 0s);
}

TEST_F(Selection, LeastBusy) {
  add("a");
  add("b");
  add("c");
  InFlight a1(*deployments[0].health), a2(*deployments[0].health), c(*deployments[2].health);
  EXPECT_EQ(order_by(Strategy::least_busy), "bca");
}

TEST_F(Selection, LatencyPrefersTheUnknownThenTheFastest) {
  add("a").health->succeeded(now, 300ms);
  add("b").health->succeeded(now, 100ms);
  add("c");
  EXPECT_EQ(order_by(Strategy::latency_based), "cba");
}

TEST_F(Selection, CheapestFirst) {
  add("a").cost_rank = 30;
  add("b").cost_rank = 10;
  add("c").cost_rank = std::numeric_limits<std::int64_t>::max();
  add("d").cost_rank = 20;
  EXPECT_EQ(order_by(Strategy::cost_based), "bdac");
}

TEST_F(Selection, AnUnpricedOneAloneIsStillFound) {
  add("a").cost_rank = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(order_by(Strategy::cost_based), "a");
}

TEST_F(Selection, TiesAreBrokenByWeight) {
  add("a", 3).cost_rank = 10;
  add("b", 1).cost_rank = 10;
  int first = 0;
  for (int i = 0; i < 4000; ++i) first += order_by(Strategy::cost_based) == "ab";
  EXPECT_NEAR(first, 3000, 150);
}

TEST_F(Selection, AFilterDecidesToo) {
  add("a").tags = {"eu"};
  add("b");
  select(
      group, Strategy::simple_shuffle, now, random,
      [](const Deployment& deployment) { return !deployment.tags.empty(); }, candidates);
  ASSERT_EQ(candidates.size(), 1u);
  EXPECT_EQ(candidates[0].id.text(), "a");
}

TEST_F(Selection, ALargeGroupGivesAsManyAsFit) {
  for (int i = 0; i < 100; ++i) add(std::to_string(i));
  std::map<std::string, int> first;
  for (int i = 0; i < 2000; ++i) {
    select(group, Strategy::simple_shuffle, now, random, candidates);
    ASSERT_EQ(candidates.size(), Candidates::kCapacity);
    for (std::size_t a = 0; a < candidates.size(); ++a) {
      for (std::size_t b = 0; b < a; ++b) ASSERT_NE(&candidates[a], &candidates[b]);
    }
    ++first[candidates[0].id.text()];
  }
  EXPECT_EQ(first.size(), 100u);
}

// Whatever the weights, orders and cool-downs: no candidate cools, none is doubled, none that
// could serve is missing, and the orders ascend.
TEST_F(Selection, HoldsItsPromisesForRandomGroups) {
  core::SeededRandom dice(99);
  for (int round = 0; round < 2000; ++round) {
    deployments.clear();
    group.deployments.clear();
    const auto size = 1 + dice.below(8);
    std::size_t ready = 0;
    for (std::uint64_t i = 0; i < size; ++i) {
      Deployment& deployment = add(std::to_string(i), static_cast<double>(dice.below(3)),
                                   static_cast<std::uint32_t>(dice.below(3)));
      deployment.cost_rank = static_cast<std::int64_t>(dice.below(3));
      if (dice.below(3) == 0) {
        cool(deployment);
      } else {
        ++ready;
      }
    }
    for (const Strategy strategy : {Strategy::simple_shuffle, Strategy::least_busy,
                                    Strategy::latency_based, Strategy::cost_based}) {
      select(group, strategy, now, random, candidates);
      ASSERT_EQ(candidates.size(), ready);
      for (std::size_t i = 0; i < candidates.size(); ++i) {
        ASSERT_FALSE(candidates[i].health->cooling(now));
        if (i == 0) continue;
        ASSERT_LE(candidates[i - 1].order, candidates[i].order);
        for (std::size_t j = 0; j < i; ++j) ASSERT_NE(&candidates[j], &candidates[i]);
        if (strategy == Strategy::cost_based && candidates[i - 1].order == candidates[i].order) {
          ASSERT_LE(candidates[i - 1].cost_rank, candidates[i].cost_rank);
        }
      }
    }
  }
}

}  // namespace
}  // namespace gatehouse::models
