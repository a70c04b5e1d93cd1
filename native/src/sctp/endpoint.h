// One SCTP port on one carrier: finds the association a packet belongs to, answers INITs without keeping anything, checks cookies, and
// deals with packets out of the blue (RFC 9260 sections 5.1, 5.2, 8.4, 8.5).
#pragma once

#include "core.h"
#include "packet/init_chunk.h"
#include "packet/packet.h"

namespace mailport::sctp {

class Endpoint {
 public:
  Endpoint(EngineImpl& core, CarrierId carrier, uint16_t port);
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  void Input(const PacketRoute& from, const PacketHeader& header, Bytes packet);
  // A packet that nobody waits for: no such port, or no such association (section 8.4).
  static void OutOfTheBlue(EngineImpl& core, const PacketRoute& from, const PacketHeader& header, Bytes packet);

  bool unused() const { return bound_sockets.empty() && sockets_beside == 0 && peers.empty(); }

  EngineImpl& core;
  const CarrierId carrier;
  const uint16_t port;
  std::vector<Socket*> bound_sockets;  // Those that opened this port; peeled-off and accepted ones come and go beside them.
  size_t sockets_beside = 0;           // They name this endpoint even when their association has ended.
  PeerTable peers;
  uint32_t refused = 0;                // Peers that got no association because there were too many.

 private:
  Socket* Listener() const;
  void HandleInit(const PacketRoute& from, const PacketHeader& header, const Chunk& chunk);
  void AnswerInit(const PacketRoute& from, const PacketHeader& header, const InitChunk& init, Socket& socket, Association* existing);
  // The association that the rest of the packet is for, if any.
  Association* HandleCookieEcho(const PacketRoute& from, const PacketHeader& header, Bytes cookie);
  void RefuseInit(const PacketRoute& from, const PacketHeader& header, uint32_t tag, uint16_t cause, Bytes cause_info = {});
  // Whether `listener` may have another association, with a peer at that address.
  bool HasRoomFor(const Socket& listener, const IpAddress& address) const;
  void RefuseForNumber(const PacketRoute& from, const PacketHeader& header, uint32_t tag);
  // True if another UDP port of that address and SCTP port has an association; the caller has been refused then.
  bool RefusedForUdpPort(const PacketRoute& from, const PacketHeader& header, uint32_t tag);
};

}  // namespace mailport::sctp
