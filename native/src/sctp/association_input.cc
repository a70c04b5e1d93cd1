// What arrives for an association: tags, chunks, and the answers they want (RFC 9260 sections 6, 8.3, 8.5).

#include <algorithm>
#include <utility>

#include "association.h"
#include "endpoint.h"
#include "packet/error_causes.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;
constexpr uint32_t kPacketsPerSack = 2;  // Section 6.2.
constexpr size_t kMaxHeartbeatBytes = 1024;      // What is larger is nobody's question whether we are there, and would only have us send much.
constexpr size_t kMaxReportedChunkBytes = 256;
constexpr size_t kMaxReportBytes = 512;          // ERRORs for one packet, without their headers.

}  // namespace

// Section 6.10: INIT ACK and SHUTDOWN COMPLETE. An ABORT with the T bit comes from somebody who has forgotten the association, and can know of
// nothing else to say.
bool Association::TravelsAlone(const Chunk& chunk) {
  return chunk.type == kChunkInitAck || chunk.type == kChunkShutdownComplete ||
         (chunk.type == kChunkAbort && (chunk.flags & kTagReflected) != 0);
}

// Section 8.5.1 B and C: the T bit goes with the peer's tag, and with no other.
bool Association::TakesPacket(const PacketHeader& header, const Chunk& first, bool alone) const {
  if (!alone && TravelsAlone(first)) return false;
  const bool may_reflect = first.type == kChunkAbort || first.type == kChunkShutdownComplete;
  if (may_reflect && (first.flags & kTagReflected) != 0) return peer_tag_ != 0 && header.verification_tag == peer_tag_;
  return header.verification_tag == local_tag_;
}

// The peer's UDP port is the one its packets come from (RFC 6951 section 5.4), and the address they come to is ours.
void Association::LearnRoute(const PacketRoute& from) {
  if (from.remote != peer_.address) return;
  path_.route.local = from.local;
  if (from.remote_udp_port == path_.route.remote_udp_port || endpoint.peers.Find(peer_, from.remote_udp_port) != nullptr) return;
  path_.route.remote_udp_port = from.remote_udp_port;
}

void Association::HandlePacket(const PacketRoute& from, const PacketHeader& header, ChunkReader chunks) {
  ChunkReader peek = chunks;
  Chunk chunk;
  const bool at_begin = chunks.AtBegin();
  // Nothing may be left of a packet whose COOKIE ECHO, and with it the tag, has been dealt with.
  const bool is_left = peek.Next(&chunk);
  const bool alone = at_begin && peek.AtEnd();
  if (is_left && !TakesPacket(header, chunk, alone)) return;
  ++counters_.packets_in;
  const size_t packet_bytes = kCommonHeaderBytes + chunks.rest_bytes();
  report_bytes_ = 0;
  bool has_data = false, has_heartbeat = false, is_accepted = true;
  while (chunks.Next(&chunk)) {
    counters_.control_chunks_in += chunk.type != kChunkData;
    if (chunk.type == kChunkData) {
      has_data |= TakesData();
      is_accepted &= OnData(chunk);
    } else if (chunk.type <= kChunkShutdownComplete) {
      // One HEARTBEAT a packet is answered: nobody sends more, unless to have others flooded with the answers.
      const bool is_further = chunk.type == kChunkHeartbeat && std::exchange(has_heartbeat, true);
      is_accepted &= !is_further && (alone || !TravelsAlone(chunk)) && HandleChunk(from, chunk);
    } else if (!OnUnknownChunk(chunk)) {
      is_accepted = false;
      break;
    }
    if (closed()) return;
  }
  // Only a packet that is right from beginning to end can move a peer to another UDP port.
  if (is_accepted && !chunks.broken()) LearnRoute(from);
  if (!has_data) return;
  NoteActivity();
  ++packets_since_sack_;
  bytes_since_sack_ += packet_bytes;
  if (inbound_.HasGaps() || inbound_.HasDuplicates() || packets_since_sack_ >= kPacketsPerSack || !options.delay_sacks ||
      options.sack_delay_ms == 0) {
    sack_now_ = true;
  } else if (!sack_timer_.running()) {
    sack_timer_.Start(core_.now + options.sack_delay_ms * kMicrosPerMilli);
  }
  core_.MarkDirty(*this);
}

