#include "gatehouse/telemetry/process_metrics.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>

namespace gatehouse::telemetry {

namespace {
struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
  void operator()(DIR* folder) const { ::closedir(folder); }
};

std::optional<std::int64_t> resident_bytes() {
  const std::unique_ptr<std::FILE, FileCloser> file(std::fopen("/proc/self/statm", "re"));
  long total = 0;
  long resident = 0;
  if (!file || std::fscanf(file.get(), "%ld %ld", &total, &resident) != 2) return {};
  return std::int64_t{resident} * ::sysconf(_SC_PAGESIZE);
}

std::optional<std::int64_t> count_entries(const char* path) {
  const std::unique_ptr<DIR, FileCloser> folder(::opendir(path));
  if (!folder) return {};
  std::int64_t count = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  return count;
}

void gauge(Exposition& out, std::string_view name, std::string_view help,
           std::optional<std::int64_t> value, Scale scale = Scale::one) {
  if (!value) return;
  out.begin(name, help, MetricType::gauge);
  out.sample({}, *value, scale);
}

std::int64_t to_nanos(const timeval& time) {
  return (std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec) * 1000;
}
}  // namespace

void collect_process_metrics(Exposition& out, core::WallTime started) {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    out.begin("process_cpu_seconds_total", "User and system CPU time.", MetricType::counter);
    out.sample({}, to_nanos(usage.ru_utime) + to_nanos(usage.ru_stime), Scale::nano);
  }
  gauge(out, "process_resident_memory_bytes", "Resident memory.", resident_bytes());
  auto open_files = count_entries("/proc/self/fd");
  if (open_files) --*open_files;  // the descriptor of the listing itself
  gauge(out, "process_open_fds", "Open file descriptors.", open_files);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    gauge(out, "process_max_fds", "Limit of open file descriptors.",
          static_cast<std::int64_t>(limit.rlim_cur));
  }
  gauge(out, "process_threads", "Threads.", count_entries("/proc/self/task"));
  gauge(out, "process_start_time_seconds", "Start time since the epoch.",
        started.time_since_epoch().count(), Scale::nano);
}

}  // namespace gatehouse::telemetry
