#include "busy_wait.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#if !defined(_WIN32)
#include <poll.h>
#endif

namespace mailport::addon {

namespace {

// Waking up may take so long: a wait with sleep that was longer than the limit by less than this might have ended in time.
constexpr uint64_t kWakeUpNs = 70'000;
// Waits without sleep begin after so many short ones in a row.
constexpr unsigned kShortWaits = 3;
// The waits in vain cost at most 50 µs for each 2^10 sleeps, if nothing comes in time again and again.
constexpr unsigned kMostInVain = 10;

}  // namespace

BusyWait::BusyWait(Napi::Env env) : loop_(StackLoop::Of(env)) {
  // With one processor the wait would keep the peer from answering.
  if (loop_.get() == nullptr || uv_available_parallelism() < 2 || uv_backend_fd(loop_.get()) < 0) return;
  if (!loop_.Enter(env, this)) return;
  started_ = loop_.Start() == 0;
  if (!started_) OnEnvironmentEnd();
}

void BusyWait::NoteTraffic() {
  if (ended_ == 0) ended_ = uv_hrtime();
}

void BusyWait::ChangePoll(uint32_t before_us, uint32_t now_us) {
  if (before_us != 0 && --polls_[before_us] == 0) polls_.erase(before_us);
  if (now_us != 0) ++polls_[now_us];
}

int BusyPoll::Set(BusyWait* wait, const std::vector<uint32_t>& values) {
  if (values.size() != 1 || values[0] > BusyWait::kMostPollUs) return EINVAL;
  wait_ = wait;
  Change(values[0]);
  return 0;
}

bool BusyWait::Gather(Gatherer* gatherer, uint64_t until) {
#if defined(__linux__)
  if (!started_ || (gatherer_ != nullptr && gatherer_ != gatherer)) return false;
  gatherer_ = gatherer;
  gathered_at_ = until;
  return true;
#else
  return false;
#endif
}

void BusyWait::Forget(const Gatherer* gatherer) {
  if (gatherer_ == gatherer) gatherer_ = nullptr;
}

void BusyWait::OnPrepare() {
  if (gatherer_ != nullptr) WaitForMore();
  if (!polls_.empty()) return Poll();
  if (limit_ == 0) return;
  short_waits_ = ended_ != 0 && ended_ - began_ <= limit_ + kWakeUpNs ? short_waits_ + 1 : 0;
  ended_ = 0;
  began_ = uv_hrtime();
  // The loop does not wait if it has something to do already.
  if (short_waits_ < kShortWaits || uv_backend_timeout(loop_.get()) == 0) return;
  if (to_sleep_ > 0) {
    to_sleep_--;
  } else {
    Wait();
  }
}

void BusyWait::Wait() {
  counters_.waits++;
  do {
    if (SomethingComes(0)) {
      if (in_vain_ > 0) in_vain_--;
      return;
    }
  } while (uv_hrtime() - began_ < limit_);
  counters_.in_vain++;
  in_vain_ = std::min(in_vain_ + 1, kMostInVain);
  to_sleep_ = 1u << in_vain_;
}

// Every time that the loop is about to sleep, whatever came of it before: the user has asked for that. A timer that is due earlier ends it.
void BusyWait::Poll() {
  short_waits_ = 0;
  const int sleep_ms = uv_backend_timeout(loop_.get());
  if (sleep_ms == 0) return;
  uint64_t limit = uint64_t{polls_.rbegin()->first} * 1000;
  if (sleep_ms > 0) limit = std::min(limit, static_cast<uint64_t>(sleep_ms) * 1'000'000);
  counters_.polls++;
  const uint64_t began = uv_hrtime();
  do {
    if (SomethingComes(0)) return;
  } while (uv_hrtime() - began < limit);
  counters_.polls_in_vain++;
}

void BusyWait::WaitForMore() {
  const uint64_t now = uv_hrtime();
  const bool in_time = now < gathered_at_;
  if (in_time) {
    // The loop has something else to do, and comes here again before it sleeps.
    if (uv_backend_timeout(loop_.get()) == 0) return;
    if (SomethingComes(static_cast<uint32_t>(gathered_at_ - now))) return;
  }
  std::exchange(gatherer_, nullptr)->OnGathered(in_time);
}

// Asks the descriptor in which libuv collects all others, so that nothing waits for the end of this wait.
bool BusyWait::SomethingComes(uint32_t ns) {
#if defined(__linux__)
  pollfd loop{uv_backend_fd(loop_.get()), POLLIN, 0};
  const timespec limit{0, static_cast<long>(ns)};
  return ppoll(&loop, 1, &limit, nullptr) != 0;
#elif defined(_WIN32)
  return ns == 0;
#else
  pollfd loop{uv_backend_fd(loop_.get()), POLLIN, 0};
  return poll(&loop, 1, 0) != 0;
#endif
}

void BusyWait::OnEnvironmentEnd() {
  started_ = false;
  gatherer_ = nullptr;
  loop_.Leave();
}

}  // namespace mailport::addon
