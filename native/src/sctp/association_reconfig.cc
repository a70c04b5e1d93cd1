// What re-configuration (RFC 6525) does to an association.
#include <cerrno>

#include "association.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

// A chunk of responses and one of requests: nobody has reason to send more in a packet.
constexpr size_t kMostReconfigs = 2;

}  // namespace

void Association::BeginReconfig() {
  std::unique_ptr<Reconfig>& reconfig = parts_->reconfig;
  if (!terms_.capabilities.reconfig) {
    reconfig.reset();
    return;
  }
  Context& context = *this;
  Reconfig::View& view = *this;
  if (reconfig == nullptr) reconfig = std::make_unique<Reconfig>(context, view, parts_->paths, parts_->outbound, parts_->inbound, core_.timers);
  reconfig->Reset(terms_.local_initial_tsn, terms_.peer_initial_tsn);
}

// Why there is no Reconfig: the peer has not answered yet, or an end does not want it.
int Association::NoReconfig(uint32_t allowance) const {
  return IsSettingUp() && terms_.capabilities.reconfig && (options->stream_reset & allowance) != 0 ? ENOTCONN : ENOPROTOOPT;
}

int Association::ResetStreams(uint32_t directions, std::span<const uint16_t> streams) {
  return parts_->reconfig == nullptr ? NoReconfig(kMayResetStreams) : parts_->reconfig->ResetStreams(directions, streams);
}

int Association::ResetNumbers() { return parts_->reconfig == nullptr ? NoReconfig(kMayRestart) : parts_->reconfig->Restart(); }

int Association::AddStreams(uint16_t outbound, uint16_t inbound) {
  return parts_->reconfig == nullptr ? NoReconfig(kMayAddStreams) : parts_->reconfig->AddStreams(outbound, inbound);
}

// Without an agreement it is an unknown chunk (section 5.2).
bool Association::OnReconfig(const PacketRoute&, const Chunk& chunk) {
  if (!terms_.capabilities.reconfig) return OnUnknownChunk(chunk);
  return ++reconfigs_ <= kMostReconfigs && parts_->reconfig->OnChunk(chunk);
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
