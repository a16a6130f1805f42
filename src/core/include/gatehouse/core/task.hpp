#pragma once
/// Lazy coroutine tasks for single-threaded event loops, free of any I/O library.
///
/// A Task starts when it is awaited and runs on the thread that awaits it; it never moves to
/// another thread. The awaiting coroutine owns the frame: destroying a suspended Task destroys
/// everything below it. Starting a child that finishes without suspending costs no stack, so a
/// loop of such awaits may run for ever (see docs/adr/0002).

#include <coroutine>
#include <cstddef>
#include <exception>
#include <new>
#include <optional>
#include <utility>

namespace gatehouse::core {

namespace detail {

/// Frame memory: per-thread free lists by size class. A frame must be freed on the thread that
/// made it, which holds because tasks never change threads.
void* allocate_frame(std::size_t size);
void release_frame(void* frame, std::size_t size) noexcept;

class PromiseBase {
 public:
  std::suspend_always initial_suspend() const noexcept { return {}; }

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
      std::coroutine_handle<> next = done.promise().continuation_;
      return next ? next : std::coroutine_handle<>(std::noop_coroutine());
    }
    void await_resume() const noexcept {}
  };
  FinalAwaiter final_suspend() const noexcept { return {}; }

  void unhandled_exception() noexcept { exception_ = std::current_exception(); }

  void set_continuation(std::coroutine_handle<> handle) noexcept { continuation_ = handle; }
  void rethrow_if_failed() const {
    if (exception_) std::rethrow_exception(exception_);
  }

  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, std::size_t size) noexcept {
    release_frame(frame, size);
  }

 private:
  std::coroutine_handle<> continuation_;
  std::exception_ptr exception_;
};

}  // namespace detail

/// A coroutine that yields one T. Exceptions mean bugs and travel to the awaiting coroutine.
template <class T = void>
class [[nodiscard]] Task {
 public:
  // NOLINTNEXTLINE(readability-identifier-naming): the language gives this name
  class promise_type : public detail::PromiseBase {
   public:
    Task get_return_object() noexcept { return Task(Handle::from_promise(*this)); }
    template <class U>
    void return_value(U&& value) {
      value_.emplace(std::forward<U>(value));
    }
    T take() {
      rethrow_if_failed();
      return std::move(*value_);  // NOLINT(bugprone-unchecked-optional-access): done, not failed
    }

   private:
    std::optional<T> value_;
  };
  using Handle = std::coroutine_handle<promise_type>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~Task() { reset(); }

  struct Awaiter {
    Handle child;
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> parent) const {
      child.resume();
      if (child.done()) return false;
      child.promise().set_continuation(parent);
      return true;
    }
    T await_resume() const { return child.promise().take(); }
  };
  Awaiter operator co_await() && noexcept { return Awaiter{handle_}; }

 private:
  explicit Task(Handle handle) noexcept : handle_(handle) {}
  void reset() noexcept {
    if (handle_) std::exchange(handle_, {}).destroy();
  }
  Handle handle_;
};

template <>
class [[nodiscard]] Task<void> {
 public:
  // NOLINTNEXTLINE(readability-identifier-naming): the language gives this name
  class promise_type : public detail::PromiseBase {
   public:
    Task get_return_object() noexcept { return Task(Handle::from_promise(*this)); }
    void return_void() const noexcept {}
    void take() const { rethrow_if_failed(); }
  };
  using Handle = std::coroutine_handle<promise_type>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~Task() { reset(); }

  struct Awaiter {
    Handle child;
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> parent) const {
      child.resume();
      if (child.done()) return false;
      child.promise().set_continuation(parent);
      return true;
    }
    void await_resume() const { child.promise().take(); }
  };
  Awaiter operator co_await() && noexcept { return Awaiter{handle_}; }

 private:
  explicit Task(Handle handle) noexcept : handle_(handle) {}
  void reset() noexcept {
    if (handle_) std::exchange(handle_, {}).destroy();
  }
  Handle handle_;
};

}  // namespace gatehouse::core
