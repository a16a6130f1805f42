#pragma once
/// One description per settings struct, used to read it, to check it and to print its schema.
///
///   struct ServerConfig {
///     std::uint16_t port = 4000;
///     core::Millis idle = core::Seconds(60);
///   };
///   void describe(config::Section& s, ServerConfig& c) {
///     s.integer("port", c.port, {1, 65535}, {.text = "TCP port", .restart = true});
///     s.duration("idle_timeout", c.idle, {core::Seconds(1), core::Seconds(3600)},
///                {.text = "how long a silent connection is kept"});
///   }
///
/// The struct's own initialisers are the defaults. `describe` is found by argument-dependent
/// look-up, so it stands in the struct's namespace. An absent key, or one whose value is null,
/// leaves the default. binder.hpp has the functions that call it.

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gatehouse/config/environment.hpp"
#include "gatehouse/config/node.hpp"
#include "gatehouse/config/problems.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/core/secret.hpp"

namespace gatehouse::config {

/// What the schema says of a key. `text` must outlive the call only.
struct Field {
  std::string_view text = {};  ///< meaning, in a few words
  bool required = false;       ///< absence is an error
  bool restart = false;        ///< a reload does not apply it
  /// A missing variable behind os.environ/NAME is a warning, and the default stays.
  bool allow_missing_variable = false;
};

/// Inclusive bounds.
template <class T>
struct Range {
  T min = std::numeric_limits<T>::lowest();
  T max = std::numeric_limits<T>::max();
};
template <class Rep, class Period>
struct Range<std::chrono::duration<Rep, Period>> {
  std::chrono::duration<Rep, Period> min{0};
  std::chrono::duration<Rep, Period> max = std::chrono::duration<Rep, Period>::max();
};

/// One name of an enumeration.
template <class E>
struct Choice {
  std::string_view name;
  E value;
};

/// The cursor that `describe` functions drive. Not copied, not kept, one thread.
class Section {
 public:
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

  // Scalars. Any of them may be written as os.environ/NAME in the file.

  void text(std::string_view key, std::string& value, const Field& field);
  void secret(std::string_view key, core::Secret& value, const Field& field);
  void boolean(std::string_view key, bool& value, const Field& field);
  void number(std::string_view key, double& value, Range<double> range, const Field& field);
  /// A decimal integer.
  template <std::integral T>
  void integer(std::string_view key, T& value, Range<std::type_identity_t<T>> range,
               const Field& field) {
    auto wide = static_cast<std::int64_t>(value);
    integer_field(key, wide, {to_wide(range.min), to_wide(range.max)}, field);
    value = static_cast<T>(wide);
  }
  /// A count of bytes: 65536, "64KiB", "10MB"; units KiB, MiB, GiB, KB, MB, GB, B.
  template <std::unsigned_integral T>
  void bytes(std::string_view key, T& value, Range<std::type_identity_t<T>> range,
             const Field& field) {
    auto wide = static_cast<std::int64_t>(value);
    bytes_field(key, wide, {to_wide(range.min), to_wide(range.max)}, field);
    value = static_cast<T>(wide);
  }
  /// "250ms", "10s", "1.5m", "1h", "7d", "1w", or a plain number of seconds as in LiteLLM. A
  /// value finer than D is an error.
  template <class Rep, class Period>
  void duration(std::string_view key, std::chrono::duration<Rep, Period>& value,
                Range<std::type_identity_t<std::chrono::duration<Rep, Period>>> range,
                const Field& field) {
    using Unit = std::chrono::duration<Rep, Period>;
    core::Nanos wide = value;
    duration_field(key, wide, {to_nanos(range.min), to_nanos(range.max)}, core::Nanos(Unit(1)),
                   field);
    value = std::chrono::duration_cast<Unit>(wide);
  }
  template <class E>
  void choice(std::string_view key, E& value, std::initializer_list<Choice<E>> choices,
              const Field& field) {
    std::vector<std::string_view> names;
    std::size_t index = 0;
    for (const Choice<E>& choice : choices) {
      if (choice.value == value) index = names.size();
      names.push_back(choice.name);
    }
    choice_field(key, index, names, field);
    value = (choices.begin() + index)->value;
  }
  /// USD per unit as decimal text ("2.5e-06"), exact.
  void price(std::string_view key, std::optional<core::Price>& value, const Field& field);
  /// USD as decimal text.
  void money(std::string_view key, std::optional<core::Money>& value, const Field& field);

  // The same for settings that may be absent.

  void text(std::string_view key, std::optional<std::string>& value, const Field& field);
  void boolean(std::string_view key, std::optional<bool>& value, const Field& field);
  template <std::integral T>
  void integer(std::string_view key, std::optional<T>& value, Range<std::type_identity_t<T>> range,
               const Field& field) {
    optional(key, value, [&](T& inner) { integer(key, inner, range, field); });
  }
  template <class Rep, class Period>
  void duration(std::string_view key, std::optional<std::chrono::duration<Rep, Period>>& value,
                Range<std::type_identity_t<std::chrono::duration<Rep, Period>>> range,
                const Field& field) {
    optional(key, value, [&](auto& inner) { duration(key, inner, range, field); });
  }

