// One SCTP port on one carrier: finds the association a packet belongs to, answers INITs without keeping anything, checks cookies, and
// deals with packets out of the blue (RFC 9260 sections 5.1, 5.2, 8.4, 8.5).
#pragma once

#include <unordered_map>

#include "core.h"
#include "init_chunk.h"
#include "packet.h"

namespace mailport::sctp {

class Endpoint {
 public:
  Endpoint(EngineImpl& core, CarrierId carrier, uint16_t port);
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  void Input(const PacketRoute& from, const PacketHeader& header, Bytes packet);
  // A packet that nobody waits for: no such port, or no such association (section 8.4).
  static void OutOfTheBlue(EngineImpl& core, const PacketRoute& from, const PacketHeader& header, Bytes packet);

  // The association with a peer that is there, or that says so: nothing shows that the further addresses it lists are its own.
  Association* Find(const PeerKey& peer) const;
  // The one whose own packets come from there.
  Association* FindAt(const PeerKey& peer) const;
  // For the address of an association's packets; whoever only listed it loses it.
  void Claim(const PeerKey& peer, Association& association);
  // For an address that a peer lists. False if another association has it.
  bool Register(const PeerKey& peer, Association& association);
  void Unregister(const PeerKey& peer, const Association& association);

  bool unused() const { return bound_sockets.empty() && sockets_beside == 0 && peers_.empty(); }

  EngineImpl& core;
  const CarrierId carrier;
  const uint16_t port;
  std::vector<Socket*> bound_sockets;  // Those that opened this port; peeled-off and accepted ones come and go beside them.
  size_t sockets_beside = 0;           // They name this endpoint even when their association has ended.

 private:
  Socket* Listener() const;
  void HandleInit(const PacketRoute& from, const PacketHeader& header, const Chunk& chunk);
  void AnswerInit(const PacketRoute& from, const PacketHeader& header, const InitChunk& init, Socket& socket, Association* existing);
  // The association that the rest of the packet is for, if any.
  Association* HandleCookieEcho(const PacketRoute& from, const PacketHeader& header, Bytes cookie);
  void RefuseInit(const PacketRoute& from, const PacketHeader& header, uint32_t tag, uint16_t cause, Bytes cause_info = {});

  std::unordered_map<PeerKey, Association*, PeerKeyHash> peers_;
  mutable PeerKey last_key_;
  mutable Association* last_ = nullptr;
};

}  // namespace mailport::sctp
