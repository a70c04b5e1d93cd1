// What JavaScript asks of a carrier whose packets it brings to their receivers itself.
#pragma once

#include <cstdint>
#include <vector>

#include "../sctp/types.h"

namespace mailport::addon {

// SctpCarrierParams of native/contract/carrier.ts.
struct CarrierRequest {
  std::vector<sctp::IpAddress> addresses;  // At least one.
  bool any = false;                        // Bound to the any address of a host that has these addresses.
  uint16_t port = 0;
  sctp::IpAddress remote;    // Where packets come from that name no source.
  uint32_t mtu = 0;          // The longest packet.
  bool integrity = false;    // The datagrams have an integrity check of their own, so that packets need none (RFC 9653 section 3).
};

// Where a packet came from that JavaScript has brought. What is not given is the carrier's, or the packet's.
struct PacketOrigin {
  sctp::IpAddress remote;
  uint16_t remote_port = 0;
  sctp::IpAddress local;
};

}  // namespace mailport::addon
