#pragma once
/// Makes a routing table of a configuration and lists everything that is wrong with it.

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "deployment_builder.hpp"
#include "gatehouse/models/model_table.hpp"

namespace gatehouse::models {

/// One use per object.
class TableBuilder {
 public:
  TableBuilder(const TableInput& input, HealthRegistry& health);
  ModelTable::Built build();

 private:
  void add_deployments();
  void add_groups();
  void weigh(ModelGroup& group);
  void add_aliases();
  void add_visible();
  void check_settings();
  void check_fallbacks(std::string_view name, std::vector<FallbackRule>& rules);
  void drop_unknown(const std::string& path, std::vector<std::string>& targets);
  void add_price_version();
  bool known(std::string_view name) const;

  const TableInput& input_;
  HealthRegistry& health_;
  Issues issues_;
  std::shared_ptr<ModelTable> table_;
  ModelTable::State& state_;
};

}  // namespace gatehouse::models
