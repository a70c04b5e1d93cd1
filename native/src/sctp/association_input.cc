// What arrives for an association: tags, chunks, and the answers they want (RFC 9260 sections 6, 8.3, 8.5).

#include <algorithm>
#include <utility>

#include "association.h"
#include "endpoint.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;
constexpr uint32_t kPacketsPerSack = 2;  // Section 6.2.
constexpr size_t kHeartbeatInfoBytes = 20;

}  // namespace

// Section 8.5.1: ABORT and SHUTDOWN COMPLETE may carry our own view of the tag if the T bit says so.
bool Association::CheckTag(const PacketHeader& header, const Chunk& first) const {
  const bool may_reflect = first.type == kChunkAbort || first.type == kChunkShutdownComplete;
  if (may_reflect && (first.flags & kTagReflected) != 0) return peer_tag_ != 0 && header.verification_tag == peer_tag_;
  return header.verification_tag == local_tag_;
}

void Association::HandlePacket(const PacketRoute& from, const PacketHeader& header, ChunkReader chunks) {
  ChunkReader peek = chunks;
  Chunk chunk;
  // Nothing may be left of a packet whose COOKIE ECHO, and with it the tag, has been dealt with.
  if (peek.Next(&chunk) && !CheckTag(header, chunk)) return;
  ++counters_.packets_in;
  if (from.remote.family == peer_.address.family && from.remote.bytes == peer_.address.bytes) {
    // The peer's UDP port is the one its packets come from (RFC 6951 section 5.4).
    path_.route.remote_udp_port = from.remote_udp_port;
    path_.route.local = from.local;
  }
  bool has_data = false, has_heartbeat = false;
  while (chunks.Next(&chunk)) {
    counters_.control_chunks_in += chunk.type != kChunkData;
    if (chunk.type == kChunkData) {
      has_data |= TakesData();
      OnData(chunk);
    } else if (chunk.type <= kChunkShutdownComplete) {
      // One HEARTBEAT a packet is answered: nobody sends more, unless to have others flooded with the answers.
      if (chunk.type == kChunkHeartbeat && std::exchange(has_heartbeat, true)) continue;
      HandleChunk(from, chunk);
    } else if (!OnUnknownChunk(chunk)) {
      break;
    }
    if (closed()) return;
  }
  if (!has_data) return;
  NoteActivity();
  ++packets_since_sack_;
  if (inbound_.HasGaps() || inbound_.HasDuplicates() || packets_since_sack_ >= kPacketsPerSack || !options.delay_sacks ||
      options.sack_delay_ms == 0) {
    sack_now_ = true;
  } else if (!sack_timer_.running()) {
    sack_timer_.Start(core_.now + options.sack_delay_ms * kMicrosPerMilli);
  }
  core_.MarkDirty(*this);
}

void Association::HandleChunk(const PacketRoute& from, const Chunk& chunk) {
  switch (chunk.type) {
    case kChunkInitAck:
      OnInitAck(chunk);
      break;
    case kChunkSack:
      OnSack(chunk);
      break;
    case kChunkHeartbeat:
      OnHeartbeat(from, chunk);
      break;
    case kChunkHeartbeatAck:
      OnHeartbeatAck(chunk);
      break;
    case kChunkAbort:
      OnAbort(chunk);
      break;
    case kChunkShutdown:
      OnShutdown(chunk);
      break;
    case kChunkShutdownAck:
      OnShutdownAck();
      break;
    case kChunkError:
      OnError(chunk);
      break;
    case kChunkCookieAck:
      OnCookieAck();
      break;
    case kChunkShutdownComplete:
      OnShutdownComplete();
      break;
    default:
      // INIT and COOKIE ECHO count only as a packet's first chunk, which the endpoint has seen to. ECNE and CWR: no ECN was agreed on.
      break;
  }
}

// Before the peer has our COOKIE ACK, or after it said that it has nothing more, there is no data to take (sections 6, 9.2): what comes is a
// late copy, and a peer that has gone would answer our acknowledgement of it with an ABORT.
bool Association::TakesData() const {
  return state_ == TcbState::kEstablished || state_ == TcbState::kShutdownPending || state_ == TcbState::kShutdownSent;
}

void Association::OnData(const Chunk& chunk) {
  if (!TakesData()) return;
  const Bytes bytes = chunk.bytes;
  if (bytes.size() < kDataHeaderBytes) return;
  if (bytes.size() == kDataHeaderBytes) {
    Abort(kCauseNoUserData, bytes.subspan(4, 4));
    return;
  }
  ++core_.stats.data_chunks_in;
  const uint8_t* p = bytes.data();
  DataChunk data;
  data.tsn = Load32(p + 4);
  data.stream = Load16(p + 8);
  data.ssn = Load16(p + 10);
  data.ppid = Load32(p + 12);
  data.flags = chunk.flags;
  data.payload = bytes.subspan(kDataHeaderBytes);
  ++((chunk.flags & kDataUnordered) != 0 ? counters_.unordered_chunks_in : counters_.ordered_chunks_in);
  counters_.out_of_sequence_chunks += static_cast<int32_t>(data.tsn - inbound_.cumulative_tsn()) > 1;
  if ((chunk.flags & kDataImmediate) != 0) sack_soon_ = true;
  const DataResult result = inbound_.OnData(data);
  switch (CountExempt() ? result : DataResult::kTooLarge) {
    case DataResult::kAccepted:
      break;
    case DataResult::kDuplicate:
      ++core_.stats.duplicates;
      ++counters_.duplicate_chunks;
      sack_now_ = true;
      break;
    case DataResult::kDropped:
      sack_now_ = true;
      break;
    case DataResult::kBadStream: {
      std::array<uint8_t, 8> cause{};
      Store16(&cause[0], kCauseInvalidStream);
      Store16(&cause[2], 8);
      Store16(&cause[4], data.stream);
      QueueControl(kChunkError, 0, cause);
      break;
    }
    case DataResult::kMalformed:
      Abort(kCauseProtocolViolation, {});
      return;
    case DataResult::kTooLarge:
      Abort(kCauseOutOfResource, {});
      return;
  }
  if (state_ == TcbState::kShutdownSent) {
    // Section 9.2: acknowledge at once, and say again that we are going.
    sack_now_ = true;
    SendShutdown();
  }
}

