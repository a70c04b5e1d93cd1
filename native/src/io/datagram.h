// A datagram of a socket of UDP, or of a Unix-domain one, with what comes beside its bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "../sctp/types.h"
#include "inet_option.h"

namespace mailport::io {

// Bits that say which parts of Ancillary are given: `udpFlag` of native/contract/udp.ts.
enum class DatagramFlag : uint32_t { kTos = 1, kTtl = 2, kTclass = 4, kPktinfo = 8, kTruncated = 16 };

// What IP tells of a datagram beside its bytes, or is told (US-8).
struct Ancillary {
  uint32_t flags = 0;
  uint32_t tos = 0;
  uint32_t ttl = 0;
  uint32_t tclass = 0;
  uint32_t interface = 0;
  std::array<uint32_t, 4> destination{};

  bool Has(DatagramFlag flag) const { return (flags & static_cast<uint32_t>(flag)) != 0; }
  void Add(DatagramFlag flag) { flags |= static_cast<uint32_t>(flag); }
};

// A datagram that is to be sent. Bytes and path are the caller's.
struct OutgoingDatagram {
  sctp::Bytes payload;
  // To whom: not `addressed`: to the connected peer. `family` kLocal: to `path`.
  bool addressed = false;
  InetFamily family = InetFamily::kIpv4;
  std::array<uint32_t, 4> address{};
  uint32_t scope_id = 0;
  uint16_t port = 0;
  std::string_view path;
  Ancillary ancillary;

  bool SameDestination(const OutgoingDatagram& other) const {
    return addressed == other.addressed && (!addressed || (family == other.family && address == other.address && scope_id == other.scope_id &&
                                                           port == other.port && path == other.path));
  }
};

}  // namespace mailport::io
