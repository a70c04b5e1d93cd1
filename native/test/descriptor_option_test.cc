// Options of the levels of IP and of sockets, on a socket of UDP: the descriptor does not matter. And visits to network namespaces that fail.
#if defined(__linux__)

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <vector>

#include "../src/io/descriptor_options.h"
#include "../src/io/network_namespace.h"
#include "../src/io/unique_fd.h"
#include "check.h"

namespace mailport::io::test {
namespace {

using sctp::Option;
using Values = std::vector<uint32_t>;

struct Descriptor {
  explicit Descriptor(uint8_t the_family) : family(the_family), fd(socket(the_family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0)) {}
  int Set(Option option, const Values& values) { return SetDescriptorOption(fd.get(), family, option, values); }
  Values Get(Option option) {
    Values values;
    return GetDescriptorOption(fd.get(), family, option, &values) == 0 ? values : Values{};
  }

  uint8_t family;
  UniqueFd fd;
};

uint64_t NamespaceOfThread() {
  struct stat status {};
  return stat("/proc/thread-self/ns/net", &status) == 0 ? status.st_ino : 0;
}

}  // namespace

TEST("SO-20: each option of a descriptor reads back what was set") {
  Descriptor socket(4);
  for (const Option option : {Option::kReuseAddr, Option::kDontRoute, Option::kRecvTos, Option::kRecvTtl}) {
    EXPECT_TRUE(IsDescriptorOption(option));
    EXPECT_EQ(socket.Get(option), (Values{0}));
    EXPECT_EQ(socket.Set(option, {7}), 0);
    EXPECT_EQ(socket.Get(option), (Values{1}));
  }
  EXPECT_EQ(socket.Set(Option::kTtl, {9}), 0);
  EXPECT_EQ(socket.Get(Option::kTtl), (Values{9}));
  EXPECT_EQ(socket.Set(Option::kTtl, {0}), EINVAL);
  EXPECT_EQ(socket.Set(Option::kTtl, {256}), EINVAL);
  EXPECT_EQ(socket.Set(Option::kPriority, {0x80000000}), EINVAL);
  EXPECT_FALSE(IsDescriptorOption(Option::kNodelay));
}

TEST("options of IPv6 are refused on IPv4, and as many words as an option has are wanted") {
  Descriptor socket(4);
  for (const Option option : {Option::kTclass, Option::kRecvTclass, Option::kIpv6Only}) {
    EXPECT_EQ(socket.Set(option, {1}), EINVAL);
    EXPECT_TRUE(socket.Get(option).empty());
  }
  EXPECT_EQ(socket.Set(Option::kTos, {}), EINVAL);
  EXPECT_EQ(socket.Set(Option::kTos, {1, 2}), EINVAL);
  EXPECT_EQ(socket.Set(Option::kBindToDevice, {1}), EINVAL);
  Descriptor six(6);
  EXPECT_EQ(six.Set(Option::kTclass, {0x20}), 0);
  EXPECT_EQ(six.Get(Option::kTclass), (Values{0x20}));
  EXPECT_EQ(six.Set(Option::kRecvTclass, {1}), 0);
  EXPECT_EQ(six.Get(Option::kIpv6Only), (Values{0}));
}

TEST("SO-19: ECN's bits are not the user's, neither to set nor to see") {
  Descriptor socket(4);
  const int with_ecn = 0x12;
  REQUIRE(setsockopt(socket.fd.get(), IPPROTO_IP, IP_TOS, &with_ecn, sizeof(with_ecn)) == 0);
  EXPECT_EQ(socket.Get(Option::kTos), (Values{0x10}));
  EXPECT_EQ(socket.Set(Option::kTos, {0x21}), 0);
  int present = 0;
  socklen_t length = sizeof(present);
  getsockopt(socket.fd.get(), IPPROTO_IP, IP_TOS, &present, &length);
  EXPECT_EQ(present, 0x22);
  EXPECT_EQ(socket.Get(Option::kTos), (Values{0x20}));
}

TEST("the type of service leaves the priority alone, and the other way round") {
  Descriptor socket(4);
  EXPECT_EQ(socket.Set(Option::kPriority, {3}), 0);
  EXPECT_EQ(socket.Set(Option::kTos, {0x10}), 0);
  EXPECT_EQ(socket.Get(Option::kPriority), (Values{3}));
  EXPECT_EQ(socket.Set(Option::kPriority, {1}), 0);
  EXPECT_EQ(socket.Get(Option::kTos), (Values{0x10}));
}

TEST("a device is named by bytes in words; one that is not there is ENODEV") {
  Descriptor socket(4);
  EXPECT_EQ(socket.Get(Option::kBindToDevice), (Values{0, 0, 0, 0}));
  const Values loopback = {0x6c6f0000, 0, 0, 0};  // "lo"
  EXPECT_EQ(socket.Set(Option::kBindToDevice, loopback), 0);
  EXPECT_EQ(socket.Get(Option::kBindToDevice), loopback);
  EXPECT_EQ(socket.Set(Option::kBindToDevice, {0x6e6f7065, 0, 0, 0}), ENODEV);
  // Sixteen letters leave no room for the final NUL.
  EXPECT_EQ(socket.Set(Option::kBindToDevice, {0x61616161, 0x61616161, 0x61616161, 0x61616161}), ENODEV);
  EXPECT_EQ(BindToDevice(socket.fd.get(), std::string(16, 'a')), ENODEV);
}

TEST("a descriptor is handed on as if it were fresh") {
  Descriptor socket(6);
  for (const Option option : {Option::kTos, Option::kTclass, Option::kTtl, Option::kPriority, Option::kDontRoute}) socket.Set(option, {4});
  ResetPacketOptions(socket.fd.get(), InetFamily::kIpv6);
  Descriptor fresh(6);
  for (const Option option : {Option::kTos, Option::kTclass, Option::kTtl, Option::kPriority, Option::kDontRoute}) {
    check::Note("option " + std::to_string(static_cast<uint32_t>(option)));
    EXPECT_EQ(socket.Get(option), fresh.Get(option));
  }
}

TEST("a visit to a namespace that is none ends at once, and the thread is where it was") {
  const uint64_t home = NamespaceOfThread();
  NetworkNamespaceVisit visit;
  EXPECT_EQ(visit.Enter("/run/netns/no-such"), ENOENT);
  EXPECT_EQ(visit.Leave(), 0);
  EXPECT_TRUE(visit.Enter("/dev/null") != 0);
  EXPECT_EQ(visit.Enter(""), 0);
  EXPECT_EQ(visit.Leave(), 0);
  // Where this is allowed, the visit leads to the same namespace.
  const int error = visit.Enter("/proc/self/ns/net");
  EXPECT_TRUE(error == 0 || error == EPERM);
  EXPECT_EQ(visit.Leave(), 0);
  EXPECT_EQ(NamespaceOfThread(), home);
}

}  // namespace mailport::io::test

#endif
