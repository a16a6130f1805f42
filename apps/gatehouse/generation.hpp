#pragma once
/// From a configuration to a snapshot that requests run on.

#include <memory>
#include <vector>

#include "app_config.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/gateway/snapshot.hpp"
#include "gatehouse/models/health.hpp"
#include "gatehouse/telemetry/log.hpp"

namespace gatehouse::app {

/// What stays over all generations.
struct GenerationSources {
  config::Environment environment;
  std::shared_ptr<const models::PriceBook> prices;
  models::HealthRegistry& health;
  const tenancy::Directory* directory = nullptr;  ///< of virtual keys; null: there are none
};

/// The models of the file; without any, those of the providers whose keys the environment has;
/// without those, the stub. `stored` models of the database come on top. Findings go to `problems`.
std::shared_ptr<const gateway::Snapshot> make_generation(
    const AppConfig& config, const core::Secret& master_key, const GenerationSources& sources,
    config::Problems& problems, std::vector<models::ModelListEntry> stored = {});

/// Of these entries alone.
std::shared_ptr<const gateway::Snapshot> generation_of(
    const AppConfig& config, const core::Secret& master_key, const GenerationSources& sources,
    config::Problems& problems, const std::vector<models::ModelListEntry>& entries);

}  // namespace gatehouse::app
