// One way to the peer: its address, retransmission timeout (RFC 9260 section 6.3), congestion window (section 7) and reachability (8.2).
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "option.h"
#include "packet/heartbeat_chunk.h"
#include "path_mtu.h"
#include "shared.h"
#include "traffic.h"
#include "types.h"

namespace mailport::sctp {

struct RtoInfo {
  uint32_t initial_ms = 3000;
  uint32_t max_ms = 60000;
  uint32_t min_ms = 1000;

  bool operator==(const RtoInfo&) const = default;
};

// Parameters of one address of the peer (RFC 6458 section 8.1.12).
struct PathOptions {
  uint32_t max_retransmissions = 5;  // Path.Max.Retrans
  uint32_t heartbeat_interval_ms = 30000;
  bool heartbeats = true;
  bool mtu_discovery = true;
  uint32_t mtu = 0;  // Used when discovery is off.
  uint32_t sack_delay_ms = 200;  // Of acknowledgements of data that comes from there.
  bool delay_sacks = true;
  CongestionControl congestion = CongestionControl::kRfc9260;

  bool operator==(const PathOptions&) const = default;
};

class Path {
 public:
  Path(const PacketRoute& route, size_t max_packet_bytes, const RtoInfo& rto);

  Shared<PathOptions> options;

  PacketRoute route;
  size_t max_packet_bytes;  // The largest SCTP packet to be sent this way. `mtu` says how that is found out.
  PathMtu mtu;
  size_t flight_bytes = 0;  // Payload on its way.
  uint32_t error_count = 0;
  bool active = true;
  // The peer has shown that the address is its own (5.4). Until then nothing goes there but HEARTBEATs, and no more of these than are left.
  bool confirmed = true;
  uint32_t probes_left = 0;
  uint8_t index = 0;  // Its place in the PathSet.

  size_t header_bytes() const;  // Headers of IP and UDP, around each packet.
  TimeUs rto() const { return rto_us_; }
  TimeUs largest_rto() const { return largest_rto_us_; }  // Since the path began.
  TimeUs srtt() const { return srtt_us_; }
  size_t cwnd() const { return cwnd_; }
  size_t ssthresh() const { return ssthresh_; }
  bool in_fast_recovery() const { return traffic().in_fast_recovery; }
  bool RecoveredSince(SentTime sent) const { return in_fast_recovery() && static_cast<int32_t>(sent - traffic().recovery_began) >= 0; }

  // Made when data leaves; until then, and once there has been none for a while, a const path shows an empty one.
  Traffic& traffic() {
    if (traffic_ == nullptr) [[unlikely]]
      BeginTraffic();
    return *traffic_;
  }
  const Traffic& traffic() const { return traffic_ != nullptr ? *traffic_ : kNoTraffic; }
  bool has_traffic() const { return traffic_ != nullptr; }
  // All is acknowledged, and nothing has left for a while.
  void Trim();

  void SetRtoInfo(const RtoInfo& info);
  void OnRttSample(TimeUs rtt);
  // T3 or T2 has expired, or a HEARTBEAT was not answered: section 6.3.3 E2.
  void BackOff();

  // An acknowledgement covers `acked_bytes` of this path. `was_full`: the window was used up when it came (7.2.1, 7.2.2).
  void OnAcknowledged(size_t acked_bytes, bool cumulative_advanced, bool was_full, bool all_acked, TimeUs now);
  // A loss was seen by three reports (7.2.4). `exit_tsn`: the highest TSN sent so far.
  void OnLoss(uint32_t exit_tsn);
  void OnCumulative(uint32_t cumulative_tsn);
  void OnTimeout();
  // Nothing was sent for an RTO: the window falls back towards its initial size (7.2.1).
  void OnIdle();
  void BeginAnew();
  // What may be on its way. In recovery the window is not reached in one step (RFC 6937).
  size_t SendWindow() const { return in_fast_recovery() && !traffic().congestion.is_rate_driven() ? flight_bytes + Allowance() : cwnd_; }
  // The limit of this burst (6.1 D).
  size_t BurstWindow() const;
  void SetMaxPacketBytes(size_t bytes);
  // The same, for what a search has found. The window does not grow by that (RFC 8899 section 3, rule 7).
  void FollowMtu();

  // One round trip is timed at a time (6.3.1 C4, C5).
  void TimeTsn(uint32_t tsn, TimeUs now);
  void Untime() {
    if (has_traffic()) traffic_->timing = false;
  }
  bool timing() const { return traffic().timing; }
  uint32_t timed_tsn() const { return traffic().timed_tsn; }
  TimeUs timed_at() const { return traffic().timed_at; }

  // Payload leaves, for the first time or again.
  void OnSent(size_t payload_bytes, TimeUs now);
  // A chunk that went this way is acknowledged for the first time, is lost, or is not acknowledged after all.
  void OnChunkAcknowledged(uint64_t number, SentTime sent, bool sent_again, TimeUs now);
  void OnChunkLost(size_t payload_bytes);
  void OnChunkTakenBack(size_t payload_bytes);
  // Everything has left, and more might be on its way.
  void OnNothingLeft();
  // There was no loss after all: the window is what it was before.
  void UndoLoss(TimeUs now);

  TimeUs last_data_us = 0;
  bool lost_often = false;  // Losses say that packets of that size do not pass, perhaps. Stays until it is looked at.
  bool answers = false;     // The peer confirms for the first time a chunk that went this way, with the acknowledgement at hand.
  void BeginAcknowledgement();
  void EndAcknowledgement(uint32_t cumulative_tsn, bool cumulative_advanced, bool all_acked, uint32_t exit_tsn, TimeUs now);
  // Acts on the losses that were found.
  void EndLosses(uint32_t exit_tsn, TimeUs now);

  // The HEARTBEAT that was sent last this way (8.3), and when the next one is due.
  bool heartbeat_unanswered = false;
  bool heartbeat_counted = false;  // As an error: an RTO has passed without its answer.
  TimeUs heartbeat_sent_us = 0;
  TimeUs heartbeat_due_us = 0;
  HeartbeatInfo heartbeat;

 private:
  static const Traffic kNoTraffic;

  void BeginTraffic();
  size_t InitialWindow() const;
  void Pace();
  // What a loss leaves.
  size_t ReducedWindow(bool by_timeout);
  // If all chunks in flight were given up, nothing is delivered that could let anything leave. One packet may.
  size_t Allowance() const { return flight_bytes != 0 ? traffic().reduction.allowance() : std::max(traffic().reduction.allowance(), max_packet_bytes); }

  RtoInfo info_;
  TimeUs rto_us_;
  TimeUs largest_rto_us_;
  TimeUs srtt_us_ = 0;
  TimeUs rttvar_us_ = 0;
  size_t cwnd_;
  bool untouched_ = true;  // The window is still the initial one: nothing has been acknowledged or lost.
  size_t ssthresh_ = SIZE_MAX;
  TimeUs shortest_round_trip_us_ = 0;  // That the former traffic has measured.
  std::unique_ptr<Traffic> traffic_;
};

}  // namespace mailport::sctp
