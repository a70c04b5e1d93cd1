// Sending of chunks, for the first time and again.
#include "outstanding.h"

#include <utility>

namespace mailport::sctp {

void Outstanding::Reset(uint32_t initial_tsn) {
  next_tsn_ = initial_tsn;
  renege_credit_ = kRenegeCredit;
  distrusts_ = false;
}

Outstanding::TxChunk& Outstanding::Append(const OutboundFragment& fragment) {
  ++next_tsn_;
  TxChunk& record = chunks_.Append();
  record = {};
  record.fragment = fragment;
  record.path = last_path_;
  if (interleaves()) steps_back_->push_back(0);
  ForEachSet([&](ChunkSet& set) { set.Reserve(first_, end()); });
  in_flight_.ForEach([&](InFlight& one) {
    if (!one.once.empty()) one.once.Reserve(first_, end());
  });
  return record;
}

void Outstanding::WriteNew(const OutboundFragment& fragment, bool begins_packet, TimeUs now, Path& path, uint8_t* chunk) {
  const uint64_t number = end();
  const uint32_t tsn = next_tsn_;
  TxChunk& record = Append(fragment);
  record.path = last_path_ = path.index;
  record.sent = SentAt(now);
  record.begins_packet = begins_packet;
  packet_begins_ += begins_packet;
  WriteChunk(tsn, fragment, chunk);
  missing_.Insert(number);
  ChunkSet& once = in_flight_[path.index].once;
  once.Reserve(first_, end());
  once.Insert(number);
  if (!path.timing()) path.TimeTsn(tsn, now);
  path.OnSent(fragment.length, now);
  window.Take(fragment.length);
}

const Outstanding::TxChunk* Outstanding::NextLost() {
  const uint64_t next = NextLostNumber();
  ++work_;
  return next == end() ? nullptr : &ChunkAt(next);
}

void Outstanding::CountRetransmission(TxChunk& chunk) {
  if (chunk.retransmissions < Limits::kMostRetransmissions) ++chunk.retransmissions;
}

void Outstanding::WriteLost(PathSet& paths, Path& path, TimeUs now, uint8_t* chunk) {
  const uint64_t number = NextLostNumber();
  TxChunk& record = ChunkAt(number);
  const uint32_t tsn = TsnOf(number);
  WriteChunk(tsn, record.fragment, chunk);
  lost_.Erase(number);
  CountRetransmission(record);
  record.reneged = false;
  record.sent = SentAt(now);
  in_flight_[path.index].again.push_back({number, record.sent});
  path.regret.OnSentAgain(tsn);
  // If the round trip of the chunk was timed on its former path, that measurement ends.
  if (record.path != path.index && paths[record.path].timed_tsn() == tsn) paths[record.path].Untime();
  record.path = path.index;
  path.OnSent(record.fragment.length, now);
  window.Take(record.fragment.length);
}

void Outstanding::WriteChunk(uint32_t tsn, const OutboundFragment& fragment, uint8_t* chunk) const {
  const DataChunk data{tsn, fragment.stream, fragment.ssn, fragment.ppid, static_cast<uint8_t>(fragment.flags), {}, fragment.fsn};
  if (interleaves()) {
    WriteIDataHeader(data, fragment.length, chunk);
  } else {
    WriteDataHeader(data, fragment.length, chunk);
  }
  payload_.Read(fragment.position, fragment.length, chunk + DataHeaderBytes(interleaves()));
}

void Outstanding::Lose(uint64_t number, PathSet& paths) {
  TxChunk& chunk = ChunkAt(number);
  chunk.missing_reports = 0;
  paths[chunk.path].OnChunkLost(chunk.fragment.length);
  window.Return(chunk.fragment.length);
  if (!chunk.sent_again()) in_flight_[chunk.path].once.Erase(number);
  if (!chunk.given_up) {
    lost_.Insert(number);
  } else {
    missing_.Erase(number);
    given_up_.Insert(number);
  }
}

void Outstanding::MarkAllLost(PathSet& paths, const Path& path) {
  const uint64_t behind = end();
  // The peer has taken chunks back too often to be believed at once. Now it is believed.
  if (std::exchange(distrusts_, false)) {
    for (uint64_t number = acknowledged_.Next(first_, behind); number < behind; number = acknowledged_.Next(number + 1, behind))
      Unacknowledge(number, paths);
  }
  renege_credit_ = std::max(renege_credit_, kRenegeCredit);
  in_flight_[path.index].again.clear();
  for (uint64_t number = missing_.Next(first_, behind); number < behind; number = missing_.Next(number + 1, behind)) {
    ++work_;
    if (ChunkAt(number).path == path.index && (lost_.empty() || !lost_.Contains(number))) Lose(number, paths);
  }
}

void Outstanding::MovePath(uint8_t from, uint8_t to) {
  for (size_t place = 0; place < chunks_.size(); ++place)
    if (chunks_[place].path == from) chunks_[place].path = to;
  if (last_path_ == from) last_path_ = to;
  in_flight_[from].once.Clear();
  in_flight_[from].again.clear();
}

void Outstanding::Clear() {
  chunks_.clear();
  if (interleaves()) steps_back_->clear();
  ForEachSet([](ChunkSet& set) { set.Clear(); });
  in_flight_.ForEach([](InFlight& one) {
    one.once.Clear();
    one.again.clear();
  });
  packet_begins_ = 0;
  skip_end_ = first_;
  given_up_ahead_ = 0;
}

void Outstanding::Trim() {
  chunks_.Trim();
  if (interleaves()) steps_back_->Trim();
  ForEachSet([](ChunkSet& set) { set.Trim(); });
  in_flight_.ForEach([](InFlight& one) { one.Trim(); });
}

}  // namespace mailport::sctp
