// Grouping of outgoing packets into runs.
#include "outgoing_packets.h"

namespace mailport::io {

void OutgoingPackets::Commit(const sctp::PacketRoute& route, size_t length, bool may_be_fragmented) {
  if (length == 0) return;
  const uint8_t* data = memory_.get() + used_;
  used_ += length;
  if (!runs_.empty()) {
    PacketRun& last = runs_.back();
    const bool fits = !last.closed && length <= last.segment_bytes && last.length + length <= kMaxDatagramBytes &&
                      last.length < last.segment_bytes * kMaxSegmentsPerRun;
    if (fits && last.route == route && last.may_be_fragmented == may_be_fragmented) {
      last.length += length;
      last.closed = length < last.segment_bytes;
      return;
    }
  }
  runs_.push_back({route, data, length, length, false, may_be_fragmented});
}

}  // namespace mailport::io