// False: the chunk does not belong here, or is malformed, and nothing was made of it.
bool Association::HandleChunk(const PacketRoute& from, const Chunk& chunk) {
  switch (chunk.type) {
    case kChunkInitAck:
      return OnInitAck(from, chunk);
    case kChunkSack:
      return OnSack(chunk);
    case kChunkHeartbeat:
      return OnHeartbeat(from, chunk);
    case kChunkHeartbeatAck:
      return OnHeartbeatAck(chunk);
    case kChunkAbort:
      return OnAbort(chunk);
    case kChunkShutdown:
      return OnShutdown(chunk);
    case kChunkShutdownAck:
      return OnShutdownAck();
    case kChunkError:
      return OnError(chunk);
    case kChunkCookieAck:
      return OnCookieAck();
    case kChunkShutdownComplete:
      return OnShutdownComplete();
    case kChunkEcne:
    case kChunkCwr:
      return true;  // No ECN was agreed on.
    default:
      return false;  // INIT and COOKIE ECHO count only as a packet's first chunk, which the endpoint has seen to.
  }
}

// Before the peer has our COOKIE ACK, or after it said that it has nothing more, there is no data to take (sections 6, 9.2): what comes is a
// late copy, and a peer that has gone would answer our acknowledgement of it with an ABORT.
bool Association::TakesData() const {
  return state_ == TcbState::kEstablished || state_ == TcbState::kShutdownPending || state_ == TcbState::kShutdownSent;
}

bool Association::OnData(const Chunk& chunk) {
  if (!TakesData()) return false;
  const Bytes bytes = chunk.bytes;
  if (bytes.size() < kDataHeaderBytes) return false;
  if (bytes.size() == kDataHeaderBytes) {
    Abort(kCauseNoUserData, bytes.subspan(4, 4));
    return false;
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
  switch (Recharge() ? result : DataResult::kTooLarge) {
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
      std::array<uint8_t, 4> info{};
      Store16(&info[0], data.stream);
      ReportError(kCauseInvalidStream, info);
      break;
    }
    case DataResult::kMalformed:
      Abort(kCauseProtocolViolation, {});
      return false;
    case DataResult::kTooLarge:
      Abort(kCauseOutOfResource, {});
      return false;
  }
  if (state_ == TcbState::kShutdownSent) {
    // Section 9.2: acknowledge at once, and say again that we are going.
    sack_now_ = true;
    SendShutdown();
  }
  return result == DataResult::kAccepted;
}

bool Association::OnSack(const Chunk& chunk) {
  const Bytes bytes = chunk.bytes;
  if (bytes.size() < 16 || IsSettingUp()) return false;
  const size_t blocks = Load16(&bytes[12]);
  const size_t duplicates = Load16(&bytes[14]);
  if (bytes.size() < 16 + 4 * (blocks + duplicates)) return false;
  ++counters_.sacks_in;
  counters_.gaps_reported += blocks;
  const SackOutcome outcome = outbound_.OnSack(Load32(&bytes[4]), Load32(&bytes[8]), bytes.subspan(16, 4 * blocks), core_.now, path_);
  if (!outcome.valid) return false;
  heard_since_t3_ = true;
  if (probing_ && !outbound_.PeerIsFull()) {
    // The window has opened. If our probe was thrown away, there is no need to wait for its timer.
    if (!outcome.cumulative_advanced) outbound_.MarkAllLost(path_);
    probing_ = false;
  }
  AfterAcknowledgement(outcome);
  return true;
}

