#include "outbound.h"

#include <algorithm>
#include <utility>

#include "wire.h"

namespace mailport::sctp {

namespace {

constexpr uint8_t kMissingReportsForLoss = 3;  // RFC 9260 section 7.2.4
constexpr uint8_t kReneged = 255;              // In place of a number of reports, while a SACK that takes a chunk back is looked at.
constexpr TimeUs kMicrosPerMilli = 1000;
// What a chunk takes of the peer's window beside its payload. Receivers count what a message costs them, not its bytes alone, and drop what
// does not fit; ours takes four windows' worth before it does (inbound.cc), which this keeps us below, whatever the messages' size.
constexpr uint32_t kWindowOverheadBytes = 32;

uint32_t WindowCharge(uint32_t payload_bytes) { return payload_bytes + kWindowOverheadBytes; }

}  // namespace

void Outbound::Reset(uint32_t initial_tsn, uint32_t peer_window) {
  next_tsn_ = initial_tsn;
  peer_window_ = peer_window;
  next_ssn_.Clear();
}

void Outbound::Push(const SendParams& params, Bytes data, TimeUs now) {
  const uint64_t position = bytes_.Append(data);
  const TimeUs expires_at = params.time_to_live_ms == 0 ? kNever : now + params.time_to_live_ms * kMicrosPerMilli;
  pending_.push_back({position, static_cast<uint32_t>(data.size()), 0, params.ppid, params.context, params.time_to_live_ms,
                      static_cast<uint16_t>(params.stream), (params.flags & kFlagUnordered) != 0, expires_at});
  pending_bytes_ += data.size();
  held_bytes_ += data.size();
}

SackOutcome Outbound::OnSack(uint32_t cumulative_tsn, uint32_t window, Bytes gap_blocks, TimeUs now, Path& path) {
  SackOutcome outcome;
  const uint32_t acknowledged_before = first_tsn() - 1;
  // An old SACK, or one for what was never sent, tells nothing (section 6.2.1 D i).
  if (TsnBefore(cumulative_tsn, acknowledged_before) || !TsnBefore(cumulative_tsn, next_tsn_)) return outcome;
  outcome.valid = true;
  outcome.cumulative_advanced = outcome.acknowledged = cumulative_tsn != acknowledged_before;
  const bool was_full = path.flight_bytes >= path.cwnd() || path.flight_bytes + path.max_packet_bytes / 2 >= path.BurstWindow();

  size_t acked = 0;
  const uint32_t exit_tsn = next_tsn_ - 1;
  outcome.released_bytes = PopAcknowledged(cumulative_tsn, now, path, &acked);
  size_t reported_end = 0;
  if (!gap_blocks.empty() || acknowledged_count_ != 0)
    reported_end = TakeGapBlocks(cumulative_tsn, gap_blocks, now, path, &outcome, &acked);
  CountReports(reported_end, ReportsForLoss(path, window), path, &outcome);

  path.OnCumulative(cumulative_tsn);
  path.OnAcknowledged(acked, outcome.cumulative_advanced, was_full, outstanding_.empty());
  if (outcome.loss_found) path.OnLoss(exit_tsn);
  const size_t in_flight = path.flight_bytes + (outstanding_.size() - acknowledged_count_ - lost_count_) * kWindowOverheadBytes;
  advertised_window_ = window;
  peer_window_ = window > in_flight ? window - static_cast<uint32_t>(in_flight) : 0;
  return outcome;
}

// Chunks are reported missing that stand before the highest that this SACK is the first to acknowledge, or in fast recovery, if it moves on,
// before the highest that it acknowledges at all (section 7.2.4).
size_t Outbound::TakeGapBlocks(uint32_t cumulative_tsn, Bytes gap_blocks, TimeUs now, Path& path, SackOutcome* outcome, size_t* acked) {
  size_t reported_end = 0;
  size_t walked = 0;  // Everything before this position has been looked at.
  const bool reports_all = path.in_fast_recovery() && outcome->cumulative_advanced;
  for (size_t at = 0; at + 4 <= gap_blocks.size(); at += 4) {
    const size_t first = Load16(&gap_blocks[at]);
    const size_t last = std::min<size_t>(Load16(&gap_blocks[at + 2]), outstanding_.size());
    if (first == 0 || first > last || first - 1 < walked) continue;
    Renege(walked, first - 1, path);
    for (size_t position = first - 1; position < last; ++position) {
      TxChunk& chunk = outstanding_[position];
      if (chunk.state == TxState::kAcknowledged) continue;
      EndTiming(cumulative_tsn + 1 + static_cast<uint32_t>(position), chunk, now, path);
      Acknowledge(chunk, path, acked);
      chunk.state = TxState::kAcknowledged;
      if (!std::exchange(chunk.acknowledged_once, true)) outcome->acknowledged = true;
      ++acknowledged_count_;
      reported_end = position;
    }
    if (reports_all) reported_end = last - 1;
    walked = last;
  }
  Renege(walked, outstanding_.size(), path);
  return reported_end;
}

// Reported once, not reported now: the peer has dropped it. That is one report that it is missing and no more (section 6.2.1 D iv), or a
// peer that says now this and now that could have everything sent again and again.
void Outbound::Renege(size_t begin, size_t end, Path& path) {
  for (size_t position = begin; acknowledged_count_ != 0 && position < end; ++position) {
    TxChunk& chunk = outstanding_[position];
    if (chunk.state != TxState::kAcknowledged) continue;
    --acknowledged_count_;
    chunk.state = TxState::kInFlight;
    chunk.missing_reports = kReneged;
    path.flight_bytes += chunk.length;
    reneged_end_ = position + 1;
  }
}

void Outbound::CountReports(size_t reported_end, size_t reports_for_loss, Path& path, SackOutcome* outcome) {
  for (size_t position = 0; position < reported_end; ++position) {
    TxChunk& chunk = outstanding_[position];
    if (chunk.state != TxState::kInFlight) continue;
    chunk.missing_reports = chunk.missing_reports == kReneged ? 1 : std::min<uint8_t>(chunk.missing_reports + 1, kMissingReportsForLoss);
    // A chunk that was fast retransmitted once waits for T3 (section 7.2.4, step 5).
    if (chunk.missing_reports < reports_for_loss || chunk.sent_again) continue;
    Lose(chunk, path);
    lost_hint_ = std::min(lost_hint_, position);
    outcome->loss_found = true;
  }
  for (size_t position = reported_end; position < reneged_end_; ++position)
    if (outstanding_[position].missing_reports == kReneged) outstanding_[position].missing_reports = 1;
  reneged_end_ = 0;
}

// One that was acknowledged in part counts.
size_t Outbound::OutstandingPackets() const {
  return packet_begins_ + (outstanding_.empty() || outstanding_.front().begins_packet ? 0 : 1);
}

// Early retransmit (RFC 5827): so few packets are on their way, and nothing more can be sent, that three reports cannot come. Counted as they
// were sent: small ones on a wide path are no fewer than large ones.
size_t Outbound::ReportsForLoss(const Path& path, uint32_t window) const {
  if (!pending_.empty() && path.flight_bytes < path.cwnd() && window > path.flight_bytes) return kMissingReportsForLoss;
  const size_t packets = OutstandingPackets();
  return packets > kMissingReportsForLoss ? kMissingReportsForLoss : std::max<size_t>(packets, 2) - 1;
}

SackOutcome Outbound::OnCumulative(uint32_t cumulative_tsn, TimeUs now, Path& path) {
  SackOutcome outcome;
  const uint32_t acknowledged_before = first_tsn() - 1;
  if (TsnBefore(cumulative_tsn, acknowledged_before) || !TsnBefore(cumulative_tsn, next_tsn_)) return outcome;
  outcome.valid = true;
  outcome.cumulative_advanced = outcome.acknowledged = cumulative_tsn != acknowledged_before;
  size_t acked = 0;
  outcome.released_bytes = PopAcknowledged(cumulative_tsn, now, path, &acked);
  path.OnCumulative(cumulative_tsn);
  return outcome;
}

size_t Outbound::PopAcknowledged(uint32_t cumulative_tsn, TimeUs now, Path& path, size_t* acked) {
  size_t released = 0;
  size_t popped = 0;
  uint32_t tsn = first_tsn();
  while (!outstanding_.empty() && !TsnBefore(cumulative_tsn, tsn)) {
    TxChunk& chunk = outstanding_.front();
    EndTiming(tsn, chunk, now, path);
    if (chunk.state == TxState::kAcknowledged) {
      --acknowledged_count_;
    } else {
      Acknowledge(chunk, path, acked);
    }
    released += chunk.length;
    packet_begins_ -= chunk.begins_packet;
    outstanding_.pop_front();
    ++popped;
    ++tsn;
  }
  lost_hint_ -= std::min(lost_hint_, popped);
  if (popped != 0) ReleaseBytes();
  held_bytes_ -= released;
  return released;
}

void Outbound::EndTiming(uint32_t tsn, const TxChunk& chunk, TimeUs now, Path& path) {
  if (!path.timing() || path.timed_tsn() != tsn) return;
  if (!chunk.sent_again) path.OnRttSample(now - path.timed_at());  // Karn's rule (6.3.1 C5).
  path.Untime();
}

void Outbound::Acknowledge(TxChunk& chunk, Path& path, size_t* acked) {
  if (chunk.state == TxState::kInFlight) {
    path.flight_bytes -= chunk.length;
  } else {
    --lost_count_;
  }
  *acked += chunk.length;
}

void Outbound::Lose(TxChunk& chunk, Path& path) {
  chunk.state = TxState::kLost;
  chunk.missing_reports = 0;
  path.flight_bytes -= chunk.length;
  peer_window_ += WindowCharge(chunk.length);  // Section 6.2.1 C.
  ++lost_count_;
}

void Outbound::MarkAllLost(Path& path) {
  for (size_t position = 0; position < outstanding_.size(); ++position) {
    TxChunk& chunk = outstanding_[position];
    if (chunk.state == TxState::kInFlight) Lose(chunk, path);
    chunk.missing_reports = 0;
  }
  lost_hint_ = 0;
}

void Outbound::ReleaseBytes() {
  if (!outstanding_.empty()) {
    bytes_.ReleaseBefore(outstanding_.front().position);
  } else if (!pending_.empty()) {
    bytes_.ReleaseBefore(pending_.front().position + pending_.front().sent);
  } else {
    bytes_.ReleaseBefore(bytes_.end());
  }
}

size_t Outbound::NextRetransmissionBytes() {
  if (lost_count_ == 0) return 0;
  while (outstanding_[lost_hint_].state != TxState::kLost) ++lost_hint_;
  return outstanding_[lost_hint_].length;
}

size_t Outbound::WriteRetransmission(uint8_t* chunk, Path& path) {
  TxChunk& record = outstanding_[lost_hint_];
  WriteChunk(chunk, first_tsn() + static_cast<uint32_t>(lost_hint_), record);
  record.state = TxState::kInFlight;
  record.sent_again = true;
  --lost_count_;
  ++lost_hint_;
  path.flight_bytes += record.length;
  peer_window_ -= std::min(peer_window_, WindowCharge(record.length));
  return record.length;
}

size_t Outbound::NextNewBytes(size_t fragment_bytes, TimeUs now, OutboundSink& sink, size_t* released) {
  while (!pending_.empty()) {
    const Pending& message = pending_.front();
    if (message.expires_at > now || message.sent != 0) return std::min<size_t>(message.length - message.sent, fragment_bytes);
    const Pending expired = message;
    FailPending(expired, fragment_bytes, sink);
    pending_.pop_front();
    pending_bytes_ -= expired.length;
    held_bytes_ -= expired.length;
    *released += expired.length;
    ReleaseBytes();
  }
  return 0;
}

size_t Outbound::WriteNew(uint8_t* chunk, size_t payload_bytes, bool begins_packet, TimeUs now, Path& path) {
  Pending& message = pending_.front();
  const bool begins = message.sent == 0;
  const bool ends = message.sent + payload_bytes == message.length;
  TxChunk record;
  record.position = message.position + message.sent;
  record.length = static_cast<uint32_t>(payload_bytes);
  record.ppid = message.ppid;
  record.context = message.context;
  record.stream = message.stream;
  // All fragments of a message carry its number; the next message's is one higher once the last of them has left.
  record.ssn = message.unordered ? 0 : next_ssn_.Get(message.stream);
  record.flags = static_cast<uint8_t>((begins ? kDataBegin : 0) | (ends ? kDataEnd : 0) | (message.unordered ? kDataUnordered : 0));
  record.state = TxState::kInFlight;
  record.missing_reports = 0;
  record.sent_again = false;
  record.begins_packet = begins_packet;
  record.acknowledged_once = false;
  packet_begins_ += begins_packet;
  const uint32_t tsn = next_tsn_++;
  WriteChunk(chunk, tsn, record);
  outstanding_.push_back(record);
  message.sent += record.length;
  pending_bytes_ -= record.length;
  if (ends && !message.unordered) ++next_ssn_.At(message.stream);
  if (ends) pending_.pop_front();
  if (!path.timing()) path.TimeTsn(tsn, now);
  path.flight_bytes += record.length;
  peer_window_ -= std::min(peer_window_, WindowCharge(record.length));
  return record.length;
}

void Outbound::WriteChunk(uint8_t* chunk, uint32_t tsn, const TxChunk& record) {
  chunk[0] = kChunkData;
  chunk[1] = record.flags;
  Store16(chunk + 2, static_cast<uint32_t>(kDataHeaderBytes + record.length));
  Store32(chunk + 4, tsn);
  Store16(chunk + 8, record.stream);
  Store16(chunk + 10, record.ssn);
  Store32(chunk + 12, record.ppid);
  bytes_.Read(record.position, record.length, chunk + kDataHeaderBytes);
}

void Outbound::RequestImmediateSack(uint8_t* chunk) { chunk[1] |= kDataImmediate; }

void Outbound::FailPending(const Pending& message, size_t fragment_bytes, OutboundSink& sink) {
  for (uint32_t at = message.sent; at < message.length;) {
    const auto length = static_cast<uint32_t>(std::min<size_t>(message.length - at, fragment_bytes));
    scratch_.resize(length);
    bytes_.Read(message.position + at, length, scratch_.data());
    sink.OnSendFailed({scratch_, false, message.stream, 0, message.unordered ? kFlagUnordered : 0, message.ppid, message.context,
                       message.time_to_live_ms});
    at += length;
  }
}

void Outbound::FailAll(size_t fragment_bytes, OutboundSink& sink) {
  for (size_t position = 0; position < outstanding_.size(); ++position) {
    const TxChunk& chunk = outstanding_[position];
    if (chunk.state == TxState::kAcknowledged) continue;
    scratch_.resize(chunk.length);
    bytes_.Read(chunk.position, chunk.length, scratch_.data());
    sink.OnSendFailed({scratch_, true, chunk.stream, chunk.ssn, (chunk.flags & kDataUnordered) != 0 ? kFlagUnordered : 0, chunk.ppid,
                       chunk.context, 0});
  }
  for (size_t position = 0; position < pending_.size(); ++position) FailPending(pending_[position], fragment_bytes, sink);
  outstanding_.clear();
  pending_.clear();
  pending_bytes_ = held_bytes_ = lost_count_ = lost_hint_ = acknowledged_count_ = packet_begins_ = 0;
  bytes_.ReleaseBefore(bytes_.end());
  scratch_ = {};
}

size_t Outbound::FailStreamsFrom(uint32_t streams, size_t fragment_bytes, OutboundSink& sink) {
  size_t released = 0;
  const size_t count = pending_.size();
  for (size_t i = 0; i < count; ++i) {
    const Pending message = pending_.front();
    pending_.pop_front();
    if (message.stream < streams) {
      pending_.push_back(message);
      continue;
    }
    FailPending(message, fragment_bytes, sink);
    pending_bytes_ -= message.length;
    held_bytes_ -= message.length;
    released += message.length;
  }
  ReleaseBytes();
  return released;
}

void Outbound::Trim() {
  if (!empty()) return;
  bytes_.Trim();
  outstanding_.Trim();
  pending_.Trim();
}

}  // namespace mailport::sctp
