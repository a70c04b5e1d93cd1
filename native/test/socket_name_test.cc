// Names of sockets between text, words and the kernel.
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <string>

#include "../src/io/inet_socket.h"
#include "../src/io/socket_name.h"
#include "check.h"

namespace mailport::io::test {
namespace {

struct Opened {
  explicit Opened(InetFamily family, int type = SOCK_DGRAM) { error = OpenInetSocket({.family = family, .network_namespace = "", .adopted = -1}, type, &fd); }
  UniqueFd fd;
  int error;
};

// What the text becomes, and back; "E…" for an error.
std::string Through(InetFamily family, const std::string& text, uint16_t port = 7) {
  Opened socket(family);
  SocketName name;
  const int error = ToSocketName(socket.fd.get(), family, text, port, &name);
  if (error == EINVAL) return "EINVAL";
  if (error == EAFNOSUPPORT) return "EAFNOSUPPORT";
  return AddressOf(name) + " " + std::to_string(PortOf(name));
}

}  // namespace

TEST("an address is read as its family has it, and mapped addresses stay mapped") {
  EXPECT_EQ(Through(InetFamily::kIpv4, "127.0.0.1"), "127.0.0.1 7");
  EXPECT_EQ(Through(InetFamily::kIpv6, "::1"), "::1 7");
  EXPECT_EQ(Through(InetFamily::kIpv6, "::ffff:127.0.0.1"), "::ffff:127.0.0.1 7");
  EXPECT_EQ(Through(InetFamily::kIpv4, "::1"), "EAFNOSUPPORT");
  EXPECT_EQ(Through(InetFamily::kIpv6, "127.0.0.1"), "EAFNOSUPPORT");
  for (const char* wrong : {"", "localhost", "127.0.0.1 ", "1.2.3", "::g", "::1%", "::1%nope", "::1%0", "::1%-1", "::1%1x"}) {
    check::Note(wrong);
    EXPECT_EQ(Through(InetFamily::kIpv6, wrong), "EINVAL");
    EXPECT_EQ(Through(InetFamily::kIpv4, wrong), "EINVAL");
  }
  EXPECT_EQ(Through(InetFamily::kIpv4, std::string("127.0.0.1\0", 10)), "EINVAL");
}

TEST("a scope is given by name or number, and told by number") {
  const std::string index = std::to_string(if_nametoindex("lo"));
  EXPECT_EQ(Through(InetFamily::kIpv6, "fe80::1%lo"), "fe80::1%" + index + " 7");
  EXPECT_EQ(Through(InetFamily::kIpv6, "fe80::1%" + index), "fe80::1%" + index + " 7");
}

TEST("TL-15: a path is bytes; one that is too long is EINVAL, and so is a port") {
  EXPECT_EQ(Through(InetFamily::kLocal, "/tmp/a\xff", 0), "/tmp/a\xff 0");
  EXPECT_EQ(Through(InetFamily::kLocal, "", 0), " 0");
  const std::string abstract("\0a\0b", 4);
  EXPECT_EQ(Through(InetFamily::kLocal, abstract, 0), abstract + " 0");
  EXPECT_EQ(Through(InetFamily::kLocal, std::string(107, 'a'), 0), std::string(107, 'a') + " 0");
  EXPECT_EQ(Through(InetFamily::kLocal, std::string(1, '\0') + std::string(107, 'a'), 0), std::string(1, '\0') + std::string(107, 'a') + " 0");
  EXPECT_EQ(Through(InetFamily::kLocal, std::string(108, 'a'), 0), "EINVAL");
  EXPECT_EQ(Through(InetFamily::kLocal, std::string(1, '\0') + std::string(108, 'a'), 0), "EINVAL");
  EXPECT_EQ(Through(InetFamily::kLocal, std::string("a\0b", 3), 0), "EINVAL");
  EXPECT_EQ(Through(InetFamily::kLocal, "/tmp/a", 1), "EINVAL");
}

TEST("words say the same as text") {
  const uint32_t ipv4[] = {0x7f000001};
  SocketName name;
  EXPECT_TRUE(ToSocketName(InetFamily::kIpv4, ipv4, 0, 80, &name));
  EXPECT_EQ(AddressOf(name), "127.0.0.1");
  const uint32_t ipv6[] = {0xfe800000, 0, 0, 5};
  EXPECT_TRUE(ToSocketName(InetFamily::kIpv6, ipv6, 3, 80, &name));
  EXPECT_EQ(AddressOf(name), "fe80::5%3");
  uint32_t words[4];
  uint32_t scope_id = 0;
  WriteWords(name, words, &scope_id);
  EXPECT_TRUE(std::equal(std::begin(words), std::end(words), std::begin(ipv6)));
  EXPECT_EQ(scope_id, 3u);
  EXPECT_FALSE(ToSocketName(static_cast<InetFamily>(0), ipv4, 0, 80, &name));
}

TEST("two names are the same by address, port and zone, or by path") {
  const auto named = [](InetFamily family, const std::string& text, uint16_t port) {
    Opened socket(family);
    SocketName name;
    REQUIRE(ToSocketName(socket.fd.get(), family, text, port, &name) == 0);
    return name;
  };
  const SocketName four = named(InetFamily::kIpv4, "127.0.0.1", 7);
  EXPECT_TRUE(SameName(four, named(InetFamily::kIpv4, "127.0.0.1", 7)));
  EXPECT_FALSE(SameName(four, named(InetFamily::kIpv4, "127.0.0.1", 8)));
  EXPECT_FALSE(SameName(four, named(InetFamily::kIpv4, "127.0.0.2", 7)));
  EXPECT_FALSE(SameName(four, named(InetFamily::kIpv6, "::ffff:127.0.0.1", 7)));
  EXPECT_TRUE(SameName(named(InetFamily::kIpv6, "fe80::1%1", 7), named(InetFamily::kIpv6, "fe80::1", 7)));
  EXPECT_FALSE(SameName(named(InetFamily::kIpv6, "fe80::1%1", 7), named(InetFamily::kIpv6, "fe80::1%2", 7)));
  EXPECT_TRUE(SameName(named(InetFamily::kLocal, "/a", 0), named(InetFamily::kLocal, "/a", 0)));
  EXPECT_FALSE(SameName(named(InetFamily::kLocal, "/a", 0), named(InetFamily::kLocal, "", 0)));
}

TEST("a socket is bound and named; binding twice is EINVAL") {
  for (const auto& [family, address] : {std::pair{InetFamily::kIpv4, "127.0.0.1"}, std::pair{InetFamily::kIpv6, "::1"}}) {
    Opened socket(family);
    REQUIRE(socket.error == 0);
    SocketName name;
    REQUIRE(ToSocketName(socket.fd.get(), family, address, 0, &name) == 0);
    EXPECT_EQ(BindInetSocket(socket.fd.get(), name), 0);
    EXPECT_EQ(BindInetSocket(socket.fd.get(), name), EINVAL);
    EXPECT_EQ(GetSocketName(socket.fd.get(), &name), 0);
    EXPECT_EQ(AddressOf(name), address);
    EXPECT_TRUE(PortOf(name) != 0);
    EXPECT_EQ(GetPeerName(socket.fd.get(), &name), ENOTCONN);
  }
}

TEST("a descriptor is adopted if it is a socket of that type and family, and left alone otherwise") {
  Opened datagrams(InetFamily::kIpv4);
  const int fd = datagrams.fd.get();
  UniqueFd adopted;
  EXPECT_EQ(OpenInetSocket({InetFamily::kIpv6, "", fd}, SOCK_DGRAM, &adopted), EINVAL);
  EXPECT_EQ(OpenInetSocket({InetFamily::kIpv4, "", fd}, SOCK_STREAM, &adopted), EINVAL);
  EXPECT_EQ(OpenInetSocket({InetFamily::kIpv4, "", 99999}, SOCK_DGRAM, &adopted), EBADF);
  EXPECT_EQ(OpenInetSocket({InetFamily::kIpv4, "", 0}, SOCK_DGRAM, &adopted), ENOTSOCK);
  SocketName name;
  EXPECT_EQ(GetSocketName(fd, &name), 0);
  EXPECT_EQ(OpenInetSocket({InetFamily::kIpv4, "", dup(fd)}, SOCK_DGRAM, &adopted), 0);
  EXPECT_TRUE(adopted.valid());
}

}  // namespace mailport::io::test