void Association::AfterAcknowledgement(const SackOutcome& outcome) {
  if (outcome.cumulative_advanced && leaving_) {
    ++core_.closing_progress;
    core_.leaving.Refresh(*leaving_);
  }
  ReleaseSend(outcome.released_bytes);
  if (outcome.released_bytes > 0) NotifyIfDry();
  if (outcome.acknowledged) ClearErrors();
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

bool Association::OnHeartbeat(const PacketRoute& from, const Chunk& chunk) {
  if (IsSettingUp() || chunk.bytes.size() > std::min(path_.max_packet_bytes - kCommonHeaderBytes, kMaxHeartbeatBytes)) return false;
  // Back to where it came from, whatever our path is (section 8.3).
  PacketBuilder packet(core_.host, from, path_.max_packet_bytes, endpoint.port, peer_.port, peer_tag_);
  const Bytes value = chunk.value();
  uint8_t* place = packet.AddChunk(kChunkHeartbeatAck, 0, value.size());
  if (!value.empty()) std::memcpy(place, value.data(), value.size());
  ++counters_.control_chunks_out;
  SendPacket(packet);
  return true;
}

// What does not come back as it was sent is no answer. When that was is not read from there: a peer could make a round trip as long as it likes.
bool Association::OnHeartbeatAck(const Chunk& chunk) {
  const Bytes value = chunk.value();
  if (!heartbeat_unanswered_ || value.size() != heartbeat_.size() || !std::equal(value.begin(), value.end(), heartbeat_.begin())) return false;
  heartbeat_unanswered_ = false;
  // The path is there. Whether the peer is, only what waits for its acknowledgement can say (section 8.1).
  ClearPathErrors();
  if (!outbound_.HasOutstanding()) error_count_ = 0;
  path_.OnRttSample(core_.now - heartbeat_sent_us_);
  return true;
}

bool Association::OnAbort(const Chunk& chunk) {
  const Bytes causes = chunk.value();
  if (!CausesAreWhole(causes)) return false;
  const bool is_reflected = (chunk.flags & kTagReflected) != 0;
  // A reflected tag says that the peer has forgotten us. In this state it owes us a SHUTDOWN COMPLETE alone, which this one has overtaken.
  if (state_ == TcbState::kShutdownAckSent && is_reflected) return OnShutdownComplete();
  const uint32_t cause = causes.empty() ? uint32_t{kCauseNone} : Load16(causes.data());
  Finish(IsSettingUp() ? AssocState::kCantAssoc : AssocState::kCommLost, cause);
  return true;
}

bool Association::OnError(const Chunk& chunk) {
  const Bytes causes = chunk.value();
  if (causes.empty() || !CausesAreWhole(causes)) return false;
  const uint16_t cause = Load16(causes.data());
  if (cause == kCauseStaleCookie) return Load16(&causes[2]) >= 8 && OnStaleCookie(Load32(&causes[4]));
  if (IsSettingUp()) return false;
  if (socket_ == nullptr) return true;
  Item item = NewItem(ItemKind::kRemoteError);
  item.error = cause;
  item.data = causes;
  socket_->Notify(item, kEventPeerError);
  return true;
}

// The two upper bits of a type say what to do with a chunk that we do not know (section 3.2).
bool Association::OnUnknownChunk(const Chunk& chunk) {
  if ((chunk.type & 0x40) != 0 && !IsSettingUp()) {
    ReportError(kCauseUnrecognizedChunk, chunk.bytes.first(std::min(chunk.bytes.size(), kMaxReportedChunkBytes)));
  }
  return (chunk.type & 0x80) != 0;
}

// However many faults a packet has, what it is told of them stays small.
void Association::ReportError(Cause cause, Bytes info) {
  const size_t bytes = kCauseHeaderBytes + info.size();
  if (report_bytes_ + bytes > kMaxReportBytes) return;
  report_bytes_ += bytes;
  std::array<uint8_t, kMaxReportBytes> value;
  Store16(&value[0], cause);
  Store16(&value[2], static_cast<uint32_t>(bytes));
  if (!info.empty()) std::memcpy(&value[kCauseHeaderBytes], info.data(), info.size());
  QueueControl(kChunkError, 0, Bytes(value).first(bytes));
}

}  // namespace mailport::sctp
