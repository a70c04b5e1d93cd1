// A non-blocking UDP socket as a carrier of SCTP packets (RFC 6951), or one of IP itself (protocol 132): opened, configured and bound, and sending runs of
// packets.
// Receiving is in received_datagrams.h, ICMP errors in port_unreachable.h.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../sctp/types.h"
#include "outgoing_packets.h"
#include "reserved_port.h"
#include "udp_send.h"
#include "unique_fd.h"

namespace mailport::io {

struct UdpParams {
  sctp::IpAddress address;  // To bind; the any address of `family` for all.
  uint16_t port = 0;        // 0: the kernel picks.
  uint8_t family = 4;       // 4, or 6, which carries IPv4 too unless `ipv6_only`.
  bool ipv6_only = false;
  std::string network_namespace;  // File that stands for it; empty: that of the process.
  std::string device;             // The only one to send and receive by; empty: any.
  // Of IP itself: `port` is the SCTP port, which is reserved. An IPv6 socket carries IPv6 alone.
  std::shared_ptr<ReservedPort> over_ip;
  size_t receive_bytes = 0;  // Wanted for the kernel's buffers; the kernel may give less.
  size_t send_bytes = 0;
};

class UdpSocket {
 public:
  // 0 or a positive errno; `socket` is set only on 0.
  static int Open(const UdpParams& params, std::unique_ptr<UdpSocket>* socket);
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  // Sends `runs` from `position` on. True: all packets have gone (one that the kernel refused counts as lost on the way, and the others still
  // leave). False: the socket is full, and `position` says where to go on when it is writable.
  bool Send(std::span<const PacketRun> runs, SendPosition* position);

  // Packets that the host itself could not send because of their size, since the last call.
  std::vector<TooBig> TakeTooBig() { return std::exchange(too_big_, {}); }

  int fd() const { return fd_.get(); }
  uint8_t family() const { return family_; }
  bool ipv6_only() const { return ipv6_only_; }
  const sctp::IpAddress& address() const { return address_; }
  uint16_t port() const { return port_; }
  // The reservation of the port, of a socket of IP itself; null: UDP.
  const std::shared_ptr<ReservedPort>& over_ip() const { return over_ip_; }
  // Bytes of payload that the kernel's receive buffer is sure to hold.
  size_t receive_buffer_bytes() const { return receive_buffer_bytes_; }
  const std::string& network_namespace() const { return network_namespace_; }
  // Sets the options back to those of a fresh socket, before another user gets this one. 0 or a positive errno.
  int ResetOptions(const std::string& device);

 private:
  UdpSocket(UniqueFd fd, const UdpParams& params)
      : over_ip_(params.over_ip),
        fd_(std::move(fd)),
        family_(params.family),
        ipv6_only_(params.ipv6_only || (params.over_ip != nullptr && params.family == 6)),
        network_namespace_(params.network_namespace) {}
  int Configure(const UdpParams& params);
  int Bind(const UdpParams& params);
  bool SendAlike(std::span<const PacketRun> runs, SendPosition* position);
  // Whether what is sent from now on may be fragmented.
  void LetFragment(bool may);

  std::shared_ptr<ReservedPort> over_ip_;
  UniqueFd fd_;
  uint8_t family_;
  bool ipv6_only_;
  std::string network_namespace_;
  Unsegmented unsegmented_;
  bool fragments_ = true;
  std::vector<TooBig> too_big_;
  sctp::IpAddress address_;
  uint16_t port_ = 0;
  size_t receive_buffer_bytes_ = 0;
};

static_assert(!std::is_copy_constructible_v<UdpSocket>);

}  // namespace mailport::io
