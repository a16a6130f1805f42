#pragma once
/// The administrator's key: configured, or generated once and kept in the data folder.

#include <string>

#include "gatehouse/core/error.hpp"
#include "gatehouse/core/secret.hpp"

namespace gatehouse::app {

struct MasterKey {
  core::Secret secret;
  std::string file;        ///< where it is kept; empty when it comes from the configuration
  bool generated = false;  ///< by this start
};

/// `configured` when it is not empty, else the key in `data_folder`/master_key, which is created
/// with mode 0600. The server never runs open. Blocking.
core::Result<MasterKey> find_master_key(const core::Secret& configured,
                                        const std::string& data_folder);

}  // namespace gatehouse::app
