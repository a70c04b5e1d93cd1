#include "endpoint.h"

#include <algorithm>

#include "association.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;
constexpr size_t kSmallPacketBytes = 1200;  // What an answer to a stranger may take.
constexpr uint32_t kMaxCookiePreservativeMs = 60000;  // How much longer than usual a peer may have its cookie live (section 5.2.6).

bool IsUnicast(const IpAddress& address) {
  if (address.family == 4) return address.bytes[0] < 224 && !address.IsAny();
  return address.bytes[0] != 0xff && !address.IsAny();
}

}  // namespace

Endpoint::Endpoint(EngineImpl& the_core, CarrierId the_carrier, uint16_t the_port)
    : core(the_core), carrier(the_carrier), port(the_port), peers(the_core.sip_key) {}

Socket* Endpoint::Listener() const {
  for (Socket* socket : bound_sockets)
    if (socket->listening()) return socket;
  return nullptr;
}

void Endpoint::Input(const PacketRoute& from, const PacketHeader& header, Bytes packet) {
  if (!IsUnicast(from.remote)) return;
  ChunkReader chunks(packet);
  Chunk first;
  ChunkReader peek(packet);
  if (!peek.Next(&first)) return;
  if (first.type == kChunkInit) {
    // An INIT travels alone and under tag 0 (sections 4.3, 8.5.1 A).
    if (header.verification_tag == 0 && peek.AtEnd()) HandleInit(from, header, first);
    return;
  }
  if (first.type == kChunkCookieEcho) {
    chunks.Next(&first);
    if (Association* association = HandleCookieEcho(from, header, first.value())) association->HandlePacket(from, header, chunks);
    return;
  }
  Association* association = peers.ForPacket({from.remote, header.source_port}, from.remote_udp_port, header.verification_tag);
  if (association == nullptr) {
    OutOfTheBlue(core, from, header, packet);
    return;
  }
  if (association->IsSettingUp() && first.type == kChunkShutdownAck) {
    OutOfTheBlue(core, from, header, packet);  // Section 8.5.1 E.
    return;
  }
  association->HandlePacket(from, header, chunks);
}

void Endpoint::OutOfTheBlue(EngineImpl& core, const PacketRoute& from, const PacketHeader& header, Bytes packet) {
  ++core.stats.out_of_the_blue;
  if (!IsUnicast(from.remote)) return;
  ChunkReader chunks(packet);
  Chunk chunk;
  uint8_t answer = kChunkAbort;
  uint32_t tag = header.verification_tag;
  uint8_t flags = kTagReflected;
  for (bool first = true; chunks.Next(&chunk); first = false) {
    switch (chunk.type) {
      case kChunkAbort:
      case kChunkShutdownComplete:
      case kChunkCookieAck:
        return;
      case kChunkError:
        if (chunk.bytes.size() >= 8 && Load16(&chunk.bytes[4]) == kCauseStaleCookie) return;
        break;
      case kChunkInit:
        if (!first || header.verification_tag != 0 || chunk.bytes.size() < kInitHeaderBytes) return;
        tag = Load32(&chunk.bytes[4]);
        flags = 0;
        break;
      case kChunkShutdownAck:
        if (first) answer = kChunkShutdownComplete;
        break;
      default:
        break;
    }
  }
  // Tag 0 belongs to an INIT alone; nobody sends it otherwise, and nobody may be sent it (section 8.5).
  if (tag == 0 || chunks.broken() || !core.stranger_answers.Allow(core.now)) return;
  PacketBuilder reply(core.host, from, kSmallPacketBytes, header.destination_port, header.source_port, tag);
  reply.AddChunk(answer, flags, 0);
  if (reply.Send()) ++core.stats.packets_out;
}

void Endpoint::RefuseInit(const PacketRoute& from, const PacketHeader& header, uint32_t tag, uint16_t cause, Bytes info) {
  if (tag == 0 || !core.stranger_answers.Allow(core.now)) return;
  PacketBuilder reply(core.host, from, kSmallPacketBytes, port, header.source_port, tag);
  if (cause == kCauseNone) {
    reply.AddChunk(kChunkAbort, 0, 0);
  } else {
    uint8_t* value = reply.AddChunk(kChunkAbort, 0, 4 + info.size());
    Store16(value, cause);
    Store16(value + 2, static_cast<uint32_t>(4 + info.size()));
    if (!info.empty()) std::memcpy(value + 4, info.data(), info.size());
  }
  if (reply.Send()) ++core.stats.packets_out;
}

// Whoever shares the peer's address (another user of its host, others behind its NAT) has another UDP port, and may neither take an association
// over by restarting it, nor answer a call of ours in the peer's place. The cause is Linux's, with the present port and the new one.
bool Endpoint::RefusedForUdpPort(const PacketRoute& from, const PacketHeader& header, uint32_t tag) {
  const Association* other = peers.First({from.remote, header.source_port});
  if (other == nullptr) return false;
  std::array<uint8_t, 4> ports;
  Store16(&ports[0], other->udp_port());
  Store16(&ports[2], from.remote_udp_port);
  RefuseInit(from, header, tag, kCauseRestartNewEncapsPort, ports);
  return true;
}

