#pragma once
/// `gatehouse config check`, `gatehouse config schema` and `gatehouse doctor`.

#include <string>

namespace gatehouse::app {

/// Prints every finding; 0 when the file can be used, else 2.
int config_check(const std::string& file);
/// Prints the JSON Schema of gatehouse.yaml.
int config_schema();
/// Looks at what a start would need and says what is missing; 0 when nothing is.
int doctor(const std::string& file, const std::string& data_folder);

}  // namespace gatehouse::app