void Association::OnSack(const Chunk& chunk) {
  const Bytes bytes = chunk.bytes;
  if (bytes.size() < 16 || IsSettingUp()) return;
  const size_t blocks = Load16(&bytes[12]);
  const size_t duplicates = Load16(&bytes[14]);
  if (bytes.size() < 16 + 4 * (blocks + duplicates)) return;
  ++counters_.sacks_in;
  counters_.gaps_reported += blocks;
  const uint32_t window = Load32(&bytes[8]);
  const bool had_outstanding = outbound_.HasOutstanding();
  const SackOutcome outcome = outbound_.OnSack(Load32(&bytes[4]), window, bytes.subspan(16, 4 * blocks), core_.now, path_);
  if (!outcome.valid) return;
  if (had_outstanding && probing_ && !outcome.cumulative_advanced && window > 0) {
    // The window has opened and our probe was thrown away: no need to wait for its timer.
    outbound_.MarkAllLost(path_);
    probing_ = false;
  }
  AfterAcknowledgement(outcome);
}

void Association::AfterAcknowledgement(const SackOutcome& outcome) {
  if (!outcome.valid) return;
  heard_since_t3_ = true;
  ReleaseSend(outcome.released_bytes);
  if (outcome.released_bytes > 0) NotifyIfDry();
  if (outcome.cumulative_advanced) ClearErrors();
  if (!outbound_.HasOutstanding()) {
    t3_.Stop();
  } else if (outcome.cumulative_advanced) {
    t3_.Start(core_.now + path_.rto());
  }
  if (outcome.loss_found) {
    fast_retransmit_ = true;
    ++core_.stats.fast_retransmits;
  }
  core_.MarkDirty(*this);
  ContinueShutdown();
}

void Association::OnHeartbeat(const PacketRoute& from, const Chunk& chunk) {
  if (IsSettingUp()) return;
  // Back to where it came from, whatever our path is (section 8.3).
  PacketBuilder packet(core_.host, from, std::max(path_.max_packet_bytes, chunk.bytes.size() + kCommonHeaderBytes), endpoint.port, peer_.port,
                       peer_tag_);
  const Bytes value = chunk.value();
  uint8_t* place = packet.AddChunk(kChunkHeartbeatAck, 0, value.size());
  if (!value.empty()) std::memcpy(place, value.data(), value.size());
  ++counters_.control_chunks_out;
  SendPacket(packet);
}

void Association::OnHeartbeatAck(const Chunk& chunk) {
  const Bytes value = chunk.value();
  if (value.size() < kHeartbeatInfoBytes || Load16(&value[0]) != kParamHeartbeatInfo) return;
  if (!heartbeat_unanswered_ || Load64(&value[4]) != heartbeat_nonce_) return;
  const TimeUs sent_at = Load64(&value[12]);
  heartbeat_unanswered_ = false;
  ClearErrors();
  if (sent_at <= core_.now) path_.OnRttSample(core_.now - sent_at);
}

void Association::OnAbort(const Chunk& chunk) {
  // A reflected tag says that the peer has forgotten us. In this state it owes us a SHUTDOWN COMPLETE alone, which this one has overtaken.
  if (state_ == TcbState::kShutdownAckSent && (chunk.flags & kTagReflected) != 0) return OnShutdownComplete();
  const Bytes value = chunk.value();
  const uint32_t cause = value.size() >= 4 ? Load16(value.data()) : uint32_t{kCauseNone};
  Finish(IsSettingUp() ? AssocState::kCantAssoc : AssocState::kCommLost, cause);
}

void Association::OnError(const Chunk& chunk) {
  const Bytes value = chunk.value();
  if (value.size() < 4) return;
  const uint16_t cause = Load16(value.data());
  if (cause == kCauseStaleCookie) {
    if (value.size() >= 8) OnStaleCookie(Load32(&value[4]));
    return;
  }
  if (IsSettingUp() || socket_ == nullptr) return;
  Item item = NewItem(ItemKind::kRemoteError);
  item.error = cause;
  item.data = value;
  socket_->Notify(item, kEventPeerError);
}

// The two upper bits of a type say what to do with a chunk that we do not know (section 3.2).
bool Association::OnUnknownChunk(const Chunk& chunk) {
  if ((chunk.type & 0x40) != 0 && !IsSettingUp()) {
    const Bytes echo = chunk.bytes.first(std::min<size_t>(chunk.bytes.size(), 256));
    std::vector<uint8_t> cause(4 + echo.size());
    Store16(&cause[0], kCauseUnrecognizedChunk);
    Store16(&cause[2], static_cast<uint32_t>(cause.size()));
    std::memcpy(&cause[4], echo.data(), echo.size());
    QueueControl(kChunkError, 0, cause);
  }
  return (chunk.type & 0x80) != 0;
}

}  // namespace mailport::sctp
