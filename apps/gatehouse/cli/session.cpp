#include "session.hpp"

#include <cstdio>
#include <filesystem>
#include <iostream>

#include "gatehouse/crypto/secret_file.hpp"

namespace gatehouse::app::cli {
namespace {

int fail(int status, const std::string& text) {
  std::fprintf(stderr, "gatehouse: %s\n", text.c_str());
  return status;
}

}  // namespace

void Session::add_options(CLI::App& command) {
  auto* url =
      command.add_option("--url", url_, "the running server (default http://127.0.0.1:4000)");
  command
      .add_option("--data", data_folder_,
                  "data folder: where the master key is; without --url and without a server on it, "
                  "the command works on the folder itself")
      ->type_name("DIR");
  command.add_option("--key-file", key_file_, "file with the key to use (mode 0600)")
      ->type_name("FILE");
  command.add_option("--ca", trust_store_, "PEM file of authorities for https")->needs(url);
  command.add_option("--timeout", timeout_seconds_, "seconds to wait for an answer")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command.add_flag("--json", json_, "print the server's answer as it is");
}

void Session::on(CLI::App* command, std::function<int()> action) {
  add_options(*command);
  command->callback([this, action = std::move(action)] { action_ = action; });
}

std::optional<int> Session::run() {
  if (!action_) return std::nullopt;
  const int status = action_();
  client_.reset();
  if (local_) local_->stop();
  return status;
}

core::Result<core::Secret> Session::find_key() const {
  if (!key_file_.empty()) return crypto::read_secret_file(key_file_);
  if (const auto given = environment_("GATEHOUSE_MASTER_KEY"); given && !given->empty()) {
    return core::Secret(*given);
  }
  const std::string folder = data_folder_.empty() ? "data" : data_folder_;
  const std::string file = (std::filesystem::path(folder) / "master_key").string();
  auto kept = crypto::read_secret_file(file);
  if (kept || kept.error().code != core::Errc::not_found) return kept;
  return core::fail(core::Errc::not_found,
                    "no key: give --key-file, set GATEHOUSE_MASTER_KEY, or name the data folder "
                    "with --data (looked for " +
                        file + ")");
}

core::Result<void> Session::start_local() {
  auto key = find_key();
  if (!key && key.error().code != core::Errc::not_found) return core::pass(key);
  auto started = LocalServer::start(data_folder_, key ? std::optional(*key) : std::nullopt);
  if (!started) return core::pass(started);
  local_ = std::move(*started);
  return {};
}

core::Result<void> Session::connect() {
  if (client_) return {};
  AdminOptions options;
  options.trust_store = trust_store_;
  options.timeout = core::Millis(static_cast<std::int64_t>(timeout_seconds_ * 1000));
  if (url_.empty() && !data_folder_.empty()) {
    if (auto started = start_local(); !started) return started;
    options.url = local_->url();
    options.key = local_->key();
  } else {
    auto key = find_key();
    if (!key) return core::pass(key);
    options.key = std::move(*key);
    if (!url_.empty()) options.url = url_;
  }
  auto client = AdminClient::create(std::move(options));
  if (!client) return core::pass(client);
  client_ = std::move(*client);
  return {};
}

int Session::call(const AdminRequest& request,
                  const std::function<std::string(const JsonValue&)>& show) {
  if (auto connected = connect(); !connected) {
    return fail(connected.error().code == core::Errc::unavailable ? kUnreachable : kUnusable,
                connected.error().public_message);
  }
  const auto answer = client_->send(request);
  if (!answer) {
    return fail(kUnreachable, "no answer from " + (url_.empty() ? "the server" : url_) + ": " +
                                  answer.error().public_message +
                                  (answer.error().internal_detail.empty()
                                       ? std::string()
                                       : " (" + answer.error().internal_detail + ")"));
  }
  if (answer->status >= 400) {
    if (json_) std::printf("%s\n", answer->body.c_str());
    return fail(
        answer->status >= 500 ? kServerFailed : kRefused,
        "the server answers " + std::to_string(answer->status) + ": " + error_text(answer->body));
  }
  if (json_) {
    std::printf("%s\n", answer->body.c_str());
    return kDone;
  }
  const auto value = JsonValue::parse(answer->body);
  if (!value) return fail(kServerFailed, "the server's answer is no JSON");
  std::fputs(show(*value).c_str(), stdout);
  return kDone;
}

std::string Session::key_argument(const std::string& given) {
  if (given != "-") return given;
  std::string line;
  std::getline(std::cin, line);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return line;
}

std::function<std::string(const JsonValue&)> show_table(std::string path,
                                                        std::span<const Column> columns) {
  return [path = std::move(path), columns](const JsonValue& answer) {
    const JsonValue* rows = answer.at(path);
    if (!rows) return fields(answer);
    std::string out = table(*rows, columns);
    for (const std::string_view name : {"total_count", "total"}) {
      const JsonValue* total = answer.find(name);
      if (total && total->text() != std::to_string(rows->items().size())) {
        out += std::to_string(rows->items().size()) + " of " + total->shown() + '\n';
      }
    }
    return out;
  };
}

std::function<std::string(const JsonValue&)> show_fields(std::string path) {
  return [path = std::move(path)](const JsonValue& answer) {
    const JsonValue* found = answer.at(path);
    return fields(found ? *found : answer);
  };
}

std::function<std::string(const JsonValue&)> show_text(std::string text) {
  return [text = std::move(text)](const JsonValue&) { return text + '\n'; };
}

}  // namespace gatehouse::app::cli
