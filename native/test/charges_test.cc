// Data that peers make us hold is counted for each association, socket and engine, also after the association's end, and bounded at the socket and the
// engine. Undeliverable data used to be 8 receive buffers for each of any number of associations, and data of ended associations counted nowhere.
#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kLimit = 4 * kMiB;
constexpr uint32_t kWindow = 512 * 1024;

struct Held {
  uint64_t bytes, ended;
};

struct Peer {
  SocketId socket = 0;
  uint16_t port = 0;
  AssocId assoc = 0;
};

// A server that reads nothing, and peers that come and send.
struct Unread {
  Unread() {
    pair.net.link.mtu = 65'504;
    pair.server.Set(pair.server_socket, Option::kMaxHeld, 0, {kLimit});
    pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {kWindow});
    pair.server.engine->SetCredit(pair.server_socket, 0);
  }
  Held Of(SocketId socket, AssocId assoc = 0) {
    const std::vector<uint32_t> words = pair.server.Get(socket, Option::kHeld, assoc);
    return {uint64_t{words.at(0)} << 32 | words.at(1), uint64_t{words.at(2)} << 32 | words.at(3)};
  }
  Held OfSocket() { return Of(pair.server_socket); }
  bool Connect(Peer& peer, uint16_t port) {
    peer = {.socket = pair.client.Open(port), .port = port};
    REQUIRE(pair.client.engine->Connect(peer.socket, {&pair.server.address, 1}, kServerPort, false, &peer.assoc) == 0);
    pair.net.RunFor(kSecond / 10);
    return Story(pair.client.Take(peer.socket)) == "comm_up";
  }
  // Sends as much as the engine lets the peer send.
  size_t Fill(const Peer& peer, size_t size) {
    size_t sent = 0;
    for (int quiet = 0; quiet < 2; quiet++) {
      while (pair.client.Send(peer.socket, peer.assoc, 0, std::vector<uint8_t>(size, 'x')) == 0) {
        sent += size;
        quiet = 0;
      }
      pair.net.RunFor(kSecond);
    }
    return sent;
  }
  void Read() {
    pair.server.engine->SetCredit(pair.server_socket, kUnlimitedCredit);
    pair.server.engine->Drain(pair.server_socket);
    pair.net.RunFor(kSecond);
  }

  Pair pair;
};

