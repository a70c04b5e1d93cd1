#include "forward_sender.h"

#include <algorithm>

namespace mailport::sctp {

namespace {

// The time between two that say the same. Rule F3 allows 500 ms.
constexpr TimeUs kLeastWaitUs = 10'000;
constexpr TimeUs kMostWaitUs = 200'000;
// The largest FORWARD TSN. A wide path has room for many thousand streams, all of which an answer to one SACK would list.
constexpr size_t kMaxBytes = 1200;

}  // namespace

void ForwardSender::OnSack(TimeUs now, TimeUs rtt_us) {
  if (outbound_.HasSkipped() && now - last_->sent_us >= std::clamp(rtt_us, kLeastWaitUs, kMostWaitUs)) again_ = true;
}

// As long as the peer does not know the last one, a longer one would only repeat what has no room.
bool ForwardSender::IsDue() const {
  if (!outbound_.HasSkipped()) return false;
  const bool is_known = outbound_.outstanding().first_number() >= last_->end;
  return again_ || is_known || (!last_->was_cut && outbound_.outstanding().skip_end() > last_->end);
}

void ForwardSender::Send(PacketBuilder& packet, size_t max_packet_bytes, TimeUs now) {
  const size_t most_bytes = std::min(kMaxBytes, max_packet_bytes - kCommonHeaderBytes);
  Last& last = last_.Make();
  last.streams.clear();
  const bool interleaves = outbound_.interleaves();
  const size_t each = SkippedStreamBytes(interleaves);
  const uint32_t tsn = outbound_.outstanding().ListSkipped((most_bytes - kForwardTsnHeaderBytes) / each, &last.streams, &last.end);
  const size_t bytes = kForwardTsnHeaderBytes + each * last.streams.size();
  if (packet.room() < bytes) packet.Send();
  (interleaves ? WriteIForwardTsn : WriteForwardTsn)(tsn, last.streams, packet.Add(bytes));
  last.was_cut = last.end != outbound_.outstanding().skip_end();
  last.sent_us = now;
  again_ = false;
}

}  // namespace mailport::sctp
