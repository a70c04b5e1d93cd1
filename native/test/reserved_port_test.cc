// SCTP ports of IP itself: who has one, and which packets come to it.
#include "../src/io/reserved_port.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "check.h"

namespace mailport::io {

#if defined(__linux__)

namespace {

// Other runs of the tests on this machine have other ports.
const uint16_t kPort = static_cast<uint16_t>(20'000 + getpid() % 20'000);

// A packet for that port, behind a header of so many bytes.
std::string PacketFor(uint16_t port, size_t header_bytes) {
  std::string packet(header_bytes, '\0');
  if (header_bytes != 0) packet[0] = static_cast<char>(0x40 | (header_bytes / 4));
  packet += {'\x13', '\x88', static_cast<char>(port >> 8), static_cast<char>(port & 0xff)};
  return packet + std::string(8, 'x');
}

// What comes through the filter of the port.
std::vector<std::string> Through(uint8_t family, const std::vector<std::string>& before, const std::vector<std::string>& packets) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0) return {"no sockets"};
  const UniqueFd in(ends[0]), out(ends[1]);
  for (const std::string& packet : before) (void)!write(in.get(), packet.data(), packet.size());
  if (FilterByPort(out.get(), family, kPort) != 0) return {"no filter"};
  for (const std::string& packet : packets) (void)!write(in.get(), packet.data(), packet.size());
  std::vector<std::string> got;
  char buffer[256];
  for (ssize_t bytes; (bytes = recv(out.get(), buffer, sizeof(buffer), MSG_DONTWAIT)) >= 0;) got.emplace_back(buffer, static_cast<size_t>(bytes));
  return got;
}

}  // namespace

TEST("a port of IP itself is had once, and again when it has been given back") {
  std::shared_ptr<ReservedPort> first, second, other;
  REQUIRE(ReservedPort::Reserve(kPort, "", &first) == 0);
  EXPECT_EQ(ReservedPort::Reserve(kPort, "", &second), EADDRINUSE);
  EXPECT_TRUE(second == nullptr);
  EXPECT_EQ(ReservedPort::Reserve(kPort + 1, "", &other), 0);
  first.reset();
  EXPECT_EQ(ReservedPort::Reserve(kPort, "", &second), 0);
  EXPECT_EQ(ReservedPort::Reserve(kPort + 2, "/no/such/namespace", &first), ENOENT);
}

TEST("packets of one port come through its filter, whatever the length of the header of IP, and none that are too short to tell") {
  const std::string mine = PacketFor(kPort, 20), with_options = PacketFor(kPort, 60), others = PacketFor(kPort + 1, 20);
  const std::vector<std::string> expected = {mine, with_options};
  EXPECT_EQ(Through(4, {}, {mine, others, with_options, PacketFor(kPort + 1, 60), mine.substr(0, 23), mine.substr(0, 1), ""}), expected);
  const std::string mine6 = PacketFor(kPort, 0);
  EXPECT_EQ(Through(6, {}, {mine6, PacketFor(kPort + 1, 0), mine6.substr(0, 3), ""}), std::vector<std::string>{mine6});
}

TEST("what came before the filter is dropped") {
  const std::string mine = PacketFor(kPort, 20), others = PacketFor(kPort + 1, 20);
  EXPECT_EQ(Through(4, {others, mine, others}, {mine}), std::vector<std::string>{mine});
}

#endif

}  // namespace mailport::io
