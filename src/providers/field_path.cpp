#include "field_path.hpp"

#include "gatehouse/core/text.hpp"

namespace gatehouse::providers {

std::string FieldPath::text() const {
  if (parent_ == nullptr) return {};
  std::string text = parent_->text();
  if (name_.empty()) {
    text += '[';
    core::append_number(text, std::uint64_t{index_});
    text += ']';
    return text;
  }
  if (!text.empty()) text += '.';
  text += core::printable(name_, 64);
  return text;
}

std::unexpected<core::Error> FieldPath::fail(std::string_view what) const {
  std::string message = text();
  if (!message.empty()) message += ": ";
  message += what;
  return core::fail(core::Errc::invalid_argument, std::move(message));
}

}  // namespace gatehouse::providers
