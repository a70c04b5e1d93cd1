// How large an IP packet may be on the way to an address. The kernel's routing table is asked by a connected UDP socket that never sends. Answers are
// kept for a minute, because every new association asks.
#pragma once

#include <cstddef>
#include <string>
#include <type_traits>
#include <unordered_map>

#include "../sctp/types.h"

namespace mailport::io {

constexpr size_t kUdpHeaderBytes = 8;

class RouteMtu {
 public:
  // The kernel's answer for an address, in bytes of an IP packet; anything below 576 stands for "no answer".
  using Ask = int (*)(const sctp::IpAddress& remote, const std::string& network_namespace);
  static int AskKernel(const sctp::IpAddress& remote, const std::string& network_namespace);

  // `network_namespace`: whose routes; empty: those of the process's own.
  explicit RouteMtu(std::string network_namespace, Ask ask = AskKernel) : network_namespace_(std::move(network_namespace)), ask_(ask) {}
  RouteMtu(const RouteMtu&) = delete;
  RouteMtu& operator=(const RouteMtu&) = delete;

  // The largest SCTP packet that fits a UDP datagram on the way to `remote`: a multiple of 4, 65,504 on IPv4 loopback. An address
  // without a route gets what an Ethernet carries. `now` in microseconds.
  size_t MaxPacketBytes(const sctp::IpAddress& remote, sctp::TimeUs now);
  // The same, with what is not to be believed of the answer. First: what a packet may have before anything is known of the way behind the first device, which seldom
  // carries more than Ethernet does, unless there is no way, on this host. Most: what a search may find. The kernel's answer may come from a message that anybody has
  // sent to it, so less than Ethernet has is only where a search begins.
  size_t FirstPacketBytes(const sctp::IpAddress& remote, sctp::TimeUs now);
  size_t MostPacketBytes(const sctp::IpAddress& remote, sctp::TimeUs now);
  // The largest SCTP packet, over UDP, in an IP packet of `mtu` bytes.
  static size_t PacketBytesIn(size_t mtu, uint8_t family);
  // The next question about it goes to the kernel.
  void Forget(const sctp::IpAddress& remote) { answers_.erase(remote); }
  size_t size() const { return answers_.size(); }

 private:
  struct Answer {
    size_t max_packet_bytes;
    sctp::TimeUs asked_at;
  };
  struct Hash {
    size_t operator()(const sctp::IpAddress& address) const;
  };

  std::string network_namespace_;
  Ask ask_;
  std::unordered_map<sctp::IpAddress, Answer, Hash> answers_;
};

static_assert(!std::is_copy_constructible_v<RouteMtu>);

}  // namespace mailport::io
