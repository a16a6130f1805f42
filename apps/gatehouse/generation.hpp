#pragma once
/// From a configuration to a snapshot that requests run on.

#include <memory>

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
};

/// The models of the file; without any, those of the providers whose keys the environment has;
/// without those, the stub. Findings go to `problems`.
std::shared_ptr<const gateway::Snapshot> make_generation(const AppConfig& config,
                                                         const core::Secret& master_key,
                                                         const GenerationSources& sources,
                                                         config::Problems& problems);

}  // namespace gatehouse::app
