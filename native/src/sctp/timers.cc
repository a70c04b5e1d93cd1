// The heap of timers. Run first takes out everything due and only then calls back, so that callbacks may change the heap at will.
#include "timers.h"

#include <algorithm>
#include <utility>

namespace mailport::sctp {

Timer::~Timer() {
  if (index_ != kNotQueued) queue_.Remove(this);
}

void Timer::Start(TimeUs deadline) {
  deadline_ = deadline;
  if (deadline == kNever) return;
  if (index_ != kNotQueued) {
    if (!is_due_ && queue_.heap_[index_].key <= deadline) return;
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
    timer->is_due_ = false;
    due_[i] = nullptr;
    if (!timer->running()) continue;
    timer->deadline_ = kNever;
    timer->callback_(timer->owner_, now);  // May destroy the timer.
  }
  due_.clear();
  TrimHeap();
}

void TimerQueue::TrimHeap() {
  if (heap_.capacity() <= kKeptEntries || heap_.size() > heap_.capacity() / 4) return;
  std::vector<Entry> smaller;
  smaller.reserve(std::max(kKeptEntries, heap_.size() * 2));
  smaller.insert(smaller.end(), heap_.begin(), heap_.end());
  heap_ = std::move(smaller);
  due_.shrink_to_fit();
}

// Moves what is due into due_, in order of deadline. A stopped timer just leaves; a postponed one goes to its right place.
void TimerQueue::CollectDue(TimeUs now) {
  while (!heap_.empty() && heap_[0].key <= now) {
    Timer* timer = heap_[0].timer;
    if (timer->running() && timer->deadline_ > heap_[0].key) {
      heap_[0].key = timer->deadline_;
      SiftDown(0);
      continue;
    }
    Remove(timer);
    if (timer->running()) due_.push_back(timer);
  }
  for (size_t i = 0; i < due_.size(); i++) {
    due_[i]->index_ = static_cast<uint32_t>(i);
    due_[i]->is_due_ = true;
  }
}

void TimerQueue::Insert(Timer* timer, TimeUs key) {
  heap_.push_back({key, timer});
  SiftUp(heap_.size() - 1);
}

void TimerQueue::Remove(Timer* timer) {
  size_t index = timer->index_;
  timer->index_ = Timer::kNotQueued;
  if (timer->is_due_) {
    timer->is_due_ = false;
    due_[index] = nullptr;
    return;
  }
  const Entry last = heap_.back();
  heap_.pop_back();
  if (last.timer == timer) return;
  Place(last, index);
  SiftUp(index);
  SiftDown(last.timer->index_);
}

void TimerQueue::Place(const Entry& entry, size_t index) {
  heap_[index] = entry;
  entry.timer->index_ = static_cast<uint32_t>(index);
}

void TimerQueue::SiftUp(size_t index) {
  const Entry entry = heap_[index];
  while (index > 0) {
    size_t parent = (index - 1) / kChildren;
    if (heap_[parent].key <= entry.key) break;
    Place(heap_[parent], index);
    index = parent;
  }
  Place(entry, index);
}

void TimerQueue::SiftDown(size_t index) {
  const Entry entry = heap_[index];
  for (;;) {
    const size_t first = kChildren * index + 1;
    if (first >= heap_.size()) break;
    const size_t end = std::min(first + kChildren, heap_.size());
    size_t child = first;
    for (size_t other = first + 1; other < end; other++)
      if (heap_[other].key < heap_[child].key) child = other;
    if (entry.key <= heap_[child].key) break;
    Place(heap_[child], index);
    index = child;
  }
  Place(entry, index);
}

}  // namespace mailport::sctp
