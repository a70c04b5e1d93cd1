// How the loop waits when it need not sleep for long.
//
// A short wait without sleep while messages come closely one after the other, as in a dialogue: to wake a thread that sleeps takes longer than the peer
// takes to answer. Erlang's schedulers wait in this way too (`+sbwt`). The wait ends as soon as anything at all happens on the loop.
//
// A longer wait without sleep whenever the loop is about to sleep, while a socket is open whose user asks for that (`busyPollUs`).
//
// A short sleep while a peer sends as fast as it can: a stack has asked the kernel not to wake the loop for little, and takes that back when too little has come.
#pragma once

#include <napi.h>

#include <cstdint>
#include <map>
#include <type_traits>
#include <utility>
#include <vector>

#include "stack_loop.h"

namespace mailport::addon {

class BusyWait final : private StackLoop::Listener {
 public:
  struct Counters {
    uint64_t waits;
    uint64_t in_vain;  // Nothing came in their time.
    uint64_t polls;    // Waits that a socket has asked for.
    uint64_t polls_in_vain;
  };
  static constexpr uint64_t kDefaultNs = 50'000;
  // A second: a loop that waits so long does so again as soon as it has slept.
  static constexpr uint32_t kMostPollUs = 1'000'000;

  // Has asked the kernel not to tell of little that comes.
  class Gatherer {
   public:
    // From here on the loop sleeps for long. `slept`: until the time was over, for nothing; or else the loop has come too late to sleep.
    virtual void OnGathered(bool slept) = 0;

   protected:
    ~Gatherer() = default;
  };

  // Made before the stacks, so that it waits after all of them have sent what they had to send.
  explicit BusyWait(Napi::Env env);
  BusyWait(const BusyWait&) = delete;
  BusyWait& operator=(const BusyWait&) = delete;

  // The longest wait; 0: none.
  void SetLimit(uint64_t ns) { limit_ = ns; }
  // The loop has woken because there is something for a stack.
  void NoteTraffic();
  // A socket's wish, in microseconds, comes in place of the one that it had; 0: it has none. The longest of all counts.
  void ChangePoll(uint32_t before_us, uint32_t now_us);
  // Until then (uv_hrtime) the loop sleeps at most, if nothing wakes it, and then tells `gatherer`. A new time replaces the one before. False: the loop cannot do it.
  bool Gather(Gatherer* gatherer, uint64_t until);
  void Forget(const Gatherer* gatherer);
  Counters counters() const { return counters_; }

 private:
  void OnPrepare() override;
  void OnEnvironmentEnd() override;
  void Wait();
  void Poll();
  void WaitForMore();
  // Within so many nanoseconds.
  bool SomethingComes(uint32_t ns);

  StackLoop loop_;
  bool started_ = false;
  Gatherer* gatherer_ = nullptr;
  uint64_t gathered_at_ = 0;
  uint64_t limit_ = kDefaultNs;
  std::map<uint32_t, size_t> polls_;  // How many sockets have each wish.
  uint64_t began_ = 0;
  uint64_t ended_ = 0;       // When traffic ended the last wait; 0: something else did.
  unsigned short_waits_ = 0;  // In a row, with sleep or without.
  unsigned in_vain_ = 0;
  unsigned to_sleep_ = 0;  // So many waits are slept through.
  Counters counters_{};
};

static_assert(!std::is_copy_constructible_v<BusyWait>);

// The `busyPollUs` of one socket, in force for as long as the socket is open. `wait` may be null, as in simulations: then it is only kept.
class BusyPoll {
 public:
  BusyPoll() = default;
  BusyPoll(BusyPoll&& other) noexcept : wait_(other.wait_), us_(std::exchange(other.us_, 0)) {}
  BusyPoll& operator=(BusyPoll&&) = delete;
  ~BusyPoll() { Change(0); }

  uint32_t us() const { return us_; }
  // An errno.
  int Set(BusyWait* wait, const std::vector<uint32_t>& values);
  // The socket is open no longer.
  void End() { Change(0); }
  // A socket that comes of another one has its wish.
  void CopyFrom(const BusyPoll& other) {
    wait_ = other.wait_;
    Change(other.us_);
  }

 private:
  void Change(uint32_t us) {
    if (wait_ != nullptr) wait_->ChangePoll(us_, us);
    us_ = us;
  }

  BusyWait* wait_ = nullptr;
  uint32_t us_ = 0;
};

}  // namespace mailport::addon
