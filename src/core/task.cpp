#include "gatehouse/core/task.hpp"

#include <array>

#include "gatehouse/core/task_group.hpp"

namespace gatehouse::core {

namespace detail {
namespace {

constexpr std::size_t kClassBytes = 64;
constexpr std::size_t kClasses = 64;  // frames up to 4 KiB are pooled
constexpr std::size_t kKeptPerClass = 256;

struct FreeFrame {
  FreeFrame* next;
};

struct FramePool {
  struct Class {
    FreeFrame* head = nullptr;
    std::size_t count = 0;
  };
  std::array<Class, kClasses> classes;

  FramePool() = default;
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  ~FramePool() {
    for (Class& entry : classes) {
      while (FreeFrame* frame = entry.head) {
        entry.head = frame->next;
        ::operator delete(frame);
      }
    }
  }
};

FramePool& pool() {
  thread_local FramePool instance;
  return instance;
}

constexpr std::size_t class_of(std::size_t size) {
  return (size + kClassBytes - 1) / kClassBytes;
}

// Under AddressSanitizer a pooled frame would hide a use after free.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kPooled = false;
#elif defined(__has_feature)
constexpr bool kPooled = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool kPooled = true;
#endif

}  // namespace

void* allocate_frame(std::size_t size) {
  const std::size_t index = class_of(size);
  if (!kPooled || index >= kClasses) return ::operator new(size);
  FramePool::Class& entry = pool().classes[index];
  if (FreeFrame* frame = entry.head) {
    entry.head = frame->next;
    --entry.count;
    return frame;
  }
  return ::operator new(index * kClassBytes);
}

void release_frame(void* frame, std::size_t size) noexcept {
  const std::size_t index = class_of(size);
  if (kPooled && index < kClasses) {
    FramePool::Class& entry = pool().classes[index];
    if (entry.count < kKeptPerClass) {
      entry.head = ::new (frame) FreeFrame{entry.head};
      ++entry.count;
      return;
    }
  }
  ::operator delete(frame);
}

}  // namespace detail

/// The coroutine that owns a spawned task; frees itself when the task is done.
struct TaskGroup::Runner {
  struct promise_type {
    Runner get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

TaskGroup::~TaskGroup() {
  if (running_ != 0) std::terminate();  // join() was forgotten: frames would outlive their owner
}

void TaskGroup::spawn(Task<void> task) {
  ++running_;
  run(this, std::move(task));
}

TaskGroup::Runner TaskGroup::run(TaskGroup* group, Task<void> task) {
  {
    Task<void> owned = std::move(task);
    try {
      co_await std::move(owned);
    } catch (...) {
      if (!group->on_bug_) throw;
      group->on_bug_(std::current_exception());
    }
  }
  group->finished();
}

void TaskGroup::finished() noexcept {
  if (--running_ == 0 && joiner_) std::exchange(joiner_, {}).resume();
}

}  // namespace gatehouse::core
