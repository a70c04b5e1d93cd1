// How large the packets of a path may be (RFC 8899): found by probes, doubted after losses, believed of messages of the network only as far as it does no harm.
#include "path_mtu.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr size_t kHeaders = 28;   // Of IPv4 and UDP.
constexpr size_t kPathMtu = 11;   // In the values of Option::kStatus.
constexpr size_t kEthernet = 1472;
constexpr uint32_t kPmtudDisableFlag = 16;

// A path behind the first link that carries less than that link.
struct NarrowPath {
  explicit NarrowPath(size_t route, size_t first = kEthernet, uint64_t seed = 1) : pair(seed) {
    pair.net.link.mtu = route;
    pair.client.first_packet_bytes = pair.server.first_packet_bytes = first;
    pair.net.app = [this] { Pump(); };
    pair.net.watch = [this](const IpAddress& from, const IpAddress&, Bytes packet) {
      if (!(from == pair.client.address)) return;
      const bool is_probe = HasChunk(packet, kChunkPad);
      probes += is_probe;
      if (is_probe) sizes.push_back(packet.size());
      if (HasChunk(packet, kChunkData)) largest_data = std::max(largest_data, packet.size());
    };
  }
  static bool HasChunk(Bytes packet, uint8_t type) { return sctp::HasChunk(ChunkReader(packet), type); }
  void Narrow(size_t bytes, bool tells = false, size_t told = 0) {
    pair.net.link.path_mtu = bytes;
    pair.net.link.tells_too_big = tells;
    pair.net.link.told_mtu = told;
  }
  size_t PacketBytes() { return pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc).at(kPathMtu) - kHeaders; }
  // Hands over `count` messages, one every `pause`. What the association has no room for waits here.
  void Send(size_t count, TimeUs pause = 100 * kMillisecond, size_t bytes = 3000) {
    for (size_t i = 0; i < count; ++i) {
      sent.push_back(MessageOf(static_cast<uint32_t>(sent.size()), bytes));
      pair.client.engine->SetNow(pair.net.now());
      Pump();
      pair.net.RunFor(pause);
    }
  }
  void Pump() {
    for (; taken < sent.size(); ++taken) {
      const int error = pair.client.Send(pair.client_socket, pair.client_assoc, 0, sent[taken].data, 0, static_cast<uint32_t>(taken));
      if (error == EAGAIN) return;
      if (!EXPECT_EQ(error, 0)) throw check::Abandoned{};
    }
  }
  void ExpectAllArrive(TimeUs within = 120 * kSecond) {
    const auto count = [&] { return pair.server.items(pair.server_socket).size(); };
    EXPECT_TRUE(pair.net.RunUntil([&] { return count() >= sent.size(); }, within));
    EXPECT_TRUE(ExpectAllArrived(pair.server.items(pair.server_socket), sent));
  }

  Pair pair;
  std::vector<Message> sent;
  std::vector<size_t> sizes;  // Of the client's probes.
  size_t taken = 0, probes = 0, largest_data = 0;
};

// RFC 8899 section 5.3, 6.2.
TEST("a search finds what the path carries, to the last four bytes, with few probes") {
  size_t most = 0;
  for (const size_t route : {1472u, 8972u, 65504u}) {
    for (const size_t narrow : {1204u, 1252u, 1272u, 1280u, 1372u, 1420u, 1424u, 1464u, 1468u, 1472u, 1476u, 1500u, 4324u, 4400u, 8968u, 8972u, 30000u, 65500u, 65504u}) {
      if (narrow > route) continue;
      check::Note("route " + std::to_string(route) + ", path " + std::to_string(narrow));
      NarrowPath path(route);
      path.Narrow(narrow);
      path.pair.Establish();
      path.Send(800);
      path.ExpectAllArrive();
      EXPECT_EQ(path.PacketBytes(), narrow);
      EXPECT_TRUE(path.probes <= 44);
      most = std::max(most, path.probes);
      // It is over: nothing is asked any more.
      const size_t probes = path.probes;
      path.Send(100);
      EXPECT_EQ(path.probes, probes);
      EXPECT_TRUE(path.pair.net.packets_too_big <= probes + 20);
    }
  }
  std::printf("  most probes of a search: %zu\n", most);
}

