#include "retry_timer.h"

#include <algorithm>
#include <utility>

namespace mailport::addon {

namespace {

constexpr uint64_t kShortestWaitMs = 4;
constexpr uint64_t kLongestWaitMs = 64;

}  // namespace

int RetryTimer::Create(const StackLoop& loop, Listener* listener) {
  const int status = handle_.Create(this, loop.token(), [&](uv_timer_t* handle) { return uv_timer_init(loop.get(), handle); });
  handle_.SetReferenced(false);
  listener_ = listener;
  return status;
}

void RetryTimer::Run() {
  if (std::exchange(runs_, true)) return;
  wait_ms_ = std::clamp<uint64_t>(2 * wait_ms_, kShortestWaitMs, kLongestWaitMs);
  const auto on_time = [](uv_timer_t* handle) {
    auto* timer = static_cast<RetryTimer*>(handle->data);
    timer->runs_ = false;
    timer->listener_->OnRetryTimer();
  };
  uv_timer_start(handle_.get(), on_time, wait_ms_, 0);
}

}  // namespace mailport::addon
