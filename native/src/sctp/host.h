// The services that an engine asks of its surroundings. The addon implements it over libuv, the tests over a simulated network.
//
// The engine calls these in the middle of its own work: an implementation must not call the engine back from within.
#pragma once

#include <vector>

#include "types.h"

namespace mailport::sctp {

class Host {
 public:
  virtual ~Host() = default;

  // Room for one outgoing packet of up to `capacity` bytes. The engine writes the packet at once. CommitPacket then sends the packet, or the next ReservePacket
  // drops it.
  virtual uint8_t* ReservePacket(size_t capacity) = 0;
  // Sends the first `length` bytes of the reserved packet. Packets for one route leave in the order of the calls; they may be lost, as anything on a network.
  // `may_be_fragmented`: on its way, by IP. Any other packet arrives in one piece, or not at all, where the host can see to that.
  virtual void CommitPacket(const PacketRoute& route, size_t length, bool may_be_fragmented) = 0;

  // The largest SCTP packet (common header included) that can leave for `remote` in one piece, and the one that is taken to arrive before anything is known of the
  // way. 65,504 on loopback.
  virtual size_t MaxPacketBytes(CarrierId carrier, const IpAddress& remote) = 0;
  virtual size_t FirstPacketBytes(CarrierId carrier, const IpAddress& remote) { return MaxPacketBytes(carrier, remote); }

  // The addresses at which the carrier gets packets. True: all of the host's, because the carrier is bound to the any address.
  virtual bool AddressesOf(CarrierId carrier, std::vector<IpAddress>* addresses) = 0;
  // The one of these carriers that reaches `remote` best; 0 if none does.
  virtual CarrierId CarrierTo(std::span<const CarrierId> carriers, const IpAddress& remote) = 0;

  // Takes one item of `socket`, and copies what the host wants to keep. False: no room now; the engine keeps the item and everything after it, in order, until
  // Engine::Drain. kConnectResult and kWritable must always be taken.
  virtual bool Deliver(SocketId socket, const Item& item) = 0;

  // How errors of packets are detected beside their checksum, as RFC 9653 section 9 numbers it: 0 not at all, 1 as SCTP over DTLS does.
  virtual uint32_t ErrorDetectionMethod(CarrierId) { return 0; }

  // Fills `out` with random bytes that nobody can guess (in a simulation: with the seed's).
  virtual void FillRandom(std::span<uint8_t> out) = 0;
};

}  // namespace mailport::sctp
