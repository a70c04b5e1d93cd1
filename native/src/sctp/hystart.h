// When the first slow start of a path ends (HyStart++, RFC 9406): if round trips grow, a queue has begun to fill. The window then grows more slowly for some rounds,
// and slow start is over unless the round trips fall again. So it ends before the queue overflows.
//
// The RFC always waits for five such rounds. Here a second growth as large as the first one is enough: by then the window is twice what the line holds.
#pragma once

#include <algorithm>

#include "control.h"

namespace mailport::sctp {

class HyStart {
 public:
  // A round trip is known of the acknowledgement. True: slow start is over.
  bool OnAcknowledged(const Acknowledged& acknowledged) {
    if (is_over_ || !acknowledged.has_newest || acknowledged.round_trip == 0) return is_over_;
    // A round ends when something that left in it is acknowledged (section 4.2).
    if (!began_ || !SentBefore(acknowledged.newest_sent, round_began_)) BeginRound(acknowledged.now);
    shortest_us_ = std::min(shortest_us_, acknowledged.round_trip);
    if (++samples_ < kSamples) return is_over_;
    if (!is_conservative_) {
      if (last_us_ == kNever || shortest_us_ < last_us_ + Threshold(last_us_)) return false;
      is_conservative_ = true;
      baseline_us_ = shortest_us_;
      rounds_ = 0;
    } else if (shortest_us_ < baseline_us_) {
      is_conservative_ = false;
    } else if (rounds_ != 0 && shortest_us_ >= baseline_us_ + Threshold(baseline_us_)) {
      is_over_ = true;
    }
    return is_over_;
  }
  // The window grows by this part of what was acknowledged.
  size_t divisor() const { return is_conservative_ ? kConservativeDivisor : 1; }

 private:
  // Section 4.3.
  static constexpr TimeUs kLeastGrowthUs = 4'000, kMostGrowthUs = 16'000, kDivisor = 8;
  static constexpr uint32_t kSamples = 8;
  static constexpr size_t kConservativeDivisor = 4;
  static constexpr uint32_t kConservativeRounds = 5;

  static TimeUs Threshold(TimeUs before) { return std::clamp(before / kDivisor, kLeastGrowthUs, kMostGrowthUs); }
  void BeginRound(TimeUs now) {
    if (began_ && is_conservative_ && ++rounds_ >= kConservativeRounds) is_over_ = true;
    began_ = true;
    round_began_ = SentAt(now);
    last_us_ = shortest_us_;
    shortest_us_ = kNever;
    samples_ = 0;
  }

  bool began_ = false, is_conservative_ = false, is_over_ = false;
  SentTime round_began_ = 0;
  uint32_t samples_ = 0, rounds_ = 0;
  TimeUs shortest_us_ = kNever, last_us_ = kNever;  // Of this round, and of the one before.
  TimeUs baseline_us_ = 0;
};

}  // namespace mailport::sctp
