#include "gatehouse/core/secret.hpp"

#include <cstring>

namespace gatehouse::core {

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe();
    text_ = other.text_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    text_ = std::move(other.text_);
    other.wipe();
  }
  return *this;
}

bool Secret::matches(std::string_view candidate) const noexcept {
  unsigned difference = text_.size() == candidate.size() && !text_.empty() ? 0 : 1;
  for (std::size_t i = 0; i < candidate.size(); ++i) {
    const char own = text_.empty() ? '\0' : text_[i % text_.size()];
    difference |= static_cast<unsigned char>(own ^ candidate[i]);
    asm volatile("" : "+r"(difference));  // keeps the compiler from leaving the loop early
  }
  return difference == 0;
}

std::string Secret::masked() const {
  if (text_.size() < 12) return "***";
  return text_.substr(0, text_.starts_with("sk-") ? 3 : 0) + "..." + text_.substr(text_.size() - 4);
}

void Secret::wipe() noexcept {
  if (text_.capacity() != 0) explicit_bzero(text_.data(), text_.capacity());
  text_.clear();
}

}  // namespace gatehouse::core
