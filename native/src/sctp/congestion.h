// How the congestion window of a path grows once it has left slow start, and what a loss leaves of it: RFC 9260's way, or another one that the user has chosen. Slow
// start, recovery and the undoing of losses are the path's, whichever it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

#include "cubic.h"
#include "option.h"
#include "types.h"

namespace mailport::sctp {

// RFC 9260 section 7.2.2: a packet for each window that was used up. Half is left after a loss (7.2.3).
class LinearGrowth {
 public:
  size_t Grow(size_t cwnd, const Acknowledged& acknowledged) {
    partial_bytes_acked_ += acknowledged.bytes;
    if (partial_bytes_acked_ < cwnd) return cwnd;
    if (!acknowledged.was_full) {
      partial_bytes_acked_ = cwnd;
      return cwnd;
    }
    partial_bytes_acked_ -= cwnd;
    return cwnd + acknowledged.packet_bytes;
  }
  void OnAllAcknowledged() { partial_bytes_acked_ = 0; }
  void OnIdle() {}
  size_t Reduce(size_t cwnd, size_t /*packet_bytes*/, bool /*by_timeout*/) {
    partial_bytes_acked_ = 0;
    return cwnd / 2;
  }
  void Undo() {}

 private:
  size_t partial_bytes_acked_ = 0;
};

class Congestion {
 public:
  // From here on it is done this way, beginning anew if that is another one.
  void Choose(CongestionControl control) {
    if (control == control_) return;
    control_ = control;
    Reset();
  }
  void Reset() {
    if (control_ == CongestionControl::kCubic) {
      growth_.emplace<Cubic>();
    } else {
      growth_.emplace<LinearGrowth>();
    }
  }

  // In congestion avoidance, bytes have been acknowledged: the new window.
  size_t Grow(size_t cwnd, const Acknowledged& acknowledged) {
    return std::visit([&](auto& growth) { return growth.Grow(cwnd, acknowledged); }, growth_);
  }
  void OnAllAcknowledged() {
    std::visit([](auto& growth) { growth.OnAllAcknowledged(); }, growth_);
  }
  // Nothing was sent for a while, and the window falls.
  void OnIdle() {
    std::visit([](auto& growth) { growth.OnIdle(); }, growth_);
  }
  // A loss was found: what is left of the window.
  size_t Reduce(size_t cwnd, size_t packet_bytes, bool by_timeout) {
    return std::visit([&](auto& growth) { return growth.Reduce(cwnd, packet_bytes, by_timeout); }, growth_);
  }
  // The last loss was none.
  void Undo() {
    std::visit([](auto& growth) { growth.Undo(); }, growth_);
  }

 private:
  CongestionControl control_ = CongestionControl::kRfc9260;
  std::variant<LinearGrowth, Cubic> growth_;
};

}  // namespace mailport::sctp
