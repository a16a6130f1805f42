// A scriptable upstream for tests and benches.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <thread>

#include "worker.hpp"

namespace {

namespace fp = gatehouse::fake_provider;
namespace core = gatehouse::core;

struct Options {
  fp::Listen listen;
  unsigned threads = 1;
  fp::Books::Limits books;
  std::string tls_certificate;
  std::string tls_key;
};

/// Empty when the program should go on, else its exit status.
std::optional<int> read_options(int argc, char** argv, Options& options) {
  CLI::App app{
      "A provider that speaks the OpenAI and Anthropic dialects and misbehaves on request.\n"
      "Behaviours are asked for by the field x-fake-behaviour, by a path /__b/LIST/v1/…, by a\n"
      "model named fake/LIST, or by a script (POST /__script). GET /__bill, /__requests,\n"
      "/__stats and POST /__reset tell and clear what it saw."};
  app.add_option("--address", options.listen.address, "IPv4 address to listen on");
  app.add_option("--port", options.listen.port, "port, 0 for any free one");
  app.add_option("--threads", options.threads, "threads, each with its own listener")
      ->check(CLI::Range(1, 64));
  app.add_option("--record", options.books.requests, "requests to remember per thread, 0 for none");
  app.add_option("--bill", options.books.bill, "calls of the bill to keep per thread");
  app.add_option("--tls-cert", options.tls_certificate, "PEM certificate chain: serve TLS");
  app.add_option("--tls-key", options.tls_key, "PEM private key")->needs("--tls-cert");
  bool list = false;
  app.add_flag("--behaviours", list, "list the behaviours and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  if (!list) return std::nullopt;
  std::cout << fp::behaviour_help();
  return 0;
}

int failed(const core::Error& error) {
  std::cerr << "fake_provider: " << error.public_message << ' ' << error.internal_detail << '\n';
  return 1;
}

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int serve(Options& options) {
  const core::SystemClock clock;
  fp::Shared shared;
  if (!options.tls_certificate.empty()) {
    auto tls = gatehouse::net::TlsServerContext::load(options.tls_certificate, options.tls_key);
    if (!tls) return failed(tls.error());
    options.listen.tls = *tls;
  }
  std::vector<std::unique_ptr<fp::Worker>> workers;
  for (unsigned i = 0; i < options.threads; ++i) {
    shared.books.push_back(std::make_unique<fp::Books>(options.books));
    auto worker = fp::Worker::create(shared, *shared.books.back(), clock, options.listen);
    if (!worker) return failed(worker.error());
    options.listen.port = (*worker)->port();
    workers.push_back(std::move(*worker));
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::vector<std::thread> threads;
  threads.reserve(workers.size());
  threads.reserve(workers.size());
  for (auto& worker : workers) threads.emplace_back([&worker] { worker->run(); });
  std::cout << "listening on " << options.listen.address << ':' << options.listen.port << std::endl;
  int received = 0;
  sigwait(&signals, &received);
  for (auto& worker : workers) worker->stop();
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (const auto status = read_options(argc, argv, options)) return *status;
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  return serve(options);
}
