// What acknowledgements make of what is on its way (RFC 9260 sections 6.2.1, 7.2.4). Each costs a bounded amount of work for each of its gap blocks and
// for each chunk whose state it changes, whatever else is outstanding.
#include <algorithm>
#include <utility>

#include "outbound.h"
#include "../packet/wire.h"

namespace mailport::sctp {

namespace {

constexpr uint8_t kMissingReportsForLoss = 3;  // RFC 9260 section 7.2.4

}  // namespace

SackOutcome Outbound::OnSack(uint32_t cumulative_tsn, uint32_t window, Bytes gap_blocks, TimeUs now, Path& path) {
  SackOutcome outcome;
  const uint32_t acknowledged_before = first_tsn() - 1;
  // An old SACK, or one for what was never sent, tells nothing (section 6.2.1 D i).
  if (TsnBefore(cumulative_tsn, acknowledged_before) || !TsnBefore(cumulative_tsn, next_tsn_)) return outcome;
  outcome.valid = true;
  outcome.cumulative_advanced = outcome.acknowledged = cumulative_tsn != acknowledged_before;
  const bool was_full = path.flight_bytes + path.max_packet_bytes / 2 >= path.cwnd();

  size_t acked = 0;
  const uint32_t exit_tsn = next_tsn_ - 1;
  outcome.released_bytes = PopAcknowledged(cumulative_tsn, now, path, &acked);
  uint64_t reported_end = first_;
  ++sack_number_;
  if (!gap_blocks.empty() || !acknowledged_.empty())
    reported_end = TakeGapBlocks(cumulative_tsn, gap_blocks, now, path, &outcome, &acked);
  CountReports(reported_end, ReportsForLoss(path, window), path, &outcome);

  path.OnCumulative(cumulative_tsn);
  path.OnAcknowledged(acked, outcome.cumulative_advanced, was_full, outstanding_.empty());
  if (outcome.loss_found) path.OnLoss(exit_tsn);
  const size_t in_flight = path.flight_bytes + in_flight_chunks() * kWindowOverheadBytes;
  advertised_window_ = window;
  peer_window_ = window > in_flight ? window - static_cast<uint32_t>(in_flight) : 0;
  return outcome;
}

// Chunks are reported missing that stand before the highest that this SACK is the first to acknowledge, or in fast recovery, if it moves on,
// before the highest that it acknowledges at all (section 7.2.4).
uint64_t Outbound::TakeGapBlocks(uint32_t cumulative_tsn, Bytes gap_blocks, TimeUs now, Path& path, SackOutcome* outcome, size_t* acked) {
  uint64_t reported_end = first_;
  uint64_t walked = first_;  // Everything before this one has been looked at.
  const bool reports_all = path.in_fast_recovery() && outcome->cumulative_advanced;
  for (size_t at = 0; at + 4 <= gap_blocks.size(); at += 4) {
    ++work_;
    const size_t first_place = Load16(&gap_blocks[at]);
    const size_t last_place = std::min<size_t>(Load16(&gap_blocks[at + 2]), outstanding_.size());
    if (first_place == 0 || first_place > last_place || first_ + first_place - 1 < walked) continue;
    const uint64_t first = first_ + first_place - 1;
    const uint64_t behind = first_ + last_place;
    Renege(walked, first, path);
    for (uint64_t number = missing_.Next(first, behind); number < behind; number = missing_.Next(number + 1, behind)) {
      TxChunk& chunk = ChunkAt(number);
      EndTiming(cumulative_tsn + 1 + static_cast<uint32_t>(number - first_), chunk, now, path);
      Acknowledge(number, path, acked);
      acknowledged_.Insert(number);
      if (!std::exchange(chunk.acknowledged_once, true)) outcome->acknowledged = true;
      reported_end = number;
    }
    if (reports_all) reported_end = behind - 1;
    walked = behind;
  }
  Renege(walked, end(), path);
  return reported_end;
}

// Reported once, not reported now: the peer has dropped it. That is one report that it is missing and no more (section 6.2.1 D iv), or a
// peer that says now this and now that could have everything sent again and again. Nor may it have everything looked at again and again: one that takes
// back more than it has acknowledged for good is believed when T3 has expired.
void Outbound::Renege(uint64_t begin, uint64_t end, Path& path) {
  for (uint64_t number = acknowledged_.Next(begin, end); number < end; number = acknowledged_.Next(number + 1, end)) {
    if (renege_credit_ == 0) {
      distrusts_ = true;
      return;
    }
    --renege_credit_;
    Unacknowledge(number, path);
  }
}

void Outbound::Unacknowledge(uint64_t number, Path& path) {
  ++work_;
  acknowledged_.Erase(number);
  missing_.Insert(number);
  TxChunk& chunk = ChunkAt(number);
  if (!chunk.sent_again) suspects_.Insert(number);
  chunk.missing_reports = 1;
  chunk.reneged = true;
  chunk.reneged_by = sack_number_;
  path.flight_bytes += chunk.length;
}

// After three reports a chunk is no longer among the suspects, so each is looked at a few times in all.
void Outbound::CountReports(uint64_t reported_end, size_t reports_for_loss, Path& path, SackOutcome* outcome) {
  for (uint64_t number = suspects_.Next(first_, reported_end); number < reported_end; number = suspects_.Next(number + 1, reported_end)) {
    ++work_;
    TxChunk& chunk = ChunkAt(number);
    if (!chunk.reneged || chunk.reneged_by != sack_number_) ++chunk.missing_reports;
    if (chunk.missing_reports < reports_for_loss) continue;
    // Once it has been fast retransmitted it waits for T3 (section 7.2.4, step 5).
    Lose(number, path);
    outcome->loss_found = true;
  }
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
    const TxChunk& chunk = outstanding_.front();
    EndTiming(tsn, chunk, now, path);
    if (!acknowledged_.empty() && acknowledged_.Contains(first_)) {
      acknowledged_.Erase(first_);
    } else {
      Acknowledge(first_, path, acked);
    }
    released += chunk.length;
    packet_begins_ -= chunk.begins_packet;
    outstanding_.pop_front();
    ++first_;
    ++popped;
    ++tsn;
  }
  if (popped != 0) {
    work_ += popped;
    renege_credit_ = std::min(renege_credit_ + popped, size_t{UINT16_MAX});
    ReleaseBytes();
  }
  held_bytes_ -= released;
  return released;
}

