// Peeling off used to search the whole queue for the association's items and to copy all others, so that a server which peels each of 10,000 associations
// off took minutes. The items are chained now: whatever is read and peeled off in between, each association keeps its order.
#include <algorithm>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr uint16_t kPeers = 6;

struct Peer {
  SocketId socket = 0;
  AssocId assoc = 0, at_server = 0;
  SocketId reader = 0;  // The server's socket that reads the association.
  uint32_t sent = 0, read = 0;
};

TEST("each association's items keep their order, however reading and peeling off alternate") {
  for (const uint64_t seed : check::Seeds(200)) {
    check::Note("seed " + std::to_string(seed));
    Pair pair(seed);
    Random random(seed);
    std::vector<Peer> peers(kPeers);
    for (uint16_t i = 0; i < kPeers; i++) {
      Peer& peer = peers[i];
      peer.socket = pair.client.Open(static_cast<uint16_t>(6000 + i));
      REQUIRE(pair.client.engine->Connect(peer.socket, {&pair.server.address, 1}, kServerPort, false, &peer.assoc) == 0);
      pair.net.RunFor(10 * kMillisecond);
      peer.at_server = pair.server.Take(pair.server_socket).at(0).item.assoc_id;
      peer.reader = pair.server_socket;
    }
    pair.server.engine->SetCredit(pair.server_socket, 0);
    const auto read = [&](SocketId socket, uint32_t credit) {
      pair.server.engine->SetCredit(socket, credit);
      pair.server.engine->Drain(socket);
      pair.server.engine->SetCredit(socket, 0);
      for (const OwnedItem& owned : pair.server.Take(socket)) {
        const auto peer = std::find_if(peers.begin(), peers.end(), [&](const Peer& p) { return p.at_server == owned.item.assoc_id; });
        REQUIRE(peer != peers.end());
        EXPECT_EQ(peer->reader, socket);
        EXPECT_EQ(owned.item.ppid, peer->read++);
      }
    };
    for (int step = 0; step < 60; step++) {
      for (Peer& peer : peers)
        if (random.Chance(0.7)) EXPECT_EQ(pair.client.Send(peer.socket, peer.assoc, 0, AsBytesOf("x"), 0, peer.sent++), 0);
      pair.net.RunFor(10 * kMillisecond);
      Peer& any = peers[random.Below(kPeers)];
      if (random.Chance(0.1) && any.reader == pair.server_socket) {
        REQUIRE(pair.server.engine->PeelOff(pair.server_socket, any.at_server, &any.reader) == 0);
      }
      if (random.Chance(0.5)) read(any.reader, static_cast<uint32_t>(random.Below(8)));
    }
    pair.net.RunFor(kSecond);
    for (const Peer& peer : peers) {
      read(peer.reader, kUnlimitedCredit);
      if (!EXPECT_EQ(peer.read, peer.sent)) return;
    }
    EXPECT_EQ(pair.server.engine->stats().queued_in_items, 0u);
    EXPECT_EQ(pair.server.engine->stats().queued_in_bytes, 0u);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
