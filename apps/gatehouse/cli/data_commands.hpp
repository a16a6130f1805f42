#pragma once
/// `gatehouse backup` and `gatehouse migrate`: the data folder itself.

#include <string>

namespace gatehouse::app::cli {

/// Copies the database to a new file, also while a server runs. 0, or 2 with a message.
int backup(const std::string& data_folder, const std::string& file);

/// Brings the schema up to date, while no server runs. With `check_only`: says what would be done,
/// and returns 1 when something is to do. Else 0, or 2 with a message.
int migrate(const std::string& data_folder, bool check_only);

}  // namespace gatehouse::app::cli
