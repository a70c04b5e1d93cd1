// Sending of chunks, for the first time and again.
#include "outstanding.h"

#include <utility>

namespace mailport::sctp {

void Outstanding::Reset(uint32_t initial_tsn) {
  next_tsn_ = initial_tsn;
  renege_credit_ = kRenegeCredit;
  distrusts_ = false;
}

void Outstanding::WriteNew(const OutboundFragment& fragment, bool begins_packet, TimeUs now, Path& path, uint8_t* chunk) {
  const uint64_t number = end();
  const uint32_t tsn = next_tsn_++;
  TxChunk& record = chunks_.Append();
  record.fragment = fragment;
  record.path = path.index;
  record.missing_reports = record.reneged_by = 0;
  record.reneged = record.sent_again = record.acknowledged_once = false;
  record.begins_packet = begins_packet;
  packet_begins_ += begins_packet;
  WriteChunk(tsn, fragment, chunk);
  ForEachSet([&](ChunkSet& set) { set.Reserve(first_, end()); });
  missing_.Insert(number);
  suspects_.Insert(number);
  if (!path.timing()) path.TimeTsn(tsn, now);
  path.flight_bytes += fragment.length;
  window.Take(fragment.length);
}

const Outstanding::TxChunk* Outstanding::NextLost() {
  const uint64_t next = NextLostNumber();
  ++work_;
  return next == end() ? nullptr : &ChunkAt(next);
}

void Outstanding::WriteLost(PathSet& paths, Path& path, uint8_t* chunk) {
  const uint64_t number = NextLostNumber();
  TxChunk& record = ChunkAt(number);
  const uint32_t tsn = first_tsn() + static_cast<uint32_t>(number - first_);
  WriteChunk(tsn, record.fragment, chunk);
  lost_.Erase(number);
  record.sent_again = true;
  // If the round trip of the chunk was timed on its former path, that measurement ends.
  if (record.path != path.index && paths[record.path].timed_tsn() == tsn) paths[record.path].Untime();
  record.path = path.index;
  path.flight_bytes += record.fragment.length;
  window.Take(record.fragment.length);
}

void Outstanding::WriteChunk(uint32_t tsn, const OutboundFragment& fragment, uint8_t* chunk) const {
  WriteDataHeader({tsn, fragment.stream, fragment.ssn, fragment.ppid, fragment.flags, {}}, fragment.length, chunk);
  payload_.Read(fragment.position, fragment.length, chunk + kDataHeaderBytes);
}

void Outstanding::Lose(uint64_t number, PathSet& paths) {
  TxChunk& chunk = ChunkAt(number);
  chunk.missing_reports = 0;
  paths[chunk.path].flight_bytes -= chunk.fragment.length;
  window.Return(chunk.fragment.length);
  if (!chunk.sent_again) suspects_.Erase(number);
  lost_.Insert(number);
}

void Outstanding::MarkAllLost(PathSet& paths, const Path& path) {
  const uint64_t behind = end();
  // The peer has taken chunks back too often to be believed at once. Now it is believed.
  if (std::exchange(distrusts_, false)) {
    for (uint64_t number = acknowledged_.Next(first_, behind); number < behind; number = acknowledged_.Next(number + 1, behind))
      Unacknowledge(number, paths);
  }
  renege_credit_ = std::max(renege_credit_, kRenegeCredit);
  for (uint64_t number = missing_.Next(first_, behind); number < behind; number = missing_.Next(number + 1, behind)) {
    ++work_;
    if (ChunkAt(number).path == path.index && (lost_.empty() || !lost_.Contains(number))) Lose(number, paths);
  }
}

void Outstanding::Clear() {
  chunks_.clear();
  ForEachSet([](ChunkSet& set) { set.Clear(); });
  packet_begins_ = 0;
}

void Outstanding::Trim() {
  chunks_.Trim();
  ForEachSet([](ChunkSet& set) { set.Trim(); });
}

}  // namespace mailport::sctp
