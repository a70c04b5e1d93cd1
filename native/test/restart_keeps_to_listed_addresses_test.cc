// A peer lists further addresses in its INIT, as most stacks do (RFC 9260 section 5.1.2). The addresses must serve the peer when it restarts its
// association (section 5.2.2), and must not harm their owners. Found with usrsctp, which lists every address of its host.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr size_t kInitAt = 12;
constexpr size_t kInitLengthAt = kInitAt + 2;

// Adds these addresses to every INIT of the client, and counts the ABORTs of the server.
void ListAddresses(Pair& pair, std::vector<uint32_t> addresses, int* aborts) {
  pair.tap = [&pair, addresses = std::move(addresses), aborts](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from == &pair.server) *aborts += HasChunk(packet, kChunkAbort);
    if (&from == &pair.client && HasChunk(packet, kChunkAbort)) return false;  // The port is shut: nothing answers for a dead process.
    if (&from != &pair.client || !HasChunk(packet, kChunkInit)) return true;
    for (const uint32_t address : addresses) {
      const size_t at = packet.size();
      packet.resize(at + 8);
      Store32(&packet[at], 0x00050008);
      Store32(&packet[at + 4], address);
    }
    Store16(&packet[kInitLengthAt], static_cast<uint16_t>(packet.size() - kInitAt));
    FixChecksum(&packet);
    return true;
  };
}

TEST("a caller that listed its addresses restarts the association with the same or fewer of them") {
  for (const std::vector<uint32_t>& second : {std::vector<uint32_t>{0x0a000001, 0x0a000105}, {0x0a000105}, {}}) {
    Pair pair;
    int aborts = 0;
    ListAddresses(pair, {0x0a000001, 0x0a000105}, &aborts);
    pair.Establish();
    const AssocId before = pair.server_assoc;
    pair.client.Crash();
    ListAddresses(pair, second, &aborts);
    pair.client_socket = pair.client.Open(kClientPort);
    REQUIRE(pair.Connect() == 0);
    pair.net.RunFor(kSecond);
    auto at_server = pair.server.Take(pair.server_socket);
    EXPECT_EQ(Story(at_server), "restart");
    REQUIRE(at_server.size() == 1);
    EXPECT_EQ(at_server[0].item.assoc_id, before);
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up");
    EXPECT_EQ(aborts, 0);
    WorksBothWays(pair);
  }
}

TEST("a restart with an address that was not listed before is refused, and the association stays") {
  Pair pair;
  int aborts = 0;
  ListAddresses(pair, {0x0a000001, 0x0a000105}, &aborts);
  pair.Establish();
  pair.client.Crash();
  ListAddresses(pair, {0x0a000001, 0x0a000106}, &aborts);
  pair.client_socket = pair.client.Open(kClientPort);
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "");
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "cant_assoc(11)");
  EXPECT_EQ(aborts, 1);
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 1u);
}

// A caller may list anybody's addresses. The true owner of an address must be able to call.
TEST("an address that a caller lists is not taken from the one that has it") {
  Pair pair;
  int aborts = 0;
  ListAddresses(pair, {0x0a000001, 0x0a000009}, &aborts);
  pair.Establish();
  SimHost& other = pair.net.AddHost("other", Ipv4(10, 0, 0, 9));
  const SocketId socket = other.Open(kClientPort);
  AssocId assoc = 0;
  REQUIRE(other.engine->Connect(socket, {&pair.server.address, 1}, kServerPort, false, &assoc) == 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(other.Take(socket)), "comm_up");
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up");
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 2u);
  WorksBothWays(pair);
}

}  // namespace
}  // namespace mailport::sctp::test
