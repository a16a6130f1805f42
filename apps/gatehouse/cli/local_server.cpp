#include "local_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <vector>

#include "data_paths.hpp"
#include "gatehouse/crypto/key_text.hpp"
#include "gatehouse/crypto/random_bytes.hpp"

namespace gatehouse::app::cli {
namespace {

constexpr int kStartMillis = 30'000;
constexpr std::string_view kKeyVariable = "GATEHOUSE_LOCAL_COMMAND_KEY";
constexpr std::string_view kConfig =
    "server: {address: 127.0.0.1, port: 0, threads: 1}\n"
    "log: {level: error}\n"
    "general_settings: {master_key: os.environ/GATEHOUSE_LOCAL_COMMAND_KEY}\n";

core::Result<std::string> write_config() {
  std::string name = (std::filesystem::temp_directory_path() / "gatehouse-XXXXXX").string();
  const int file = ::mkstemp(name.data());
  if (file < 0) return core::fail(core::Errc::io, "cannot write a temporary file");
  const auto written = ::write(file, kConfig.data(), kConfig.size());
  ::close(file);
  if (written != static_cast<ssize_t>(kConfig.size())) {
    ::unlink(name.c_str());
    return core::fail(core::Errc::io, "cannot write a temporary file");
  }
  return name;
}

/// Both ends close by themselves when the program is replaced.
core::Result<std::array<int, 2>> make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return core::fail(core::Errc::io, "no pipe");
  return ends;
}

core::Result<pid_t> spawn(std::vector<std::string> arguments, const core::Secret& key, int output) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::string secret = std::string(kKeyVariable) + "=" + std::string(key.reveal());
  std::vector<char*> environment;
  for (char** entry = environ; *entry; ++entry) environment.push_back(*entry);
  environment.push_back(secret.data());
  environment.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t process = -1;
  const int failed =
      posix_spawn(&process, "/proc/self/exe", &actions, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return core::fail(core::Errc::unavailable, "cannot start a server");
  return process;
}

/// The port of "listening on 127.0.0.1:4711", once that line is whole.
std::optional<std::string> port_in(std::string_view text) {
  constexpr std::string_view kMark = "listening on 127.0.0.1:";
  const std::size_t at = text.find(kMark);
  if (at == text.npos) return std::nullopt;
  text.remove_prefix(at + kMark.size());
  const std::size_t end = text.find('\n');
  if (end == text.npos) return std::nullopt;
  return std::string(text.substr(0, end));
}

}  // namespace

LocalServer::LocalServer(pid_t process, std::string config_file, core::Secret key)
    : process_(process), config_file_(std::move(config_file)), key_(std::move(key)) {}

LocalServer::~LocalServer() {
  stop();
}

core::Result<std::unique_ptr<LocalServer>> LocalServer::start(const std::string& data_folder,
                                                              std::optional<core::Secret> key) {
  if (!std::filesystem::exists(database_in(data_folder))) {
    return core::fail(core::Errc::not_found, "there is no database in " + data_folder);
  }
  if (is_in_use(data_folder)) {
    return core::fail(core::Errc::conflict,
                      "a server runs on " + data_folder + ": talk to it with --url");
  }
  if (!key) {
    crypto::SystemRandomBytes random;
    auto made = crypto::new_key(random);
    if (!made) return core::pass(made);
    key = std::move(*made);
  }
  auto config = write_config();
  if (!config) return core::pass(config);
  auto ends = make_pipe();
  if (!ends) return core::pass(ends);
  auto process =
      spawn({"gatehouse", "serve", "--config", *config, "--port", "0", "--data", data_folder}, *key,
            (*ends)[1]);
  ::close((*ends)[1]);
  if (!process) {
    ::close((*ends)[0]);
    ::unlink(config->c_str());
    return core::pass(process);
  }
  std::unique_ptr<LocalServer> server(new LocalServer(*process, *config, std::move(*key)));
  auto ready = server->wait_until_ready((*ends)[0]);
  ::close((*ends)[0]);
  if (!ready) return core::pass(ready);
  return server;
}

core::Result<void> LocalServer::wait_until_ready(int output) {
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    if (auto port = port_in(text)) {
      url_ = "http://127.0.0.1:" + *port;
      return {};
    }
    pollfd waiting{output, POLLIN, 0};
    if (::poll(&waiting, 1, kStartMillis) <= 0) break;
    const auto got = ::read(output, piece.data(), piece.size());
    if (got <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  return core::fail(core::Errc::unavailable, "the server on the data folder does not start");
}

void LocalServer::stop() {
  if (process_ <= 0) return;
  ::kill(process_, SIGTERM);
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  ::unlink(config_file_.c_str());
}

}  // namespace gatehouse::app::cli
