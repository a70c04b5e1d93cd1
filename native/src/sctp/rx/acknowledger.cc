#include "acknowledger.h"

#include <algorithm>
#include <utility>

namespace mailport::sctp {

namespace {

constexpr uint32_t kPacketsPerSack = 2;  // Section 6.2.
constexpr size_t kAnswerFactor = 3;      // An acknowledgement may be so many times as large as the packets that it answers.
constexpr size_t kLeastBytes = 64;       // An acknowledgement may always be this long: the shortest packet with data, IP and UDP included.

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
  if (std::exchange(first_, false)) at_turn_end_ = true;  // Section 5.1.
  // A packet that fills the last gap is acknowledged at once, too: its sender may be about to send it again (RFC 5681 section 4.2).
  const bool had_gaps = std::exchange(had_gaps_, inbound.HasGaps());
  if (had_gaps || had_gaps_ || inbound.HasDuplicates() || packets_ >= kPacketsPerSack || delay_us == 0) {
    now_ = true;
  } else if (!timer_.running()) {
    timer_.Start(now + delay_us);
  }
}

// With a thousand gaps, one duplicate byte would draw four kilobytes. So an answer is no larger than a few times the packets that it answers. It then lists the
// first gap blocks, which tell the peer what to send next.
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
