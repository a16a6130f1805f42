/// A library to be preloaded into the server, so that the C library fails on demand (faults.md,
/// means C, E and K): clocks that jump, syncs that take long or fail, no random bytes, no threads,
/// no memory, the end of the process at a call.
///
/// What is in force stands in a file of 64-bit numbers that the test writes and the library maps
/// (environment FAULTY_LIBC_CONTROL); faulty_libc.py has the same layout.

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

struct Control {
  std::atomic<std::int64_t> clock_offset_seconds;  ///< of the wall clock alone
  std::atomic<std::int64_t> sync_delay_millis;
  std::atomic<std::int64_t> sync_error;          ///< errno; 0: none
  std::atomic<std::int64_t> random_error;        ///< errno; 0: none
  std::atomic<std::int64_t> thread_error;        ///< what pthread_create returns; 0: it works
  std::atomic<std::int64_t> failing_allocation;  ///< every so many-th operator new; 0: none
  /// SIGKILL before the so many-th call, counted from when this was set, that changes a file or
  /// brings it to the disk; 0: none. Once in a process.
  std::atomic<std::int64_t> kill_at_call;
  std::atomic<std::int64_t> kill_at_send;  ///< SIGKILL before something is sent; 0: none
};
static_assert(sizeof(Control) == 8 * sizeof(std::int64_t));

Control* map_control() {
  static Control none{};
  const char* const path = std::getenv("FAULTY_LIBC_CONTROL");
  const int file = path != nullptr ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return &none;
  void* const mapped = mmap(nullptr, sizeof(Control), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  return mapped == MAP_FAILED ? &none : static_cast<Control*>(mapped);
}

const Control& control() {
  static const Control* const mapped = map_control();
  return *mapped;
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

/// 0, or -1 with errno, after the delay that is in force.
int sync_fault() {
  if (const std::int64_t millis = control().sync_delay_millis; millis > 0) {
    const timespec delay{.tv_sec = millis / 1000, .tv_nsec = millis % 1000 * 1'000'000};
    nanosleep(&delay, nullptr);
  }
  const std::int64_t error = control().sync_error;
  if (error == 0) return 0;
  errno = static_cast<int>(error);
  return -1;
}

[[noreturn]] void end_process() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/// To be asked before a call that changes or syncs a file.
void count_call() {
  static std::atomic<std::int64_t> count{0};
  const std::int64_t last = control().kill_at_call;
  if (last != 0 && count.fetch_add(1) + 1 == last) end_process();
}

/// The same; sockets, pipes and events are no files.
void count_call_on(int file) {
  if (control().kill_at_call == 0) return;
  struct stat status{};
  if (fstat(file, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) {
    count_call();
  }
}

bool allocation_fails() {
  static std::atomic<std::int64_t> count{0};
  const std::int64_t every = control().failing_allocation;
  return every != 0 && count.fetch_add(1) % every == every - 1;
}

}  // namespace

// The library's delete frees what this one took: both are malloc's.
void* operator new(std::size_t size) {
  void* const memory = allocation_fails() ? nullptr : std::malloc(size != 0 ? size : 1);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static auto* const next = real<int(clockid_t, timespec*)>("clock_gettime");
  const int result = next(clock, now);
  if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += control().clock_offset_seconds;
  return result;
}

time_t time(time_t* now) noexcept {
  timespec precise{};
  clock_gettime(CLOCK_REALTIME, &precise);
  if (now != nullptr) *now = precise.tv_sec;
  return precise.tv_sec;
}

int gettimeofday(timeval* __restrict now, void* __restrict) noexcept {
  timespec precise{};
  const int result = clock_gettime(CLOCK_REALTIME, &precise);
  *now = {.tv_sec = precise.tv_sec, .tv_usec = precise.tv_nsec / 1000};
  return result;
}

int fsync(int file) {
  static auto* const next = real<int(int)>("fsync");
  count_call_on(file);
  return sync_fault() != 0 ? -1 : next(file);
}

int fdatasync(int file) {
  static auto* const next = real<int(int)>("fdatasync");
  count_call_on(file);
  return sync_fault() != 0 ? -1 : next(file);
}

int msync(void* start, std::size_t length, int flags) {
  static auto* const next = real<int(void*, std::size_t, int)>("msync");
  count_call();
  return sync_fault() != 0 ? -1 : next(start, length, flags);
}

ssize_t write(int file, const void* data, std::size_t size) {
  static auto* const next = real<ssize_t(int, const void*, std::size_t)>("write");
  count_call_on(file);
  return next(file, data, size);
}

ssize_t pwrite(int file, const void* data, std::size_t size, off_t offset) {
  static auto* const next = real<ssize_t(int, const void*, std::size_t, off_t)>("pwrite");
  count_call_on(file);
  return next(file, data, size, offset);
}

ssize_t pwrite64(int file, const void* data, std::size_t size, off64_t offset) {
  static auto* const next = real<ssize_t(int, const void*, std::size_t, off64_t)>("pwrite64");
  count_call_on(file);
  return next(file, data, size, offset);
}

int rename(const char* from, const char* to) noexcept {
  static auto* const next = real<int(const char*, const char*)>("rename");
  count_call();
  return next(from, to);
}

int unlink(const char* path) noexcept {
  static auto* const next = real<int(const char*)>("unlink");
  count_call();
  return next(path);
}

ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  static auto* const next = real<ssize_t(int, const msghdr*, int)>("sendmsg");
  if (control().kill_at_send != 0) end_process();
  return next(socket, message, flags);
}

ssize_t getrandom(void* buffer, std::size_t length, unsigned flags) {
  static auto* const next = real<ssize_t(void*, std::size_t, unsigned)>("getrandom");
  if (const std::int64_t error = control().random_error; error != 0) {
    errno = static_cast<int>(error);
    return -1;
  }
  return next(buffer, length, flags);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                   void* argument) noexcept {
  static auto* const next =
      real<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create");
  if (const std::int64_t error = control().thread_error; error != 0) {
    return static_cast<int>(error);
  }
  return next(thread, attributes, run, argument);
}

}  // extern "C"
