// Losses that time tells, probes, and losses that were none (RFC 8985, RFC 3708).
#include <algorithm>

#include "outstanding.h"

namespace mailport::sctp {

namespace {

constexpr size_t kMostStepsBack = 64;  // Chunks at the end that are looked at for a probe.
constexpr size_t kBytesOfTsn = 4;

}  // namespace

bool Outstanding::OnTime(TimeUs now, PathSet& paths) {
  paths.ForEach([](Path& path) { path.BeginAcknowledgement(); });
  const bool found = FindLosses(now, paths);
  paths.ForEach([&](Path& path) { path.EndLosses(next_tsn_ - 1, now); });
  return found;
}

bool Outstanding::FindLosses(TimeUs now, PathSet& paths) {
  bool found = false;
  paths.ForEach([&](Path& path) { found |= FindLossesOf(path, now, paths); });
  return found;
}

// Chunks are looked at in the order in which they left, up to the first one that is not lost.
bool Outstanding::FindLossesOf(Path& path, TimeUs now, PathSet& paths) {
  if (!path.has_traffic()) return false;
  Rack& rack = path.traffic().rack;
  rack.look_at = kNever;
  if (!rack.measured()) return false;
  bool found = false;
  const auto is_lost = [&](uint64_t number) {
    ++work_;
    const SentTime sent = ChunkAt(number).sent;
    if (!rack.IsOvertaken(number, sent)) return false;
    const TimeUs patience = rack.Patience(sent, path.srtt(), now);
    if (patience != 0) rack.look_at = std::min(rack.look_at, now + patience);
    return patience == 0;
  };
  InFlight& chunks = sets().in_flight[path.index];
  for (uint64_t number = chunks.once.Next(first_, end()); number < end() && is_lost(number); number = chunks.once.Next(number + 1, end())) {
    LoseInTime(number, paths);
    found = true;
  }
  while (!chunks.again.empty()) {
    const InFlight::Again earliest = chunks.again.front();
    if (!IsStale(earliest, path)) {
      if (!is_lost(earliest.number)) break;
      LoseInTime(earliest.number, paths);
      found = true;
    }
    ++work_;
    chunks.again.pop_front();
  }
  return found;
}

bool Outstanding::IsStale(const InFlight::Again& again, const Path& path) const {
  if (again.number < first_ || !IsInFlight(again.number)) return true;
  const TxChunk& chunk = chunks_[static_cast<size_t>(again.number - first_)];
  return chunk.reneged || chunk.path != path.index || chunk.sent != again.sent;
}

void Outstanding::LoseInTime(uint64_t number, PathSet& paths) {
  const TxChunk& chunk = ChunkAt(number);
  Path& path = paths[chunk.path];
  path.traffic().lost_chunks = true;
  path.traffic().lost_again |= chunk.sent_again() && path.RecoveredSince(chunk.sent);
  Lose(number, paths);
}

// A TSN that was reported before may be gone already, so what its path was cannot be told. Each path knows what it has sent again.
void Outstanding::TakeDuplicates(const SackChunk& sack, PathSet& paths) {
  for (size_t at = 0; at + kBytesOfTsn <= sack.duplicates.size(); at += kBytesOfTsn) {
    ++work_;
    const uint32_t tsn = Load32(sack.duplicates.data() + at);
    if (!TsnBefore(tsn, next_tsn_)) continue;
    const uint64_t number = end() - (next_tsn_ - tsn);
    // Sent once: the network has doubled the packet.
    if (number >= first_ && number < end() && !ChunkAt(number).sent_again()) continue;
    bool is_taken = false;
    paths.ForEach([&](Path& path) {
      if (is_taken || !path.has_traffic()) return;
      Traffic& traffic = path.traffic();
      if (traffic.probe.OnDuplicate(number)) {
        is_taken = true;
        return;
      }
      const Regret::Duplicate duplicate = traffic.regret.OnDuplicate(tsn);
      if (duplicate == Regret::Duplicate::kNone) return;
      is_taken = true;
      traffic.is_undone |= duplicate == Regret::Duplicate::kLast;
      traffic.rack.OnDuplicate(end());
    });
  }
}

// The chunks of a probe are acknowledged. If they were lost before, that was congestion like any loss (RFC 8985 section 7.4.2).
void Outstanding::JudgeProbe(Path& path, TimeUs now) {
  if (!path.has_traffic()) return;
  Traffic& traffic = path.traffic();
  if (traffic.probe_answered && traffic.probe.EndsInRepair(traffic.rack.shortest_round_trip(), now)) traffic.lost_chunks = true;
}

// What waits to be sent again was not lost. It is on its way as before, and time tells if it is lost after all.
void Outstanding::Recall(PathSet& paths, const Path& path) {
  for (uint64_t number = sets().lost.Next(first_, end()); number < end(); number = sets().lost.Next(number + 1, end())) {
    ++work_;
    TxChunk& chunk = ChunkAt(number);
    if (chunk.path != path.index) continue;
    sets().lost.Erase(number);
    InFlight& chunks = sets().in_flight[chunk.path];
    if (chunk.sent_again()) {
      chunks.again.push_back({number, chunk.sent});
    } else {
      chunks.once.Insert(number);
    }
    paths[chunk.path].flight_bytes += chunk.fragment.length;
    window.Take(chunk.fragment.length);
  }
}

// A probe is a retransmission like any other: a message that may not be sent again is not probed with (RFC 7496 section 3.1).
bool Outstanding::MayProbe(uint64_t number, const Path& path, TimeUs now) const {
  const TxChunk& chunk = chunks_[static_cast<size_t>(number - first_)];
  if (chunk.path != path.index || !IsInFlight(number) || chunk.given_up) return false;
  return chunk.fragment.limit == kNoLimit || !limits_.IsUsedUp(chunk.fragment.limit, chunk.retransmissions, now);
}

Outstanding::Range Outstanding::Tail(const Path& path, TimeUs now, size_t room) const {
  Range range{end(), end()};
  const uint64_t limit = end() - std::min(chunks_.size(), kMostStepsBack);
  for (uint64_t number = end(); number-- > limit;) {
    if (!MayProbe(number, path, now)) continue;
    const size_t bytes = Padded(DataHeaderBytes(interleaves()) + PayloadBytes(number));
    if (bytes > room) break;
    room -= bytes;
    range.first = number;
  }
  return range;
}

uint64_t Outstanding::NextOfTail(const Path& path, TimeUs now, uint64_t number, Range range) const {
  while (number < range.end && !MayProbe(number, path, now)) ++number;
  return number;
}

void Outstanding::WriteAgain(uint64_t number, Path& path, TimeUs now, uint8_t* chunk) {
  TxChunk& record = ChunkAt(number);
  WriteChunk(TsnOf(number), record.fragment, chunk);
  InFlight& chunks = sets().in_flight[path.index];
  if (!record.sent_again()) chunks.once.Erase(number);
  CountRetransmission(record);
  record.sent = SentAt(now);
  chunks.again.push_back({number, record.sent});
  if (path.timed_tsn() == TsnOf(number)) path.Untime();
}

}  // namespace mailport::sctp
