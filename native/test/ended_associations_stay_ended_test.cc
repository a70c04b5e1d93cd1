// Ends that went wrong: strangers' INITs kept a finished association alive, and a closed socket was told of room.
#include <cerrno>

#include "association.h"
#include "core.h"
#include "pair.h"

namespace mailport::sctp::test {
namespace {

// An INIT, which anybody can forge, has the SHUTDOWN ACK sent again (section 9.2). The timer that counts the attempts goes on.
TEST("INITs do not keep an association that waits for its SHUTDOWN COMPLETE alive") {
  Pair pair;
  pair.Establish();
  pair.tap = [](SimHost& from, SimHost&, std::vector<uint8_t>& packet) { return from.name == "server" || HasChunk(packet, kChunkShutdown); };
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagEof), 0);
  pair.net.RunFor(2 * kMillisecond);
  pair.client.Crash();
  EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kStatus, pair.server_assoc).at(0), 8u);  // shutdown_ack_sent
  const auto init = PacketBuilder(kClientPort, kServerPort, 0).Init(99, 1).Done();
  for (int i = 0; i < 2000 && pair.server.engine->AssociationsOn(1) != 0; i++) {
    pair.server.Inject(pair.FromClient(), init);
    pair.net.RunFor(kSecond / 2);
  }
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 0u);
}

TEST("a socket that is closed while a sender waits for room hears nothing more") {
  Pair pair;
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, 0);
  int error = 0;
  const std::vector<uint8_t> data(10'000);
  while (error == 0) {
    error = pair.client.Send(pair.client_socket, pair.client_assoc, 0, data);
    pair.net.Settle();
  }
  EXPECT_EQ(error, EAGAIN);
  EXPECT_EQ(pair.client.engine->Close(pair.client_socket, true), 0);
  EXPECT_EQ(pair.client.writable[pair.client_socket], 0);
}

// 0, 1 and 2 never name an association, and no two associations have one id, even after four thousand million of them (EV-20).
TEST("association ids begin again behind those that mean something, and skip those in use") {
  SimNetwork net(1);
  SimHost& host = net.AddHost("host", Ipv4(10, 0, 0, 1));
  Core core(host);
  core.next_assoc_id = UINT32_MAX;
  EXPECT_EQ(core.NewAssocId(), UINT32_MAX);
  core.associations.emplace(3, nullptr);
  EXPECT_EQ(core.NewAssocId(), 4u);
  EXPECT_EQ(core.NewAssocId(), 5u);
}

// A host name is refused as in an INIT (section 3.3.3).
TEST("an INIT ACK with a host name ends the attempt with an ABORT") {
  Pair pair;
  std::vector<std::vector<uint8_t>> sent;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from == &pair.client) sent.push_back(packet);
    return false;
  };
  REQUIRE(pair.Connect() == 0);
  pair.net.Settle();
  pair.client.Inject(pair.FromServer(), PacketBuilder(kServerPort, kClientPort, pair.tag_to_client)
                                            .Words(kChunkInitAck, 0, {77, 65536, 0x000a000a, 1, 0x00070008, 0xc00c1e00, 0x000b0008, 0x61626300})
                                            .Done());
  pair.net.Settle();
  EXPECT_TRUE(HasChunk(sent.back(), kChunkAbort));
  EXPECT_EQ(ParsePacket(sent.back())->tag, 77u);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "cant_assoc(5)");
}

}  // namespace
}  // namespace mailport::sctp::test
