// Proportional rate reduction (RFC 6937): while a loss is recovered from, what may leave follows what arrives, so that the window falls to its new size over a
// round trip. Otherwise nothing would leave for half a round trip, and then bursts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace mailport::sctp {

class RateReduction {
 public:
  // A recovery begins, with `flight` bytes on their way before the loss was found. `target` is the window in the end.
  void Begin(size_t flight, size_t target) {
    delivered_ = sent_ = 0;
    flight_at_begin_ = std::max<size_t>(flight, 1);
    target_ = target;
    allowance_ = 0;
  }
  // An acknowledgement has delivered so many bytes, and `flight` are still on their way. `is_good`: it moves the cumulative TSN and shows no further loss.
  void OnDelivered(size_t bytes, size_t flight, size_t packet_bytes, bool is_good) {
    delivered_ += bytes;
    if (flight > target_) {
      const auto share = (static_cast<uint64_t>(delivered_) * target_ + flight_at_begin_ - 1) / flight_at_begin_;
      allowance_ = share > sent_ ? static_cast<size_t>(share) - sent_ : 0;
    } else {
      const size_t owed = delivered_ > sent_ ? delivered_ - sent_ : 0;
      allowance_ = std::min(target_ - flight, std::max(owed, bytes) + (is_good ? packet_bytes : 0));
    }
    // A peer that acknowledges, takes back and acknowledges again lets no more leave than was on its way.
    allowance_ = std::min(allowance_, flight_at_begin_ - std::min(flight_at_begin_, flight));
  }
  // The peer has taken an acknowledgement back.
  void OnTakenBack(size_t bytes) { delivered_ -= std::min(delivered_, bytes); }
  void OnSent(size_t bytes) {
    sent_ += bytes;
    allowance_ -= std::min(allowance_, bytes);
  }
  // Bytes that may leave beside those on their way.
  size_t allowance() const { return allowance_; }

 private:
  size_t delivered_ = 0, sent_ = 0;  // Since the recovery began.
  size_t flight_at_begin_ = 1;
  size_t target_ = 0;
  size_t allowance_ = 0;
};

}  // namespace mailport::sctp
