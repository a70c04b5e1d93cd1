// Path MTU look-ups.
#include "route_mtu.h"

#include <algorithm>
#include <string_view>

#include "network_namespace.h"
#include "outgoing_packets.h"
#include "socket_address.h"
#include "unique_fd.h"

#ifndef IP_MTU
#define IP_MTU 14  // Linux; elsewhere the question fails and the default is used.
#endif
#ifndef IPV6_MTU
#define IPV6_MTU 24
#endif

namespace mailport::io {

namespace {

constexpr sctp::TimeUs kAnswerLifetimeUs = 60'000'000;
// Bounds the memory that a server with many peers spends on answers.
constexpr size_t kMaxAnswers = 1024;
constexpr int kEthernetMtuBytes = 1500;
#if defined(__linux__)
constexpr int kLoopbackMtuBytes = 65536;
#endif
constexpr int kLeastMtuBytes = 576;  // RFC 1122 section 3.3.3; less is a kernel's mistake.
constexpr size_t kIpv4HeaderBytes = 20;
constexpr size_t kIpv6HeaderBytes = 40;
constexpr uint16_t kDiscardPort = 9;  // Any port will do: nothing is sent.

}  // namespace

size_t RouteMtu::Hash::operator()(const sctp::IpAddress& address) const {
  const std::string_view bytes(reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size());
  return std::hash<std::string_view>()(bytes) ^ address.scope_id ^ address.family;
}

int RouteMtu::AskKernel(const sctp::IpAddress& remote, const std::string& network_namespace) {
  const bool is_ipv4 = remote.family == 4;
  NetworkNamespaceVisit visit;
  if (visit.Enter(network_namespace) != 0) return 0;
  const UniqueFd fd(socket(is_ipv4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return 0;
  sockaddr_storage address;
  const socklen_t length = ToSockaddr(remote, kDiscardPort, remote.family, &address);
  if (length == 0 || connect(fd.get(), reinterpret_cast<sockaddr*>(&address), length) != 0) return 0;
  int mtu = 0;
  socklen_t mtu_length = sizeof(mtu);
  const int status = is_ipv4 ? getsockopt(fd.get(), IPPROTO_IP, IP_MTU, &mtu, &mtu_length)
                             : getsockopt(fd.get(), IPPROTO_IPV6, IPV6_MTU, &mtu, &mtu_length);
  return status == 0 ? mtu : 0;
}

size_t RouteMtu::PacketBytesIn(size_t mtu, uint8_t family) {
  const size_t headers = (family == 4 ? kIpv4HeaderBytes : kIpv6HeaderBytes) + kUdpHeaderBytes;
  return mtu <= headers ? 0 : std::min(mtu - headers, kMaxDatagramBytes) & ~size_t{3};
}

#if defined(__linux__)

size_t RouteMtu::FirstPacketBytes(const sctp::IpAddress& remote, sctp::TimeUs now) {
  const size_t bytes = MaxPacketBytes(remote, now);
  const bool is_here = bytes >= PacketBytesIn(kLoopbackMtuBytes, remote.family);
  return is_here ? bytes : std::min(bytes, PacketBytesIn(kEthernetMtuBytes, remote.family));
}

size_t RouteMtu::MostPacketBytes(const sctp::IpAddress& remote, sctp::TimeUs now) {
  return std::max(MaxPacketBytes(remote, now), PacketBytesIn(kEthernetMtuBytes, remote.family));
}

#else

// Packets may be fragmented here, so nothing can be searched for.
size_t RouteMtu::FirstPacketBytes(const sctp::IpAddress& remote, sctp::TimeUs now) { return MaxPacketBytes(remote, now); }
size_t RouteMtu::MostPacketBytes(const sctp::IpAddress& remote, sctp::TimeUs now) { return MaxPacketBytes(remote, now); }

#endif

size_t RouteMtu::MaxPacketBytes(const sctp::IpAddress& remote, sctp::TimeUs now) {
  const auto found = answers_.find(remote);
  if (found != answers_.end() && now - found->second.asked_at < kAnswerLifetimeUs) return found->second.max_packet_bytes;
  const int answer = ask_(remote, network_namespace_);
  const size_t mtu = static_cast<size_t>(answer >= kLeastMtuBytes ? answer : kEthernetMtuBytes);
  const size_t bytes = PacketBytesIn(mtu, remote.family);
  if (answers_.size() >= kMaxAnswers) answers_.clear();
  answers_[remote] = {bytes, now};
  return bytes;
}

}  // namespace mailport::io
