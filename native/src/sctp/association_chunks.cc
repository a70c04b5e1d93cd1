// Packets that arrive for an association: which of them it takes, and which part handles each chunk (RFC 9260 sections 3.2, 6, 8.5).
#include <array>
#include <utility>

#include "association.h"
#include "endpoint.h"
#include "packet/shutdown_chunk.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;
constexpr size_t kMaxQueuedHeartbeatBytes = 1024;  // The answer to a larger HEARTBEAT leaves in a packet of its own.

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
    handlers[kChunkForwardTsn] = &Association::OnForwardTsn;
    handlers[kChunkIData] = &Association::OnData;
    handlers[kChunkReconfig] = &Association::OnReconfig;
    handlers[kChunkAsconf] = &Association::OnAsconf;
    handlers[kChunkAsconfAck] = &Association::OnAsconfAck;
    handlers[kChunkIForwardTsn] = &Association::OnForwardTsn;
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

void Association::HandlePacket(const PacketRoute& from, const PacketHeader& header, ChunkReader chunks, std::optional<uint16_t> key) {
  ChunkReader peek = chunks;
  Chunk chunk;
  const bool at_begin = chunks.AtBegin();
  // A packet whose COOKIE ECHO, and with it the tag, has been dealt with may have no further chunk.
  const bool is_left = peek.Next(&chunk);
  const bool alone = at_begin && peek.AtEnd();
  if (is_left && !TakesPacket(header, chunk, alone)) {
    SendOwedCookieAck(from);
    TakeReflectedAbort(from, header, chunks);
    return;
  }
  ++counters_.packets_in;
  const size_t packet_bytes = kCommonHeaderBytes + chunks.rest_bytes();
  // Whatever a packet asks for, one packet answers it (section 12.4). A COOKIE ACK is in it already if the packet began with a COOKIE ECHO.
  answer_room_ = parts_->paths.Next().max_packet_bytes - AuthBytes() - kCommonHeaderBytes - (at_begin ? 0 : kChunkHeaderBytes);
  if (owes_cookie_ack_) answer_room_ -= kChunkHeaderBytes + HeartbeatInfo{}.bytes().size();
  report_bytes_ = 0;
  reconfigs_ = 0;
  rest_ = &chunks;
  abort_follows_.reset();
  came_by_ = NumberOf(from.remote);
  has_duplicate_ = false;
  authenticated_ = key.has_value();
  if (key && auth_ != nullptr) NoteKeyOfPeer(*key);
  bool has_data = false, has_heartbeat = false, is_accepted = true;
  while (chunks.Next(&chunk)) {
    if (auth_ != nullptr) [[unlikely]] {
      if (chunk.type == kChunkAuth && OnAuth(chunk, chunks.From(chunk))) continue;
      if (chunk.type == kChunkAuth || IsUnauthenticated(chunk)) {
        is_accepted = false;
        if (chunk.type == kChunkAuth) break;
        continue;
      }
    }
    has_data |= IsDataLike(chunk);
    counters_.control_chunks_in += chunk.type != kChunkData && chunk.type != kChunkIData;
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
  SendOwedCookieAck(from);
  parts_->shutdown.OnPacket();
  // Only a packet that is right from beginning to end can move a peer to another UDP port.
  if (is_accepted && !chunks.broken()) LearnRoute(from);
  if (!has_data) return;
  parts_->paths.NoteData(parts_->paths.Find(from.remote), has_duplicate_);
  if (autoclose_ != nullptr) autoclose_->NoteActivity(core_.now);
  const PathOptions& of_path = *parts_->paths[came_by_].options;
  parts_->acks.OnDataPacket(packet_bytes, parts_->inbound, core_.now, of_path.delay_sacks ? of_path.sack_delay_ms * kMicrosPerMilli : 0);
  WantTransmit();
}

// Before the peer has our COOKIE ACK, or after it said that it has nothing more, there is no data to take (sections 6, 9.2). Data that comes then is a late
// copy. If we acknowledged it, a peer that has gone would answer with an ABORT.
bool Association::TakesData() const {
  return state_ == TcbState::kEstablished || state_ == TcbState::kShutdownPending || state_ == TcbState::kShutdownSent;
}

// A FORWARD TSN is acknowledged as DATA is (RFC 3758 section 3.6). A TSN from before a restart of all numbers (RFC 6525) is not: the acknowledgement would be one
// of TSNs that a peer who has not heard of the restart does not know.
bool Association::IsDataLike(const Chunk& chunk) const {
  if (chunk.bytes.size() >= 8 && IsOldTsn(Load32(&chunk.bytes[4]))) return false;
  const bool interleaving = terms_.capabilities.interleaving;
  return TakesData() && (chunk.type == (interleaving ? kChunkIData : kChunkData) ||
                         (chunk.type == (interleaving ? kChunkIForwardTsn : kChunkForwardTsn) && terms_.capabilities.partial_reliability));
}

bool Association::OnData(const PacketRoute&, const Chunk& chunk) {
  if (!TakesData()) return false;
  const bool interleaved = chunk.type == kChunkIData;
  if (interleaved != terms_.capabilities.interleaving) {
    AbortPeer(kCauseProtocolViolation, {});  // RFC 8260 section 2.2.3.
    return false;
  }
  DataChunk data;
  if (interleaved ? !ParseIData(chunk, &data) : !ParseData(chunk, &data)) return false;
  if (data.payload.empty()) {
    AbortPeer(kCauseNoUserData, chunk.bytes.subspan(4, 4));
    return false;
  }
  if (IsOldTsn(data.tsn)) return false;
  ++core_.stats.data_chunks_in;
  const bool is_unordered = (data.flags & kDataUnordered) != 0;
  counters_.ordered_chunks_in += !is_unordered;
  counters_.CountRare(&AssocCounters::Rare::unordered_chunks_in, is_unordered);
  counters_.CountRare(&AssocCounters::Rare::out_of_sequence_chunks, static_cast<int32_t>(data.tsn - parts_->inbound.cumulative_tsn()) > 1);
  if ((data.flags & kDataImmediate) != 0) parts_->acks.DemandAtTurnEnd();
  const bool is_kept_back = parts_->reconfig != nullptr && parts_->reconfig->KeepsBack(data);
  const DataResult result = is_kept_back ? DataResult::kDropped : parts_->inbound.OnData(data);
  switch (ledger_.ChargeReceived(parts_->inbound) ? result : DataResult::kTooLarge) {
    case DataResult::kAccepted:
      break;
    case DataResult::kDuplicate:
      has_duplicate_ = true;
      ++core_.stats.duplicates;
      counters_.CountRare(&AssocCounters::Rare::duplicate_chunks);
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
      AbortPeer(kCauseProtocolViolation, {});
      return false;
    case DataResult::kTooLarge:
      AbortPeer(kCauseOutOfResource, {});
      return false;
  }
  if (parts_->reconfig != nullptr) parts_->reconfig->OnReceived();
  if (state_ == TcbState::kShutdownSent) {
    // Acknowledge at once, and send our SHUTDOWN again (section 9.2).
    parts_->acks.Demand();
    parts_->shutdown.SayAgain();
  }
  return result == DataResult::kAccepted;
}

// A peer with which FORWARD TSN was not agreed on is told that we do not know it (RFC 3758 section 3.3.1). The wrong one of the two chunks ends the association
// (RFC 8260 section 2.3.1).
bool Association::OnForwardTsn(const PacketRoute&, const Chunk& chunk) {
  const bool interleaved = chunk.type == kChunkIForwardTsn;
  const bool agreed = terms_.capabilities.partial_reliability;
  if (!agreed && !interleaved) return OnUnknownChunk(chunk);
  if (TakesData() && (!agreed || interleaved != terms_.capabilities.interleaving)) AbortPeer(kCauseProtocolViolation, {});
  ForwardTsnChunk forward;
  if (!TakesData() || !ParseForwardTsn(chunk, &forward) || IsOldTsn(forward.cumulative_tsn)) return false;
  const bool is_new = parts_->inbound.OnForwardTsn(forward);
  if (!ledger_.ChargeReceived(parts_->inbound)) {
    AbortPeer(kCauseOutOfResource, {});
    return false;
  }
  if (parts_->reconfig != nullptr) parts_->reconfig->OnReceived();
  if (!is_new || state_ == TcbState::kShutdownSent) parts_->acks.Demand();  // Our acknowledgement may have been lost.
  parts_->acks.DemandAtTurnEnd();  // Its sender waits, and has no I bit to ask with.
  if (state_ == TcbState::kShutdownSent) parts_->shutdown.SayAgain();
  return is_new;
}

bool Association::OnInitAck(const PacketRoute& from, const Chunk& chunk) { return parts_->handshake.OnInitAck(from, chunk); }

// What follows goes the way that the COOKIE ECHO went.
bool Association::OnCookieAck(const PacketRoute& from, const Chunk&) {
  const Path* const path = parts_->paths.Find(from.remote);
  if (state_ == TcbState::kCookieEchoed && path != nullptr && path->confirmed) parts_->paths.PreferAnswered(from.remote);
  return parts_->handshake.OnCookieAck();
}

// Only where data of ours can be outstanding a SACK means anything (section 6). A peer that acknowledges what was never sent is not to be trusted (12.4).
bool Association::OnSack(const PacketRoute&, const Chunk& chunk) {
  SackChunk sack;
  if (!MaySendData() || !ParseSack(chunk, &sack)) return false;
  ++counters_.sacks_in;
  counters_.CountRare(&AssocCounters::Rare::gaps_reported, sack.blocks());
  const SackOutcome outcome = parts_->outbound.OnSack(sack, core_.now, parts_->paths);
  if (outcome.was_never_sent && !IsOldAcknowledgement(sack.cumulative_tsn)) AbortPeer(kCauseProtocolViolation, {});
  if (!outcome.valid || IsClosed()) return false;
  parts_->sender.OnSack(outcome);
  parts_->forward.OnSack(core_.now, path().srtt());
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
  JudgeSizes();
  ProbeMtus();
  WantTransmit();
  parts_->shutdown.Continue();
}

// The answer goes back to where the HEARTBEAT came from, whatever our path is (section 8.3). An end that has echoed a cookie answers as well, although it sends
// nothing else then (5.1 C): the peer may be up already.
bool Association::OnHeartbeat(const PacketRoute& from, const Chunk& chunk) {
  const size_t bytes = Padded(chunk.bytes.size());
  if (state_ == TcbState::kCookieWait || bytes > answer_room_ || AbortFollows()) return false;
  if (Path* const heard = parts_->paths.Find(from.remote)) parts_->heartbeat.OnHeard(*heard);
  const PacketRoute& next = parts_->paths.Next().route;
  const bool on_path = from.remote == next.remote && from.remote_udp_port == next.remote_udp_port && from.carrier == next.carrier;
  if (on_path && state_ != TcbState::kCookieEchoed && bytes <= kMaxQueuedHeartbeatBytes) {
    answer_room_ -= bytes;
    QueueChunk(kChunkHeartbeatAck, 0, chunk.value());
    return true;
  }
  if (report_bytes_ != 0) return false;
  answer_room_ = 0;
  PacketBuilder packet = NewAnswer(from);
  AddOwedCookieAck(packet, from);
  packet.AddChunk(kChunkHeartbeatAck, 0, chunk.value());
  ++counters_.control_chunks_out;
  SendPacket(packet);
  return true;
}

bool Association::OnHeartbeatAck(const PacketRoute&, const Chunk& chunk) {
  const Reconfig* const reconfig = parts_->reconfig.get();
  if (reconfig != nullptr && parts_->reconfig->OnHeartbeatAck(chunk.value())) return true;
  if (TakeProbeAnswer(chunk.value())) return true;
  if (!parts_->heartbeat.OnAck(chunk)) return false;
  const bool owes_answer = parts_->outbound.HasOutstanding() || (reconfig != nullptr && reconfig->IsAsking()) || (parts_->asconf != nullptr && parts_->asconf->IsAsking());
  if (!owes_answer) parts_->paths.ClearPeerErrors();
  WantTransmit();  // What waits may go this way again.
  return true;
}

bool Association::OnShutdown(const PacketRoute&, const Chunk& chunk) {
  uint32_t cumulative_tsn = 0;
  if (IsSettingUp() || !ParseShutdown(chunk, &cumulative_tsn)) return false;
  const SackOutcome outcome = parts_->outbound.OnCumulative(cumulative_tsn, core_.now, parts_->paths);
  parts_->shutdown.OnShutdown();
  if (parts_->reconfig != nullptr) parts_->reconfig->OnShutdown();
  AfterAcknowledgement(outcome);
  return true;
}

bool Association::OnShutdownAck(const PacketRoute&, const Chunk&) { return !AbortFollows() && parts_->shutdown.OnShutdownAck(terms_.peer_tag); }

bool Association::OnShutdownComplete(const PacketRoute&, const Chunk&) { return parts_->shutdown.OnShutdownComplete(); }

// ECN was not agreed on, so these chunks mean nothing.
bool Association::OnEcn(const PacketRoute&, const Chunk&) { return true; }

// INIT and COOKIE ECHO count only as a packet's first chunk, which the endpoint handles.
bool Association::OnOutOfPlace(const PacketRoute&, const Chunk&) { return false; }

}  // namespace mailport::sctp
