#pragma once
/// Tables of a running PostgreSQL.

#include <memory>
#include <string>

#include "gatehouse/core/error.hpp"
#include "source.hpp"

namespace gatehouse::app::import {

/// All tables are of the moment of this call. Each is copied to a temporary file when it is opened.
core::Result<std::unique_ptr<Dump>> open_postgres(const std::string& connection);

}  // namespace gatehouse::app::import
