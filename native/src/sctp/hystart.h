// When the first slow start of a path ends (HyStart++, RFC 9406): if round trips grow, a queue has begun to fill. The window then grows more slowly for some rounds,
// and slow start is over unless the round trips fall again. So it ends before the queue overflows.
//
// The RFC always waits for five such rounds. Here a second growth as large as the first one is enough: by then the window is twice what the line holds.
//
// The RFC looks at the shortest round trip of a round. Data is paced at twice the window a round trip, so each round begins at a queue that has just emptied, and that round trip tells of a
// queue only when the window is twice what the line holds. A queue shorter than that would overflow first. So the rate at which acknowledgements come is looked at as well. While the line has
// room it is that of the pace, by which the window is no larger than rate and round trip allow; when the line is full it grows no more. A window beyond that grows as slowly as when round trips
// grow, and if the latest round trips show a queue too, slow start is over, and the window is brought back to what the line holds. Both only ever make the window smaller than the RFC does.
#pragma once

#include <algorithm>

#include "control.h"

namespace mailport::sctp {

class HyStart {
 public:
  // `cwnd`: the window now. True: slow start is over.
  bool OnAcknowledged(size_t cwnd, const Acknowledged& acknowledged) {
    if (is_over_) return true;
    const auto round_trip = static_cast<uint32_t>(std::min<TimeUs>(acknowledged.round_trip, kUnknown - 1));
    NoteRate(acknowledged);
    is_ahead_ = line_bytes() != 0 && static_cast<double>(cwnd) > kAhead * static_cast<double>(line_bytes());
    if (!acknowledged.has_newest || round_trip == 0) return false;
    NoteLatest(round_trip);
    // A round ends when something that left in it is acknowledged (section 4.2).
    if (!began_ || !SentBefore(acknowledged.newest_sent, round_began_)) BeginRound(acknowledged.now);
    shortest_us_ = std::min(shortest_us_, round_trip);
    if (samples_ < kSamples) ++samples_;
    return is_over_ = is_over_ || (samples_ >= kSamples && RoundTripsGrew()) || (is_ahead_ && latest_us_ != kUnknown && Exceeds(latest_us_, least_us_));
  }
  // The window grows by this part of what was acknowledged.
  size_t divisor() const { return is_conservative_ || is_ahead_ ? kConservativeDivisor : 1; }
  // What the window comes down to when slow start is over.
  size_t WindowAtEnd(size_t cwnd) const {
    return line_bytes() == 0 ? cwnd : std::min(cwnd, static_cast<size_t>(kLeft * static_cast<double>(line_bytes())));
  }

 private:
  // Section 4.3.
  static constexpr uint32_t kLeastGrowthUs = 4'000, kMostGrowthUs = 16'000, kDivisor = 8;
  static constexpr uint8_t kSamples = 8;
  static constexpr size_t kConservativeDivisor = 4;
  static constexpr uint8_t kConservativeRounds = 5;
  // What the window has to be beyond what the line holds, as both are measured, and what it is left with then: the line stays full if it holds a little more.
  static constexpr double kAhead = 1.15, kLeft = 1.05;
  // A rate is measured over this part of a round trip: where a window leaves in half of one, some of these parts are full.
  static constexpr uint32_t kRateParts = 8;
  static constexpr uint32_t kUnknown = UINT32_MAX;

  static bool Exceeds(uint32_t us, uint32_t before_us) { return us >= before_us + std::clamp(before_us / kDivisor, kLeastGrowthUs, kMostGrowthUs); }

  // Section 4.2, for a round with enough samples.
  bool RoundTripsGrew() {
    if (!is_conservative_) {
      if (last_us_ == kUnknown || !Exceeds(shortest_us_, last_us_)) return false;
      is_conservative_ = true;
      baseline_us_ = shortest_us_;
      rounds_ = 0;
    } else if (shortest_us_ < baseline_us_) {
      is_conservative_ = false;
    } else {
      return rounds_ != 0 && Exceeds(shortest_us_, baseline_us_);
    }
    return false;
  }
  void BeginRound(TimeUs now) {
    if (began_ && is_conservative_ && ++rounds_ >= kConservativeRounds) is_over_ = true;
    began_ = true;
    round_began_ = SentAt(now);
    last_us_ = shortest_us_;
    shortest_us_ = kUnknown;
    samples_ = 0;
  }
  // The shortest one of the last samples, and of all.
  void NoteLatest(uint32_t round_trip) {
    least_us_ = std::min(least_us_, round_trip);
    group_us_ = std::min(group_us_, round_trip);
    if (++grouped_ < kSamples) return;
    latest_us_ = group_us_;
    group_us_ = kUnknown;
    grouped_ = 0;
  }
  void NoteRate(const Acknowledged& acknowledged) {
    const uint32_t took = SentAt(acknowledged.now) - rate_since_;
    // A pause between two windows says nothing of the rate.
    if (least_us_ == kUnknown || took >= least_us_ / 2) {
      BeginRate(acknowledged.now);
      return;
    }
    rate_bytes_ += acknowledged.bytes;
    if (took == 0 || took < least_us_ / kRateParts) return;
    bytes_per_us_ = std::max(bytes_per_us_, static_cast<double>(rate_bytes_) / took);
    BeginRate(acknowledged.now);
  }
  void BeginRate(TimeUs now) { rate_since_ = SentAt(now), rate_bytes_ = 0; }
  // What is on its way when the line is full and its queue is empty; 0: not known.
  size_t line_bytes() const { return least_us_ == kUnknown ? 0 : static_cast<size_t>(bytes_per_us_ * least_us_); }

  bool began_ = false, is_conservative_ = false, is_over_ = false, is_ahead_ = false;
  uint8_t samples_ = 0, rounds_ = 0, grouped_ = 0;
  SentTime round_began_ = 0;
  uint32_t shortest_us_ = kUnknown, last_us_ = kUnknown;  // Of this round, and of the one before.
  uint32_t baseline_us_ = 0;
  uint32_t least_us_ = kUnknown, latest_us_ = kUnknown, group_us_ = kUnknown;
  SentTime rate_since_ = 0;
  size_t rate_bytes_ = 0;
  double bytes_per_us_ = 0;
};

}  // namespace mailport::sctp
