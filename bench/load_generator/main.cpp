// Load generator of the benchmarks.
#include <sys/resource.h>

#include <csignal>
#include <exception>
#include <iostream>

#include "load.hpp"

namespace {

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  namespace lg = gatehouse::load_generator;
  const auto options = lg::read_options(argc, argv);
  if (const int* status = std::get_if<int>(&options)) return *status;
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  try {
    lg::Load load(std::get<lg::Options>(options));
    std::cout << load.run() << std::endl;
  } catch (const std::exception& error) {
    std::cerr << "load_generator: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
