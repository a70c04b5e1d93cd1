// A control that is driven by its window: slow start (RFC 9260 section 7.2.1, with HyStart++), and then the growth that `Avoidance` has. Losses reduce the window.
#pragma once

#include <algorithm>
#include <cstddef>

#include "control.h"
#include "hystart.h"

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

template <typename Avoidance>
class WindowDriven {
 public:
  void OnSent(size_t, size_t, TimeUs) {}
  void OnLost(size_t) {}
  void OnTakenBack(size_t) {}
  void OnAppLimited(size_t) {}

  void OnAcknowledged(Window& window, const Acknowledged& acknowledged) {
    const bool is_first = window.threshold == SIZE_MAX;
    // Where nothing is paced, a longer round trip may be that of the host alone.
    if (is_first && acknowledged.is_paced && slow_start_.OnAcknowledged(window.bytes, acknowledged)) {
      window.bytes = std::max(slow_start_.WindowAtEnd(window.bytes), std::min(window.bytes, kLeastPackets * acknowledged.packet_bytes));
      window.threshold = window.bytes;
    }
    if (acknowledged.cumulative_advanced && !acknowledged.in_recovery && acknowledged.bytes > 0) {
      if (window.bytes > window.threshold) {
        window.bytes = avoidance_.Grow(window.bytes, acknowledged);
      } else if (acknowledged.was_full) {
        // What paces its packets needs no other bound of a burst (RFC 9406 section 4.2), until a loss has shown the size of the path.
        const size_t most = is_first && acknowledged.is_paced ? acknowledged.bytes / slow_start_.divisor() : kSlowStartPackets * acknowledged.packet_bytes;
        window.bytes += std::min(acknowledged.bytes, most);
      }
    }
    if (acknowledged.all) avoidance_.OnAllAcknowledged();
  }
  size_t Reduce(size_t cwnd, size_t packet_bytes, bool by_timeout) { return avoidance_.Reduce(cwnd, packet_bytes, by_timeout); }
  void Undo() { avoidance_.Undo(); }
  // RFC 9260 section 7.2.1: back towards the first window.
  size_t AfterIdle(size_t cwnd, size_t initial) {
    avoidance_.OnIdle();
    return std::max(cwnd / 2, std::min(cwnd, initial));
  }
  // A window leaves in less than a round trip, or it would not be used up: in half of one where it doubles. These are Linux's ratios.
  Pace PaceOf(const Window& window, size_t packet_bytes, TimeUs srtt) const {
    if (srtt == 0) return {};
    const double ratio = window.bytes < window.threshold / 2 ? 2 : 1.2;
    const double rate = ratio * static_cast<double>(window.bytes) / static_cast<double>(std::min(srtt, kLongestUs));
    return {rate, std::max(static_cast<size_t>(rate * kQuantumUs), kMinQuantumPackets * packet_bytes)};
  }

 private:
  // Bytes that one acknowledgement may add in slow start, in packets: the L of RFC 3465, since one acknowledgement answers a whole batch here.
  static constexpr size_t kSlowStartPackets = 2;
  // A window takes no longer to leave. Where round trips took longer, and no longer do, the measured one would fall for minutes, as few packets a minute leave to measure
  // it. Where they still do, acknowledgements come no faster than the line.
  static constexpr TimeUs kLongestUs = 1'000'000;
  static constexpr size_t kLeastPackets = 4;  // As after a loss (7.2.3).
  static constexpr double kQuantumUs = 1'000;  // The host's timer is no finer.
  static constexpr size_t kMinQuantumPackets = 10;  // So much may leave at once at any time, as a first window may (RFC 6928).

  HyStart slow_start_;
  Avoidance avoidance_;
};

}  // namespace mailport::sctp
