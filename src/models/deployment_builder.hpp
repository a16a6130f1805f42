#pragma once
/// Makes one deployment of one entry of model_list.

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "gatehouse/models/model_table.hpp"

namespace gatehouse::models {

/// Errors and warnings as they are found.
struct Issues {
  std::vector<ConfigIssue> errors;
  std::vector<ConfigIssue> warnings;

  void error(std::string path, std::string text) {
    errors.push_back({std::move(path), std::move(text)});
  }
  void warning(std::string path, std::string text) {
    warnings.push_back({std::move(path), std::move(text)});
  }
};

/// Keeps track of ids, so use one for all entries of a table.
class DeploymentBuilder {
 public:
  DeploymentBuilder(const TableInput& input, Issues& issues) : input_(input), issues_(issues) {}

  /// A deployment without index, weight and health. Mistakes go to the issues; the result is then
  /// only good for finding further mistakes.
  Deployment build(const ModelListEntry& entry);

 private:
  void check_names(const ModelListEntry& entry);
  void check_connection(const ModelListEntry& entry);
  void check_numbers(const ModelListEntry& entry);
  void set_provider(const ModelListEntry& entry, Deployment& out);
  void use_environment(Deployment& out) const;
  void set_limits(const ModelListEntry& entry, Deployment& out) const;
  void set_model_info(const ModelListEntry& entry, Deployment& out);
  void set_prices(const ModelListEntry& entry, Deployment& out);
  void set_id(const ModelListEntry& entry, Deployment& out);
  bool knows_provider(std::string_view name) const noexcept;

  const TableInput& input_;
  Issues& issues_;
  std::unordered_map<std::string, std::string> paths_by_id_;
  std::unordered_map<std::string, std::uint32_t> twins_;  // entries with equal parameters
};

}  // namespace gatehouse::models
