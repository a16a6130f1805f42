#pragma once
/// `gatehouse import litellm`.

#include <string>

namespace gatehouse::app::import {

struct ImportOptions {
  std::string config_file;  ///< LiteLLM's config.yaml; empty: none
  std::string dump_folder;  ///< CSV files; empty: none
  std::string postgres;     ///< connection string; empty: none
  std::string data_folder = "data";
};

/// Prints what was read, done and left out. 0; 1 when rows were left out; 2 with a message.
int import_litellm(const ImportOptions& options);

}  // namespace gatehouse::app::import
