#pragma once
/// Models that administrators added while the server ran, as entries of the model list.

#include <vector>

#include "gatehouse/config/environment.hpp"
#include "gatehouse/config/problems.hpp"
#include "gatehouse/crypto/key_ring.hpp"
#include "gatehouse/models/settings.hpp"
#include "gatehouse/tenancy/stored_models.hpp"

namespace gatehouse::app {

struct StoredModelReader {
  const crypto::KeyRing& keys;             ///< of the credentials among the parameters
  const config::Environment& environment;  ///< for os.environ/NAME
};

/// What cannot be read or opened is left out and told in `problems` as a warning: one bad row must
/// not keep the server from starting. Base URLs of such rows are checked as those of strangers.
std::vector<models::ModelListEntry> entries_of(const std::vector<tenancy::StoredModel>& stored,
                                               const StoredModelReader& reader,
                                               config::Problems& problems);

}  // namespace gatehouse::app
