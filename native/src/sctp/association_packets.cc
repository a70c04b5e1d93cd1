// Packets that an association sends: control chunks, the acknowledgement and data, bundled into as few packets as the windows allow (RFC 9260 sections 6.1,
// 6.2, 6.10).
#include "association.h"
#include "endpoint.h"

namespace mailport::sctp {

void Association::QueueChunk(uint8_t type, uint8_t flags, Bytes value) {
  parts_->control.Add(type, flags, value);
  WantTransmit();
}

PacketBuilder Association::NewPacket(uint32_t tag) {
  return PacketBuilder(core_.host, path().route, path().max_packet_bytes, endpoint.port, peer_.port, tag);
}

void Association::SendPacket(PacketBuilder& packet) {
  packet.Send();
  core_.stats.packets_out += packet.packets_sent();
  counters_.packets_out += packet.packets_sent();
}

void Association::SendAlone(uint8_t type, uint8_t flags, Bytes value, uint32_t tag) {
  PacketBuilder packet = NewPacket(tag);
  packet.AddChunk(type, flags, value);
  ++counters_.control_chunks_out;
  SendPacket(packet);
}

void Association::SendCookieEcho(Bytes cookie) {
  PacketBuilder packet = NewPacket(terms_.peer_tag);
  packet.AddChunk(kChunkCookieEcho, 0, cookie);
  ++counters_.control_chunks_out;
  parts_->control.MoveBehind(packet);
  SendPacket(packet);
}

void Association::Transmit(bool turn_ends) {
  if (IsClosed() || state_ == TcbState::kCookieWait) return;
  parts_->shutdown.QueueIfDue();
  PacketBuilder packet = NewPacket(terms_.peer_tag);
  if (state_ != TcbState::kCookieEchoed) {
    counters_.control_chunks_out += parts_->control.MoveTo(packet);
    const bool has_data = MaySendData() && !parts_->outbound.empty();
    // An acknowledgement that is not urgent travels with data (section 6.2).
    if (parts_->acks.IsDue(turn_ends, has_data && parts_->sender.HasSomething())) AddSack(packet);
    if (has_data) AddData(packet);
  }
  SendPacket(packet);
  if (packet.packets_sent() != 0) parts_->paths.primary().last_sent_us = core_.now;
  parts_->sender.StartT3(core_.now);
  if (parts_->acks.waits_for_turn_end()) WantTransmit();
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

void Association::AddData(PacketBuilder& packet) {
  const bool goes_on = state_ == TcbState::kEstablished;
  const DataSender::Rules rules{FragmentBytes(), goes_on && !options.nodelay, !goes_on || !options.nodelay};
  const DataSender::Sent sent = parts_->sender.Send(packet, rules, core_.now, *this);
  counters_.ordered_chunks_out += sent.ordered_chunks;
  counters_.unordered_chunks_out += sent.unordered_chunks;
  counters_.retransmitted_chunks += sent.lost_chunks;
  core_.stats.retransmissions += sent.lost_chunks;
  core_.stats.data_chunks_out += sent.ordered_chunks + sent.unordered_chunks + sent.lost_chunks;
  Release(sent.released_bytes);
  if (sent.new_data) autoclose_.NoteActivity(core_.now);
}

}  // namespace mailport::sctp