TEST("messages of many peers to a socket that nobody reads stay below its limit, and all of them arrive once it is read") {
  for (const size_t size : {size_t{20}, size_t{20'000}}) {
    check::Note("size " + std::to_string(size));
    Unread it;
    std::vector<Peer> peers(20);
    size_t sent = 0;
    for (size_t i = 0; i < peers.size(); i++) {
      REQUIRE(it.Connect(peers[i], static_cast<uint16_t>(6000 + i)));
      it.pair.client.Set(peers[i].socket, Option::kSndbuf, 0, {2 * kWindow});
    }
    for (const Peer& peer : peers) sent += it.Fill(peer, size);
    EXPECT_TRUE(it.OfSocket().bytes > kLimit / 3);
    EXPECT_TRUE(it.OfSocket().bytes <= kLimit + 65'536);
    // The peer that came last has its share.
    const AssocId last = it.pair.server.engine->FindAssociation(it.pair.server_socket, it.pair.client.address, peers.back().port);
    EXPECT_TRUE(it.Of(it.pair.server_socket, last).bytes >= kLimit / 2 / peers.size() / 2);
    it.pair.server.engine->SetCredit(it.pair.server_socket, kUnlimitedCredit);
    it.pair.server.engine->Drain(it.pair.server_socket);
    size_t read = 0;
    EXPECT_TRUE(it.pair.net.RunUntil([&] {
      for (const OwnedItem& item : it.pair.server.Take(it.pair.server_socket)) read += item.item.kind == ItemKind::kData ? item.bytes.size() : 0;
      return read == sent;
    }));
    EXPECT_EQ(it.OfSocket().ended, 0u);
    EXPECT_TRUE(it.OfSocket().bytes < 20 * 1024);  // Only the tables of streams are left.
  }
}

TEST("a peer that is told of a narrower window while memory is short hears when it no longer is") {
  Unread it;
  EXPECT_EQ(it.pair.server.Set(0, Option::kMaxHeldOfAll, 0, {kMiB}), 0);
  const SocketId reading = it.pair.server.Open(8);
  it.pair.server.Set(reading, Option::kRecbuf, 0, {kWindow});
  REQUIRE(it.pair.server.engine->Listen(reading, kBacklog) == 0);
  Peer greedy, modest;
  REQUIRE(it.Connect(greedy, 6001));
  modest.socket = it.pair.client.Open(6002);
  REQUIRE(it.pair.client.engine->Connect(modest.socket, {&it.pair.server.address, 1}, 8, false, &modest.assoc) == 0);
  it.pair.net.RunFor(kSecond);
  const auto window = [&] { return it.pair.client.Get(modest.socket, Option::kAssocInfo, modest.assoc).at(2); };
  EXPECT_EQ(window(), kWindow);
  it.Fill(greedy, 20'000);
  EXPECT_EQ(it.pair.client.Send(modest.socket, modest.assoc, 0, AsBytesOf("x")), 0);
  it.pair.net.RunFor(kSecond);
  EXPECT_TRUE(window() < kWindow / 2);
  it.Read();
  EXPECT_TRUE(window() > kWindow / 2);
}

// Otherwise peers that come and go while memory is short would be noted one by one until memory is no longer short.
TEST("whoever has ended is not among those that are told when memory is no longer short") {
  Unread it;
  EXPECT_EQ(it.pair.server.Set(0, Option::kMaxHeldOfAll, 0, {kMiB}), 0);
  Peer greedy;
  REQUIRE(it.Connect(greedy, 6001));
  it.Fill(greedy, 20'000);
  it.pair.client.engine->Close(greedy.socket, true);
  it.pair.net.RunFor(kSecond);
  EXPECT_EQ(it.pair.server.engine->stats().associations, 0u);
  EXPECT_TRUE(it.Of(0).bytes > kMiB / 2);
  it.pair.server.engine->SetCredit(it.pair.server_socket, kUnlimitedCredit);
  it.pair.server.engine->Drain(it.pair.server_socket);
  EXPECT_EQ(it.Of(0).bytes, 0u);
  EXPECT_FALSE(it.pair.server.engine->NeedsFlush());
}

TEST("unread items of associations that have ended are counted, and too many of them keep peers away until they are read") {
  Unread it;
  size_t came = 0;
  uint64_t most = 0;
  for (uint16_t i = 0; i < 200; i++) {
    Peer peer;
    if (!it.Connect(peer, static_cast<uint16_t>(6000 + i))) continue;
    ++came;
    it.Fill(peer, 20'000);
    it.pair.client.engine->Close(peer.socket, true);
    it.pair.net.RunFor(kSecond / 10);
    most = std::max(most, it.OfSocket().bytes);
    EXPECT_EQ(it.OfSocket().ended, it.OfSocket().bytes);
  }
  EXPECT_TRUE(came >= 2 && came < 10);
  EXPECT_TRUE(most > kLimit / 4 && most <= kLimit / 2);
  it.Read();
  EXPECT_EQ(it.OfSocket().bytes, 0u);
  EXPECT_EQ(it.OfSocket().ended, 0u);
  Peer peer;
  EXPECT_TRUE(it.Connect(peer, 7000));
}

TEST("whoever is refused for that is told why") {
  Unread it;
  for (uint16_t i = 0; i < 10; i++) {
    Peer peer;
    if (!it.Connect(peer, static_cast<uint16_t>(6000 + i))) break;
    it.Fill(peer, 20'000);
    it.pair.client.engine->Close(peer.socket, true);
  }
  Peer peer{.socket = it.pair.client.Open(7000)};
  REQUIRE(it.pair.client.engine->Connect(peer.socket, {&it.pair.server.address, 1}, kServerPort, false, &peer.assoc) == 0);
  it.pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(it.pair.client.Take(peer.socket)), "cant_assoc(4)");
}

TEST("peeling off takes the charges along, closing gives them back, and the engine has the sum") {
  Unread it;
  Peer first, second;
  REQUIRE(it.Connect(first, 6001) && it.Connect(second, 6002));
  const size_t sent = it.Fill(first, 5000);
  it.Fill(second, 100);
  const AssocId assoc = it.pair.server.engine->FindAssociation(it.pair.server_socket, it.pair.client.address, 6001);
  const uint64_t of_first = it.Of(it.pair.server_socket, assoc).bytes;
  const uint64_t before = it.OfSocket().bytes;
  EXPECT_TRUE(of_first >= sent / 3 && of_first < before);
  EXPECT_EQ(it.Of(0).bytes, before);
  SocketId peeled = 0;
  REQUIRE(it.pair.server.engine->PeelOff(it.pair.server_socket, assoc, &peeled) == 0);
  EXPECT_EQ(it.Of(peeled).bytes, of_first);
  EXPECT_EQ(it.OfSocket().bytes, before - of_first);
  EXPECT_EQ(it.OfSocket().ended, 0u);  // The peeled-off association lives on; its unread data keeps nobody away from this socket.
  EXPECT_EQ(it.pair.server.Get(peeled, Option::kMaxHeld).at(0), kLimit);
  EXPECT_EQ(it.Of(0).bytes, before);
  it.pair.server.engine->Close(peeled, true);
  EXPECT_EQ(it.Of(0).bytes, before - of_first);
  it.pair.server.engine->Close(it.pair.server_socket, true);
  EXPECT_EQ(it.Of(0).bytes, 0u);
}

TEST("the engine's limit is that of all its sockets together") {
  Unread it;
  EXPECT_EQ(it.pair.server.Set(0, Option::kMaxHeldOfAll, 0, {65'535}), EINVAL);
  EXPECT_EQ(it.pair.server.Set(0, Option::kMaxHeldOfAll, 0, {kMiB}), 0);
  EXPECT_EQ(it.pair.server.Get(0, Option::kMaxHeldOfAll).at(0), kMiB);
  uint16_t i = 0;
  for (; i < 50; i++) {
    Peer peer;
    if (!it.Connect(peer, static_cast<uint16_t>(6000 + i))) break;
    const AssocId assoc = it.pair.server.engine->FindAssociation(it.pair.server_socket, it.pair.client.address, peer.port);
    SocketId socket = 0;
    REQUIRE(it.pair.server.engine->PeelOff(it.pair.server_socket, assoc, &socket) == 0);
    it.Fill(peer, 10'000);
  }
  EXPECT_TRUE(i >= 10 && i < 50);
  EXPECT_TRUE(it.Of(0).bytes > kMiB / 2 && it.Of(0).bytes <= kMiB + 65'536);
}

// Fragments and messages that wait for others are held as much as unread messages, and so are streams.
TEST("chunks that wait for one that does not come are charged, too") {
  Unread it;
  it.pair.server.engine->SetCredit(it.pair.server_socket, kUnlimitedCredit);
  it.pair.Establish();
  it.pair.server.engine->SetCredit(it.pair.server_socket, 0);
  const uint64_t before = it.OfSocket().bytes;
  const auto send = [&](uint32_t number, uint16_t stream, uint16_t ssn, uint8_t flags, size_t size) {
    it.pair.server.Inject(it.pair.FromClient(), PacketBuilder(kClientPort, kServerPort, it.pair.tag_to_server)
                                                    .Data(it.pair.client_tsn + number, stream, ssn, std::vector<uint8_t>(size, 'x'), flags)
                                                    .Done());
  };
  send(2, 0, 5, kDataBegin | kDataEnd, 10'000);
  const uint64_t early = it.OfSocket().bytes;
  EXPECT_TRUE(early >= before + 10'000 && early < before + 11'000);
  send(5, 0, 6, kDataBegin, 10'000);
  const uint64_t fragment = it.OfSocket().bytes;
  EXPECT_TRUE(fragment >= early + 10'000 && fragment < early + 11'000);
  EXPECT_EQ(it.Of(it.pair.server_socket, it.pair.server_assoc).bytes, fragment);
  it.pair.server.engine->Close(it.pair.server_socket, true);
  EXPECT_EQ(it.Of(0).bytes, 0u);
}

// The fragment is as long as its message's overhead. The message is then exempted from the window, and the sum of all held bytes stays as it was.
TEST("bytes beyond the window are counted also when the sum of all stays as it was") {
  Unread it;
  it.pair.server.Set(it.pair.server_socket, Option::kRecbuf, 0, {16'384});
  it.pair.server.engine->SetCredit(it.pair.server_socket, kUnlimitedCredit);
  it.pair.Establish();
  it.pair.server.Take(it.pair.server_socket);
  uint32_t number = 0;
  const auto send = [&](uint16_t ssn, uint8_t flags, size_t size) {
    it.pair.server.Inject(it.pair.FromClient(), PacketBuilder(kClientPort, kServerPort, it.pair.tag_to_server)
                                                    .Data(it.pair.client_tsn + number++, 0, ssn, std::vector<uint8_t>(size, 'x'), flags)
                                                    .Done());
  };
  for (const auto& [ssn, first, second] : {std::array<size_t, 3>{0, 7'900, 208}, {1, 7'800, 250}}) {
    send(static_cast<uint16_t>(ssn), kDataBegin, first);
    send(static_cast<uint16_t>(ssn), 0, second);
    send(static_cast<uint16_t>(ssn), kDataEnd, 100);
    const std::vector<OwnedItem> items = it.pair.server.Take(it.pair.server_socket);
    REQUIRE(items.size() == 1);
    EXPECT_EQ(items[0].bytes.size(), first + second + 100);
  }
}

// Messages have room in the window, but none in what may be held of their association: they would come chunk by chunk, a round trip or a timeout each.
void ExpectGoesOn(const std::vector<Message>& messages, bool interleaves) {
  Unread it;
  it.pair.net.link.mtu = 1'500;
  EXPECT_EQ(it.pair.server.Set(0, Option::kMaxHeldOfAll, 0, {kMiB}), 0);
  const SocketId reading = it.pair.server.Open(8);
  it.pair.server.Set(reading, Option::kRecbuf, 0, {kWindow});
  it.pair.server.Set(reading, Option::kInterleavingSupported, 0, {interleaves});
  REQUIRE(it.pair.server.engine->Listen(reading, kBacklog) == 0);
  Peer modest;
  std::array<Peer, 2> greedy;
  REQUIRE(it.Connect(greedy[0], 6001) && it.Connect(greedy[1], 6003));
  modest.socket = it.pair.client.Open(6002);
  it.pair.client.Set(modest.socket, Option::kInterleavingSupported, 0, {interleaves});
  it.pair.client.Set(modest.socket, Option::kStreamScheduler, 0, {static_cast<uint32_t>(Scheduler::kRoundRobin)});
  REQUIRE(it.pair.client.engine->Connect(modest.socket, {&it.pair.server.address, 1}, 8, false, &modest.assoc) == 0);
  for (const Peer& peer : greedy) it.Fill(peer, 20'000);
  EXPECT_TRUE(it.Of(0).bytes > kMiB / 2);
  it.pair.net.link.delay = kSecond / 10;
  Sender sender(it.pair.client, modest.socket, modest.assoc, messages);
  sender.Pump();
  const auto arrived = [&] {
    const auto& items = it.pair.server.items(reading);
    return std::count_if(items.begin(), items.end(), [](const OwnedItem& item) { return item.item.kind == ItemKind::kData; });
  };
  EXPECT_TRUE(it.pair.net.RunUntil([&] { return static_cast<size_t>(arrived()) == messages.size(); }, 3 * kSecond));
  ExpectAllArrived(it.pair.server.Take(reading), messages);
}

TEST("a message that outgrows its share while memory is short goes on if it is being read, with interleaving and without") {
  for (const bool interleaves : {false, true}) ExpectGoesOn({MessageOf(0, 250'000)}, interleaves);
}

TEST("messages that outgrow their association's share together, none of them large, go on if they are being read") {
  std::vector<Message> messages;
  for (uint32_t number = 0; number < 10; ++number) messages.push_back(MessageOf(number, 25'000, number));
  ExpectGoesOn(messages, true);
}

TEST("a message that can never be held ends its association") {
  Unread it;
  it.pair.net.link.mtu = 1'500;
  EXPECT_EQ(it.pair.server.Set(it.pair.server_socket, Option::kMaxHeld, 0, {65'536}), 0);
  it.pair.server.engine->SetCredit(it.pair.server_socket, kUnlimitedCredit);
  Peer peer;
  REQUIRE(it.Connect(peer, 6001));
  EXPECT_EQ(it.pair.client.Send(peer.socket, peer.assoc, 0, std::vector<uint8_t>(60'000, 'x')), 0);
  it.pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(it.pair.client.Take(peer.socket)).substr(0, 12), "comm_lost(4)");
}

}  // namespace
}  // namespace mailport::sctp::test
