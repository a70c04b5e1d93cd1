// One SCTP port on one carrier: its sockets, its peers, and the association that a packet belongs to (RFC 9260 section 8.5).
#pragma once

#include <vector>

#include "init_responder.h"
#include "packet/packet.h"
#include "peer_table.h"

namespace mailport::sctp {

class Core;
class Socket;

class Endpoint {
 public:
  Endpoint(Core& core, CarrierId carrier, uint16_t port);
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  void Input(const PacketRoute& from, const PacketHeader& header, Bytes packet);

  // The socket that accepts peers; null if none does.
  Socket* Listener() const;
  // A peer got no association because there were too many.
  void CountRefused() { refused_ += refused_ != UINT32_MAX; }
  uint32_t refused() const { return refused_; }
  bool unused() const { return bound_sockets.empty() && sockets_beside == 0 && peers.empty(); }

  const CarrierId carrier;
  const uint16_t port;
  std::vector<Socket*> bound_sockets;  // Sockets that opened this port; peeled-off and accepted ones come and go beside them.
  size_t sockets_beside = 0;           // Such sockets name this endpoint even when their association has ended.
  PeerTable peers;

 private:
  Core& core_;
  InitResponder responder_;
  uint32_t refused_ = 0;
};

}  // namespace mailport::sctp
