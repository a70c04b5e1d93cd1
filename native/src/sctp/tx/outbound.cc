#include "outbound.h"

#include <algorithm>

#include "../give_back.h"
#include "../packet/wire.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;
}  // namespace

void Outbound::Reset(uint32_t initial_tsn, uint32_t peer_window) {
  next_tsn_ = initial_tsn;
  SetPeerWindow(peer_window);
  renege_credit_ = kRenegeCredit;
  distrusts_ = false;
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
  const uint64_t next = NextLost();
  ++work_;
  return next == end() ? 0 : ChunkAt(next).length;
}

size_t Outbound::WriteRetransmission(uint8_t* chunk, Path& path) {
  const uint64_t number = NextLost();
  TxChunk& record = ChunkAt(number);
  WriteChunk(chunk, first_tsn() + static_cast<uint32_t>(number - first_), record);
  lost_.Erase(number);
  record.sent_again = true;
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
  record.missing_reports = record.reneged_by = 0;
  record.reneged = record.sent_again = false;
  record.begins_packet = begins_packet;
  record.acknowledged_once = false;
  packet_begins_ += begins_packet;
  const uint32_t tsn = next_tsn_++;
  WriteChunk(chunk, tsn, record);
  const uint64_t number = end();
  outstanding_.push_back(record);
  for (ChunkSet* set : {&acknowledged_, &missing_, &lost_, &suspects_}) set->Reserve(first_, end());
  missing_.Insert(number);
  suspects_.Insert(number);
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
    if (acknowledged_.size() != 0 && acknowledged_.Contains(first_ + position)) continue;
    scratch_.resize(chunk.length);
    bytes_.Read(chunk.position, chunk.length, scratch_.data());
    sink.OnSendFailed({scratch_, true, chunk.stream, chunk.ssn, (chunk.flags & kDataUnordered) != 0 ? kFlagUnordered : 0, chunk.ppid,
                       chunk.context, 0});
  }
  for (size_t position = 0; position < pending_.size(); ++position) FailPending(pending_[position], fragment_bytes, sink);
  outstanding_.clear();
  pending_.clear();
  for (ChunkSet* set : {&acknowledged_, &missing_, &lost_, &suspects_}) set->Clear();
  pending_bytes_ = held_bytes_ = packet_begins_ = 0;
  bytes_.ReleaseBefore(bytes_.end());
  GiveBack(scratch_);
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
  for (ChunkSet* set : {&acknowledged_, &missing_, &lost_, &suspects_}) set->Trim();
}

}  // namespace mailport::sctp
