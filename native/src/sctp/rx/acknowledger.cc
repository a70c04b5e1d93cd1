#include "acknowledger.h"

#include <algorithm>

namespace mailport::sctp {

namespace {

constexpr uint32_t kPacketsPerSack = 2;  // Section 6.2.
constexpr size_t kAnswerFactor = 3;      // How many times the packets that it answers an acknowledgement may be.
constexpr size_t kLeastBytes = 64;       // It may always be so long: as short as a packet with data gets, IP and UDP included.

}  // namespace

void Acknowledger::Reset() {
  now_ = whole_ = at_turn_end_ = false;
  packets_ = 0;
  bytes_ = 0;
  timer_.Stop();
}

void Acknowledger::OnDataPacket(size_t packet_bytes, const Inbound& inbound, TimeUs now, TimeUs delay_us) {
  ++packets_;
  bytes_ += packet_bytes;
  if (inbound.HasGaps() || inbound.HasDuplicates() || packets_ >= kPacketsPerSack || delay_us == 0) {
    now_ = true;
  } else if (!timer_.running()) {
    timer_.Start(now + delay_us);
  }
}

// With a thousand gaps one duplicate byte drew four kilobytes. An answer is no larger than a few times what it answers; of the gap blocks the first
// are told then, which is what the peer needs to send next.
size_t Acknowledger::BytesIn(size_t room, const Inbound& inbound) const {
  room -= std::min(room, kChunkHeaderBytes);
  const size_t answer = std::max(kAnswerFactor * bytes_, kLeastBytes);
  return inbound.SackBytes(whole_ ? room : std::min(room, answer));
}

void Acknowledger::Write(Inbound& inbound, uint8_t* chunk, size_t bytes) {
  inbound.WriteSack(chunk, bytes);
  Reset();
}

}  // namespace mailport::sctp
