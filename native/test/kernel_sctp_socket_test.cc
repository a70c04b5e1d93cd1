// Lists of addresses of the kernel's SCTP, as bytes, and its sockets as far as they need no SCTP in the kernel.
#if defined(__linux__)

#include <netinet/in.h>

#include <memory>

#include "../src/kernel_sctp/option_calls.h"
#include "../src/kernel_sctp/packed_addresses.h"
#include "../src/kernel_sctp/socket.h"
#include "check.h"
#include "notifications.h"
#include "random.h"

namespace mailport::kernel_sctp::test {

TEST("lists of addresses are read as far as they are whole") {
  std::vector<sctp::IpAddress> addresses(3);
  EXPECT_TRUE(io::ParseAddress("10.1.2.3", &addresses[0]));
  EXPECT_TRUE(io::ParseAddress("2001:db8::1", &addresses[1]));
  EXPECT_TRUE(io::ParseAddress("10.1.2.4", &addresses[2]));
  const Buffer packed = PackSockaddrs(addresses, 9);
  EXPECT_EQ(packed.size(), 2 * sizeof(sockaddr_in) + sizeof(sockaddr_in6));
  for (size_t length = 0; length <= packed.size(); length++) {
    const Buffer exact(packed.begin(), packed.begin() + static_cast<ptrdiff_t>(length));
    const size_t whole = length < 16 ? 0 : length < 44 ? 1 : length < 60 ? 2 : 3;
    const std::vector<PackedAddress> found = UnpackSockaddrs(exact, 10);
    EXPECT_EQ(found.size(), whole);
    for (size_t i = 0; i < found.size(); i++) EXPECT_TRUE(found[i].address == addresses[i] && found[i].port == 9);
  }
  EXPECT_EQ(UnpackSockaddrs(packed, 2).size(), 2);
  for (const uint64_t seed : check::Seeds(2000)) {
    sctp::test::Random random(seed);
    Buffer bytes(random.Below(100));
    random.Fill(bytes);
    if (bytes.size() > 1) {
      bytes[0] = random.Chance(0.5) ? AF_INET : AF_INET6;
      bytes[1] = 0;
    }
    UnpackSockaddrs(bytes, 10);
  }
}

TEST("OPN-4: where the kernel has no SCTP, opening says why") {
  if (Socket::Probe() == 0) return;
  std::unique_ptr<Socket> socket;
  EXPECT_EQ(Socket::Open({}, &socket), Socket::Probe());
  EXPECT_TRUE(socket == nullptr);
}

}  // namespace mailport::kernel_sctp::test

#endif
