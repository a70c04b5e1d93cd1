// One SCTP port on one carrier or several: its sockets, its peers, and the association that a packet belongs to (RFC 9260 sections 1.3, 8.5).
#pragma once

#include <algorithm>
#include <vector>

#include "init_responder.h"
#include "packet/packet.h"
#include "peer_table.h"

namespace mailport::sctp {

class Core;
class Socket;

class Endpoint {
 public:
  Endpoint(Core& core, uint16_t port);
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  void Input(const PacketRoute& from, const PacketHeader& header, Bytes packet);

  // The socket that accepts peers; null if none does.
  Socket* Listener() const;
  // A peer got no association because there were too many.
  void CountRefused() { refused_ += refused_ != UINT32_MAX; }
  uint32_t refused() const { return refused_; }
  bool unused() const { return bound_sockets.empty() && sockets_beside == 0 && peers.empty(); }

  // The carriers of the addresses that the endpoint is bound to, and those that it was bound to before, as long as there are associations that may use them.
  // Only Core changes these.
  const std::vector<CarrierId>& homes() const { return homes_; }
  const std::vector<CarrierId>& left_homes() const { return left_homes_; }
  bool IsHome(CarrierId carrier) const { return std::find(homes_.begin(), homes_.end(), carrier) != homes_.end(); }
  // Whether errors of packets are detected on all carriers, so that they need no checksum (RFC 9653).
  bool DetectsErrors() const;
  // Whether this packet may be without one: it belongs to an association that has told its peer so, and came by such a carrier.
  bool TakesWithoutChecksum(const PacketRoute& from, const PacketHeader& header, Bytes packet) const;
  // The way to a peer's address. Its carrier is 0 if no address of ours can be the source.
  PacketRoute RouteTo(const IpAddress& remote, uint16_t udp_port) const;
  // The addresses that a peer reached at `peer` is told of, so that it can reach us at any of them; none if there is only one. Of a carrier that is bound to the
  // any address a peer on this host is told the loopback addresses alone: that is one way, whatever the number of interfaces.
  std::vector<IpAddress> AddressesFor(const IpAddress& peer) const;

  const uint16_t port;
  std::vector<Socket*> bound_sockets;  // Sockets that opened this port; peeled-off and accepted ones come and go beside them.
  size_t sockets_beside = 0;           // Such sockets name this endpoint even when their association has ended.
  PeerTable peers;

 private:
  friend class Core;

  Core& core_;
  std::vector<CarrierId> homes_, left_homes_;
  InitResponder responder_;
  uint32_t refused_ = 0;
};

}  // namespace mailport::sctp
