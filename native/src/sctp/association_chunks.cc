// Packets that arrive for an association: which of them it takes, and which part handles each chunk (RFC 9260 sections 3.2, 6, 8.5).
#include <algorithm>
#include <array>
#include <utility>

#include "association.h"
#include "endpoint.h"
#include "packet/shutdown_chunk.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;
constexpr size_t kMaxHeartbeatBytes = 1024;  // A larger HEARTBEAT serves no probe, and would only make us send much.
constexpr size_t kMaxReportedChunkBytes = 256;
constexpr size_t kMaxReportBytes = 512;      // ERRORs for one packet, without their headers.

}  // namespace

// The handler of each chunk type. Null: there is none, and the type's upper bits say what to do with the chunk.
Association::Handler Association::HandlerOf(uint8_t type) {
  static constexpr auto kHandlers = [] {
    std::array<Handler, 256> handlers{};
    handlers[kChunkData] = &Association::OnData;
    handlers[kChunkInit] = &Association::OnOutOfPlace;
    handlers[kChunkInitAck] = &Association::OnInitAck;
    handlers[kChunkSack] = &Association::OnSack;
    handlers[kChunkHeartbeat] = &Association::OnHeartbeat;
    handlers[kChunkHeartbeatAck] = &Association::OnHeartbeatAck;
    handlers[kChunkAbort] = &Association::OnAbort;
    handlers[kChunkShutdown] = &Association::OnShutdown;
    handlers[kChunkShutdownAck] = &Association::OnShutdownAck;
    handlers[kChunkError] = &Association::OnError;
    handlers[kChunkCookieEcho] = &Association::OnOutOfPlace;
    handlers[kChunkCookieAck] = &Association::OnCookieAck;
    handlers[kChunkEcne] = &Association::OnEcn;
    handlers[kChunkCwr] = &Association::OnEcn;
    handlers[kChunkShutdownComplete] = &Association::OnShutdownComplete;
    return handlers;
  }();
  return kHandlers[type];
}

// INIT ACK and SHUTDOWN COMPLETE travel alone (section 6.10). So does an ABORT with the T bit: its sender has forgotten the association, and has nothing else
// to say.
bool Association::TravelsAlone(const Chunk& chunk) {
  return chunk.type == kChunkInitAck || chunk.type == kChunkShutdownComplete ||
         (chunk.type == kChunkAbort && (chunk.flags & kTagReflected) != 0);
}

// An ABORT or SHUTDOWN COMPLETE with the T bit must carry the peer's tag, any other packet ours (section 8.5.1 B, C).
bool Association::TakesPacket(const PacketHeader& header, const Chunk& first, bool alone) const {
  if (!alone && TravelsAlone(first)) return false;
  const bool may_reflect = first.type == kChunkAbort || first.type == kChunkShutdownComplete;
  if (may_reflect && (first.flags & kTagReflected) != 0) return terms_.peer_tag != 0 && header.verification_tag == terms_.peer_tag;
  return header.verification_tag == terms_.local_tag;
}

// The peer's UDP port is the one its packets come from (RFC 6951 section 5.4), and the address they come to is ours.
void Association::LearnRoute(const PacketRoute& from) {
  if (from.remote != peer_.address) return;
  PacketRoute& route = parts_->paths.primary().route;
  route.local = from.local;
  if (from.remote_udp_port == route.remote_udp_port || endpoint.peers.Find(peer_, from.remote_udp_port) != nullptr) return;
  route.remote_udp_port = from.remote_udp_port;
}