  // Several values. What stands in the file replaces the default as a whole.

  /// A list of texts; a single scalar counts as a list of one.
  void texts(std::string_view key, std::vector<std::string>& value, const Field& field);
  void text_map(std::string_view key, std::map<std::string, std::string>& value,
                const Field& field);
  void secret_map(std::string_view key, std::map<std::string, core::Secret>& value,
                  const Field& field);

  /// A nested struct.
  template <class T>
  void section(std::string_view key, T& value, const Field& field) {
    section_field(key, field, [&](Section& inner) { describe(inner, value); });
  }
  template <class T>
  void section(std::string_view key, std::optional<T>& value, const Field& field) {
    optional(key, value, [&](T& inner) { section(key, inner, field); });
  }
  template <class T>
  void sections(std::string_view key, std::vector<T>& value, const Field& field) {
    std::vector<T> read;
    const bool present = list_field(key, field, [&](Section& inner) {
      T item{};
      describe(inner, item);
      read.push_back(std::move(item));
    });
    if (present) value = std::move(read);
  }
  template <class T>
  void sections(std::string_view key, std::map<std::string, T>& value, const Field& field) {
    std::map<std::string, T> read;
    const bool present = map_field(key, field, [&](Section& inner) {
      T item{};
      describe(inner, item);
      read.emplace(std::string(inner.key()), std::move(item));
    });
    if (present) value = std::move(read);
  }

  /// Any node as JSON text (see to_json), os.environ/NAME resolved in its strings.
  void json(std::string_view key, std::string& value, const Field& field);
  /// A shape of its own: `read` gets the node when the key is there. `schema` is its JSON Schema.
  void custom(std::string_view key, const Field& field, std::string_view schema,
              const std::function<void(const Node& value, Problems& problems)>& read);

  // Rules.

  /// Unknown keys of this section (not of nested ones) are warnings: the sections of LiteLLM.
  void lenient_unknown();
  /// A known key that must not be used; `why` says what to do instead.
  void refuse(std::string_view key, std::string_view why);
  /// A known key of LiteLLM that changes nothing here: a warning that says why.
  void no_effect(std::string_view key, std::string_view why);
  /// A condition between keys, judged after reading; `key` is where the message points, or empty
  /// for the section itself.
  void check(bool holds, std::string_view key, std::string_view message);

  /// True while a file is read (not for schemas): for rules that need code.
  bool reading() const noexcept { return node_ != nullptr; }
  /// The node that is read; only while reading().
  const Node& node() const noexcept { return *node_; }
  /// The key under which this section stands; empty at the root and in lists.
  std::string_view key() const noexcept { return node_ ? node_->key() : std::string_view(); }

 private:
  friend struct SectionDriver;
  struct State;
  using Inner = std::function<void(Section&)>;
  using Parse = std::function<std::optional<std::string>(std::string_view text)>;

  /// How a scalar is shown in the schema.
  struct Shape {
    std::string_view schema;  // members of its JSON Schema, without braces
    std::string preset;       // the default as JSON; empty when there is none
    bool secret = false;
    bool is_text = false;
  };

  Section(State& state, const Node* node) : state_(state), node_(node) {}

  template <std::integral T>
  static constexpr std::int64_t to_wide(T value) noexcept {
    return std::in_range<std::int64_t>(value) ? static_cast<std::int64_t>(value)
                                              : std::numeric_limits<std::int64_t>::max();
  }
  template <class Rep, class Period>
  static constexpr core::Nanos to_nanos(std::chrono::duration<Rep, Period> value) noexcept {
    constexpr auto kLimit =
        std::chrono::duration_cast<std::chrono::duration<Rep, Period>>(core::Nanos::max());
    if (value >= kLimit) return core::Nanos::max();
    if (value <= -kLimit) return core::Nanos::min();
    return std::chrono::duration_cast<core::Nanos>(value);
  }
  template <class T, class Bind>
  void optional(std::string_view key, std::optional<T>& value, Bind bind) {
    if (!begin_optional(key)) return;
    T inner = value ? *value : T{};
    const bool unset = !value;
    if (with_unset(unset, [&] { bind(inner); })) value = std::move(inner);
  }

  bool begin_optional(std::string_view key);
  bool with_unset(bool unset, const std::function<void()>& bind);
  void integer_field(std::string_view key, std::int64_t& value, Range<std::int64_t> range,
                     const Field& field);
  void bytes_field(std::string_view key, std::int64_t& value, Range<std::int64_t> range,
                   const Field& field);
  void duration_field(std::string_view key, core::Nanos& value, Range<core::Nanos> range,
                      core::Nanos unit, const Field& field);
  void choice_field(std::string_view key, std::size_t& index,
                    const std::vector<std::string_view>& names, const Field& field);
  void section_field(std::string_view key, const Field& field, const Inner& inner);
  bool list_field(std::string_view key, const Field& field, const Inner& inner);
  bool map_field(std::string_view key, const Field& field, const Inner& inner);
  void scalar(std::string_view key, const Field& field, const Shape& shape, const Parse& parse);

  State& state_;
  const Node* node_;
};

}  // namespace gatehouse::config
