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
  if (outbound_.HasSkipped() && now - sent_us_ >= std::clamp(rtt_us, kLeastWaitUs, kMostWaitUs)) again_ = true;
}

// As long as the peer does not know the last one, a longer one would only repeat what has no room.
bool ForwardSender::IsDue() const {
  if (!outbound_.HasSkipped()) return false;
  const bool is_known = outbound_.outstanding().first_number() >= told_end_;
  return again_ || is_known || (!was_cut_ && outbound_.outstanding().skip_end() > told_end_);
}

void ForwardSender::Send(PacketBuilder& packet, size_t max_packet_bytes, TimeUs now) {
  const size_t most_bytes = std::min(kMaxBytes, max_packet_bytes - kCommonHeaderBytes);
  streams_.clear();
  const bool interleaves = outbound_.interleaves();
  const size_t each = SkippedStreamBytes(interleaves);
  const uint32_t tsn = outbound_.outstanding().ListSkipped((most_bytes - kForwardTsnHeaderBytes) / each, &streams_, &told_end_);
  const size_t bytes = kForwardTsnHeaderBytes + each * streams_.size();
  if (packet.room() < bytes) packet.Send();
  (interleaves ? WriteIForwardTsn : WriteForwardTsn)(tsn, streams_, packet.Add(bytes));
  was_cut_ = told_end_ != outbound_.outstanding().skip_end();
  again_ = false;
  sent_us_ = now;
}

}  // namespace mailport::sctp
