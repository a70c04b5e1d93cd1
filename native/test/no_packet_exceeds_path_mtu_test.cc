// No IP packet exceeds a pathmtu that is set, from its least value, 512, on. The 512 used to be taken for the SCTP packet inside, and the text of an ABORT
// was not counted at all.
#include <algorithm>
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kPmtudDisableFlag = 16;
constexpr size_t kFragmentationPoint = 6;  // Index in the values of Option::kStatus.
constexpr size_t kPathMtu = 11;            // In the same values: the mtu of the path.

// Two hosts of one address family. The client counts the bytes of its largest packet with the headers of IP and UDP.
struct NarrowPair {
  NarrowPair(uint8_t family, uint32_t path_mtu)
      : net(family * 1000 + path_mtu),
        client(net.AddHost("client", family == 4 ? Ipv4(10, 0, 0, 1) : Ipv6(1))),
        server(net.AddHost("server", family == 4 ? Ipv4(10, 0, 0, 2) : Ipv6(2))) {
    net.link.mtu = 9000;
    client_socket = client.Open(OpenParams{.port = kClientPort, .family = family});
    server_socket = server.Open(OpenParams{.port = kServerPort, .family = family});
    server.engine->Listen(server_socket, kBacklog);
    for (auto [host, socket] : {std::pair{&client, client_socket}, {&server, server_socket}})
      EXPECT_EQ(host->Set(socket, Option::kPeerAddrParams, 0, {0, 0, path_mtu, 0, kPmtudDisableFlag}), 0);
    const size_t headers = family == 4 ? 28 : 48;
    net.tap = [this, headers](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
      largest = std::max(largest, packet.size() + headers);
      return true;
    };
    REQUIRE(client.engine->Connect(client_socket, {&server.address, 1}, kServerPort, false, &assoc) == 0);
    REQUIRE(net.RunUntil([&] { return !server.items(server_socket).empty(); }));
  }

  SimNetwork net;
  SimHost& client;
  SimHost& server;
  SocketId client_socket = 0, server_socket = 0;
  AssocId assoc = 0;
  size_t largest = 0;
};

TEST("no packet exceeds a pathmtu, with its headers: neither data nor the text of an ABORT") {
  for (const uint8_t family : {4, 6})
    for (const uint32_t path_mtu : {512u, 513u, 539u, 540u, 559u, 560u, 576u, 1280u, 1500u}) {
      check::Note("IPv" + std::to_string(family) + ", pathmtu " + std::to_string(path_mtu));
      NarrowPair pair(family, path_mtu);
      const auto status = pair.client.Get(pair.client_socket, Option::kStatus, pair.assoc);
      EXPECT_TRUE(status.at(kPathMtu) <= path_mtu && status.at(kPathMtu) > path_mtu - 4);
      EXPECT_EQ(status.at(kFragmentationPoint), status.at(kPathMtu) - (family == 4 ? 28 : 48) - kCommonHeaderBytes - kDataHeaderBytes);
      EXPECT_EQ(pair.client.Send(pair.client_socket, pair.assoc, 0, std::vector<uint8_t>(5000)), 0);
      pair.net.RunFor(kSecond);
      EXPECT_EQ(pair.server.items(pair.server_socket).back().bytes.size(), 5000u);
      EXPECT_TRUE(pair.largest <= path_mtu && pair.largest > path_mtu - 8);
      EXPECT_EQ(pair.client.Send(pair.client_socket, pair.assoc, 0, std::vector<uint8_t>(2000, 'r'), kFlagAbort), 0);
      pair.net.RunFor(kSecond);
      EXPECT_TRUE(pair.largest <= path_mtu);
      EXPECT_TRUE(pair.server.items(pair.server_socket).back().IsChange(AssocState::kCommLost));
    }
}

// RFC 6458 section 8.1.15, with Linux's limits.
TEST("the least sctp_maxseg is what the least pathmtu carries, by the family of the socket") {
  SimNetwork net(1);
  SimHost& host = net.AddHost("host", Ipv4(10, 0, 0, 1));
  for (const auto& [family, least] : {std::pair<uint8_t, uint32_t>{4, 464}, {6, 444}}) {
    const SocketId socket = host.Open(OpenParams{.port = static_cast<uint16_t>(100 + family), .family = family});
    EXPECT_EQ(host.Set(socket, Option::kMaxSeg, 0, {least}), 0);
    EXPECT_EQ(host.Set(socket, Option::kMaxSeg, 0, {least - 1}), EINVAL);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
