// Numbers of the contract that sockets of TCP and UDP have in common (native/contract/inet.ts): families, and options. test/native/contract.test.ts compares
// the two sources by name.
#pragma once

#include <cstdint>

namespace mailport::io {

enum class InetFamily : uint32_t { kLocal = 1, kIpv4 = 4, kIpv6 = 6 };

// What the words of each are stands in the contract. Options that sockets of SCTP have too have the same numbers there (sctp::Option).
enum class InetOption : uint32_t {
  kNodelay = 5,
  kLinger = 15,
  kRecbuf = 16,
  kSndbuf = 17,
  kReuseAddr = 23,
  kPriority = 24,
  kTos = 25,
  kTclass = 26,
  kTtl = 27,
  kRecvTos = 28,
  kRecvTclass = 29,
  kRecvTtl = 30,
  kDontRoute = 31,
  kIpv6Only = 32,
  kBindToDevice = 33,
  kKeepalive = 100,
  kKeepIdle = 101,
  kKeepInterval = 102,
  kKeepCount = 103,
  kReusePort = 104,
  kPacket = 110,
  kPacketSize = 111,
  kLineDelimiter = 112,
  kBuffer = 113,
  kHighWatermark = 114,
  kLowWatermark = 115,
  kFlushTimeout = 116,
  kBroadcast = 120,
  kReadPackets = 121,
  kMulticastTtl = 122,
  kMulticastLoop = 123,
  kMulticastIf = 124,
  kAddMembership = 125,
  kDropMembership = 126,
  kAddSourceMembership = 127,
  kDropSourceMembership = 128,
  kRecvPktinfo = 129,
  kGro = 130,
  kGso = 131,
  kBusyPoll = 132,
};

}  // namespace mailport::io
