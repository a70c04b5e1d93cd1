// IPv4 names an interface by address or by index, IPv6 by index alone; memberships for the datagrams of one source are asked for in the same form for both
// (RFC 3678 section 5.1).
#include "multicast.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "../sctp/packet/wire.h"

namespace mailport::io {

namespace {

// Words of a membership.
constexpr size_t kIndexWord = 0;
constexpr size_t kInterfaceWord = 1;
constexpr size_t kGroupWord = 2;
constexpr size_t kSourceWord = 6;
constexpr size_t kMembershipWords = 6;
constexpr size_t kSourceMembershipWords = 10;
constexpr size_t kIpv6Words = 4;

template <typename T>
int Set(int fd, int level, int name, const T& value) {
  return setsockopt(fd, level, name, &value, sizeof(value)) == 0 ? 0 : errno;
}

in_addr Ipv4Of(uint32_t word) { return {htonl(word)}; }

in6_addr Ipv6Of(std::span<const uint32_t> words) {
  in6_addr address{};
  for (size_t i = 0; i < kIpv6Words; i++) sctp::Store32(address.s6_addr + i * sizeof(uint32_t), words[i]);
  return address;
}

int SetIpv4Membership(int fd, bool add, std::span<const uint32_t> words) {
  ip_mreqn request{};
  request.imr_multiaddr = Ipv4Of(words[kGroupWord]);
  request.imr_address = Ipv4Of(words[kInterfaceWord]);
  request.imr_ifindex = static_cast<int>(words[kIndexWord]);
  return Set(fd, IPPROTO_IP, add ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, request);
}

int SetIpv6Membership(int fd, bool add, std::span<const uint32_t> words) {
  ipv6_mreq request{};
  request.ipv6mr_multiaddr = Ipv6Of(words.subspan(kGroupWord));
  request.ipv6mr_interface = words[kIndexWord];
  return Set(fd, IPPROTO_IPV6, add ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, request);
}

bool IsGroup(InetFamily family, uint32_t first_word) { return family == InetFamily::kIpv4 ? first_word >> 28 == 0xe : first_word >> 24 == 0xff; }

void WriteAddress(InetFamily family, std::span<const uint32_t> words, sockaddr_storage* out) {
  if (family == InetFamily::kIpv4) {
    auto* in4 = reinterpret_cast<sockaddr_in*>(out);
    in4->sin_family = AF_INET;
    in4->sin_addr = Ipv4Of(words[0]);
  } else {
    auto* in6 = reinterpret_cast<sockaddr_in6*>(out);
    in6->sin6_family = AF_INET6;
    in6->sin6_addr = Ipv6Of(words);
  }
}

int SetSourceMembership(int fd, InetFamily family, bool add, std::span<const uint32_t> words) {
  if (words[kInterfaceWord] != 0) {
    // Only this older form takes the interface's address.
    ip_mreq_source request{};
    request.imr_multiaddr = Ipv4Of(words[kGroupWord]);
    request.imr_interface = Ipv4Of(words[kInterfaceWord]);
    request.imr_sourceaddr = Ipv4Of(words[kSourceWord]);
    return Set(fd, IPPROTO_IP, add ? IP_ADD_SOURCE_MEMBERSHIP : IP_DROP_SOURCE_MEMBERSHIP, request);
  }
  group_source_req request{};
  request.gsr_interface = words[kIndexWord];
  WriteAddress(family, words.subspan(kGroupWord), &request.gsr_group);
  WriteAddress(family, words.subspan(kSourceWord), &request.gsr_source);
  return Set(fd, family == InetFamily::kIpv4 ? IPPROTO_IP : IPPROTO_IPV6, add ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP, request);
}

}  // namespace

int SetMembership(int fd, InetFamily family, InetOption option, std::span<const uint32_t> words) {
  const bool of_source = option == InetOption::kAddSourceMembership || option == InetOption::kDropSourceMembership;
  const bool add = option == InetOption::kAddMembership || option == InetOption::kAddSourceMembership;
  if (family == InetFamily::kLocal || words.size() != (of_source ? kSourceMembershipWords : kMembershipWords)) return EINVAL;
  if (words[kIndexWord] > INT32_MAX) return ENODEV;
  // An interface of IPv6 has no address to be named by. Both names at once could name two interfaces.
  if (words[kInterfaceWord] != 0 && (family == InetFamily::kIpv6 || words[kIndexWord] != 0)) return EINVAL;
  if (of_source) {
    // Linux has other words here than for groups without sources (net/ipv4/igmp.c, ip_mc_source): a source that is heard already is EADDRNOTAVAIL, and one to drop
    // of a group that has none is EINVAL.
    const int error = SetSourceMembership(fd, family, add, words);
    if (add) return error == EADDRNOTAVAIL ? EADDRINUSE : error;
    return error == EINVAL && IsGroup(family, words[kGroupWord]) ? EADDRNOTAVAIL : error;
  }
  return family == InetFamily::kIpv4 ? SetIpv4Membership(fd, add, words) : SetIpv6Membership(fd, add, words);
}

int SetMulticastInterface(int fd, InetFamily family, uint32_t interface) {
  if (family == InetFamily::kIpv4) return Set(fd, IPPROTO_IP, IP_MULTICAST_IF, Ipv4Of(interface));
  if (family == InetFamily::kIpv6) return interface > INT32_MAX ? ENODEV : Set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, interface);
  return EINVAL;
}

int GetMulticastInterface(int fd, InetFamily family, uint32_t* interface) {
  if (family == InetFamily::kLocal) return EINVAL;
  const bool is_ipv4 = family == InetFamily::kIpv4;
  uint32_t value = 0;
  socklen_t length = sizeof(value);
  if (getsockopt(fd, is_ipv4 ? IPPROTO_IP : IPPROTO_IPV6, is_ipv4 ? IP_MULTICAST_IF : IPV6_MULTICAST_IF, &value, &length) != 0) return errno;
  *interface = is_ipv4 ? ntohl(value) : value;
  return 0;
}

}  // namespace mailport::io