void Association::HandlePacket(const PacketRoute& from, const PacketHeader& header, ChunkReader chunks) {
  ChunkReader peek = chunks;
  Chunk chunk;
  const bool at_begin = chunks.AtBegin();
  // A packet whose COOKIE ECHO, and with it the tag, has been dealt with may have no further chunk.
  const bool is_left = peek.Next(&chunk);
  const bool alone = at_begin && peek.AtEnd();
  if (is_left && !TakesPacket(header, chunk, alone)) return;
  ++counters_.packets_in;
  const size_t packet_bytes = kCommonHeaderBytes + chunks.rest_bytes();
  report_bytes_ = 0;
  bool has_data = false, has_heartbeat = false, is_accepted = true;
  while (chunks.Next(&chunk)) {
    has_data |= chunk.type == kChunkData && TakesData();
    counters_.control_chunks_in += chunk.type != kChunkData;
    if (const Handler handler = HandlerOf(chunk.type)) {
      // Only one HEARTBEAT a packet is answered: further ones only serve to flood others with the answers.
      const bool is_further = chunk.type == kChunkHeartbeat && std::exchange(has_heartbeat, true);
      is_accepted &= !is_further && (alone || !TravelsAlone(chunk)) && (this->*handler)(from, chunk);
    } else if (!OnUnknownChunk(chunk)) {
      is_accepted = false;
      break;
    }
    if (IsClosed()) return;
  }
  // Only a packet that is right from beginning to end can move a peer to another UDP port.
  if (is_accepted && !chunks.broken()) LearnRoute(from);
  if (!has_data) return;
  autoclose_.NoteActivity(core_.now);
  parts_->acks.OnDataPacket(packet_bytes, parts_->inbound, core_.now, options.delay_sacks ? options.sack_delay_ms * kMicrosPerMilli : 0);
  WantTransmit();
}

// Before the peer has our COOKIE ACK, or after it said that it has nothing more, there is no data to take (sections 6, 9.2). Data that comes then is a late
// copy. If we acknowledged it, a peer that has gone would answer with an ABORT.
bool Association::TakesData() const {
  return state_ == TcbState::kEstablished || state_ == TcbState::kShutdownPending || state_ == TcbState::kShutdownSent;
}

bool Association::OnData(const PacketRoute&, const Chunk& chunk) {
  DataChunk data;
  if (!TakesData() || !ParseData(chunk, &data)) return false;
  if (data.payload.empty()) {
    Abort(kCauseNoUserData, chunk.bytes.subspan(4, 4));
    return false;
  }
  ++core_.stats.data_chunks_in;
  ++((data.flags & kDataUnordered) != 0 ? counters_.unordered_chunks_in : counters_.ordered_chunks_in);
  counters_.out_of_sequence_chunks += static_cast<int32_t>(data.tsn - parts_->inbound.cumulative_tsn()) > 1;
  if ((data.flags & kDataImmediate) != 0) parts_->acks.DemandAtTurnEnd();
  const DataResult result = parts_->inbound.OnData(data);
  switch (ledger_.ChargeReceived(parts_->inbound) ? result : DataResult::kTooLarge) {
    case DataResult::kAccepted:
      break;
    case DataResult::kDuplicate:
      ++core_.stats.duplicates;
      ++counters_.duplicate_chunks;
      parts_->acks.Demand();
      break;
    case DataResult::kDropped:
      parts_->acks.Demand();
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
    // Acknowledge at once, and send our SHUTDOWN again (section 9.2).
    parts_->acks.Demand();
    parts_->shutdown.SayAgain();
  }
  return result == DataResult::kAccepted;
}

bool Association::OnInitAck(const PacketRoute& from, const Chunk& chunk) { return parts_->handshake.OnInitAck(from, chunk); }

bool Association::OnCookieAck(const PacketRoute&, const Chunk&) { return parts_->handshake.OnCookieAck(); }

bool Association::OnSack(const PacketRoute&, const Chunk& chunk) {
  SackChunk sack;
  if (IsSettingUp() || !ParseSack(chunk, &sack)) return false;
  ++counters_.sacks_in;
  counters_.gaps_reported += sack.blocks();
  const SackOutcome outcome = parts_->outbound.OnSack(sack, core_.now, parts_->paths);
  if (!outcome.valid) return false;
  parts_->sender.OnSack(outcome);
  AfterAcknowledgement(outcome);
  return true;
}

void Association::Release(size_t bytes) {
  ledger_.Release(bytes, parts_->outbound);
  if (bytes != 0 && parts_->outbound.held_bytes() == 0) events_.SenderDry();
}

void Association::AfterAcknowledgement(const SackOutcome& outcome) {
  if (outcome.cumulative_advanced) ledger_.NoteProgress();
  Release(outcome.released_bytes);
  if (outcome.acknowledged) parts_->paths.ClearErrors();
  parts_->sender.RestartT3(outcome, core_.now);
  if (outcome.loss_found) {
    parts_->sender.OnLossFound();
    ++core_.stats.fast_retransmits;
  }
  WantTransmit();
  parts_->shutdown.Continue();
}

