#include "serve.hpp"

#include <signal.h>

#include <cerrno>
#include <cstdio>

#include "server.hpp"

namespace gatehouse::app {
namespace {

/// Before any thread starts: the main thread alone takes signals, by waiting for them.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return set;
}

int refuse(const std::string& text) {
  std::fprintf(stderr, "gatehouse: %s\n", text.c_str());
  return 1;
}

}  // namespace

int serve(const ServeOptions& options) {
  const sigset_t signals = block_signals();
  config::Problems problems;
  AppConfig config = load_config(options.config_file, config::process_environment(), problems);
  if (problems.failed()) {
    std::fputs(problems.to_text(options.config_file).c_str(), stderr);
    return 2;
  }
  std::fputs(problems.to_text(options.config_file).c_str(), stderr);
  auto key = find_master_key(config.general.master_key, options.data_folder);
  if (!key) {
    return refuse("master key: " + key.error().public_message);
  }
  auto prices = models::PriceBook::embedded();
  if (!prices) {
    return refuse("price map: " + prices.error().public_message);
  }
  Server server(options, std::move(config), std::move(*key), std::move(*prices));
  if (!server.start()) {
    server.stop();
    return 1;
  }
  server.announce();
  constexpr timespec kMaintenance{.tv_sec = 60, .tv_nsec = 0};
  for (;;) {
    const int received = sigtimedwait(&signals, nullptr, &kMaintenance);
    if (received < 0) {
      if (errno == EAGAIN) server.maintain();
      continue;
    }
    if (received != SIGHUP) break;
    server.reload();
  }
  // A second signal ends the process at once.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  server.stop();
  return 0;
}

}  // namespace gatehouse::app
