// Packets that an association sends: control chunks, the acknowledgement and data, bundled into as few packets as the windows allow (RFC 9260 sections 6.1,
// 6.2, 6.10).
#include <utility>

#include "association.h"
#include "endpoint.h"

namespace mailport::sctp {

void Association::QueueChunk(uint8_t type, uint8_t flags, Bytes value) {
  parts_->control.Add(type, flags, value);
  WantTransmit();
}

// The answer leaves by the address that the cookie came from (section 6.4), with the answers to what stands behind the cookie. An address that is not confirmed gets it
// with a HEARTBEAT (section 5.4), as long as any is left for it. Otherwise the answer goes the usual way.
void Association::AnswerCookie(const PacketRoute& from) {
  Path* const path = parts_->paths.Find(from.remote);
  if (path == nullptr || path == &parts_->paths.Next() || (!path->confirmed && path->probes_left == 0)) {
    parts_->control.AddCookieAck();
    WantTransmit();
    return;
  }
  owes_cookie_ack_ = true;
  if (!path->confirmed) parts_->heartbeat.Begin(*path);
}

void Association::AddOwedCookieAck(PacketBuilder& packet, const PacketRoute& to) {
  if (!std::exchange(owes_cookie_ack_, false)) return;
  packet.AddChunk(kChunkCookieAck, 0, {});
  ++counters_.control_chunks_out;
  const Path* const path = parts_->paths.Find(to.remote);
  if (path == nullptr || path->confirmed) return;
  packet.AddChunk(kChunkHeartbeat, 0, path->heartbeat.bytes());
  ++counters_.control_chunks_out;
}

void Association::SendOwedCookieAck(const PacketRoute& to) {
  if (!owes_cookie_ack_) return;
  PacketBuilder packet = NewAnswer(to);
  AddOwedCookieAck(packet, to);
  SendPacket(packet);
}

// A handshake comes before anything is known of the way. Its packets may be fragmented.
PacketBuilder Association::NewPacket(uint32_t tag, const Path& path, const PacketRoute& route, size_t max_packet_bytes) {
  const Fragments fragments = IsSettingUp() || path.mtu.may_be_fragmented() ? Fragments::kAllowed : Fragments::kOfExcess;
  return PacketBuilder(core_.host, route, max_packet_bytes, endpoint.port, peer_.port, tag, ChecksumFor(route), auth_.get(), fragments,
                       path.mtu.excess_bytes());
}

PacketBuilder Association::NewAnswer(const PacketRoute& from) {
  const Path* const path = parts_->paths.Find(from.remote);
  return NewPacket(terms_.peer_tag, path != nullptr && path->confirmed ? *path : parts_->paths.Next(), from, parts_->paths.Next().max_packet_bytes);
}

Checksum Association::ChecksumFor(const PacketRoute& route) const {
  if (!terms_.capabilities.zero_checksum || state_ == TcbState::kCookieWait) return Checksum::kAlways;
  return core_.host.ErrorDetectionMethod(route.carrier) == kErrorDetectionByDtls ? Checksum::kIfDemanded : Checksum::kAlways;
}

void Association::SendPacket(PacketBuilder& packet) {
  packet.Send();
  core_.stats.packets_out += packet.packets_sent();
  counters_.packets_out += packet.packets_sent();
}

void Association::SendAlone(uint8_t type, uint8_t flags, Bytes value, uint32_t tag) { SendBy(parts_->paths.Next(), type, flags, value, tag); }

void Association::SendBy(const Path& path, uint8_t type, uint8_t flags, Bytes value, uint32_t tag) {
  PacketBuilder packet = NewPacket(tag, path);
  packet.AddChunk(type, flags, value);
  ++counters_.control_chunks_out;
  SendPacket(packet);
}

void Association::SendCookieEcho(Bytes cookie, const Path& path) {
  PacketBuilder packet = NewPacket(terms_.peer_tag, path);
  packet.AddChunk(kChunkCookieEcho, 0, cookie);
  ++counters_.control_chunks_out;
  parts_->control.MoveBehind(packet);
  SendPacket(packet);
}

void Association::Transmit(bool turn_ends) {
  if (IsClosed() || state_ == TcbState::kCookieWait) return;
  parts_->shutdown.QueueIfDue();
  if (parts_->reconfig != nullptr) parts_->reconfig->Continue();
  if (parts_->asconf != nullptr) parts_->asconf->QueueIfDue();
  const bool has_data = MaySendData() && !parts_->outbound.empty();
  // An acknowledgement that is not urgent travels with data (section 6.2).
  bool owes_sack = state_ != TcbState::kCookieEchoed && parts_->acks.IsDue(turn_ends, has_data && parts_->sender.HasSomething());
  // The host keeps one packet at a time, so an acknowledgement that goes another way leaves before the others begin.
  if (owes_sack && &parts_->paths.Reply() != &parts_->paths.Next()) {
    PacketBuilder alone = NewPacket(terms_.peer_tag, parts_->paths.Reply());
    AddSack(alone);
    SendPacket(alone);
    owes_sack = false;
  }
  PacketBuilder packet = NewPacket(terms_.peer_tag);
  if (state_ != TcbState::kCookieEchoed) {
    counters_.control_chunks_out += parts_->control.MoveTo(packet);
    if (owes_sack) AddSack(packet);
    if (has_data) {
      AddForwardTsn(packet);
      AddData(packet);
    }
  }
  SendPacket(packet);
  parts_->sender.StartTimers(core_.now);
  // What was given up while data was added is for the next packet: FORWARD TSN goes before DATA.
  if (parts_->acks.waits_for_turn_end() || (MaySendData() && parts_->forward.IsDue())) WantTransmit();
  if (parts_->reconfig != nullptr) parts_->reconfig->Continue();
  parts_->shutdown.Continue();
}

void Association::AddSack(PacketBuilder& packet) {
  size_t bytes = parts_->acks.BytesIn(packet.room(), parts_->inbound);
  if (bytes == 0) {
    packet.Send();
    bytes = parts_->acks.BytesIn(packet.room(), parts_->inbound);
  }
  parts_->acks.Write(parts_->inbound, packet.Add(bytes), bytes);
  ++counters_.control_chunks_out;
  ++counters_.sacks_out;
  ledger_.NoteIfSqueezed();
}

bool Association::MaySendData() const {
  return state_ == TcbState::kEstablished || state_ == TcbState::kShutdownPending || state_ == TcbState::kShutdownReceived;
}

// Before the data of the turn, and with it in one packet if possible (RFC 3758 section 3.5 F2).
void Association::AddForwardTsn(PacketBuilder& packet) {
  Release(parts_->outbound.GiveUpLost(FragmentBytes(), core_.now, *this));
  if (!parts_->forward.IsDue()) return;
  parts_->forward.Send(packet, parts_->paths.Next().max_packet_bytes - AuthBytes(), core_.now);
  ++counters_.control_chunks_out;
}

void Association::AddData(PacketBuilder& packet) {
  const DataSender::Rules rules{FragmentBytes(), state_ == TcbState::kEstablished && !options->nodelay};
  const DataSender::Sent sent = parts_->sender.Send(packet, rules, core_.now, *this);
  counters_.ordered_chunks_out += sent.ordered_chunks;
  counters_.CountRare(&AssocCounters::Rare::unordered_chunks_out, sent.unordered_chunks);
  counters_.CountRare(&AssocCounters::Rare::retransmitted_chunks, sent.lost_chunks);
  core_.stats.retransmissions += sent.lost_chunks;
  core_.stats.data_chunks_out += sent.ordered_chunks + sent.unordered_chunks + sent.lost_chunks;
  Release(sent.released_bytes);
  if (sent.new_data && autoclose_ != nullptr) autoclose_->NoteActivity(core_.now);
}

}  // namespace mailport::sctp