bool Association::OnHeartbeat(const PacketRoute& from, const Chunk& chunk) {
  const size_t room = path().max_packet_bytes - kCommonHeaderBytes;
  if (IsSettingUp() || chunk.bytes.size() > std::min(room, kMaxHeartbeatBytes)) return false;
  // The answer goes back to where the HEARTBEAT came from, whatever our path is (section 8.3).
  PacketBuilder packet(core_.host, from, path().max_packet_bytes, endpoint.port, peer_.port, terms_.peer_tag);
  packet.AddChunk(kChunkHeartbeatAck, 0, chunk.value());
  ++counters_.control_chunks_out;
  SendPacket(packet);
  return true;
}

bool Association::OnHeartbeatAck(const PacketRoute&, const Chunk& chunk) {
  if (!parts_->heartbeat.OnAck(chunk)) return false;
  if (!parts_->outbound.HasOutstanding()) parts_->paths.ClearPeerErrors();
  return true;
}

bool Association::OnAbort(const PacketRoute&, const Chunk& chunk) {
  const Bytes causes = chunk.value();
  if (!CausesAreWhole(causes)) return false;
  const bool is_reflected = (chunk.flags & kTagReflected) != 0;
  // A reflected tag says that the peer has forgotten us. In this state the peer owes us only a SHUTDOWN COMPLETE, which the ABORT has overtaken.
  if (state_ == TcbState::kShutdownAckSent && is_reflected) return parts_->shutdown.OnShutdownComplete();
  const uint32_t cause = causes.empty() ? uint32_t{kCauseNone} : Load16(causes.data());
  Finish(IsSettingUp() ? AssocState::kCantAssoc : AssocState::kCommLost, cause);
  return true;
}

bool Association::OnShutdown(const PacketRoute&, const Chunk& chunk) {
  uint32_t cumulative_tsn = 0;
  if (IsSettingUp() || !ParseShutdown(chunk, &cumulative_tsn)) return false;
  const SackOutcome outcome = parts_->outbound.OnCumulative(cumulative_tsn, core_.now, parts_->paths);
  parts_->shutdown.OnShutdown();
  AfterAcknowledgement(outcome);
  return true;
}

bool Association::OnShutdownAck(const PacketRoute&, const Chunk&) { return parts_->shutdown.OnShutdownAck(terms_.peer_tag); }

bool Association::OnShutdownComplete(const PacketRoute&, const Chunk&) { return parts_->shutdown.OnShutdownComplete(); }

bool Association::OnError(const PacketRoute&, const Chunk& chunk) {
  const Bytes causes = chunk.value();
  if (causes.empty() || !CausesAreWhole(causes)) return false;
  const uint16_t cause = Load16(causes.data());
  if (cause == kCauseStaleCookie) {
    uint32_t staleness_us = 0;
    return ParseStaleCookie(causes, &staleness_us) && parts_->handshake.OnStaleCookie(staleness_us);
  }
  if (IsSettingUp()) return false;
  events_.RemoteError(cause, causes);
  return true;
}

// ECN was not agreed on, so these chunks mean nothing.
bool Association::OnEcn(const PacketRoute&, const Chunk&) { return true; }

// INIT and COOKIE ECHO count only as a packet's first chunk, which the endpoint handles.
bool Association::OnOutOfPlace(const PacketRoute&, const Chunk&) { return false; }

// The two upper bits of a type say what to do with a chunk that we do not know (section 3.2).
bool Association::OnUnknownChunk(const Chunk& chunk) {
  if ((chunk.type & 0x40) != 0 && !IsSettingUp()) {
    ReportError(kCauseUnrecognizedChunk, chunk.bytes.first(std::min(chunk.bytes.size(), kMaxReportedChunkBytes)));
  }
  return (chunk.type & 0x80) != 0;
}

// However many faults a packet has, the ERRORs for it stay small.
void Association::ReportError(Cause cause, Bytes info) {
  const size_t bytes = kCauseHeaderBytes + info.size();
  if (report_bytes_ + bytes > kMaxReportBytes) return;
  report_bytes_ += bytes;
  std::array<uint8_t, kMaxReportBytes> value;
  WriteCause(cause, info, value.data());
  QueueChunk(kChunkError, 0, Bytes(value).first(bytes));
}

}  // namespace mailport::sctp
