#pragma once
/// Structured logs: one event is one line of JSON (faults.md F20).

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/core/secret.hpp"

namespace gatehouse::telemetry {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// "debug", "info", "warning", "error".
std::string_view name_of(LogLevel level) noexcept;

/// Takes finished lines. Thread-safe; must not block.
class LogSink {
 public:
  virtual ~LogSink() = default;
  /// `line` has no line end.
  virtual void write(std::string_view line) = 0;
};

/// A typed value of a field. Refers to what it was made from: for use within one call.
class LogValue {
 public:
  LogValue(std::string_view text) : kind_(Kind::text), text_(text) {}
  LogValue(const char* text) : LogValue(std::string_view(text)) {}
  LogValue(const std::string& text) : LogValue(std::string_view(text)) {}
  template <std::same_as<bool> T>
  LogValue(T flag) : kind_(Kind::flag), whole_(flag) {}
  template <std::signed_integral T>
  LogValue(T number) : kind_(Kind::whole), whole_(number) {}
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  LogValue(T number) : kind_(Kind::natural), natural_(number) {}
  LogValue(double number) : kind_(Kind::real), real_(number) {}
  /// Seconds.
  template <class Rep, class Period>
  LogValue(std::chrono::duration<Rep, Period> duration)
      : kind_(Kind::duration), whole_(core::Nanos(duration).count()) {}
  /// USD.
  LogValue(core::Money amount) : kind_(Kind::money), whole_(amount.nano_usd()) {}
  /// An object of code, message, detail and source line.
  LogValue(const core::Error& error) : kind_(Kind::error), error_(&error) {}
  /// Secrets have no form in which they may be logged.
  LogValue(const core::Secret&) = delete;

  void append_to(std::string& out) const;

 private:
  enum class Kind : std::uint8_t { text, flag, whole, natural, real, duration, money, error };
  Kind kind_;
  union {
    std::string_view text_;
    std::int64_t whole_;
    std::uint64_t natural_;
    double real_;
    const core::Error* error_;
  };
};

struct LogField {
  std::string_view key;
  LogValue value;
};

/// Writes events of a level and above. Thread-safe. `sink` and `clock` must outlive it.
///
///   log.info("request_finished", {{"status", 200}, {"model", model}, {"duration", elapsed}});
///
/// Texts are escaped so that they stay in their line and show invisible characters, and are cut at
/// 2048 bytes.
class Logger {
 public:
  using Fields = std::initializer_list<LogField>;

  Logger(LogSink& sink, const core::Clock& clock, LogLevel least = LogLevel::info)
      : sink_(sink), clock_(clock), least_(least) {}

  void debug(std::string_view event, Fields fields = {}) { log(LogLevel::debug, event, fields); }
  void info(std::string_view event, Fields fields = {}) { log(LogLevel::info, event, fields); }
  void warning(std::string_view event, Fields fields = {}) {
    log(LogLevel::warning, event, fields);
  }
  void error(std::string_view event, Fields fields = {}) { log(LogLevel::error, event, fields); }

  bool enabled(LogLevel level) const noexcept {
    return level >= least_.load(std::memory_order_relaxed);
  }
  void set_level(LogLevel least) noexcept { least_.store(least, std::memory_order_relaxed); }

 private:
  void log(LogLevel level, std::string_view event, Fields fields);

  LogSink& sink_;
  const core::Clock& clock_;
  std::atomic<LogLevel> least_;
};

}  // namespace gatehouse::telemetry
