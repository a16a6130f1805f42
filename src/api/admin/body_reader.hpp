#pragma once
/// Typed reads of a small JSON body. Numbers of money are read from their own text, never through
/// a floating-point number.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/field_errors.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/tenancy/patch.hpp"

namespace gatehouse::api::admin {

/// The fields of one JSON object. Each read looks for one field and leaves `out` alone when it is
/// absent; null resets `out` to its empty value; a wrong type is a finding and leaves `out` alone.
/// So the same reads fill a new record and patch an old one. Fields that nobody asked for are
/// kept: rest(). The text must outlive the reader; findings go to `errors`.
class BodyReader {
 public:
  /// Reads a whole body. An empty one is an empty object. What is no JSON object, or has two
  /// members of one name on any level, is a finding.
  BodyReader(std::string_view body, FieldErrors& errors);
  /// Reads an object within a body: `location` as in FieldError.
  BodyReader(std::string_view object, std::string location, FieldErrors& errors);

  bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
  bool is_null(std::string_view name) const noexcept;
  /// There and not null.
  bool is_set(std::string_view name) const noexcept { return has(name) && !is_null(name); }

  bool is_object(std::string_view name) const noexcept;

  void read(std::string_view name, std::string& out);
  void read(std::string_view name, std::optional<std::string>& out);
  void read(std::string_view name, bool& out);
  void read(std::string_view name, std::optional<bool>& out);
  void read(std::string_view name, std::optional<std::uint64_t>& out);
  void read(std::string_view name, std::optional<std::int64_t>& out);
  void read(std::string_view name, std::optional<core::Money>& out);
  void read(std::string_view name, std::optional<core::WallTime>& out);
  void read(std::string_view name, std::vector<std::string>& out);
  void read(std::string_view name, std::map<std::string, std::string>& out);
  void read(std::string_view name, std::map<std::string, std::uint64_t>& out);
  void read(std::string_view name, std::uint64_t& out);
  void read(std::string_view name, core::Money& out);
  void read(std::string_view name, core::WallTime& out);
  /// Absent keeps, null clears, a value of the right type replaces.
  template <class T>
  void read(std::string_view name, tenancy::Patch<T>& out);
  /// The object's text as it came; null and absence as in the others ("{}" is the empty value).
  void read_object(std::string_view name, std::string& out);
  void read_object(std::string_view name, tenancy::Patch<std::string>& out);
  /// One of `choices`, in their words; nothing else is accepted.
  void read_choice(std::string_view name, std::optional<std::string>& out,
                   const std::vector<std::string_view>& choices);

  /// A reader of the object in field `name`; nothing when it is absent, null or something else.
  std::optional<BodyReader> object(std::string_view name);
  /// The elements of a list, or the members of an object, one by one: `visit(key, reader)` for
  /// objects, with the index as the key in lists. Elements that are no objects are findings.
  template <class Visit>
  void each_object(std::string_view name, Visit visit);
  /// The elements of a list as they are; empty when it is absent, null or something else.
  std::vector<json::Member> list(std::string_view name);

  /// "Field required" unless the field is there and not null.
  void require(std::string_view name);
  /// A finding of the caller's own about field `name`.
  void report(std::string_view name, std::string_view type, std::string_view message);

  /// The fields that no read asked for, as a JSON object.
  std::string rest() const;
  /// Takes no notice of the field: it is neither read nor part of rest().
  void ignore(std::string_view name) { (void)take(name); }

  std::string location_of(std::string_view name) const;
  FieldErrors& errors() noexcept { return *errors_; }

 private:
  struct Field {
    std::string name;
    json::Member value;
    bool taken = false;
  };

  void load(std::string_view object);
  const Field* find(std::string_view name) const noexcept;
  /// The field, which then is not part of rest(); null when it is absent.
  const json::Member* take(std::string_view name) noexcept;
  /// take() for containers: the members, or nothing after a finding. Null gives an empty list.
  std::optional<std::vector<json::Member>> children(std::string_view name, json::Kind kind);
  template <class T, class Convert>
  void read_scalar(std::string_view name, T& out, Convert convert);
  template <class Convert, class Out>
  void read_map(std::string_view name, Out& out, Convert convert);

  std::string location_;
  std::vector<Field> fields_;
  FieldErrors* errors_;
};

/// The members of the object or the elements of the list in `text`, which is valid JSON.
std::vector<json::Member> children_of(std::string_view text);
/// The member's name, escapes resolved.
std::string key_of(const json::Member& member);

template <class T>
void BodyReader::read(std::string_view name, tenancy::Patch<T>& out) {
  if (!has(name)) return;
  const bool clears = is_null(name);
  const std::size_t findings = errors_->size();
  T value{};
  read(name, value);
  if (errors_->size() != findings) return;
  out = clears ? tenancy::Patch<T>::clear() : tenancy::Patch<T>(std::move(value));
}

template <class Visit>
void BodyReader::each_object(std::string_view name, Visit visit) {
  const json::Member* field = take(name);
  if (field == nullptr || field->kind == json::Kind::null) return;
  const bool listed = field->kind == json::Kind::array;
  if (!listed && field->kind != json::Kind::object) {
    report(name, "list_type", "Input should be a valid list");
    return;
  }
  std::size_t index = 0;
  for (const json::Member& child : children_of(field->value)) {
    const std::string key = listed ? std::to_string(index++) : key_of(child);
    std::string location = location_of(name) + "," + (listed ? key : json::quoted(key));
    if (child.kind != json::Kind::object) {
      errors_->add({std::move(location), "Input should be a valid dictionary", "dict_type",
                    std::string(child.value)});
      continue;
    }
    BodyReader reader(child.value, std::move(location), *errors_);
    visit(key, reader);
  }
}

}  // namespace gatehouse::api::admin