void Outbound::EndTiming(uint32_t tsn, const TxChunk& chunk, TimeUs now, Path& path) {
  if (!path.timing() || path.timed_tsn() != tsn) return;
  if (!chunk.sent_again) path.OnRttSample(now - path.timed_at());  // Karn's rule (6.3.1 C5).
  path.Untime();
}

// It is missing no longer.
void Outbound::Acknowledge(uint64_t number, Path& path, size_t* acked) {
  ++work_;
  const TxChunk& chunk = ChunkAt(number);
  *acked += chunk.length;
  missing_.Erase(number);
  if (!lost_.empty() && lost_.Contains(number)) {
    lost_.Erase(number);
    return;
  }
  if (!chunk.sent_again) suspects_.Erase(number);
  path.flight_bytes -= chunk.length;
}

void Outbound::Lose(uint64_t number, Path& path) {
  TxChunk& chunk = ChunkAt(number);
  chunk.missing_reports = 0;
  path.flight_bytes -= chunk.length;
  peer_window_ += WindowCharge(chunk.length);  // Section 6.2.1 C.
  if (!chunk.sent_again) suspects_.Erase(number);
  lost_.Insert(number);
}

void Outbound::MarkAllLost(Path& path) {
  const uint64_t behind = end();
  // What the peer has taken back too often to be believed at once.
  if (std::exchange(distrusts_, false)) {
    for (uint64_t number = acknowledged_.Next(first_, behind); number < behind; number = acknowledged_.Next(number + 1, behind))
      Unacknowledge(number, path);
  }
  renege_credit_ = std::max(renege_credit_, kRenegeCredit);
  for (uint64_t number = missing_.Next(first_, behind); number < behind; number = missing_.Next(number + 1, behind)) {
    ++work_;
    if (lost_.empty() || !lost_.Contains(number)) Lose(number, path);
  }
}

}  // namespace mailport::sctp
