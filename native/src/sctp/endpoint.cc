#include "endpoint.h"

#include "association.h"
#include "core.h"
#include "socket.h"

namespace mailport::sctp {

Endpoint::Endpoint(Core& core, CarrierId the_carrier, uint16_t the_port)
    : carrier(the_carrier), port(the_port), peers(core.sip_key), core_(core), responder_(core, *this) {}

Socket* Endpoint::Listener() const {
  for (Socket* socket : bound_sockets)
    if (socket->listening()) return socket;
  return nullptr;
}

void Endpoint::Input(const PacketRoute& from, const PacketHeader& header, Bytes packet) {
  if (!Strangers::IsUnicast(from.remote)) return;
  ChunkReader chunks(packet);
  Chunk first;
  ChunkReader peek(packet);
  if (!peek.Next(&first)) return;
  if (first.type == kChunkInit) {
    // An INIT travels alone and under tag 0 (sections 4.3, 8.5.1 A).
    if (header.verification_tag == 0 && peek.AtEnd()) responder_.OnInit(from, header, first);
    return;
  }
  if (first.type == kChunkCookieEcho) {
    chunks.Next(&first);
    if (Association* association = responder_.OnCookieEcho(from, header, first.value())) association->HandlePacket(from, header, chunks);
    return;
  }
  Association* association = peers.ForPacket({from.remote, header.source_port}, from.remote_udp_port, header.verification_tag);
  // A SHUTDOWN ACK for an association that is still being set up is out of the blue (section 8.5.1 E).
  if (association == nullptr || (association->IsSettingUp() && first.type == kChunkShutdownAck)) {
    core_.strangers.OutOfTheBlue(from, header, packet);
    return;
  }
  association->HandlePacket(from, header, chunks);
}

}  // namespace mailport::sctp
