#include "row_io.hpp"

namespace gatehouse::tenancy {

std::string joined(const std::vector<std::string>& names, std::string_view suffix) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += ", ";
    out += name;
    out += suffix;
  }
  return out;
}

std::string placeholders(std::size_t count) {
  std::string out = count == 0 ? "" : "?";
  for (std::size_t i = 1; i < count; ++i) out += ", ?";
  return out;
}

std::unexpected<core::Error> missing(std::string_view what, std::string_view id) {
  return core::fail(core::Errc::not_found,
                    std::string(what) + " not found: " + core::printable(id));
}

}  // namespace gatehouse::tenancy
