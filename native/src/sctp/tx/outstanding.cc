// Sending of chunks, for the first time and again.
#include "outstanding.h"

#include <utility>

namespace mailport::sctp {

namespace {

constexpr size_t kMostOverheadBytes = kIDataHeaderBytes + 3;  // Of a chunk: header and padding.
constexpr unsigned kOften = 2;  // Retransmissions, after which a further loss is no common one.

}  // namespace

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
  sets().in_flight.ForEach([&](InFlight& one) {
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
  sets().missing.Insert(number);
  ChunkSet& once = sets().in_flight[path.index].once;
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
  sets().lost.Erase(number);
  CountRetransmission(record);
  record.reneged = false;
  record.sent = SentAt(now);
  sets().in_flight[path.index].again.push_back({number, record.sent});
  path.traffic().regret.OnSentAgain(tsn);
  // If the round trip of the chunk was timed on its former path, that measurement ends.
  if (record.path != path.index && paths[record.path].timed_tsn() == tsn) paths[record.path].Untime();
  record.path = path.index;
  path.OnSent(record.fragment.length, now);
  window.Take(record.fragment.length);
}

void Outstanding::WriteChunk(uint32_t tsn, const OutboundFragment& fragment, uint8_t* chunk) const {
  // The first fragment has no number.
  const uint32_t fsn = fragment.fsn - (second_is_zero_ ? 1 : 0);
  const DataChunk data{tsn, fragment.stream, fragment.ssn, fragment.ppid, static_cast<uint8_t>(fragment.flags), {}, fsn};
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
  // With what is on its way a packet can have been full, so that its size may be the cause. The payload of tiny messages is little of it.
  const size_t most_on_the_way = paths[chunk.path].flight_bytes + in_flight_chunks() * kMostOverheadBytes;
  paths[chunk.path].lost_often |= chunk.retransmissions >= kOften && paths[chunk.path].mtu.IsSuspect(most_on_the_way);
  paths[chunk.path].OnChunkLost(chunk.fragment.length);
  window.Return(chunk.fragment.length);
  if (!chunk.sent_again()) sets().in_flight[chunk.path].once.Erase(number);
  if (!chunk.given_up) {
    sets().lost.Insert(number);
  } else {
    sets().missing.Erase(number);
    sets().given_up.Insert(number);
  }
}

void Outstanding::MarkAllLost(PathSet& paths, const Path& path) {
  const uint64_t behind = end();
  // The peer has taken chunks back too often to be believed at once. Now it is believed.
  if (std::exchange(distrusts_, false)) {
    for (uint64_t number = sets().acknowledged.Next(first_, behind); number < behind; number = sets().acknowledged.Next(number + 1, behind))
      Unacknowledge(number, paths);
  }
  renege_credit_ = std::max(renege_credit_, kRenegeCredit);
  sets().in_flight[path.index].again.clear();
  for (uint64_t number = sets().missing.Next(first_, behind); number < behind; number = sets().missing.Next(number + 1, behind)) {
    ++work_;
    if (ChunkAt(number).path == path.index && (sets().lost.empty() || !sets().lost.Contains(number))) Lose(number, paths);
  }
}

void Outstanding::MovePath(uint8_t from, uint8_t to) {
  for (size_t place = 0; place < chunks_.size(); ++place)
    if (chunks_[place].path == from) chunks_[place].path = to;
  if (last_path_ == from) last_path_ = to;
  sets().in_flight[from].once.Clear();
  sets().in_flight[from].again.clear();
}

void Outstanding::Clear() {
  chunks_.clear();
  if (interleaves()) steps_back_->clear();
  ForEachSet([](ChunkSet& set) { set.Clear(); });
  sets().in_flight.ForEach([](InFlight& one) {
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
  if (chunks_.empty()) sets_.reset();
}

}  // namespace mailport::sctp
