// Spreads what leaves over the round trip, so that bursts do not fill queues on the way: a quantum leaves at once, and the next one when the first has had its time.
// A host whose timer comes late makes up for that, within bounds.
#pragma once

#include <algorithm>
#include <utility>

#include "control.h"

namespace mailport::sctp {

class Pacer {
 public:
  // A timer that counts milliseconds, on a loop that does other things too, is late by some of them.
  static constexpr TimeUs kMostLateUs = 8'000;

  void Set(const Pace& pace) {
    pace_ = pace;
    us_per_byte_ = pace.bytes_per_us > 0 ? 1 / pace.bytes_per_us : 0;
  }
  bool is_on() const { return us_per_byte_ != 0; }

  // Whether a packet may leave. If not, data waits for wakes_at().
  bool MayLeave(TimeUs now) {
    if (!is_on() || left_bytes_ > 0) return true;
    const auto time = static_cast<double>(now);
    if (time < free_at_) {
      is_holding_ = true;
      return false;
    }
    const double late = std::exchange(held_, false) ? std::min(time - free_at_, static_cast<double>(kMostLateUs)) : 0;
    left_bytes_ = static_cast<double>(pace_.quantum_bytes) + late * pace_.bytes_per_us;
    free_at_ = time - late;
    return true;
  }
  void OnSent(size_t bytes, TimeUs now) {
    if (!is_on()) return;
    // What is left of a quantum is void when the quantum has had its time.
    if (free_at_ <= static_cast<double>(now) - static_cast<double>(kMostLateUs)) free_at_ = static_cast<double>(now);
    left_bytes_ -= static_cast<double>(bytes);
    free_at_ += static_cast<double>(bytes) * us_per_byte_;
  }
  // A turn of sending begins.
  void BeginTurn(TimeUs now) {
    OnTime();
    if (free_at_ <= static_cast<double>(now)) left_bytes_ = 0;
  }
  // The time has come for what waited.
  void OnTime() { held_ |= std::exchange(is_holding_, false); }
  // Nothing waits any more.
  void OnNothingLeft() { held_ = false; }
  // Data waits for nothing but its time.
  bool is_holding() const { return is_holding_; }
  TimeUs wakes_at() const { return is_holding_ ? static_cast<TimeUs>(free_at_) + 1 : kNever; }

 private:
  Pace pace_;
  double us_per_byte_ = 0;
  double free_at_ = 0;     // When everything that has left has had its time.
  double left_bytes_ = 0;  // Of the present quantum.
  bool is_holding_ = false;
  bool held_ = false;  // Data waited before this turn.
};

}  // namespace mailport::sctp
