// The heap of timers. Run first takes out everything due and only then calls back, so that callbacks may change the heap at will.
#include "timers.h"

#include <algorithm>

namespace mailport::sctp {

Timer::~Timer() {
  if (index_ != kNotQueued) queue_.Remove(this);
}

void Timer::Start(TimeUs deadline) {
  deadline_ = deadline;
  if (deadline == kNever) return;
  if (index_ != kNotQueued) {
    bool due_in_this_run = queued_for_ == kNever;
    if (!due_in_this_run && queued_for_ <= deadline) return;
    queue_.Remove(this);
  }
  queue_.Insert(this, deadline);
}

void TimerQueue::Run(TimeUs now) {
  CollectDue(now);
  // Restarting or destroying a timer that is still to fire empties its place; stopping it leaves it here with deadline kNever.
  for (size_t i = 0; i < due_.size(); i++) {
    Timer* timer = due_[i];
    if (timer == nullptr) continue;
    timer->index_ = Timer::kNotQueued;
    due_[i] = nullptr;
    if (!timer->running()) continue;
    timer->deadline_ = kNever;
    timer->callback_(timer->owner_, now);  // May destroy the timer.
  }
  due_.clear();
}

// Moves what is due into due_, sorted. A stopped timer just leaves; a postponed one goes to its right place.
void TimerQueue::CollectDue(TimeUs now) {
  while (!heap_.empty() && heap_[0]->queued_for_ <= now) {
    Timer* timer = heap_[0];
    if (timer->running() && timer->deadline_ > now) {
      timer->queued_for_ = timer->deadline_;
      SiftDown(0);
      continue;
    }
    Remove(timer);
    if (timer->running()) due_.push_back(timer);
  }
  std::stable_sort(due_.begin(), due_.end(), [](const Timer* a, const Timer* b) { return a->deadline_ < b->deadline_; });
  for (size_t i = 0; i < due_.size(); i++) due_[i]->index_ = i;
}

void TimerQueue::Insert(Timer* timer, TimeUs key) {
  timer->queued_for_ = key;
  heap_.push_back(timer);
  timer->index_ = heap_.size() - 1;
  SiftUp(timer->index_);
}

void TimerQueue::Remove(Timer* timer) {
  size_t index = timer->index_;
  timer->index_ = Timer::kNotQueued;
  if (timer->queued_for_ == kNever) {
    due_[index] = nullptr;
    return;
  }
  timer->queued_for_ = kNever;
  Timer* last = heap_.back();
  heap_.pop_back();
  if (last == timer) return;
  Place(last, index);
  SiftUp(index);
  SiftDown(last->index_);
}

void TimerQueue::Place(Timer* timer, size_t index) {
  heap_[index] = timer;
  timer->index_ = index;
}

void TimerQueue::SiftUp(size_t index) {
  Timer* timer = heap_[index];
  while (index > 0) {
    size_t parent = (index - 1) / 2;
    if (heap_[parent]->queued_for_ <= timer->queued_for_) break;
    Place(heap_[parent], index);
    index = parent;
  }
  Place(timer, index);
}

void TimerQueue::SiftDown(size_t index) {
  Timer* timer = heap_[index];
  for (;;) {
    size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->queued_for_ < heap_[child]->queued_for_) child++;
    if (timer->queued_for_ <= heap_[child]->queued_for_) break;
    Place(heap_[child], index);
    index = child;
  }
  Place(timer, index);
}

}  // namespace mailport::sctp
