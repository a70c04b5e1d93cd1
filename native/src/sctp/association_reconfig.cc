// What re-configuration (RFC 6525) does to an association.
#include "association.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

// A chunk of responses and one of requests: nobody has reason to send more in a packet.
constexpr size_t kMostReconfigs = 2;

}  // namespace

// Without an agreement it is an unknown chunk (section 5.2).
bool Association::OnReconfig(const PacketRoute&, const Chunk& chunk) {
  if (!terms_.capabilities.reconfig) return OnUnknownChunk(chunk);
  return ++reconfigs_ <= kMostReconfigs && parts_->reconfig.OnChunk(chunk);
}

void Association::GrowStreams(uint16_t outbound, uint16_t inbound) {
  Capabilities& now = terms_.capabilities;
  now.outbound_streams = static_cast<uint16_t>(now.outbound_streams + outbound);
  now.inbound_streams = static_cast<uint16_t>(now.inbound_streams + inbound);
  parts_->inbound.AddStreams(inbound);
}

void Association::OnReceivedChanged() {
  ledger_.ChargeReceived(parts_->inbound);
  TellWindow();
}

// As long as the application does not read, a peer may not fill its queue with events.
bool Association::HasRoomForEvent() const {
  return socket() == nullptr || (socket()->options.events & kReconfigEvents) == 0 || socket()->HasRoomForPeersEvents();
}

void Association::SendWithHeartbeat(Bytes reconfig, Bytes heartbeat) {
  PacketBuilder packet = NewPacket(terms_.peer_tag);
  packet.AddChunk(kChunkReconfig, 0, reconfig);
  packet.AddChunk(kChunkHeartbeat, 0, heartbeat);
  counters_.control_chunks_out += 2;
  SendPacket(packet);
}

}  // namespace mailport::sctp
