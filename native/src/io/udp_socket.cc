// Opening and configuring. Sending is in udp_send.cc.
#if defined(__APPLE__)
#define __APPLE_USE_RFC_3542  // IPV6_RECVPKTINFO.
#endif
#include "udp_socket.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "descriptor_options.h"
#include "network_namespace.h"
#include "socket_address.h"
#include "udp_options.h"

namespace mailport::io {

namespace {

constexpr int kProtocolSctp = 132;  // IPPROTO_SCTP, which not every system names.

int SetOption(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof(value)) == 0 ? 0 : errno;
}

// A privileged process may pass the system's limit (net.core.rmem_max); others get as much as it allows.
void SetBuffer(int fd, int name, int force_name, size_t bytes) {
  const int value = static_cast<int>(std::min<size_t>(bytes, INT32_MAX / 2));
  if (force_name != 0 && SetOption(fd, SOL_SOCKET, force_name, value) == 0) return;
  SetOption(fd, SOL_SOCKET, name, value);
}

#if defined(__linux__)
constexpr int kReceiveForce = SO_RCVBUFFORCE;
constexpr int kSendForce = SO_SNDBUFFORCE;
// Linux doubles what it is asked for, to allow for its own structures, and answers with the doubled value (man 7 socket).
constexpr int kBufferFactor = 2;
#else
constexpr int kReceiveForce = 0;
constexpr int kSendForce = 0;
constexpr int kBufferFactor = 1;
#endif

}  // namespace

int UdpSocket::Open(const UdpParams& params, std::unique_ptr<UdpSocket>* out) {
  const int domain = params.family == 6 ? AF_INET6 : AF_INET;
  NetworkNamespaceVisit visit;
  if (const int error = visit.Enter(params.network_namespace); error != 0) return error;
  const bool over_ip = params.over_ip != nullptr;
  UniqueFd fd(over_ip ? socket(domain, SOCK_RAW, kProtocolSctp) : socket(domain, SOCK_DGRAM, 0));
  if (!fd.valid()) return errno;
  if (const int error = visit.Leave(); error != 0) return error;
  if (fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) return errno;
  if (over_ip) {
    if (const int error = FilterByPort(fd.get(), params.family, params.port); error != 0) return error;
  }
  std::unique_ptr<UdpSocket> opened(new UdpSocket(std::move(fd), params));
  if (const int error = opened->Configure(params); error != 0) return error;
  if (const int error = opened->Bind(params); error != 0) return error;
  *out = std::move(opened);
  return 0;
}

int UdpSocket::ResetOptions(const std::string& device) {
  ResetPacketOptions(fd(), ToInetFamily(family_));
  return BindToDevice(fd(), device);
}

int UdpSocket::Configure(const UdpParams& params) {
  const int fd = fd_.get();
  if (!params.device.empty()) {
    if (const int error = BindToDevice(fd, params.device); error != 0) return error;
  }
  SetBuffer(fd, SO_RCVBUF, kReceiveForce, params.receive_bytes);
  SetBuffer(fd, SO_SNDBUF, kSendForce, params.send_bytes);
  int got = 0;
  socklen_t got_length = sizeof(got);
  if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &got_length) != 0) return errno;
  receive_buffer_bytes_ = static_cast<size_t>(got) / kBufferFactor;

  // A machine of several addresses has to know which one a packet was sent to, or it answers from the wrong one.
  if (family_ == 6) {
    // A raw socket has no such option: it never carries IPv4.
    if (over_ip_ == nullptr) {
      if (const int error = SetOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, ipv6_only_ ? 1 : 0); error != 0) return error;
    }
    if (const int error = SetOption(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1); error != 0) return error;
  } else {
    if (const int error = SetOption(fd, IPPROTO_IP, IP_PKTINFO, 1); error != 0) return error;
  }
#if defined(__linux__)
  // The rest improves things where the kernel has it. An IPv6 socket has the IPv4 options too, for IPv4 peers.
  LetFragment(true);
  SetOption(fd, IPPROTO_IP, IP_RECVERR, 1);
  if (family_ == 6) {
    SetOption(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
  }
  SetOption(fd, SOL_SOCKET, kSelectErrQueue, 1);
  // Segment size 0 leaves segmentation off but tells whether it exists. IP itself has neither.
  unsegmented_.all = over_ip_ != nullptr || SetOption(fd, kUdpLevel, kUdpSegment, 0) != 0;
  if (over_ip_ == nullptr) SetOption(fd, kUdpLevel, kUdpGro, 1);
#else
  unsegmented_.all = true;
#endif
  return 0;
}

// The engine finds out what paths carry, so the kernel's own idea of that never counts (PROBE). With IPv4 routers fragment what may be fragmented: then
// "fragmentation needed" is never true, and the kernel shall not believe it (OMIT). With IPv6 only the sender does, and makes the fragments as small as every path
// carries.
void UdpSocket::LetFragment(bool may) {
  fragments_ = may;
#if defined(__linux__)
  SetOption(fd_.get(), IPPROTO_IP, IP_MTU_DISCOVER, may ? IP_PMTUDISC_OMIT : IP_PMTUDISC_PROBE);
  if (family_ != 6) return;
  constexpr int kLeastIpv6Mtu = 1280;
  SetOption(fd_.get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, may ? IPV6_PMTUDISC_DONT : IPV6_PMTUDISC_PROBE);
  SetOption(fd_.get(), IPPROTO_IPV6, IPV6_DONTFRAG, may ? 0 : 1);
  SetOption(fd_.get(), IPPROTO_IPV6, IPV6_MTU, may ? kLeastIpv6Mtu : 0);
#endif
}

int UdpSocket::Bind(const UdpParams& params) {
  sockaddr_storage storage{};
  socklen_t length = ToSockaddr(params.address, over_ip_ != nullptr ? 0 : params.port, family_, &storage);
  if (length == 0) return EAFNOSUPPORT;
  if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0) return errno;
  length = sizeof(storage);
  if (getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&storage), &length) != 0) return errno;
  if (!FromSockaddr(storage, &address_, &port_)) return EAFNOSUPPORT;
  if (over_ip_ != nullptr) port_ = params.port;
  return 0;
}

}  // namespace mailport::io
