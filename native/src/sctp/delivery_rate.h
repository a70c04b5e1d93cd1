// How fast a path delivers (draft-ietf-ccwg-bbr section 4.1, delivery rate samples): what was acknowledged since a chunk left, over the time that took. What was
// known when chunks left is kept for the chunks of a short while together, so a chunk's own record needs no more room, and a round trip has a bounded number of these.
#pragma once

#include <cstddef>
#include <cstdint>

#include "control.h"
#include "ring.h"

namespace mailport::sctp {

struct DeliverySample {
  double bytes_per_us = 0;        // 0: the acknowledgement tells no rate.
  uint64_t prior_delivered = 0;   // When the newest chunk left.
  uint64_t delivered = 0;         // Since.
  uint64_t lost = 0;              // Since.
  size_t in_flight = 0;           // When it left.
  bool is_app_limited = false;    // There was less to send than could have been.
  bool is_known = false;          // Whether there is anything but the rate.
};

class DeliveryRate {
 public:
  void OnSent(size_t bytes, size_t flight, TimeUs now, TimeUs shortest_round_trip);
  void OnLost(size_t bytes) { lost_ += bytes; }
  // The peer has taken an acknowledgement back.
  void OnTakenBack(size_t bytes) { delivered_ -= bytes < delivered_ ? bytes : delivered_; }
  // Nothing is left to send, though more could be on its way.
  void OnAppLimited(size_t flight) { app_limited_until_ = delivered_ + (flight != 0 ? flight : 1); }
  DeliverySample OnAcknowledged(const Acknowledged& acknowledged, TimeUs shortest_round_trip);

  uint64_t delivered() const { return delivered_; }
  bool is_app_limited() const { return app_limited_until_ != 0; }
  size_t kept() const { return log_.size(); }

 private:
  struct Snapshot {
    TimeUs at, delivered_at, first_sent_at;
    uint64_t delivered, lost;
    size_t in_flight;
    bool is_app_limited;
  };
  // As finely as a round trip is divided, and an upper bound if it grows.
  static constexpr TimeUs kPerRoundTrip = 64;
  static constexpr size_t kMostSnapshots = 256;

  Ring<Snapshot> log_;
  uint64_t delivered_ = 0, lost_ = 0;
  TimeUs delivered_at_ = 0, first_sent_at_ = 0;
  uint64_t app_limited_until_ = 0;
};

}  // namespace mailport::sctp