TEST("a path that carries what its route does costs no probe if that is as much as Ethernet, else one, in the first round trip") {
  for (const size_t route : {600u, 1200u, 1472u, 8972u, 65504u}) {
    NarrowPath path(route);
    path.pair.Establish();
    path.Send(1);
    EXPECT_EQ(path.probes, route > kEthernet ? 1u : 0u);
    EXPECT_EQ(path.PacketBytes(), route);
    path.Send(100);
    EXPECT_EQ(path.probes, route > kEthernet ? 1u : 0u);
  }
}

// The handshake's packets may be fragmented, and the first data is tried as it is.
TEST("an association over a path that is narrower than its route comes about, and loses a second or two") {
  for (const size_t narrow : {484u, 500u, 600u, 1000u, 1200u, 1400u}) {
    check::Note("path " + std::to_string(narrow));
    NarrowPath path(1472);
    path.Narrow(narrow);
    path.pair.Establish();
    const TimeUs begin = path.pair.net.now();
    path.Send(1, 0, 100'000);
    path.ExpectAllArrive();
    EXPECT_TRUE(path.pair.net.now() - begin < 15 * kSecond);
    path.Send(600);
    path.ExpectAllArrive();
    EXPECT_EQ(path.PacketBytes(), narrow);
  }
}

// RFC 8899 section 4.3; RFC 9260 section 7.3.
TEST("a black hole in the middle of a transfer: all arrives, packets shrink to what passes, and grow again ten minutes after it has gone") {
  for (const uint64_t seed : check::Seeds(10)) {
    for (const size_t message_bytes : {40u, 700u, 30'000u}) {
      check::Note("seed " + std::to_string(seed) + ", messages of " + std::to_string(message_bytes));
      NarrowPath path(1472, kEthernet, seed);
      path.pair.Establish();
      // So fast that packets are full.
      const size_t count = 400'000 / message_bytes;
      path.Send(count, message_bytes, message_bytes);
      EXPECT_TRUE(path.largest_data > 1400);
      path.Narrow(1272);
      path.Send(count, message_bytes, message_bytes);
      path.ExpectAllArrive(20 * kSecond);
      path.Send(600);
      path.ExpectAllArrive();
      EXPECT_EQ(path.PacketBytes(), 1272u);
      const size_t probes = path.probes;
      EXPECT_TRUE(probes <= 30);
      path.Narrow(SIZE_MAX);
      path.Send(100);
      EXPECT_EQ(path.PacketBytes(), 1272u);
      path.pair.net.RunFor(PathMtu::kRaiseAfter);
      EXPECT_EQ(path.PacketBytes(), 1272u);
      path.Send(1);
      EXPECT_EQ(path.PacketBytes(), 1472u);
      EXPECT_EQ(path.probes, probes + 1);
      // Nobody has noticed anything.
      const auto story = Story(path.pair.client.Take(path.pair.client_socket));
      EXPECT_EQ(story, "");
    }
  }
}

TEST("a black hole that stays is asked about again every ten minutes, with six probes, and only if data is sent") {
  NarrowPath path(1472);
  path.Narrow(1272);
  path.pair.Establish();
  path.Send(600);
  EXPECT_EQ(path.PacketBytes(), 1272u);
  for (int round = 0; round < 3; ++round) {
    size_t probes = path.probes;
    path.pair.net.RunFor(2 * PathMtu::kRaiseAfter);
    EXPECT_EQ(path.probes, probes);
    path.Send(100);
    EXPECT_EQ(path.probes, probes + 2 * PathMtu::kMaxProbes);
    EXPECT_EQ(path.PacketBytes(), 1272u);
  }
}

// RFC 8899 section 3, rule 6: a lost probe is no sign of congestion.
TEST("a lost probe takes nothing from the window, counts as no error, and stops no data") {
  NarrowPath path(8972);
  path.Narrow(1500);
  path.pair.Establish();
  path.Send(300, 10 * kMillisecond);
  const auto before = path.pair.client.Get(path.pair.client_socket, Option::kPeerAddrInfo, path.pair.client_assoc);
  const uint64_t timeouts = path.pair.client.engine->stats().timeouts, again = path.pair.client.engine->stats().retransmissions;
  const size_t probes = path.probes;
  path.Send(600, 10 * kMillisecond);
  EXPECT_TRUE(path.probes > probes + 3);
  const auto after = path.pair.client.Get(path.pair.client_socket, Option::kPeerAddrInfo, path.pair.client_assoc);
  EXPECT_EQ(after.at(0), 1u);
  EXPECT_TRUE(after.at(1) >= before.at(1));
  EXPECT_EQ(path.pair.client.engine->stats().timeouts, timeouts);
  EXPECT_EQ(path.pair.client.engine->stats().retransmissions, again);
  path.ExpectAllArrive();
}

TEST("an association that sends nothing is never woken for a probe: neither by one that is lost, nor by the time to try more") {
  for (const bool peer_is_gone : {false, true}) {
    NarrowPath path(8972);
    path.Narrow(1500);
    for (auto& [host, socket] : {std::pair{&path.pair.client, path.pair.client_socket}, {&path.pair.server, path.pair.server_socket}})
      EXPECT_EQ(host->Set(socket, Option::kPeerAddrParams, 0, {0, 0, 0, 0, 2}), 0);  // No heartbeats.
    path.pair.Establish();
    path.Send(1);
    EXPECT_EQ(path.probes, 1u);
    if (peer_is_gone) path.pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
    path.pair.net.RunFor(60 * kSecond);
    EXPECT_TRUE(path.probes <= 2);
    const uint64_t packets = path.pair.net.packets_sent;
    path.pair.net.RunFor(3600 * kSecond);
    EXPECT_EQ(path.pair.net.packets_sent, packets);
    EXPECT_EQ(path.pair.client.engine->NextDeadline(), kNever);
  }
}

// RFC 8899 section 4.6.
TEST("a message that a packet was too big is believed as far as a probe confirms it: the search ends with it, a black hole costs one round trip") {
  NarrowPath search(8972);
  search.Narrow(1500, true);
  search.pair.Establish();
  search.Send(1);
  EXPECT_EQ(search.PacketBytes(), 1500u);
  EXPECT_EQ(search.sizes, (std::vector<size_t>{8972, 1500}));

  NarrowPath hole(1472);
  hole.pair.Establish();
  hole.Send(100, kMillisecond / 4);
  hole.Narrow(1272, true);
  const TimeUs begin = hole.pair.net.now();
  hole.Send(1, kMillisecond, 100'000);
  hole.ExpectAllArrive();
  EXPECT_EQ(hole.PacketBytes(), 1272u);
  EXPECT_EQ(hole.sizes, (std::vector<size_t>{1272}));
  EXPECT_TRUE(hole.pair.net.now() - begin < kSecond);
}

TEST("a forged message that a packet was too big does nothing, and one with a wrong number little") {
  struct Case {
    const char* what;
    uint32_t tag_change;
    size_t bytes, expected, probes;
  };
  for (const Case& each : {Case{"another tag", 1, 600, 1472, 0}, {"less than any path carries", 0, 100, 1472, 0}, {"nothing", 0, 0, 1472, 0},
                           {"what the path carries", 0, 1472, 1472, 0}, {"more", 0, 65535, 1472, 0}, {"less than the base", 0, 600, 600, 1}, {"less", 0, 1300, 1300, 1}}) {
    check::Note(each.what);
    NarrowPath path(1472);
    path.pair.Establish();
    path.Send(10);
    std::vector<uint8_t> quoted(kCommonHeaderBytes);
    Store16(&quoted[0], kClientPort);
    Store16(&quoted[2], kServerPort);
    Store32(&quoted[4], path.pair.tag_to_server + each.tag_change);
    PacketRoute route = path.pair.FromServer();
    const auto tell = [&] { path.pair.client.engine->OnTooBig(route, quoted, each.bytes); };
    for (size_t length = 0; length < quoted.size(); ++length) path.pair.client.engine->OnTooBig(route, Bytes(quoted).first(length), 600);
    tell();
    path.pair.net.RunFor(kSecond);
    EXPECT_EQ(path.PacketBytes(), each.expected);
    EXPECT_EQ(path.probes, each.probes);
    // However often it comes, it costs at most a probe each time, and after ten minutes it is forgotten.
    for (int i = 0; i < 100; ++i) tell();
    path.pair.net.RunFor(10 * kSecond);
    path.Send(10);
    EXPECT_TRUE(path.probes <= each.probes + 3);
    path.pair.net.RunFor(PathMtu::kRaiseAfter);
    path.Send(20);
    EXPECT_EQ(path.PacketBytes(), 1472u);
    path.ExpectAllArrive();
  }
}

// Whoever sees our packets may say so again and again. A size that has been named is not tried again for ten minutes, so all that can be said draws a probe for each
// size that there is.
TEST("a storm of messages that a packet was too big, each with another size: a bounded number of probes, and all data arrives") {
  for (const size_t route : {1472u, 8972u})
    for (const bool falls : {false, true}) {
      check::Note("route " + std::to_string(route) + (falls ? ", ever less" : ", at random"));
      NarrowPath path(route, route);
      path.pair.Establish();
      path.Send(10);
      std::vector<uint8_t> quoted(kCommonHeaderBytes);
      Store16(&quoted[0], kClientPort);
      Store16(&quoted[2], kServerPort);
      Store32(&quoted[4], path.pair.tag_to_server);
      Random random(route);
      for (uint32_t i = 0; i < 4'000; ++i) {
        path.pair.client.engine->SetNow(path.pair.net.now());
        path.pair.client.engine->OnTooBig(path.pair.FromServer(), quoted, falls ? route - std::min<size_t>(route, 4 * i) : random.Below(route + 100));
        if (i % 40 == 0) path.Send(1, kMillisecond);
        path.pair.net.RunFor(random.Below(2 * kMillisecond));
        EXPECT_TRUE(path.PacketBytes() >= PathMtu::kLeastIpBytes - kHeaders && path.PacketBytes() <= route);
      }
      EXPECT_TRUE(path.probes <= route / 4 + 50);
      path.ExpectAllArrive();
      path.pair.net.RunFor(PathMtu::kRaiseAfter);
      path.Send(60);
      EXPECT_EQ(path.PacketBytes(), route);
    }
}

// An address that is nobody's, a port of another endpoint, an association that is setting up: no such packet was ours.
TEST("messages about packets of no association are dropped") {
  NarrowPath path(1472);
  path.pair.Establish();
  std::vector<uint8_t> quoted(kCommonHeaderBytes);
  for (const uint16_t source : {uint16_t{0}, uint16_t{1}, kClientPort})
    for (const uint16_t destination : {uint16_t{0}, uint16_t{1}, kServerPort})
      for (const uint32_t tag : {0u, 1u, path.pair.tag_to_client}) {
        Store16(&quoted[0], source);
        Store16(&quoted[2], destination);
        Store32(&quoted[4], tag);
        PacketRoute route = path.pair.FromServer();
        path.pair.client.engine->OnTooBig(route, quoted, 600);
        route.remote.bytes[3] = 99;
        path.pair.client.engine->OnTooBig(route, quoted, 600);
      }
  EXPECT_EQ(path.PacketBytes(), 1472u);
}

// A HEARTBEAT ACK counts if it carries what only the receiver of the probe knows, and says nothing of the size itself.
TEST("a peer cannot answer a probe that it did not get, nor one twice") {
  NarrowPath path(8972);
  path.Narrow(1500);
  std::vector<uint8_t> probe;
  path.pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from == &path.pair.client && NarrowPath::HasChunk(packet, kChunkPad)) probe = packet;
    return true;
  };
  path.pair.Establish();
  path.Send(1);
  REQUIRE(!probe.empty());
  const Bytes heartbeat = Bytes(probe).subspan(kCommonHeaderBytes, 16);
  const auto answer = [&](Bytes info) {
    path.pair.client.Inject(path.pair.FromServer(), test::PacketBuilder(kServerPort, kClientPort, path.pair.tag_to_client).Chunk(kChunkHeartbeatAck, 0, info).Done());
    path.pair.net.Settle();
  };
  std::vector<uint8_t> info(heartbeat.begin() + 4, heartbeat.end());
  for (size_t i = 4; i < info.size(); ++i) {
    std::vector<uint8_t> wrong = info;
    wrong[i] ^= 1;
    answer(wrong);
    answer(Bytes(info).first(i));
  }
  EXPECT_EQ(path.PacketBytes(), kEthernet);
  answer(info);  // It may have heard of it in another way; then it lies to its own disadvantage.
  EXPECT_EQ(path.PacketBytes(), 8972u);
  answer(info);
  EXPECT_EQ(path.PacketBytes(), 8972u);
  // Full packets get lost now, and that is found out as any black hole.
  path.Send(1, 0, 200'000);
  path.ExpectAllArrive();
  path.Send(300);
  EXPECT_EQ(path.PacketBytes(), 1500u);
}

TEST("a peer that answers no HEARTBEAT is sent packets as large as its route has, few probes, and all of its data") {
  for (const size_t route : {1472u, 8972u}) {
    NarrowPath path(route);
    path.pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) { return &from != &path.pair.server || !NarrowPath::HasChunk(packet, kChunkHeartbeatAck); };
    path.pair.Establish();
    path.Send(1000);
    path.ExpectAllArrive();
    EXPECT_EQ(path.PacketBytes(), kEthernet);
    EXPECT_TRUE(path.probes <= 44);
  }
}

// RFC 6458 section 8.1.12.
TEST("with discovery disabled the size stays, nothing is probed, and packets may be fragmented") {
  for (const uint32_t mtu : {0u, 1400u + static_cast<uint32_t>(kHeaders)}) {
    NarrowPath path(1472);
    path.Narrow(1000);
    EXPECT_EQ(path.pair.client.Set(path.pair.client_socket, Option::kPeerAddrParams, 0, {0, 0, mtu, 0, kPmtudDisableFlag}), 0);
    path.pair.Establish();
    path.Send(200, kMillisecond / 4);
    path.ExpectAllArrive(kSecond);
    EXPECT_EQ(path.PacketBytes(), mtu == 0 ? 1472u : 1400u);
    EXPECT_EQ(path.probes, 0u);
    EXPECT_EQ(path.pair.net.packets_too_big, 0u);
    // Enabled again, it looks at the path.
    EXPECT_EQ(path.pair.client.Set(path.pair.client_socket, Option::kPeerAddrParams, path.pair.client_assoc, {0, 0, 0, 0, 8}), 0);
    path.Send(1, 0, 100'000);
    path.ExpectAllArrive();
    path.Send(600);
    EXPECT_EQ(path.PacketBytes(), 1000u);
  }
}

// A kernel fragments for IPv6 what exceeds its device, and not what exceeds a path of which nobody has told it.
TEST("over IPv6 chunks that no longer fit leave in packets that are longer than the device carries, so that they are fragmented") {
  SimNetwork net(1);
  SimHost& client = net.AddHost("client", Ipv6(1));
  SimHost& server = net.AddHost("server", Ipv6(2));
  net.link.mtu = 1452;
  const SocketId from = client.Open(OpenParams{.port = kClientPort, .family = 6}), to = server.Open(OpenParams{.port = kServerPort, .family = 6});
  server.engine->Listen(to, kBacklog);
  AssocId assoc = 0;
  REQUIRE(client.engine->Connect(from, {&server.address, 1}, kServerPort, false, &assoc) == 0);
  REQUIRE(net.RunUntil([&] { return !server.items(to).empty(); }));
  size_t excess = 0;
  net.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    // Over the device, or as small as every path has it.
    const bool passes = packet.size() <= PathMtu::kBaseBytes || packet.size() > net.link.mtu;
    excess += packet.size() > net.link.mtu;
    EXPECT_TRUE(packet.size() <= net.link.mtu + 8);
    return passes;
  };
  EXPECT_EQ(client.Send(from, assoc, 0, std::vector<uint8_t>(50'000, 1)), 0);
  EXPECT_TRUE(net.RunUntil([&] { return server.items(to).size() == 2; }, 60 * kSecond));
  EXPECT_TRUE(excess != 0 && excess < 20);
  EXPECT_EQ(client.Send(from, assoc, 0, std::vector<uint8_t>(50'000, 1)), 0);
  const size_t before = excess;
  EXPECT_TRUE(net.RunUntil([&] { return server.items(to).size() == 3; }, 60 * kSecond));
  EXPECT_EQ(excess, before);
}

TEST("losses alone do not make packets smaller for longer than a round trip") {
  for (const uint64_t seed : check::Seeds(20)) {
    check::Note("seed " + std::to_string(seed));
    NarrowPath path(1472, kEthernet, seed);
    path.pair.net.link.loss = 0.1;
    path.pair.Establish();
    path.Send(100, kMillisecond, 10'000);
    path.ExpectAllArrive(600 * kSecond);
    path.pair.net.link.loss = 0;
    path.Send(50);
    EXPECT_EQ(path.PacketBytes(), 1472u);
  }
}

TEST("a path that is dead for a while has its size again a round trip after it has come back") {
  NarrowPath path(8972);
  path.pair.Establish();
  path.Send(10);
  EXPECT_EQ(path.PacketBytes(), 8972u);
  path.pair.net.Cut(path.pair.client.address, path.pair.server.address);
  path.Send(1, 20 * kSecond, 100'000);
  EXPECT_TRUE(path.PacketBytes() <= PathMtu::kBaseBytes);
  const size_t probes = path.probes;
  path.pair.net.Mend(path.pair.client.address, path.pair.server.address);
  path.ExpectAllArrive();
  path.pair.net.RunFor(kSecond);
  EXPECT_EQ(path.PacketBytes(), 8972u);
  EXPECT_TRUE(path.probes <= probes + 2);
}

}  // namespace
}  // namespace mailport::sctp::test
