// When sends are tried again whose room no poll tells of: soon at first, and less and less often while nothing is taken.
#pragma once

#include <uv.h>

#include <cstdint>
#include <type_traits>

#include "../io/uv_handle.h"
#include "stack_loop.h"

namespace mailport::addon {

class RetryTimer {
 public:
  class Listener {
   public:
    virtual void OnRetryTimer() = 0;

   protected:
    ~Listener() = default;
  };

  RetryTimer() = default;
  RetryTimer(const RetryTimer&) = delete;
  RetryTimer& operator=(const RetryTimer&) = delete;

  // 0, or a negative libuv error. The timer does not keep the loop alive. The listener must outlive it.
  int Create(const StackLoop& loop, Listener* listener);
  // The listener is called once, if it is not about to be.
  void Run();
  // Something has been taken.
  void NoteProgress() { wait_ms_ = 0; }
  void Close() { handle_.Close(); }

 private:
  io::UvHandle<uv_timer_t> handle_;
  Listener* listener_ = nullptr;
  bool runs_ = false;
  uint64_t wait_ms_ = 0;  // How long the last wait was; 0: something has been taken since.
};

static_assert(!std::is_copy_constructible_v<RetryTimer>);

}  // namespace mailport::addon
