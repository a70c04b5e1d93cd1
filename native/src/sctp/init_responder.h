// The called end (RFC 9260 sections 5.1, 5.2). Answers an INIT with a cookie and keeps nothing of the INIT. When a cookie comes back, makes an association, or
// a new life of one, from it.
#pragma once

#include "cookie.h"
#include "packet/init_chunk.h"
#include "packet/packet.h"

namespace mailport::sctp {

class Association;
class Core;
class Endpoint;
class Socket;

// The part of a packet that an AUTH chunk at its beginning signs: from that chunk on, and the chunk's own length. Empty if there is none.
struct AuthPart {
  Bytes bytes;
  size_t chunk_bytes = 0;
  bool empty() const { return bytes.empty(); }
};

class InitResponder {
 public:
  InitResponder(Core& core, Endpoint& endpoint) : core_(core), endpoint_(endpoint) {}

  void OnInit(const PacketRoute& from, const PacketHeader& header, const Chunk& chunk);
  // The association that the rest of the packet is for, if any.
  // `*key` is set if the packet is authenticated: the key's identifier.
  Association* OnCookieEcho(const PacketRoute& from, const PacketHeader& header, Bytes cookie, const AuthPart& auth, std::optional<uint16_t>* key);

 private:
  // False: the peer has been refused, or is not answered at all.
  bool Parse(const PacketRoute& from, const PacketHeader& header, const Chunk& chunk, InitChunk* init);
  Socket* SocketFor(const Association* existing) const;
  static Offer OfferFor(const Socket& socket, const Association* existing);
  // Each is true if the INIT has been dealt with.
  bool RefusedForAddresses(const PacketRoute& from, const PacketHeader& header, const InitChunk& init, const Association& existing);
  bool TookForOwner(const PacketRoute& from, const PacketHeader& header, const InitChunk& init);
  // Answers an INIT that came from `from` by the way `to`.
  void Answer(const PacketRoute& to, const PacketHeader& header, const InitChunk& init, Socket& socket, Association* existing,
              const IpAddress& from);
  CookieState CookieFor(const PacketRoute& to, const PacketHeader& header, const InitChunk& init, const Socket& socket, Association* existing,
                        const IpAddress& from);
  // The key vectors of both ends, if both want authenticated chunks.
  void AddAuth(const Offer& offer, const InitChunk& init, const Association* existing, CookieState* cookie);
  // Whether a packet with that cookie is authenticated, or need not be.
  bool IsAuthentic(const CookieState& cookie, const AuthPart& auth, const Association* existing, std::optional<uint16_t>* key) const;
  bool IsForPacket(const CookieState& cookie, const PacketRoute& from, const PacketHeader& header) const;
  // Whether the cookie is young enough, and its UDP port the peer's. If not, answers the peer where an answer is due.
  bool TakesCookie(const PacketRoute& from, const PacketHeader& header, const CookieState& cookie, const Association* existing);
  // The table of section 5.2.4. `*goes_on`: a new association is to be made after all.
  Association* ForExisting(Association& existing, const CookieState& cookie, const PacketRoute& from, bool* goes_on);
  // The packet came from `from`, and the INIT from `caller`.
  Association* Welcome(const PacketRoute& from, const PacketRoute& caller, const PacketHeader& header, const CookieState& cookie);
  // Whether `listener` may have another association, with a peer at that address.
  bool HasRoomFor(const Socket& listener, const IpAddress& address) const;
  void RefuseForNumber(const PacketRoute& from, const PacketHeader& header, uint32_t tag);
  // True if another UDP port of that address and SCTP port has an association; the caller has been refused then.
  bool RefusedForUdpPort(const PacketRoute& from, const PacketHeader& header, uint32_t tag);

  Core& core_;
  Endpoint& endpoint_;
};

}  // namespace mailport::sctp
