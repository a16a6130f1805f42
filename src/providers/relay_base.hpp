#pragma once
/// What the relays of all formats share.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/providers/passthrough.hpp"

namespace gatehouse::providers {

/// Edits of one event's data: at most four, given in ascending order; they may touch.
class DataEdit {
 public:
  void replace(std::string_view part, std::string_view by);
  bool empty() const noexcept { return count_ == 0; }
  /// Appends `data` (of which the parts are views) with the edits made.
  void append_to(std::string& out, std::string_view data) const;

 private:
  struct Cut {
    std::string_view part;
    std::string_view by;
  };
  std::array<Cut, 4> cuts_;
  std::size_t count_ = 0;
};

class RelayBase : public StreamRelay {
 public:
  RelayBase(RelayOptions options, json::Scanner& scanner);

  std::uint64_t generated_bytes() const override { return generated_bytes_; }
  std::string_view error_message() const override { return error_message_; }
  std::string_view response_id() const override { return response_id_; }

 protected:
  /// The root of the event's data; Errc::upstream_failed unless it is a JSON object.
  core::Result<json::Member> read_object(std::string_view data);

  /// Appends the event, its own bytes where nothing is edited.
  static void append(std::string& out, const net::SseEvent& event);
  static void append(std::string& out, const net::SseEvent& event, const DataEdit& edit);

  /// Plans to replace the value of a `model` member by the name the client asked for.
  void rename_model(const json::Member& model, DataEdit& edit) const;

  void keep_error(const json::Member& error);
  /// The first id that an event tells; later ones repeat it.
  void keep_id(const json::Member& id);

  RelayOptions options_;
  std::uint64_t generated_bytes_ = 0;
  bool ended_ = false;

 private:
  json::Scanner& scanner_;
  std::string quoted_model_;
  std::string error_message_;
  std::string response_id_;
};

}  // namespace gatehouse::providers
