// A peer's host says by ICMP that nobody has the UDP port a packet was sent to. RFC 6951 section 5.5 makes that the answer of a host
// without SCTP, which RFC 9260 section 10 (ICMP9) treats as an ABORT: so it is handed to the engine as the ABORT that such a host would
// have sent. The quoted packet supplies the verification tag, and the engine checks it as it checks any.
#pragma once

#include <array>

#include "../sctp/types.h"
#include "../sctp/wire.h"
#include "udp_socket.h"

namespace mailport::io {

struct PortUnreachable {
  static constexpr size_t kAbortBytes = sctp::kCommonHeaderBytes + sctp::kChunkHeaderBytes;
  sctp::PacketRoute route;  // As if the peer had sent it; the carrier is left 0.
  std::array<uint8_t, kAbortBytes> abort;
};

// Takes the next waiting error off the socket. False when none waits; `usable` says whether `out` was filled.
bool ReadError(const UdpSocket& socket, PortUnreachable* out, bool* usable);

// The ABORT that answers `packet` (as much of it as was quoted): tag of the INIT, or the packet's own tag reflected. False if too little
// was quoted, or if the packet is itself an ABORT.
bool ComposeAbort(sctp::Bytes packet, std::array<uint8_t, PortUnreachable::kAbortBytes>* abort);

}  // namespace mailport::io