bool Endpoint::HasRoomFor(const Socket& listener, const IpAddress& address) const {
  return core.associations.size() < EngineImpl::kMaxAssociations && peers.size() < listener.options.max_associations &&
         peers.CountAt(address) < listener.options.max_associations_per_peer;
}

void Endpoint::RefuseForNumber(const PacketRoute& from, const PacketHeader& header, uint32_t tag) {
  refused = std::max(refused + 1, refused);
  RefuseInit(from, header, tag, kCauseOutOfResource);
}

void Endpoint::HandleInit(const PacketRoute& from, const PacketHeader& header, const Chunk& chunk) {
  // Who calls from an address that another peer has listed is a caller of its own: else a peer could keep others from calling by listing
  // their addresses, and take what is meant for them. A peer that comes back by another of its addresses gets a new association for that.
  Association* existing = peers.Find({from.remote, header.source_port}, from.remote_udp_port);
  if (existing != nullptr && existing->state() == TcbState::kShutdownAckSent) {
    existing->RetransmitShutdownAck();  // Section 9.2.
    return;
  }
  Socket* socket = existing != nullptr && existing->socket() != nullptr ? existing->socket() : Listener();
  if (existing == nullptr && socket != nullptr && chunk.bytes.size() >= kInitHeaderBytes && !HasRoomFor(*socket, from.remote)) {
    RefuseForNumber(from, header, Load32(&chunk.bytes[4]));  // Before anything is spent on it.
    return;
  }
  InitChunk init;
  switch (ParseInit(chunk.bytes, &init)) {
    case InitError::kNone:
      break;
    case InitError::kTruncated:
      return;
    case InitError::kZeroTag:
      return;  // Section 3.3.2: nowhere to send an ABORT to.
    case InitError::kZeroStreams:
    case InitError::kBadParameter:
      RefuseInit(from, header, init.initiate_tag, kCauseInvalidParam);
      return;
    case InitError::kTooManyParameters:
      RefuseInit(from, header, init.initiate_tag, kCauseOutOfResource);
      return;
  }
  if (existing == nullptr && RefusedForUdpPort(from, header, init.initiate_tag)) return;
  if (socket == nullptr) {
    ++core.stats.out_of_the_blue;
    RefuseInit(from, header, init.initiate_tag, kCauseNone);
    return;
  }
  if (init.has_host_name) {
    RefuseInit(from, header, init.initiate_tag, kCauseUnresolvableAddress);
    return;
  }
  if (!socket->HasPeerRoom()) {
    RefuseInit(from, header, init.initiate_tag, kCauseOutOfResource);
    return;
  }
  if (existing != nullptr && !existing->IsSettingUp()) {
    // A restart must not bring in addresses that the association did not have (section 5.2.2).
    for (const IpAddress& address : init.addresses) {
      if (existing->MayHave(address)) continue;
      RefuseInit(from, header, init.initiate_tag, kCauseRestartNewAddresses);
      return;
    }
  }
  if (core.init_answers.Allow(core.now)) AnswerInit(from, header, init, *socket, existing);
}

void Endpoint::AnswerInit(const PacketRoute& from, const PacketHeader& header, const InitChunk& init, Socket& socket, Association* existing) {
  CookieState cookie;
  cookie.created = core.now;
  const uint32_t longer_ms = std::min(init.cookie_preservative_ms, kMaxCookiePreservativeMs);
  cookie.life_ms = std::min(socket.options.assoc.cookie_life_ms, UINT32_MAX - longer_ms) + longer_ms;
  cookie.peer_tag = init.initiate_tag;
  cookie.peer_initial_tsn = init.initial_tsn;
  cookie.peer_rwnd = init.a_rwnd;
  cookie.outbound_streams = static_cast<uint16_t>(std::min<uint32_t>(socket.options.init.outbound_streams, init.inbound_streams));
  cookie.inbound_streams = static_cast<uint16_t>(std::min<uint32_t>(socket.options.init.max_inbound_streams, init.outbound_streams));
  cookie.local_port = port;
  cookie.peer_port = header.source_port;
  cookie.peer_udp_port = from.remote_udp_port;
  cookie.peer_address = from.remote;
  cookie.lists_more = init.has_more_addresses;
  for (const IpAddress& address : init.addresses) {
    if (SameHost(address, from.remote)) continue;
    if (cookie.other_addresses.size() < CookieKeys::kMaxOtherAddresses) {
      cookie.other_addresses.push_back(address);
    } else {
      cookie.lists_more = true;
    }
  }
  cookie.peer_adaptation = init.adaptation;
  if (existing != nullptr && existing->IsSettingUp()) {
    // Both sides call each other: the same tag and TSN as in our own INIT (section 5.2.1).
    cookie.local_tag = existing->local_tag();
    cookie.local_initial_tsn = existing->local_initial_tsn();
  } else {
    cookie.local_tag = core.RandomTag();
    cookie.local_initial_tsn = core.Random32();
  }
  if (existing != nullptr && existing->state() != TcbState::kCookieWait) {
    existing->Tie(&cookie);
  }
  core.RotateCookieKey();
  std::array<uint8_t, CookieKeys::kMaxBytes> sealed;
  const size_t sealed_bytes = core.cookie_keys.Seal(cookie, sealed);

  InitFields fields;
  fields.ack = true;
  fields.initiate_tag = cookie.local_tag;
  fields.a_rwnd = static_cast<uint32_t>(socket.WindowBytes());
  fields.outbound_streams = static_cast<uint16_t>(socket.options.init.outbound_streams);
  fields.inbound_streams = static_cast<uint16_t>(socket.options.init.max_inbound_streams);
  fields.initial_tsn = cookie.local_initial_tsn;
  if (socket.options.adaptation != 0) fields.adaptation = socket.options.adaptation;
  fields.cookie = Bytes(sealed.data(), sealed_bytes);
  fields.report = init.report;
  std::array<uint8_t, kSmallPacketBytes> chunk;
  size_t bytes = WriteInit(fields, socket.params.family, chunk);
  if (bytes == 0) {
    fields.report = {};  // What the peer sent does not fit back; it is told nothing rather than too much.
    bytes = WriteInit(fields, socket.params.family, chunk);
  }
  PacketBuilder reply(core.host, from, kSmallPacketBytes + kCommonHeaderBytes, port, header.source_port, init.initiate_tag);
  reply.AddCopy({chunk.data(), bytes});
  if (reply.Send()) ++core.stats.packets_out;
}

