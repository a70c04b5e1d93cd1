// Decides when a FORWARD TSN leaves, which tells the peer what it need not wait for (RFC 3758 section 3.5): at once when there is more to skip, again when T3
// has expired or a probe is due, and again after a round trip if a SACK does not know it (F2). So a peer that answers with many SACKs does not draw as many
// FORWARD TSNs.
#pragma once

#include <vector>

#include "../lazily.h"
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
  // The last one. Few associations have ever sent one.
  struct Last {
    bool was_cut = false;  // It had no room for all that may be skipped.
    uint64_t end = 0;      // The number of the first chunk that it does not skip.
    TimeUs sent_us = 0;
    std::vector<SkippedStream> streams;
  };
  Lazily<Last> last_;
};

}  // namespace mailport::sctp
