#include "config_commands.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "app_config.hpp"
#include "gatehouse/net/tls.hpp"
#include "generation.hpp"

namespace gatehouse::app {
namespace {

/// The whole way from the file to a snapshot, without starting anything.
std::shared_ptr<const gateway::Snapshot> try_generation(const std::string& file, AppConfig& config,
                                                        config::Problems& problems) {
  config = load_config(file, config::process_environment(), problems);
  if (problems.failed()) return nullptr;
  auto prices = models::PriceBook::embedded();
  if (!prices) {
    problems.error("", 0, prices.error().public_message);
    return nullptr;
  }
  models::HealthRegistry health;
  return make_generation(config, core::Secret("sk-check-only"),
                         {config::process_environment(), *prices, health}, problems);
}

class Report {
 public:
  void line(bool good, const std::string& text) {
    std::printf("%s  %s\n", good ? "ok  " : "FAIL", text.c_str());
    good_ = good_ && good;
  }
  int status() const { return good_ ? 0 : 1; }

 private:
  bool good_ = true;
};

void check_data_folder(const std::string& folder, Report& report) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const bool usable = !error && access(folder.c_str(), W_OK | X_OK) == 0;
  report.line(usable, "data folder " + folder + (usable ? " is writable" : " is not writable"));
}

void check_descriptors(const ServerSettings& server, Report& report) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const bool enough = limit.rlim_cur >= 1024;
  report.line(enough, "file descriptors: " + std::to_string(limit.rlim_cur) + ", connections: " +
                          std::to_string(server.max_connections) + " per thread");
}

}  // namespace

int config_check(const std::string& file) {
  config::Problems problems;
  AppConfig config;
  const auto snapshot = try_generation(file, config, problems);
  std::fputs(problems.to_text(file).c_str(), stdout);
  if (!snapshot) return 2;
  std::printf("%s: %zu models, %zu deployments, %zu warnings\n", file.c_str(),
              snapshot->table->visible_models().size(), snapshot->table->deployments().size(),
              problems.warnings());
  return 0;
}

int config_schema() {
  std::printf("%s\n", config::schema_of<AppConfig>("gatehouse.yaml").c_str());
  return 0;
}

int doctor(const std::string& file, const std::string& data_folder) {
  Report report;
  config::Problems problems;
  AppConfig config;
  const auto snapshot = try_generation(file, config, problems);
  report.line(snapshot != nullptr, "configuration " + (file.empty() ? "(none given)" : file));
  std::fputs(problems.to_text(file).c_str(), stdout);
  if (snapshot) {
    const auto models = snapshot->table->visible_models();
    report.line(!models.empty(), std::to_string(models.size()) + " models, the first one " +
                                     (models.empty() ? "none" : models.front().name));
  }
  check_data_folder(data_folder, report);
  check_descriptors(config.server, report);
  const auto trust = net::TlsClientContext::create(config.server.trust_store);
  report.line(trust.has_value(), "certificate authorities" +
                                     (trust ? std::string() : ": " + trust.error().public_message));
  return report.status();
}

}  // namespace gatehouse::app
