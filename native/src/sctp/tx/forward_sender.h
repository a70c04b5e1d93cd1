// Decides when a FORWARD TSN leaves, which tells the peer what it need not wait for (RFC 3758 section 3.5): at once when there is more to skip, again when T3
// has expired or a probe is due, and again after a round trip if a SACK does not know it (F2). So a peer that answers with many SACKs does not draw as many
// FORWARD TSNs.
#pragma once

#include <vector>

#include "../packet/packet.h"
#include "outbound.h"

namespace mailport::sctp {

class ForwardSender {
 public:
  explicit ForwardSender(const Outbound& outbound) : outbound_(outbound) {}

  // A SACK has come, from a peer that answers after `rtt_us` as a rule.
  void OnSack(TimeUs now, TimeUs rtt_us);
  // T3 has expired, or a probe is due.
  void Repeat() { again_ = true; }

  // Whether one must leave now.
  bool IsDue() const;
  void Send(PacketBuilder& packet, size_t max_packet_bytes, TimeUs now);

 private:
  const Outbound& outbound_;
  bool again_ = false;
  bool was_cut_ = false;   // The last one had no room for all that may be skipped.
  uint64_t told_end_ = 0;  // The number of the first chunk that the last one does not skip.
  TimeUs sent_us_ = 0;
  std::vector<SkippedStream> streams_;
};

}  // namespace mailport::sctp
