// What an association sends: control chunks, the acknowledgement and data, bundled into as few packets as the windows allow (RFC 9260 sections 6.1, 6.2, 6.10).
#include "association.h"
#include "endpoint.h"

namespace mailport::sctp {

namespace {

constexpr size_t kMaxControlBytes = 16 * 1024;  // Errors and answers waiting for one turn's packets; beyond that they are dropped.

}  // namespace

void Association::QueueChunk(uint8_t type, uint8_t flags, Bytes value) {
  std::vector<uint8_t>& control = parts_->control;
  if (control.size() + value.size() > kMaxControlBytes) return;
  const size_t at = control.size();
  const size_t bytes = kChunkHeaderBytes + value.size();
  control.resize(at + Padded(bytes), 0);
  control[at] = type;
  control[at + 1] = flags;
  Store16(&control[at + 2], static_cast<uint32_t>(bytes));
  if (!value.empty()) std::memcpy(&control[at + kChunkHeaderBytes], value.data(), value.size());
  WantTransmit();
}

PacketBuilder Association::NewPacket(uint32_t tag) {
  return PacketBuilder(core_.host, path().route, path().max_packet_bytes, endpoint.port, peer_.port, tag);
}

void Association::Send(PacketBuilder& packet) {
  packet.Send();
  core_.stats.packets_out += packet.packets_sent();
  counters_.packets_out += packet.packets_sent();
}

void Association::SendAlone(uint8_t type, uint8_t flags, Bytes value, uint32_t tag) {
  PacketBuilder packet = NewPacket(tag);
  packet.AddChunk(type, flags, value);
  ++counters_.control_chunks_out;
  Send(packet);
}

void Association::SendCookieEcho(Bytes cookie) {
  PacketBuilder packet = NewPacket(terms_.peer_tag);
  packet.AddChunk(kChunkCookieEcho, 0, cookie);
  ++counters_.control_chunks_out;
  std::vector<uint8_t>& control = parts_->control;
  if (!control.empty() && control.size() <= packet.room()) packet.AddCopy(control);
  control.clear();
  Send(packet);
}

void Association::Transmit(bool turn_ends) {
  if (IsClosed() || state_ == TcbState::kCookieWait) return;
  parts_->shutdown.QueueIfDue();
  PacketBuilder packet = NewPacket(terms_.peer_tag);
  if (state_ != TcbState::kCookieEchoed) {
    AddControl(packet);
    const bool has_data = MaySendData() && !parts_->outbound.empty();
    // An acknowledgement that is not urgent goes along with data (section 6.2).
    if (parts_->acks.IsDue(turn_ends, has_data && parts_->sender.HasSomething())) AddSack(packet);
    if (has_data) AddData(packet);
  }
  Send(packet);
  if (packet.packets_sent() != 0) parts_->paths.primary().last_sent_us = core_.now;
  parts_->sender.StartT3(core_.now);
  if (parts_->acks.waits_for_turn_end()) WantTransmit();
  parts_->shutdown.Continue();
}

void Association::AddControl(PacketBuilder& packet) {
  std::vector<uint8_t>& control = parts_->control;
  for (size_t at = 0; at < control.size();) {
    const size_t bytes = Load16(&control[at + 2]);
    if (!packet.empty() && Padded(bytes) > packet.room()) packet.Send();
    packet.AddCopy({&control[at], bytes});
    ++counters_.control_chunks_out;
    at += Padded(bytes);
  }
  control.clear();
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
  const AssocCounters before = counters_;
  const DataSender::Sent sent = parts_->sender.Send(packet, rules, core_.now, *this, counters_);
  core_.stats.retransmissions += counters_.retransmitted_chunks - before.retransmitted_chunks;
  core_.stats.data_chunks_out += counters_.data_chunks_out() - before.data_chunks_out();
  ledger_.Release(sent.released_bytes, parts_->outbound);
  if (sent.released_bytes > 0 && parts_->outbound.held_bytes() == 0) events_.SenderDry();
  if (sent.new_data) autoclose_.NoteActivity(core_.now);
}

}  // namespace mailport::sctp
