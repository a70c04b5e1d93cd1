// Faults in a peer's packets, and the ABORTs and ERRORs that each end sends the other for them (RFC 9260 sections 3.2, 3.3.7, 8.5.1 B, 9.1).
#include <algorithm>
#include <array>

#include "association.h"

namespace mailport::sctp {

namespace {

constexpr size_t kMaxReportedChunkBytes = 256;
constexpr size_t kMaxReportBytes = 512;  // ERRORs for one packet, without their headers.

}  // namespace

// A packet under the peer's own tag counts for an ABORT with the T bit alone, wherever in it the ABORT stands (section 8.5.1 B).
void Association::TakeReflectedAbort(const PacketRoute& from, const PacketHeader& header, ChunkReader chunks) {
  if (terms_.peer_tag == 0 || header.verification_tag != terms_.peer_tag) return;
  // A peer that has forgotten the association has forgotten its keys.
  if (auth_ != nullptr && auth_->Requires(kChunkAbort)) return;
  Chunk chunk;
  while (chunks.Next(&chunk)) {
    if (chunk.type != kChunkAbort || (chunk.flags & kTagReflected) == 0) continue;
    ++counters_.packets_in;
    ++counters_.control_chunks_in;
    OnAbort(from, chunk);
    return;
  }
}

// Nothing in a packet with an ABORT is answered, and what comes before the ABORT counts for little: the association ends (sections 3.3.7, 9.1). However many
// chunks ask, the packet is looked through once.
bool Association::AbortFollows() {
  if (!abort_follows_) abort_follows_ = HasChunk(*rest_, kChunkAbort);
  return *abort_follows_;
}

void Association::AbortPeer(Cause cause, Bytes info) {
  if (AbortFollows()) {
    Finish(IsSettingUp() ? AssocState::kCantAssoc : AssocState::kCommLost, cause);
  } else {
    Abort(cause, info);
  }
}

bool Association::OnAbort(const PacketRoute& from, const Chunk& chunk) {
  const Bytes causes = chunk.value();
  if (!CausesAreWhole(causes) || CameToLostHome(from)) return false;
  // A stranger who has an address that the peer listed answers our HEARTBEAT in this way. It says nothing of the peer.
  const Path* const path = parts_->paths.Find(from.remote);
  const bool is_strangers = parts_->paths.size() > 1 && (path == nullptr || !path->confirmed);
  if ((chunk.flags & kTagReflected) != 0 && is_strangers) return false;
  const bool is_reflected = (chunk.flags & kTagReflected) != 0;
  // A reflected tag says that the peer has forgotten us. In this state the peer owes us only a SHUTDOWN COMPLETE, which the ABORT has overtaken.
  if (state_ == TcbState::kShutdownAckSent && is_reflected) return parts_->shutdown.OnShutdownComplete();
  const uint32_t cause = causes.empty() ? uint32_t{kCauseNone} : Load16(causes.data());
  Finish(IsSettingUp() ? AssocState::kCantAssoc : AssocState::kCommLost, cause);
  return true;
}

bool Association::OnError(const PacketRoute&, const Chunk& chunk) {
  const Bytes causes = chunk.value();
  if (causes.empty() || !CausesAreWhole(causes)) return false;
  const uint16_t cause = Load16(causes.data());
  if (cause == kCauseStaleCookie) {
    uint32_t staleness_us = 0;
    return ParseStaleCookie(causes, &staleness_us) && parts_->handshake.OnStaleCookie();
  }
  if (IsSettingUp()) return false;
  const bool names_asconf = cause == kCauseUnrecognizedChunk && causes.size() > kCauseHeaderBytes && causes[kCauseHeaderBytes] == kChunkAsconf;
  if (names_asconf && parts_->asconf != nullptr) parts_->asconf->GiveUp();
  events_.RemoteError(cause, causes);
  return true;
}

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
  const size_t in_packet = Padded(kChunkHeaderBytes + bytes);
  // A COOKIE ACK that leaves another way is the only packet.
  if (owes_cookie_ack_ || report_bytes_ + bytes > kMaxReportBytes || in_packet > answer_room_) return;
  report_bytes_ += bytes;
  answer_room_ -= in_packet;
  std::array<uint8_t, kMaxReportBytes> value;
  WriteCause(cause, info, value.data());
  QueueChunk(kChunkError, 0, Bytes(value).first(bytes));
}

}  // namespace mailport::sctp
