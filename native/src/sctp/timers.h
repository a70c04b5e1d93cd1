// Deadlines of an engine: a heap of timers that live inside their owners. Stopping a timer, and starting it anew for a later
// time, only write the time (the heap is put right when the old time comes), since that is what every acknowledgement does.
#pragma once

#include <cstddef>
#include <vector>

#include "types.h"

namespace mailport::sctp {

class TimerQueue;

// Embed one per purpose. Not movable: the heap points to it. A timer leaves the queue when destroyed; the queue must outlive it.
class Timer {
 public:
  using Callback = void (*)(void* owner, TimeUs now);

  Timer(TimerQueue& queue, void* owner, Callback callback) : queue_(queue), owner_(owner), callback_(callback) {}
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void Start(TimeUs deadline);  // Restarts if running. kNever stops.
  void Stop() { deadline_ = kNever; }
  bool running() const { return deadline_ != kNever; }
  TimeUs deadline() const { return deadline_; }

 private:
  friend class TimerQueue;
  static constexpr uint32_t kNotQueued = UINT32_MAX;

  TimerQueue& queue_;
  void* owner_;
  Callback callback_;
  TimeUs deadline_ = kNever;     // When to fire.
  uint32_t index_ = kNotQueued;  // In the heap or in the list of those due.
  bool is_due_ = false;          // In that list.
};

class TimerQueue {
 public:
  // Fires every timer due at `now`, in order of deadline; a callback may start, stop or destroy any timer, its own included. A timer
  // started in a callback for a time that is due fires in a later call.
  void Run(TimeUs now);
  // No timer is due before this; kNever if none is queued. It may be early (a stopped or postponed timer), never late. Not for use
  // in a callback.
  TimeUs NextDeadline() const { return heap_.empty() ? kNever : heap_[0].key; }
  // How many timers are queued, stopped ones whose old time has not come included.
  size_t size() const { return heap_.size(); }

 private:
  friend class Timer;
  void Insert(Timer* timer, TimeUs key);
  void Remove(Timer* timer);
  void CollectDue(TimeUs now);
  void TrimHeap();
  // Children of one entry lie side by side: with tens of thousands of timers, each level that is gone through is memory that no cache has.
  static constexpr size_t kChildren = 4;
  // The heap's memory follows its size down to here: a crowd that sends once has four times as many timers as one that is idle.
  static constexpr size_t kKeptEntries = 1024;
  // Keys stand in the heap itself, never later than their timers' deadlines: to order timers, none of them is looked at.
  struct Entry {
    TimeUs key;
    Timer* timer;
  };
  void Place(const Entry& entry, size_t index);
  void SiftUp(size_t index);
  void SiftDown(size_t index);

  std::vector<Entry> heap_;
  std::vector<Timer*> due_;  // During Run: those still to fire, in order; null where one was taken back.
};

}  // namespace mailport::sctp
