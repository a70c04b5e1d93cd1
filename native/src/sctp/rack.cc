#include "rack.h"

#include <algorithm>

namespace mailport::sctp {

namespace {

constexpr TimeUs kMinute = 60 * 1000 * 1000;
constexpr uint32_t kRecoveriesWider = 16;  // RFC 8985 section 6.2, step 4.
constexpr uint32_t kMostQuarters = 1024;   // The window ends at SRTT anyway.

}  // namespace

void Rack::OnAcknowledged(uint64_t number, SentTime sent, bool sent_again, TimeUs now) {
  const TimeUs round_trip = Since(sent, now);
  // Sooner than any answer can come: the peer acknowledges the chunk as it was sent before (RFC 8985 section 6.2, step 2).
  if (round_trip == 0 || (sent_again && round_trip < shortest_us_)) return;
  if (!sent_again) Measure(round_trip, now);
  const bool is_later = round_trip_us_ == 0 || SentBefore(sent_, sent) || (sent_ == sent && number_ < number);
  if (!is_later) return;
  sent_ = sent;
  number_ = number;
  round_trip_us_ = round_trip;
}

void Rack::Measure(TimeUs round_trip, TimeUs now) {
  if (shortest_us_ == 0 || now - minute_began_ > kMinute) {
    shortest_us_ = shortest_us_ == 0 ? round_trip : shortest_of_minute_us_;
    shortest_of_minute_us_ = round_trip;
    minute_began_ = now;
  }
  shortest_of_minute_us_ = std::min(shortest_of_minute_us_, round_trip);
  shortest_us_ = std::min(shortest_us_, round_trip);
}

void Rack::OnDuplicate(uint64_t next) {
  if (number_ < duplicate_until_) return;
  duplicate_until_ = next;
  quarters_ = std::min(quarters_ + 1, kMostQuarters);
  recoveries_left_ = kRecoveriesWider;
}

void Rack::OnRecovered() {
  if (recoveries_left_ != 0 && --recoveries_left_ == 0) quarters_ = 1;
}

bool Rack::IsOvertaken(uint64_t number, SentTime sent) const {
  return round_trip_us_ != 0 && (SentBefore(sent, sent_) || (sent == sent_ && number < number_));
}

// RFC 8985 sets the window to 0 where three packets behind were acknowledged and no reordering was seen yet. We do not: that gains a quarter of a round trip,
// once for each recovery, and has every path on which packets overtake each other begin with retransmissions in vain.
TimeUs Rack::ReorderingWindow(TimeUs srtt) const {
  const TimeUs window = shortest_us_ * quarters_ / 4;
  return std::min(window, srtt != 0 ? srtt : round_trip_us_);
}

TimeUs Rack::Patience(SentTime sent, TimeUs srtt, TimeUs now) const {
  const TimeUs limit = round_trip_us_ + ReorderingWindow(srtt);
  const TimeUs elapsed = Since(sent, now);
  return elapsed >= limit ? 0 : limit - elapsed;
}

}  // namespace mailport::sctp
