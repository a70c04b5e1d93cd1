// ICMP errors about packets that a socket has sent. Anybody on the path can send one, so an error counts only if it quotes a verification tag, which
// the engine then compares with its own tags and its peers' (RFC 9260 section 10, ICMP6). Errors are read apart from packets, so that a flood of
// errors costs the time to read them and nothing else.
//
// Two errors are of use. One is that a packet was too big for its path: the engine gets the beginning of that packet, and the size that the message names. The other
// one is that nobody has the UDP port that a packet was sent to, or without UDP, that nobody has SCTP. RFC 6951 section 5.5 makes that the
// answer of a machine without SCTP, and RFC 9260 section 10 (ICMP8, ICMP9) treats such an answer as an ABORT. So the engine gets the ABORT that such a machine
// would have sent.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <type_traits>

#include "../sctp/types.h"
#include "../sctp/packet/wire.h"
#include "message_calls.h"
#include "udp_socket.h"

namespace mailport::io {

struct PortUnreachable {
  static constexpr size_t kAbortBytes = sctp::kCommonHeaderBytes + sctp::kChunkHeaderBytes;
  sctp::PacketRoute route;  // As if the peer had sent it; the carrier is left 0.
  std::array<uint8_t, kAbortBytes> abort;
};

// The ABORT that answers `packet` (as much of it as was quoted): tag of the INIT, or the packet's own tag reflected. False if too little
// was quoted to know a tag by, if the packet is itself an ABORT, or if it has no tag and is no INIT.
bool ComposeAbort(sctp::Bytes packet, std::array<uint8_t, PortUnreachable::kAbortBytes>* abort);

// Memory for one call that reads errors, and the errors that came with it.
class ReceivedErrors {
 public:
  static constexpr unsigned kErrors = 16;

  ReceivedErrors();
  ReceivedErrors(const ReceivedErrors&) = delete;
  ReceivedErrors& operator=(const ReceivedErrors&) = delete;

  // Takes waiting errors off the socket, and answers how many. 0: none waits.
  unsigned Read(const UdpSocket& socket);
  // Whether error `index` of the last Read can be believed, as far as can be seen here.
  bool Get(unsigned index, PortUnreachable* out) const;
  // Whether it says that a packet was too big for its path, and of which size it could have been.
  bool GetTooBig(unsigned index, TooBig* out) const;

 private:
  static constexpr size_t kQuotedBytes = 128;  // Enough for both headers and the initiate tag.
  // The error, the address of its sender, and the packet's control messages.
  static constexpr size_t kControlBytes = 256;
  struct Place {
    sockaddr_storage name;
    iovec piece;
    uint8_t quoted[kQuotedBytes];
    alignas(cmsghdr) uint8_t control[kControlBytes];
  };

  std::array<Place, kErrors> places_;
  std::array<MessageHeader, kErrors> messages_{};
  unsigned count_ = 0;
  bool over_ip_ = false;  // Of the socket that was read.
};

static_assert(!std::is_copy_constructible_v<ReceivedErrors>);

}  // namespace mailport::io
