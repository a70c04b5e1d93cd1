// A carrier: what brings packets between an endpoint and the network, and the count of the sockets that use it. A carrier whose UDP port is the SCTP port
// carries one endpoint, with the sockets peeled off from it. A shared carrier carries every endpoint that asked for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

#include "../sctp/types.h"
#include "outgoing_packets.h"

namespace mailport::io {

class UdpSocket;

class Carrier {
 public:
  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;
  virtual ~Carrier() = default;

  // Sends packets, or loses them, as a network does. All `runs` must be for this carrier.
  virtual void Send(std::span<const PacketRun> runs) = 0;
  // The address that packets come to. The any address: all addresses of the host.
  virtual const sctp::IpAddress& address() const = 0;
  // The UDP port that packets come to, or what stands for it.
  virtual uint16_t port() const = 0;
  // 4, or 6, which carries IPv4 too unless `ipv6_only`.
  virtual uint8_t family() const = 0;
  virtual bool ipv6_only() const = 0;
  virtual const std::string& network_namespace() const = 0;
  // Bytes of packets that wait here to be read before others are lost. Bounds the windows that are advertised.
  virtual size_t receive_buffer_bytes() const = 0;
  // The kernel's socket below; null if there is none.
  virtual const UdpSocket* socket() const { return nullptr; }

  // Whether packets to that address can leave here.
  bool CanReach(const sctp::IpAddress& remote) const {
    return family() == remote.family || (family() == 6 && !ipv6_only() && (address().IsAny() || address().family == 4));
  }
  sctp::CarrierId id() const { return id_; }
  // For several endpoints.
  bool shared() const { return shared_; }

  // How many open sockets of the stack use this carrier, and how many of those have opened its port. The others were peeled off or accepted.
  unsigned users = 0;
  unsigned openers = 0;

 protected:
  Carrier(sctp::CarrierId id, bool shared) : id_(id), shared_(shared) {}

 private:
  sctp::CarrierId id_;
  bool shared_;
};

static_assert(!std::is_copy_constructible_v<Carrier>);

}  // namespace mailport::io