Association* Endpoint::HandleCookieEcho(const PacketRoute& from, const PacketHeader& header, Bytes bytes) {
  const std::optional<CookieState> cookie = core.cookie_keys.Open(bytes);
  // Not ours, or not for this packet: silence (section 5.1.5, steps 2 and 3).
  if (!cookie || cookie->local_tag != header.verification_tag || cookie->local_port != port || cookie->peer_port != header.source_port ||
      cookie->peer_udp_port != from.remote_udp_port || cookie->peer_address != from.remote)
    return nullptr;
  Association* existing = peers.Find({from.remote, header.source_port}, from.remote_udp_port);
  if (existing == nullptr && RefusedForUdpPort(from, header, cookie->peer_tag)) return nullptr;
  const bool same_local = existing != nullptr && cookie->local_tag == existing->local_tag();
  const bool same_peer = existing != nullptr && cookie->peer_tag == existing->peer_tag();
  const TimeUs age = core.now - cookie->created;  // We made it, and time does not run back.
  if (age > cookie->life_ms * kMicrosPerMilli && !(same_local && same_peer)) {
    if (!core.stranger_answers.Allow(core.now)) return nullptr;
    PacketBuilder reply(core.host, from, kSmallPacketBytes, port, header.source_port, cookie->peer_tag);
    uint8_t* value = reply.AddChunk(kChunkError, 0, 8);
    Store16(value, kCauseStaleCookie);
    Store16(value + 2, 8);
    Store32(value + 4, static_cast<uint32_t>(std::min<TimeUs>(age - cookie->life_ms * kMicrosPerMilli, UINT32_MAX)));
    if (reply.Send()) ++core.stats.packets_out;
    return nullptr;
  }
  if (existing != nullptr) {
    // The table of section 5.2.4.
    if (same_local && same_peer) {
      existing->OnCookieOfOurs();
      return existing;
    }
    if (same_local) {
      existing->OnCollision(*cookie);
      return existing;
    }
    if (same_peer || !existing->IsTiedTo(*cookie)) return nullptr;
    if (existing->state() == TcbState::kShutdownAckSent) {
      existing->RetransmitShutdownAck();
      return nullptr;
    }
    if (existing->socket() != nullptr) {
      if (!existing->socket()->HasPeerRoom()) return nullptr;
      existing->Restart(*cookie);
      return existing;
    }
    // Its socket has been closed and it was only finishing: the newcomer is a new association.
    existing->Abandon();
  }
  Socket* socket = Listener();
  // As on Linux it is here, and not at its INIT, that one too many for the backlog is refused, and no cause is given (sctp_sf_do_5_1D_ce).
  if (socket == nullptr || !socket->HasAcceptRoom()) {
    RefuseInit(from, header, cookie->peer_tag, kCauseNone);
    return nullptr;
  }
  // INITs cost nothing and are not counted, so any number of cookies may be out.
  if (!HasRoomFor(*socket, from.remote)) {
    RefuseForNumber(from, header, cookie->peer_tag);
    return nullptr;
  }
  if (!socket->HasPeerRoom()) {
    RefuseInit(from, header, cookie->peer_tag, kCauseOutOfResource);
    return nullptr;
  }
  Socket& owner = socket->params.one_to_one ? core.AddBeside(*socket) : *socket;
  Association& association = core.Add(std::make_unique<Association>(core, *this, owner, from, header.source_port));
  association.Establish(*cookie);
  if (&owner != socket) socket->AddAccepted(owner.id);
  return &association;
}

}  // namespace mailport::sctp
