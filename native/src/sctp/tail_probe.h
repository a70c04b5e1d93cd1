// Tail loss probes of one path (RFC 8985 section 7, for SCTP). If nothing is heard for two round trips, the last chunks on their way leave once more, and what
// the peer was told to skip is told again. The peer answers with a SACK that shows what is missing. So the loss of the last packet does not wait for T3, which takes a second at least (RTO.Min).
//
// Unlike TCP's, up to three probes leave before T3 expires, each after twice the time of the one before, and a peer's delay of acknowledgements is not
// waited for from the beginning: most peers acknowledge at once what asks for it (RFC 7053). Duplicate TSNs in SACKs tell which probes were in vain. Where
// that happens again and again, the delay is waited for.
#pragma once

#include <cstdint>

#include "types.h"

namespace mailport::sctp {

class TailProbe {
 public:
  static constexpr uint32_t kMostProbes = 3;

  // Data has left, so the time begins anew.
  void OnSent(TimeUs now) { since_ = now; }
  // Data that went this way is acknowledged for the first time. `all`: nothing is on its way any more.
  void OnAcknowledged(bool all, TimeUs now);
  // T3 has expired: no more probes until something is acknowledged.
  void OnTimeout();
  // A probe is due, and leaves if it can. The next one is due after twice the time.
  void OnDue(TimeUs now);
  // It has left, with chunks from `first` up to and without `end`.
  void OnProbe(uint64_t first, uint64_t end, TimeUs now);

  // No probe was in vain.
  bool is_at_rest() const { return doubts_ == 0; }
  // When a probe is due; kNever if no more may leave.
  TimeUs DueAt(TimeUs srtt) const;

  // A chunk of the probe that left last, which may have been lost before.
  bool Carries(uint64_t number) const { return first_ <= number && number < end_; }
  // The probe is answered. True if the answer says that a loss was repaired: it came no sooner than a round trip takes.
  bool EndsInRepair(TimeUs shortest_round_trip, TimeUs now);
  // The peer had the chunk already. True if it was one of a probe, which was in vain then.
  bool OnDuplicate(uint64_t number);

 private:
  TimeUs since_ = 0;
  TimeUs probed_at_ = 0;
  uint64_t first_ = 0, end_ = 0;  // Chunks of the last probe; none if they are the same.
  uint64_t answered_first_ = 0, answered_end_ = 0;
  uint32_t probes_ = 0;           // Since something was acknowledged.
  uint32_t doubts_ = 0;           // Grows with each probe in vain, and falls with each flight that needed none.
};

}  // namespace mailport::sctp
