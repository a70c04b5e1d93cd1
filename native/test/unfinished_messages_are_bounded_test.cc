// A message may outgrow its association's window while somebody waits for it, up to 64 MiB. One message of each of a socket's associations could do so at
// once, and a question for the queued bytes counted none of them.
#include <algorithm>
#include <vector>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kBuffer = 64 * 1024;
constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kFragment = 32 * 1024;

struct Peer {
  SocketId socket = 0;
  uint16_t port = 0;
  uint32_t tag = 0, tsn = 0;
  AssocId at_server = 0;
};

// A server that reads, and peers that send it messages without an end.
struct Flooded {
  Flooded() { pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {kBuffer}); }

  Peer Connect(uint16_t port) {
    Peer peer{.socket = pair.client.Open(port), .port = port};
    AssocId assoc = 0;
    REQUIRE(pair.client.engine->Connect(peer.socket, {&pair.server.address, 1}, kServerPort, false, &assoc) == 0);
    pair.net.RunFor(kSecond);
    peer.tag = pair.tag_to_server;
    peer.tsn = pair.client_tsn;
    peer.at_server = pair.server.Take(pair.server_socket).at(0).item.assoc_id;
    return peer;
  }
  void Send(Peer& peer, Bytes payload, uint8_t flags) {
    PacketRoute from = pair.FromClient();
    from.remote_udp_port = peer.port;
    pair.server.Inject(from, PacketBuilder(peer.port, kServerPort, peer.tag).Data(peer.tsn++, 0, 0, payload, flags).Done());
  }
  // Sends the first so many bytes of the peer's message, or more of them.
  void Grow(Peer& peer, size_t bytes) {
    for (size_t sent = 0; sent < bytes; sent += kFragment) {
      Send(peer, fragment, begun ? 0 : kDataBegin);
      begun = true;
    }
  }
  void Begin(Peer& peer, size_t bytes) {
    begun = false;
    Grow(peer, bytes);
  }
  size_t Queued(SocketId socket) {
    size_t in = 0, out = 0;
    pair.server.engine->QueuedBytes(socket, &in, &out);
    return in;
  }
  std::string Read(SocketId socket) { return Story(pair.server.Take(socket)); }

  Pair pair;
  const std::vector<uint8_t> fragment = std::vector<uint8_t>(kFragment, 'x');
  bool begun = false;
};

TEST("an association alone may have a message of 64 MiB put together, which counts as queued, and no larger one") {
  for (const bool more : {false, true}) {
    Flooded it;
    Peer peer = it.Connect(6001);
    it.Begin(peer, 64 * kMiB - kFragment);
    EXPECT_EQ(it.Queued(it.pair.server_socket), 64 * kMiB - kFragment);
    if (more) it.Grow(peer, 1);
    it.Send(peer, it.fragment, kDataEnd);
    EXPECT_EQ(it.Read(it.pair.server_socket), more ? "comm_lost(4)" : "data:67108864");
    EXPECT_EQ(it.Queued(it.pair.server_socket), 0u);
    it.pair.net.RunFor(kSecond);
    EXPECT_EQ(Story(it.pair.client.Take(peer.socket)), more ? "comm_up comm_lost(4)" : "comm_up comm_lost(13)");  // It has sent none of what is acknowledged.
  }
}

TEST("all associations of a socket together hold no more beyond their windows; who asks for more ends, and the others go on") {
  Flooded it;
  const SocketId server = it.pair.server_socket;
  std::vector<Peer> peers;
  for (const uint16_t port : {6001, 6002, 6003, 6004}) peers.push_back(it.Connect(port));
  it.Begin(peers[0], 30 * kMiB);
  it.Begin(peers[1], 30 * kMiB);
  EXPECT_EQ(it.Queued(server), 60 * kMiB);
  it.Begin(peers[2], 4 * kMiB);
  EXPECT_EQ(it.Read(server), "");
  it.Grow(peers[2], 1);
  EXPECT_EQ(it.Read(server), "comm_lost(4)");
  EXPECT_EQ(it.Queued(server), 60 * kMiB);
  it.Send(peers[0], it.fragment, kDataEnd);
  EXPECT_EQ(it.Read(server), "data:31490048");
  it.Begin(peers[3], 34 * kMiB);
  EXPECT_EQ(it.Read(server), "");
  EXPECT_EQ(it.Queued(server), 64 * kMiB);
}

TEST("a message that fits into its window takes nothing from the limit of all messages") {
  Flooded it;
  Peer greedy = it.Connect(6001), modest = it.Connect(6002);
  it.Begin(greedy, 64 * kMiB);
  it.Send(modest, Bytes(it.fragment).first(1000), kDataBegin);
  it.Send(modest, Bytes(it.fragment).first(1000), kDataEnd);
  EXPECT_EQ(it.Read(it.pair.server_socket), "data:2000");
}

TEST("with a restart its message is gone, and what is peeled off counts at its new socket") {
  Flooded it;
  const SocketId server = it.pair.server_socket;
  Peer first = it.Connect(6001), second = it.Connect(6002);
  it.Begin(first, 40 * kMiB);
  SocketId peeled = 0;
  REQUIRE(it.pair.server.engine->PeelOff(server, first.at_server, &peeled) == 0);
  it.pair.server.engine->SetCredit(peeled, kUnlimitedCredit);
  EXPECT_EQ(it.Queued(server), 0u);
  EXPECT_EQ(it.Queued(peeled), 40 * kMiB);
  it.Begin(second, 40 * kMiB);
  EXPECT_EQ(it.Read(server), "");
  it.pair.client.Crash();
  Peer restarted{.socket = it.pair.client.Open(6001), .port = 6001};
  AssocId assoc = 0;
  REQUIRE(it.pair.client.engine->Connect(restarted.socket, {&it.pair.server.address, 1}, kServerPort, false, &assoc) == 0);
  it.pair.net.RunFor(kSecond);
  EXPECT_EQ(it.Read(peeled), "restart");
  EXPECT_EQ(it.Queued(peeled), 0u);
  restarted.tag = it.pair.tag_to_server;
  restarted.tsn = it.pair.client_tsn;
  it.Begin(restarted, 64 * kMiB);
  EXPECT_EQ(it.Read(peeled), "");
  EXPECT_EQ(it.Queued(peeled), 64 * kMiB);
}

// The data would have been kept until a SHUTDOWN ACK came, or until the guard timer.
TEST("of what comes for a closed socket nothing is kept") {
  Flooded it;
  Peer peer = it.Connect(6001);
  it.Begin(peer, kMiB);
  REQUIRE(it.pair.server.engine->Close(it.pair.server_socket, false) == 0);
  Wire wire(it.pair);
  it.Grow(peer, 65 * kMiB);
  EXPECT_EQ(wire.Count(kChunkAbort), 0);
  it.pair.net.Settle();
  EXPECT_TRUE(wire.Count(kChunkShutdown) > 0);
}

}  // namespace
}  // namespace mailport::sctp::test
