/// A library to be preloaded into the server, so that the C library fails on demand (faults.md,
/// means C, E and K): clocks that jump, syncs that take long or fail, no random bytes, no threads,
/// no memory, pages that cannot be read, the end of the process at a call.
///
/// What is in force stands in a file of 64-bit numbers that the test writes and the library maps
/// (environment FAULTY_LIBC_CONTROL); faulty_libc.py has the same layout. Numbers named `…_at`
/// count down here, so that the test sees whether their fault has struck: then they are 0.

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
#include <cstring>
#include <new>

namespace {

struct Control {
  std::atomic<std::int64_t> clock_offset_seconds;  ///< of the wall clock alone
  std::atomic<std::int64_t> sync_delay_millis;
  std::atomic<std::int64_t> sync_error;          ///< errno; 0: none
  std::atomic<std::int64_t> random_error;        ///< errno; 0: none
  std::atomic<std::int64_t> thread_error;        ///< what pthread_create returns; 0: it works
  std::atomic<std::int64_t> failing_allocation;  ///< every so many-th operator new; 0: none
  /// SIGKILL before the so many-th call that changes a file or brings it to the disk; 0: none.
  std::atomic<std::int64_t> kill_at_call;
  std::atomic<std::int64_t> kill_at_send;  ///< SIGKILL before the so many-th sendmsg(); 0: none
  /// SIGKILL before the so many-th step of a thread that has received a POST; 0: none. Steps are
  /// what touches the network, and readings of a clock, which are many and in between.
  std::atomic<std::int64_t> kill_at_step;
  std::atomic<std::int64_t> sync_error_at;  ///< the sync from which on sync_error holds; 0: all
  std::atomic<std::int64_t> read_error_at;  ///< the pread() that fails with EIO; 0: none
  std::atomic<std::int64_t> failing_reads;  ///< every pread() fails with EIO; 0: none
  std::atomic<std::int64_t> allocation_at;  ///< the operator new that fails; 0: none
};
static_assert(sizeof(Control) == 13 * sizeof(std::int64_t));

Control* map_control() {
  static Control none{};
  const char* const path = std::getenv("FAULTY_LIBC_CONTROL");
  const int file = path != nullptr ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return &none;
  void* const mapped = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return mapped == MAP_FAILED ? &none : static_cast<Control*>(mapped);
}

Control& control() {
  static Control* const mapped = map_control();
  return *mapped;
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

/// Counts down; true for the one call that takes it to 0.
bool comes_up(std::atomic<std::int64_t>& left) {
  std::int64_t seen = left;
  while (seen > 0) {
    if (left.compare_exchange_weak(seen, seen - 1)) return seen == 1;
  }
  return false;
}

/// 0, or -1 with errno, after the delay that is in force.
int sync_fault() {
  if (const std::int64_t millis = control().sync_delay_millis; millis > 0) {
    const timespec delay{.tv_sec = millis / 1000, .tv_nsec = millis % 1000 * 1'000'000};
    nanosleep(&delay, nullptr);
  }
  const std::int64_t error = control().sync_error;
  if (error == 0) return 0;
  if (control().sync_error_at > 0 && !comes_up(control().sync_error_at)) return 0;
  errno = static_cast<int>(error);
  return -1;
}

[[noreturn]] void end_process() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/// To be asked before a call that changes or syncs a file.
void count_call() {
  if (comes_up(control().kill_at_call)) end_process();
}

thread_local bool has_request = false;

/// To be asked before a step of kill_at_step.
void count_step() {
  if (has_request && comes_up(control().kill_at_step)) end_process();
}

/// 0, or -1 with errno.
int read_fault() {
  if (control().failing_reads == 0 && !comes_up(control().read_error_at)) return 0;
  errno = EIO;
  return -1;
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
  if (comes_up(control().allocation_at)) return true;
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
  count_step();
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

ssize_t pread(int file, void* into, std::size_t size, off_t offset) {
  static auto* const next = real<ssize_t(int, void*, std::size_t, off_t)>("pread");
  return read_fault() != 0 ? -1 : next(file, into, size, offset);
}

ssize_t pread64(int file, void* into, std::size_t size, off64_t offset) {
  static auto* const next = real<ssize_t(int, void*, std::size_t, off64_t)>("pread64");
  return read_fault() != 0 ? -1 : next(file, into, size, offset);
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

ssize_t recv(int socket, void* into, std::size_t size, int flags) {
  static auto* const next = real<ssize_t(int, void*, std::size_t, int)>("recv");
  count_step();
  const ssize_t got = next(socket, into, size, flags);
  if (control().kill_at_step > 0 && got > 5 && std::memcmp(into, "POST ", 5) == 0) {
    has_request = true;
  }
  return got;
}

int connect(int socket, const sockaddr* address, socklen_t length) {
  static auto* const next = real<int(int, const sockaddr*, socklen_t)>("connect");
  count_step();
  return next(socket, address, length);
}

ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  static auto* const next = real<ssize_t(int, const msghdr*, int)>("sendmsg");
  count_step();
  if (comes_up(control().kill_at_send)) end_process();
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
