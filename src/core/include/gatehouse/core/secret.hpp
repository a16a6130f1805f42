#pragma once
/// Credentials as a type that cannot be printed.

#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::core {

/// Holds a credential. There is no stream operator, no formatter and no implicit conversion;
/// `reveal()` marks every place that uses the text. The memory is wiped on destruction.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  bool empty() const noexcept { return text_.empty(); }
  std::string_view reveal() const noexcept { return text_; }

  /// Compares in time that depends on the length of `candidate` alone (faults.md S5).
  bool matches(std::string_view candidate) const noexcept;

  /// "sk-...abcd": what may be shown of it.
  std::string masked() const;

 private:
  void wipe() noexcept;
  std::string text_;
};

}  // namespace gatehouse::core
