#include "endpoint.h"

#include <algorithm>

#include "address_scope.h"
#include "association.h"
#include "core.h"
#include "socket.h"

namespace mailport::sctp {

Endpoint::Endpoint(Core& core, uint16_t the_port) : port(the_port), peers(core.sip_key), core_(core), responder_(core, *this) {}

PacketRoute Endpoint::RouteTo(const IpAddress& remote, uint16_t udp_port) const {
  PacketRoute route;
  route.carrier = core_.host.CarrierTo(homes_, remote);
  route.remote = remote;
  route.remote_udp_port = udp_port;
  return route;
}

std::vector<IpAddress> Endpoint::AddressesFor(const IpAddress& peer) const {
  std::vector<IpAddress> told, own;
  for (const CarrierId home : homes_) {
    own.clear();
    const bool is_any = core_.host.AddressesOf(home, &own);
    for (const IpAddress& address : own) {
      const bool is_far = is_any && ScopeOf(peer) == Scope::kLoopback && ScopeOf(address) != Scope::kLoopback;
      if (!is_far && CanBeToldTo(address, peer) && told.size() < CookieKeys::kMaxOtherAddresses) told.push_back(address);
    }
  }
  if (told.size() == 1) told.clear();
  return told;
}

bool Endpoint::DetectsErrors() const {
  return !homes_.empty() && std::all_of(homes_.begin(), homes_.end(), [this](CarrierId home) { return core_.host.ErrorDetectionMethod(home) == kErrorDetectionByDtls; });
}

bool Endpoint::TakesWithoutChecksum(const PacketRoute& from, const PacketHeader& header, Bytes packet) const {
  if (core_.host.ErrorDetectionMethod(from.carrier) != kErrorDetectionByDtls) return false;
  // A COOKIE ECHO comes first, or behind what authenticates it.
  ChunkReader chunks(packet);
  Chunk first{};
  while (chunks.Next(&first) && first.type == kChunkAuth) {
  }
  if (first.type == kChunkInit || first.type == kChunkCookieEcho) return false;
  const Association* const association = peers.ForPacket({from.remote, header.source_port}, from.remote_udp_port, header.verification_tag);
  return association != nullptr && association->takes_zero_checksum();
}

Socket* Endpoint::Listener() const {
  for (Socket* socket : bound_sockets)
    if (socket->listening()) return socket;
  return nullptr;
}

void Endpoint::Input(const PacketRoute& from, const PacketHeader& header, Bytes packet) {
  if (!Strangers::IsUnicast(from)) return;
  ChunkReader chunks(packet);
  Chunk first;
  ChunkReader peek(packet);
  if (!peek.Next(&first)) return;
  if (first.type == kChunkInit) {
    // An INIT travels alone and under tag 0 (sections 4.3, 8.5.1 A).
    if (header.verification_tag == 0 && peek.AtEnd()) responder_.OnInit(from, header, first);
    return;
  }
  AuthPart auth;
  // A COOKIE ECHO is a packet's first chunk, or comes right behind an AUTH chunk (RFC 4895 section 6.3).
  if (Chunk second; first.type == kChunkAuth && peek.Next(&second)) {
    auth = {chunks.From(first), first.bytes.size()};
    first = second;
  }
  if (first.type == kChunkCookieEcho) {
    chunks = peek;
  }
  // Nothing in a packet with an ABORT is answered (section 9.1), so a COOKIE ECHO in one makes nothing.
  if (first.type == kChunkCookieEcho && !HasChunk(chunks, kChunkAbort)) {
    std::optional<uint16_t> key;
    if (Association* association = responder_.OnCookieEcho(from, header, first.value(), auth, &key)) association->HandlePacket(from, header, chunks, key);
    return;
  }
  Association* association = peers.ForPacket({from.remote, header.source_port}, from.remote_udp_port, header.verification_tag);
  if (Association* const moved = association == nullptr ? peers.ByTag(header.verification_tag) : nullptr; moved != nullptr && moved->ChangesAddresses()) {
    // From an address that the peer gave up, a packet that was late says nothing; an ABORT for it would end the association at the peer (RFC 5061 section 5.3).
    if (auth.empty() || first.type != kChunkAsconf || !moved->MayComeWithAsconf(from, header.source_port, first)) return;
    association = moved;
  }
  // A SHUTDOWN ACK for an association that is still being set up is out of the blue (section 8.5.1 E): it is one for a life before this one, wherever it stands in a
  // packet with another tag.
  const auto is_late = [&] {
    return first.type == kChunkShutdownAck || (header.verification_tag != association->terms().local_tag && HasChunk(ChunkReader(packet), kChunkShutdownAck));
  };
  if (association == nullptr || (association->IsSettingUp() && is_late())) {
    core_.strangers.OutOfTheBlue(from, header, packet);
    return;
  }
  association->HandlePacket(from, header, chunks);
}

}  // namespace mailport::sctp
