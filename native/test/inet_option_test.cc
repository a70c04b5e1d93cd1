// Options of descriptors that sockets of TCP and UDP have and sockets of SCTP have not: memberships, multicast, ancillary data, buffers; and options as bytes.
#if defined(__linux__)

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "../src/io/inet_options.h"
#include "../src/io/unique_fd.h"
#include "check.h"

namespace mailport::io::test {
namespace {

using Values = std::vector<uint32_t>;

int DomainOf(InetFamily family) {
  if (family == InetFamily::kLocal) return AF_UNIX;
  return family == InetFamily::kIpv6 ? AF_INET6 : AF_INET;
}

struct UdpDescriptor {
  explicit UdpDescriptor(InetFamily the_family) : family(the_family), fd(socket(DomainOf(the_family), SOCK_DGRAM, 0)) {}
  int Set(InetOption option, const Values& values) { return SetDescriptorOption(fd.get(), family, option, values); }
  Values Get(InetOption option) {
    Values values;
    return GetDescriptorOption(fd.get(), family, option, &values) == 0 ? values : Values{};
  }

  InetFamily family;
  UniqueFd fd;
};

constexpr uint32_t kGroup = 0xe8010203;     // 232.1.2.3: of a range for memberships with a source, too.
constexpr uint32_t kLoopback = 0x7f000001;  // 127.0.0.1

uint32_t LoopbackIndex() { return if_nametoindex("lo"); }

}  // namespace

TEST("each boolean of a UDP socket reads back what was set") {
  for (const InetFamily family : {InetFamily::kIpv4, InetFamily::kIpv6}) {
    UdpDescriptor socket(family);
    for (const InetOption option : {InetOption::kBroadcast, InetOption::kRecvPktinfo, InetOption::kRecvTos, InetOption::kKeepalive, InetOption::kGro}) {
      EXPECT_EQ(socket.Set(option, {1}), 0);
      EXPECT_EQ(socket.Get(option), (Values{1}));
      EXPECT_EQ(socket.Set(option, {0}), 0);
      EXPECT_EQ(socket.Get(option), (Values{0}));
    }
    EXPECT_EQ(socket.Get(InetOption::kMulticastLoop), (Values{1}));
    EXPECT_EQ(socket.Set(InetOption::kMulticastLoop, {0}), 0);
    EXPECT_EQ(socket.Get(InetOption::kMulticastLoop), (Values{0}));
  }
}

TEST("UG-3: multicast leaves with one hop unless told, and the kernel's refusal is told") {
  for (const InetFamily family : {InetFamily::kIpv4, InetFamily::kIpv6}) {
    UdpDescriptor socket(family);
    EXPECT_EQ(socket.Get(InetOption::kMulticastTtl), (Values{1}));
    EXPECT_EQ(socket.Set(InetOption::kMulticastTtl, {7}), 0);
    EXPECT_EQ(socket.Get(InetOption::kMulticastTtl), (Values{7}));
    EXPECT_EQ(socket.Set(InetOption::kMulticastTtl, {256}), EINVAL);
    EXPECT_EQ(socket.Set(InetOption::kMulticastTtl, {0xffffffff}), EINVAL);
    EXPECT_EQ(socket.Get(InetOption::kMulticastTtl), (Values{7}));
  }
}

TEST("TO-6: a buffer reads as the kernel has it; TO-2: a size that is none is told") {
  UdpDescriptor socket(InetFamily::kIpv4);
  for (const InetOption option : {InetOption::kRecbuf, InetOption::kSndbuf}) {
    EXPECT_EQ(socket.Set(option, {10000}), 0);
    EXPECT_EQ(socket.Get(option), (Values{20000}));
    EXPECT_EQ(socket.Set(option, {0xffffffff}), EINVAL);
    EXPECT_EQ(socket.Get(option), (Values{20000}));
  }
}

TEST("UG-2: a group is joined once, by address or by index, and left once; each failure is told") {
  UdpDescriptor socket(InetFamily::kIpv4);
  const Values by_address = {0, kLoopback, kGroup, 0, 0, 0};
  const Values by_index = {LoopbackIndex(), 0, kGroup, 0, 0, 0};
  EXPECT_EQ(socket.Set(InetOption::kAddMembership, by_address), 0);
  EXPECT_EQ(socket.Set(InetOption::kAddMembership, by_address), EADDRINUSE);
  EXPECT_EQ(socket.Set(InetOption::kAddMembership, by_index), EADDRINUSE);
  EXPECT_EQ(socket.Set(InetOption::kDropMembership, by_index), 0);
  EXPECT_EQ(socket.Set(InetOption::kDropMembership, by_index), EADDRNOTAVAIL);
  EXPECT_EQ(socket.Set(InetOption::kAddMembership, {0, kLoopback, kLoopback, 0, 0, 0}), EINVAL);
  EXPECT_EQ(socket.Set(InetOption::kAddMembership, {0, 0xc0000201, kGroup, 0, 0, 0}), ENODEV);
  EXPECT_EQ(socket.Set(InetOption::kAddMembership, {99999, 0, kGroup, 0, 0, 0}), ENODEV);
  EXPECT_EQ(socket.Set(InetOption::kAddMembership, {0xffffffff, 0, kGroup, 0, 0, 0}), ENODEV);
}

TEST("a group of IPv6 is joined by the index of an interface, and by no address") {
  UdpDescriptor socket(InetFamily::kIpv6);
  const Values membership = {LoopbackIndex(), 0, 0xff020000, 0, 0, 0x1234};
  EXPECT_EQ(socket.Set(InetOption::kAddMembership, membership), 0);
  EXPECT_EQ(socket.Set(InetOption::kAddMembership, membership), EADDRINUSE);
  EXPECT_EQ(socket.Set(InetOption::kDropMembership, membership), 0);
  EXPECT_EQ(socket.Set(InetOption::kDropMembership, membership), EADDRNOTAVAIL);
  EXPECT_EQ(socket.Set(InetOption::kAddMembership, {99999, 0, 0xff020000, 0, 0, 0x1234}), ENODEV);
  EXPECT_EQ(socket.Set(InetOption::kAddMembership, {0, kLoopback, 0xff020000, 0, 0, 0x1234}), EINVAL);
  EXPECT_EQ(socket.Set(InetOption::kAddMembership, {0, 0, 0xfe800000, 0, 0, 0x1234}), EINVAL);
}

TEST("the datagrams of one source are joined and left, in both families") {
  UdpDescriptor socket(InetFamily::kIpv4);
  const Values by_address = {0, kLoopback, kGroup, 0, 0, 0, kLoopback, 0, 0, 0};
  const Values by_index = {LoopbackIndex(), 0, kGroup, 0, 0, 0, kLoopback, 0, 0, 0};
  for (const Values& membership : {by_address, by_index}) {
    EXPECT_EQ(socket.Set(InetOption::kAddSourceMembership, membership), 0);
    EXPECT_EQ(socket.Set(InetOption::kAddSourceMembership, membership), EADDRINUSE);
    EXPECT_EQ(socket.Set(InetOption::kDropSourceMembership, membership), 0);
    EXPECT_EQ(socket.Set(InetOption::kDropSourceMembership, membership), EADDRNOTAVAIL);
  }
  EXPECT_EQ(socket.Set(InetOption::kAddSourceMembership, {LoopbackIndex(), 0, kGroup, 0, 0, 0}), EINVAL);
  UdpDescriptor six(InetFamily::kIpv6);
  const Values membership = {LoopbackIndex(), 0, 0xff3e0000, 0, 0, 0x1234, 0, 0, 0, 1};
  EXPECT_EQ(six.Set(InetOption::kAddSourceMembership, membership), 0);
  EXPECT_EQ(six.Set(InetOption::kAddSourceMembership, membership), EADDRINUSE);
  EXPECT_EQ(six.Set(InetOption::kDropSourceMembership, membership), 0);
}

TEST("UG-5: the interface of multicast reads back as it was set, and one that is not there is told") {
  UdpDescriptor socket(InetFamily::kIpv4);
  EXPECT_EQ(socket.Get(InetOption::kMulticastIf), (Values{0}));
  EXPECT_EQ(socket.Set(InetOption::kMulticastIf, {kLoopback}), 0);
  EXPECT_EQ(socket.Get(InetOption::kMulticastIf), (Values{kLoopback}));
  EXPECT_EQ(socket.Set(InetOption::kMulticastIf, {0xc0000201}), EADDRNOTAVAIL);
  EXPECT_EQ(socket.Get(InetOption::kMulticastIf), (Values{kLoopback}));
  UdpDescriptor six(InetFamily::kIpv6);
  EXPECT_EQ(six.Set(InetOption::kMulticastIf, {LoopbackIndex()}), 0);
  EXPECT_EQ(six.Get(InetOption::kMulticastIf), (Values{LoopbackIndex()}));
  EXPECT_EQ(six.Set(InetOption::kMulticastIf, {99999}), ENODEV);
}

TEST("sockets have the options of their family: a local one has none of IP, and memberships cannot be read") {
  UdpDescriptor local(InetFamily::kLocal);
  for (const InetOption option : {InetOption::kTos, InetOption::kTtl, InetOption::kTclass, InetOption::kMulticastTtl, InetOption::kMulticastIf,
                                  InetOption::kRecvPktinfo, InetOption::kGro, InetOption::kReusePort}) {
    EXPECT_EQ(local.Set(option, {1}), EINVAL);
    EXPECT_TRUE(local.Get(option).empty());
  }
  EXPECT_EQ(local.Set(InetOption::kKeepalive, {1}), 0);
  EXPECT_EQ(local.Set(InetOption::kSndbuf, {10000}), 0);
  UdpDescriptor four(InetFamily::kIpv4);
  EXPECT_TRUE(four.Get(InetOption::kAddMembership).empty());
  for (const InetOption option : {InetOption::kNodelay, InetOption::kLinger, InetOption::kKeepIdle, InetOption::kPacket, InetOption::kBuffer,
                                  InetOption::kReadPackets, InetOption::kGso}) {
    EXPECT_FALSE(IsDescriptorOption(option));
    EXPECT_EQ(four.Set(option, {1}), EINVAL);
  }
}

TEST("TO-10: a type of service of more than eight bits is refused") {
  UdpDescriptor socket(InetFamily::kIpv6);
  EXPECT_EQ(socket.Set(InetOption::kTos, {0x120}), EINVAL);
  EXPECT_EQ(socket.Set(InetOption::kTclass, {0x120}), EINVAL);
}

TEST("TO-9: an option as bytes goes to the kernel and comes back as long as the kernel has it") {
  UdpDescriptor socket(InetFamily::kIpv4);
  const int on = 1;
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(&on), sizeof(on));
  EXPECT_EQ(SetRawOption(socket.fd.get(), SOL_SOCKET, SO_BROADCAST, bytes), 0);
  std::vector<uint8_t> value(16);
  EXPECT_EQ(GetRawOption(socket.fd.get(), SOL_SOCKET, SO_BROADCAST, &value), 0);
  EXPECT_EQ(value, (std::vector<uint8_t>{bytes.begin(), bytes.end()}));
  EXPECT_EQ(SetRawOption(socket.fd.get(), IPPROTO_TCP, 9999, bytes), ENOPROTOOPT);
  EXPECT_EQ(GetRawOption(socket.fd.get(), SOL_SOCKET, 9999, &value), ENOPROTOOPT);
  value.clear();
  EXPECT_EQ(GetRawOption(socket.fd.get(), SOL_SOCKET, SO_BROADCAST, &value), 0);
  EXPECT_TRUE(value.empty());
}

}  // namespace mailport::io::test

#endif
