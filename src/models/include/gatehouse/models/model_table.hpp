#pragma once
/// The routing table: names to deployments. An immutable snapshot.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/models/deployment.hpp"
#include "gatehouse/models/health.hpp"
#include "gatehouse/models/presets.hpp"
#include "gatehouse/models/price_book.hpp"
#include "gatehouse/models/settings.hpp"

namespace gatehouse::models {

/// A mistake or an oddity in the configuration.
struct ConfigIssue {
  std::string path;  ///< "model_list[3].litellm_params.model"
  std::string text;
};

/// What a name stands for. Valid as long as the table and the text given to resolve().
struct ModelMatch {
  const ModelGroup* group = nullptr;
  std::string_view name = {};  ///< the requested name, or what its alias stands for
  std::string_view rest = {};  ///< what the group's '*' stands for; empty without wildcard
};

/// A model as /v1/models lists it.
struct VisibleModel {
  std::string name;
  const ModelGroup* group = nullptr;
};

/// What a table is made of.
struct TableInput {
  std::span<const ModelListEntry> entries;
  const RouterSettings& settings;
  std::shared_ptr<const PriceBook> prices;
  /// Names before the '/' of a model that this server can call ("openai", "groq", …).
  std::span<const std::string_view> providers;
  /// Keys and addresses from the environment, for entries that name neither.
  std::span<const AvailableProvider> available = {};
};

/// Immutable and thread-safe. A request loads the snapshot once and keeps it to its end, so that
/// a price or route that changes meanwhile does not touch it (faults.md G6).
class ModelTable {
 public:
  struct Built;
  /// Never throws for wrong input: all mistakes are listed at once. A table comes with warnings
  /// only, never with errors.
  static Built build(const TableInput& input, HealthRegistry& health);

  ModelTable(const ModelTable&) = delete;
  ModelTable& operator=(const ModelTable&) = delete;
  ~ModelTable();

  /// Alias, exact name, then the most specific wildcard. O(1) without a wildcard; never
  /// allocates. Empty group when the name is unknown.
  ModelMatch resolve(std::string_view name) const noexcept;

  std::span<const Deployment> deployments() const noexcept;
  /// Null when there is none of that id.
  const Deployment* find_deployment(std::string_view id) const noexcept;
  std::span<const ModelGroup> groups() const noexcept;
  /// Names without wildcards and hidden aliases, in the order of the configuration.
  std::span<const VisibleModel> visible_models() const noexcept;
  const RouterSettings& settings() const noexcept;
  const PriceBook& prices() const noexcept;
  /// Hash of the prices in force, overrides included: what a record names (faults.md I14).
  const std::string& price_version() const noexcept;

 private:
  friend class TableBuilder;
  ModelTable();
  struct State;
  std::unique_ptr<State> state_;
};

struct ModelTable::Built {
  std::shared_ptr<const ModelTable> table;  ///< null when there are errors
  std::vector<ConfigIssue> errors;
  std::vector<ConfigIssue> warnings;
};

/// The model name to send upstream. Without a wildcard a view of the deployment; else put
/// together in `scratch`.
std::string_view upstream_model(const Deployment& deployment, const ModelMatch& match,
                                std::string& scratch);

/// The entry of the price map and the prices that hold when `deployment` serves `upstream`. Looks
/// up the price map for wildcards only.
const ModelInfo* info_for(const ModelTable& table, const Deployment& deployment,
                          std::string_view upstream) noexcept;
const PriceSet* prices_for(const ModelTable& table, const Deployment& deployment,
                           std::string_view upstream) noexcept;

}  // namespace gatehouse::models
