// Copying packets to those that wait.
#include "kept_packets.h"

#include <algorithm>
#include <cstring>

namespace mailport::io {

namespace {

// Packet by packet. False: the rest has no room.
bool Copy(std::span<const PacketRun> runs, SendPosition* from, OutgoingPackets* to) {
  for (; from->run < runs.size(); *from = {from->run + 1, 0}) {
    const PacketRun& run = runs[from->run];
    while (from->offset < run.length) {
      const size_t bytes = std::min(run.segment_bytes, run.length - from->offset);
      if (!to->HasRoom(bytes)) return false;
      std::memcpy(to->Reserve(), run.data + from->offset, bytes);
      to->Commit(run.route, bytes, run.may_be_fragmented);
      from->offset += bytes;
    }
  }
  return true;
}

}  // namespace

void KeptPackets::Add(std::span<const PacketRun> runs, SendPosition from) {
  if (packets_ == nullptr) {
    packets_ = std::make_unique<OutgoingPackets>(kMaxBytes);
    position_ = {};
  }
  if (Copy(runs, &from, packets_.get()) || position_.run == 0) return;
  Compact();
  Copy(runs, &from, packets_.get());
}

void KeptPackets::Compact() {
  auto rest = std::make_unique<OutgoingPackets>(kMaxBytes);
  Copy(packets_->runs(), &position_, rest.get());
  packets_ = std::move(rest);
  position_ = {};
}

}  // namespace mailport::io
