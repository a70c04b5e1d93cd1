// Ends an association on which no data has come or gone for a set time (RFC 6458 section 8.1.8).
#pragma once

#include "timers.h"

namespace mailport::sctp {

class Autoclose {
 public:
  // `due` is called when the time may be over. The owner then asks IsOver, as there may have been data in the meantime.
  Autoclose(TimerQueue& timers, void* owner, Timer::Callback due) : timer_(timers, owner, due) {}

  // 0: never.
  void Set(uint32_t seconds, TimeUs now) {
    idle_us_ = seconds * TimeUs{1000 * 1000};
    last_us_ = now;
    timer_.Start(seconds == 0 ? kNever : now + idle_us_);
  }
  void Stop() { timer_.Stop(); }
  void NoteActivity(TimeUs now) { last_us_ = now; }
  // False: there was data, and the timer goes on.
  bool IsOver(TimeUs now) {
    if (now >= last_us_ + idle_us_) return true;
    timer_.Start(last_us_ + idle_us_);
    return false;
  }

 private:
  TimeUs idle_us_ = 0;
  TimeUs last_us_ = 0;
  Timer timer_;
};

}  // namespace mailport::sctp
