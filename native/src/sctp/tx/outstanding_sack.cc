// Effects of acknowledgements on the chunks on their way.
#include <algorithm>
#include <utility>

#include "outstanding.h"

namespace mailport::sctp {

namespace {

constexpr uint8_t kMissingReportsForLoss = 3;  // RFC 9260 section 7.2.4

}  // namespace

// An old acknowledgement, or one for a TSN that was never sent, tells nothing (section 6.2.1 D i).
bool Outstanding::Concerns(uint32_t cumulative_tsn) const {
  return !TsnBefore(cumulative_tsn, first_tsn() - 1) && TsnBefore(cumulative_tsn, next_tsn_);
}

bool Outstanding::ReportsUnsent(const SackChunk& sack) const {
  const uint32_t sent_behind = next_tsn_ - 1 - sack.cumulative_tsn;
  for (size_t index = 0; index < sack.blocks(); ++index) {
    const GapBlock block = GapBlockAt(sack.gap_blocks, index);
    if (block.first != 0 && block.first <= block.last && block.last > sent_behind) return true;
  }
  return false;
}

SackOutcome Outstanding::OnSack(const SackChunk& sack, bool has_more, TimeUs now, PathSet& paths) {
  SackOutcome outcome;
  outcome.was_never_sent = !TsnBefore(sack.cumulative_tsn, next_tsn_);
  if (!Concerns(sack.cumulative_tsn)) return outcome;
  outcome.was_never_sent = ReportsUnsent(sack);
  if (outcome.was_never_sent) return outcome;
  outcome.valid = true;
  outcome.cumulative_advanced = outcome.acknowledged = sack.cumulative_tsn != first_tsn() - 1;
  paths.ForEach([](Path& path) { path.BeginAcknowledgement(); });

  const uint32_t exit_tsn = next_tsn_ - 1;
  outcome.released_bytes = PopAcknowledged(sack.cumulative_tsn, now, paths);
  uint64_t reported_end = first_;
  ++sack_number_;
  if (!sack.gap_blocks.empty() || !sets().acknowledged.empty()) reported_end = TakeGapBlocks(sack, now, paths, &outcome);
  TakeDuplicates(sack, paths);
  CountReports(reported_end, ReportsForLoss(paths.Next(), sack.a_rwnd, has_more), paths, &outcome);
  outcome.loss_found |= FindLosses(now, paths);

  size_t flight_bytes = 0;
  paths.ForEach([&](Path& path) {
    JudgeProbe(path, now);
    path.EndAcknowledgement(sack.cumulative_tsn, outcome.cumulative_advanced, chunks_.empty(), exit_tsn, now);
    if (path.has_traffic() && path.traffic().is_undone) Recall(paths, path);
    flight_bytes += path.flight_bytes;
  });
  window.Advertise(sack.a_rwnd, in_flight_chunks(), flight_bytes);
  return outcome;
}

// A SACK reports as missing the chunks before the highest one that it is the first to acknowledge. In fast recovery, if the cumulative TSN advances, it reports
// all chunks before the highest one that it acknowledges at all (section 7.2.4).
uint64_t Outstanding::TakeGapBlocks(const SackChunk& sack, TimeUs now, PathSet& paths, SackOutcome* outcome) {
  uint64_t reported_end = first_;
  uint64_t walked = first_;  // Everything before this one has been looked at.
  const bool reports_all = paths.Next().in_fast_recovery() && outcome->cumulative_advanced;
  for (size_t index = 0; index < sack.blocks(); ++index) {
    ++work_;
    const GapBlock block = GapBlockAt(sack.gap_blocks, index);
    const size_t last_place = std::min(block.last, chunks_.size());
    if (block.first == 0 || block.first > last_place || first_ + block.first - 1 < walked) continue;
    const uint64_t first = first_ + block.first - 1;
    const uint64_t behind = first_ + last_place;
    Renege(walked, first, paths);
    for (uint64_t number = sets().missing.Next(first, behind); number < behind; number = sets().missing.Next(number + 1, behind)) {
      TxChunk& chunk = ChunkAt(number);
      Path& path = paths[chunk.path];
      EndTiming(sack.cumulative_tsn + 1 + static_cast<uint32_t>(number - first_), chunk, now, path);
      Acknowledge(number, chunk, now, path);
      (chunk.given_up ? sets().given_up : sets().acknowledged).Insert(number);
      if (!chunk.acknowledged_once) outcome->acknowledged = path.answers = true;
      chunk.acknowledged_once = true;
      reported_end = number;
    }
    if (reports_all) reported_end = behind - 1;
    walked = behind;
  }
  Renege(walked, end(), paths);
  return reported_end;
}

// If an earlier SACK reported a chunk and this one does not, the peer has dropped the chunk. That counts as one report that the chunk is missing, and no more
// (section 6.2.1 D iv): a peer that says now this and now that could otherwise have everything sent again and again. Nor may such a peer have everything looked
// at again and again: if it takes back more than it has acknowledged for good, it is believed only when T3 has expired.
void Outstanding::Renege(uint64_t begin, uint64_t end, PathSet& paths) {
  for (uint64_t number = sets().acknowledged.Next(begin, end); number < end; number = sets().acknowledged.Next(number + 1, end)) {
    if (renege_credit_ == 0) {
      distrusts_ = true;
      return;
    }
    --renege_credit_;
    Unacknowledge(number, paths);
  }
}

void Outstanding::Unacknowledge(uint64_t number, PathSet& paths) {
  ++work_;
  sets().acknowledged.Erase(number);
  sets().missing.Insert(number);
  TxChunk& chunk = ChunkAt(number);
  // Where time finds losses, the chunk would be lost at once. It waits for T3 instead.
  if (!chunk.sent_again() && !paths[chunk.path].traffic().rack.measured()) sets().in_flight[chunk.path].once.Insert(number);
  chunk.missing_reports = 1;
  chunk.reneged = true;
  chunk.reneged_by = sack_number_;
  paths[chunk.path].OnChunkTakenBack(chunk.fragment.length);
}

// Reports find losses on paths whose round trip was not measured yet; on the others time does. After three reports a chunk is no longer among those sent once,
// so each chunk is looked at only a few times in all.
void Outstanding::CountReports(uint64_t reported_end, size_t reports_for_loss, PathSet& paths, SackOutcome* outcome) {
  paths.ForEach([&](Path& path) {
    if (!path.has_traffic() || path.traffic().rack.measured()) return;
    const ChunkSet& once = sets().in_flight[path.index].once;
    for (uint64_t number = once.Next(first_, reported_end); number < reported_end; number = once.Next(number + 1, reported_end)) {
      ++work_;
      TxChunk& chunk = ChunkAt(number);
      if (!chunk.reneged || chunk.reneged_by != sack_number_) ++chunk.missing_reports;
      if (chunk.missing_reports < reports_for_loss) continue;
      // Once a chunk has been fast retransmitted, it waits for T3 (section 7.2.4, step 5).
      Lose(number, paths);
      path.traffic().lost_chunks = true;
      outcome->loss_found = true;
    }
  });
}

// A packet that was acknowledged in part counts.
size_t Outstanding::OutstandingPackets() const {
  return packet_begins_ + (chunks_.empty() || chunks_.front().begins_packet ? 0 : 1);
}

// Early retransmit (RFC 5827): with so few packets on their way, and nothing more that can be sent, three reports cannot come. Packets are counted as they were
// sent: small packets on a wide path are no fewer than large ones.
size_t Outstanding::ReportsForLoss(const Path& path, uint32_t a_rwnd, bool has_more) const {
  if (has_more && path.flight_bytes < path.cwnd() && a_rwnd > path.flight_bytes) return kMissingReportsForLoss;
  const size_t packets = OutstandingPackets();
  return packets > kMissingReportsForLoss ? kMissingReportsForLoss : std::max<size_t>(packets, 2) - 1;
}

SackOutcome Outstanding::OnCumulative(uint32_t cumulative_tsn, TimeUs now, PathSet& paths) {
  SackOutcome outcome;
  if (!Concerns(cumulative_tsn)) return outcome;
  outcome.valid = true;
  outcome.cumulative_advanced = outcome.acknowledged = cumulative_tsn != first_tsn() - 1;
  paths.ForEach([](Path& path) { path.BeginAcknowledgement(); });
  outcome.released_bytes = PopAcknowledged(cumulative_tsn, now, paths);
  paths.ForEach([&](Path& path) {
    path.OnCumulative(cumulative_tsn);
    if (path.answers) path.traffic().probe.OnAcknowledged(path.flight_bytes == 0, now);
  });
  return outcome;
}

size_t Outstanding::PopAcknowledged(uint32_t cumulative_tsn, TimeUs now, PathSet& paths) {
  size_t released = 0;
  size_t popped = 0;
  // The payload of chunks that were cut one after the other lies in one piece, and is released at once.
  uint64_t begin = 0, end = 0;
  uint32_t tsn = first_tsn();
  while (!chunks_.empty() && !TsnBefore(cumulative_tsn, tsn)) {
    const TxChunk& chunk = chunks_.front();
    Path& path = paths[chunk.path];
    EndTiming(tsn, chunk, now, path);
    path.answers = true;
    if (!sets().acknowledged.empty() && sets().acknowledged.Contains(first_)) {
      sets().acknowledged.Erase(first_);
    } else if (!sets().given_up.empty() && sets().given_up.Contains(first_)) {
      sets().given_up.Erase(first_);
    } else {
      Acknowledge(first_, chunk, now, path);
    }
    if (chunk.given_up) {
      if (first_ >= skip_end_) --given_up_ahead_;
      if (chunk.sent_again()) path.traffic().regret.OnSkipped(tsn);
    } else {
      if (chunk.fragment.position != end) {
        payload_.Release(begin, static_cast<size_t>(end - begin));
        begin = chunk.fragment.position;
      }
      end = chunk.fragment.position + chunk.fragment.length;
      released += chunk.fragment.length;
    }
    if (chunk.fragment.limit != kNoLimit) limits_.OnChunkGone(chunk.fragment.limit);
    packet_begins_ -= chunk.begins_packet;
    chunks_.pop_front();
    if (interleaves()) steps_back_->pop_front();
    ++first_;
    ++popped;
    ++tsn;
  }
  payload_.Release(begin, static_cast<size_t>(end - begin));
  skip_end_ = std::max(skip_end_, first_);
  work_ += popped;
  renege_credit_ = static_cast<uint32_t>(std::min(renege_credit_ + popped, size_t{UINT16_MAX}));
  return released;
}

void Outstanding::EndTiming(uint32_t tsn, const TxChunk& chunk, TimeUs now, Path& path) {
  if (!path.timing() || path.timed_tsn() != tsn) return;
  // Karn's rule (6.3.1 C5). A chunk that was given up may be acknowledged for the FORWARD TSN.
  if (!chunk.sent_again() && !chunk.given_up) path.OnRttSample(now - path.timed_at());
  path.Untime();
}

// The chunk is missing no longer.
void Outstanding::Acknowledge(uint64_t number, const TxChunk& chunk, TimeUs now, Path& path) {
  ++work_;
  // A chunk that was given up may be acknowledged for the FORWARD TSN. It tells nothing of the network, and no window grows with it (RFC 3758 section 3.5 A2).
  if (!chunk.given_up) {
    path.OnChunkAcknowledged(number, chunk.sent, chunk.sent_again(), now);
    Traffic& traffic = path.traffic();
    traffic.probe_answered |= traffic.probe.Carries(number);
    traffic.acked_bytes += chunk.fragment.length;
    path.mtu.OnPassed(chunk.fragment.length);
  }
  sets().missing.Erase(number);
  if (!sets().lost.empty() && sets().lost.Contains(number)) {
    path.traffic().seems_undone = true;
    sets().lost.Erase(number);
    return;
  }
  if (!chunk.sent_again()) sets().in_flight[chunk.path].once.Erase(number);
  path.flight_bytes -= chunk.fragment.length;
}

}  // namespace mailport::sctp
