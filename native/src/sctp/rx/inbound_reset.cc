// Numbers of the peer that begin anew (RFC 6525 sections 5.2.2, 5.2.4, 5.2.7).
#include "inbound.h"

namespace mailport::sctp {

void Inbound::ResetStreams(std::span<const uint16_t> streams) {
  if (streams.empty()) {
    order_.Clear();
    if (interleaves()) interleaved_->Clear();
    return;
  }
  for (const uint16_t stream : streams) {
    order_.ResetStream(stream);
    if (interleaves()) interleaved_->ResetStream(stream);
  }
}

// The same as after a FORWARD TSN up to the TSN before, for all streams (section 5.2.4 G4). If the peer goes on where it was, some of what it has sent since may
// be here already.
void Inbound::Restart(uint32_t next_tsn) {
  const uint64_t last = tsns_.Unwrap(next_tsn - 1), cumulative = tsns_.seen().cumulative();
  const bool goes_on = last <= cumulative ? cumulative - last <= TsnMap::kReach : last - cumulative <= TsnMap::kReach;
  if (!goes_on) {
    tsns_.Reset(next_tsn);
    reassembly_.Clear();
    if (interleaves()) interleaved_->Clear();
  } else {
    if (last > cumulative) tsns_.SkipTo(last);
    reassembly_.DropUpTo(last);
    // What was given up has numbers of before. Nothing of before is missing: the peer restarts when all of it is acknowledged.
    if (interleaves()) interleaved_->ForgetDropped();
  }
  order_.Restart([&](WholeMessage& kept) { Deliver(kept.message, kept.bytes, &kept.bytes); });
  expects_restart_ = false;
}

}  // namespace mailport::sctp
