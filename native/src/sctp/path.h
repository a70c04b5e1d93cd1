// One way to the peer: its address, retransmission timeout (RFC 9260 section 6.3), congestion window (section 7) and reachability (8.2).
#pragma once

#include <cstdint>

#include "packet/heartbeat_chunk.h"
#include "types.h"

namespace mailport::sctp {

struct RtoInfo {
  uint32_t initial_ms = 3000;
  uint32_t max_ms = 60000;
  uint32_t min_ms = 1000;
};

class Path {
 public:
  Path(const PacketRoute& route, size_t max_packet_bytes, const RtoInfo& rto);

  PacketRoute route;
  size_t max_packet_bytes;  // The largest SCTP packet to be sent this way.
  size_t flight_bytes = 0;  // Payload on its way.
  uint32_t error_count = 0;
  bool active = true;
  uint8_t index = 0;  // Its place in the PathSet.

  size_t header_bytes() const;  // Headers of IP and UDP, around each packet.
  TimeUs rto() const { return rto_us_; }
  TimeUs largest_rto() const { return largest_rto_us_; }  // Since the path began.
  TimeUs srtt() const { return srtt_us_; }
  size_t cwnd() const { return cwnd_; }
  bool in_fast_recovery() const { return in_fast_recovery_; }

  void SetRtoInfo(const RtoInfo& info);
  void OnRttSample(TimeUs rtt);
  // T3 or T2 has expired, or a HEARTBEAT was not answered: section 6.3.3 E2.
  void BackOff();

  // An acknowledgement covers `acked_bytes` of this path. `was_full`: the window was used up when it came (7.2.1, 7.2.2).
  void OnAcknowledged(size_t acked_bytes, bool cumulative_advanced, bool was_full, bool all_acked);
  // A loss was seen by three reports (7.2.4). `exit_tsn`: the highest TSN sent so far.
  void OnLoss(uint32_t exit_tsn);
  void OnCumulative(uint32_t cumulative_tsn);
  void OnTimeout();
  // Nothing was sent for an RTO: the window falls back towards its initial size (7.2.1).
  void OnIdle();
  // The limit of this burst (6.1 D).
  size_t BurstWindow() const;
  void SetMaxPacketBytes(size_t bytes);

  // One round trip is timed at a time (6.3.1 C4, C5).
  void TimeTsn(uint32_t tsn, TimeUs now);
  void Untime() { timing_ = false; }
  bool timing() const { return timing_; }
  uint32_t timed_tsn() const { return timed_tsn_; }
  TimeUs timed_at() const { return timed_at_; }

  TimeUs last_sent_us = 0;

  // State of the acknowledgement at hand: bytes of this path that it acknowledges, and whether it shows a loss there.
  size_t acked_bytes = 0;
  bool lost_chunks = false;
  bool answers = false;  // The peer confirms for the first time a chunk that went this way.
  void BeginAcknowledgement();
  void EndAcknowledgement(uint32_t cumulative_tsn, bool cumulative_advanced, bool all_acked, uint32_t exit_tsn);

  // The HEARTBEAT that was sent last this way (8.3).
  bool heartbeat_unanswered = false;
  TimeUs heartbeat_sent_us = 0;
  HeartbeatInfo heartbeat;

 private:
  size_t InitialWindow() const;

  RtoInfo info_;
  TimeUs rto_us_;
  TimeUs largest_rto_us_;
  TimeUs srtt_us_ = 0;
  TimeUs rttvar_us_ = 0;
  size_t cwnd_;
  bool untouched_ = true;  // The window is still the initial one: nothing has been acknowledged or lost.
  size_t ssthresh_ = SIZE_MAX;
  size_t partial_bytes_acked_ = 0;
  bool in_fast_recovery_ = false;
  uint32_t recovery_exit_ = 0;
  bool was_full_ = false;  // When the acknowledgement at hand came, the window was used up.
  bool timing_ = false;
  uint32_t timed_tsn_ = 0;
  TimeUs timed_at_ = 0;
};

}  // namespace mailport::sctp
