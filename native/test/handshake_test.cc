// Setting associations up (RFC 9260 section 5.1): four packets, each of them lost, spoilt or late, and refusals.
#include <algorithm>
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

// RFC 9260 section 5.1; EV-10, EV-14.
TEST("four packets make an association, and comm_up is the first item on both ends") {
  Pair pair;
  Wire wire(pair);
  REQUIRE(pair.Connect() == 0);
  EXPECT_TRUE(pair.client_assoc >= 3);  // EV-20
  pair.net.RunFor(kSecond);
  EXPECT_EQ(wire.types, (std::vector<int>{kChunkInit, kChunkInitAck, kChunkCookieEcho, kChunkCookieAck}));
  auto at_client = pair.client.Take(pair.client_socket), at_server = pair.server.Take(pair.server_socket);
  EXPECT_EQ(Story(at_client), "comm_up");
  EXPECT_EQ(Story(at_server), "comm_up");
  REQUIRE(at_client.size() == 1 && at_server.size() == 1);
  EXPECT_TRUE(at_client[0].item.peer == pair.server.address);
  EXPECT_EQ(at_client[0].item.peer_port, kServerPort);
  EXPECT_TRUE(at_server[0].item.peer == pair.client.address);
  EXPECT_EQ(at_server[0].item.peer_port, kClientPort);
  EXPECT_EQ(at_client[0].item.outbound_streams, at_server[0].item.inbound_streams);
  EXPECT_EQ(at_server[0].item.outbound_streams, at_client[0].item.inbound_streams);
}

TEST("the smaller of streams offered and streams accepted is agreed on, either way") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kInitMsg, 0, {5, 3, 0, 0});
  pair.server.Set(pair.server_socket, Option::kInitMsg, 0, {20, 4, 0, 0});
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(kSecond);
  auto at_client = pair.client.Take(pair.client_socket), at_server = pair.server.Take(pair.server_socket);
  REQUIRE(at_client.size() == 1 && at_server.size() == 1);
  EXPECT_EQ(at_client[0].item.outbound_streams, 4u);
  EXPECT_EQ(at_client[0].item.inbound_streams, 3u);
  EXPECT_EQ(at_server[0].item.outbound_streams, 3u);
  EXPECT_EQ(at_server[0].item.inbound_streams, 4u);
}

TEST("each of the four packets may be lost, once or three times") {
  for (uint8_t type : {kChunkInit, kChunkInitAck, kChunkCookieEcho, kChunkCookieAck})
    for (int count : {1, 3}) {
      check::Note("type " + std::to_string(type) + " lost " + std::to_string(count) + " times");
      Pair pair;
      pair.tap = DropFirst(type, count);
      pair.Establish();
      WorksBothWays(pair);
    }
}

// SD-15.
TEST("data queued during set-up arrives after comm_up") {
  Pair pair;
  REQUIRE(pair.Connect() == 0);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 3, AsBytesOf("early")), 0);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 10, AsBytesOf("no such stream")), EINVAL);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up data:early");
}

TEST("a COOKIE ECHO spoilt in any byte of the cookie makes no association") {
  Pair pair;
  Wire wire(pair);
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(kSecond);
  std::vector<uint8_t> echo = wire.First(kChunkCookieEcho);
  REQUIRE(!echo.empty());
  size_t cookie_end = kCommonHeaderBytes + Load16(echo.data() + kCommonHeaderBytes + 2);

  Pair other(1);  // The same seed: the same keys and tags.
  other.tap = [](SimHost&, SimHost&, std::vector<uint8_t>& packet) { return !HasChunk(packet, kChunkCookieEcho); };
  REQUIRE(other.Connect() == 0);
  other.net.RunFor(kSecond / 2);
  for (size_t i = kCommonHeaderBytes + kChunkHeaderBytes; i < cookie_end; i++) {
    std::vector<uint8_t> spoilt = echo;
    spoilt[i] ^= 1;
    FixChecksum(&spoilt);
    other.server.Inject(other.FromClient(), spoilt);
  }
  EXPECT_TRUE(other.server.items(other.server_socket).empty());
  EXPECT_EQ(other.server.engine->AssociationsOn(1), 0u);
  other.server.Inject(other.FromClient(), echo);  // The unspoilt cookie works, so it was the spoiling that mattered.
  EXPECT_EQ(Story(other.server.items(other.server_socket)), "comm_up");
}

// An expired cookie is renewed with no event (section 5.2.6 and CN-18).
TEST("a cookie that expires on the way is renewed, silently") {
  Pair pair;
  auto info = pair.server.Get(pair.server_socket, Option::kAssocInfo);
  REQUIRE(info.size() == 5);
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kAssocInfo, 0, {info[0], info[1], info[2], info[3], 300}), 0);
  pair.net.link.delay = 200 * kMillisecond;
  Wire wire(pair);
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(30 * kSecond);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up");
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up");
  EXPECT_TRUE(wire.Count(kChunkError) >= 1);
  auto second_init = std::find_if(wire.packets.rbegin(), wire.packets.rend(), [](auto& p) { return HasChunk(p.second, kChunkInit); });
  REQUIRE(second_init != wire.packets.rend());
  std::vector<uint8_t> preservative = {0, kParamCookiePreservative, 0, 8};
  EXPECT_TRUE(std::search(second_init->second.begin(), second_init->second.end(), preservative.begin(), preservative.end()) !=
              second_init->second.end());
}

TEST("an old cookie sent again after its life makes no association") {
  Pair pair;
  Wire wire(pair);
  pair.Establish();
  std::vector<uint8_t> echo = wire.First(kChunkCookieEcho);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagAbort), 0);
  pair.net.RunFor(61 * kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_lost(12)");
  size_t before = wire.packets.size();
  pair.server.Inject(pair.FromClient(), echo);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "");
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 0u);
  REQUIRE(wire.packets.size() > before);
  auto view = ParsePacket(wire.packets[before].second);
  const ChunkView* error = view->Find(kChunkError);
  REQUIRE(error != nullptr);
  EXPECT_EQ(error->Word(0) >> 16, kCauseStaleCookie);
}

// A refusal is told at once (CN-14, EV-13).
TEST("nobody listening refuses with an ABORT, and cant_assoc comes in one round trip") {
  Pair pair;
  pair.server.engine->Listen(pair.server_socket, 0);
  TimeUs start = pair.net.now();
  REQUIRE(pair.Connect() == 0);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("lost")), 0);
  REQUIRE(pair.net.RunUntil([&] { return !pair.client.items(pair.client_socket).empty(); }, kSecond));
  EXPECT_TRUE(pair.net.now() - start <= 3 * kMillisecond);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "cant_assoc send_failed:unsent");
  EXPECT_TRUE(pair.server.items(pair.server_socket).empty());
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("x")), EPIPE);
}

TEST("a port without a socket refuses as well") {
  Pair pair;
  pair.server.engine->Close(pair.server_socket, false);
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "cant_assoc");
}

// LS-5, LS-6.
TEST("listening may start and stop; what is connected stays") {
  Pair pair;
  pair.Establish();
  pair.server.engine->Listen(pair.server_socket, 0);
  SocketId second = pair.client.Open(5001);
  AssocId assoc = 0;
  EXPECT_EQ(pair.client.engine->Connect(second, {&pair.server.address, 1}, kServerPort, false, &assoc), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.client.Take(second)), "cant_assoc");
  WorksBothWays(pair);
  pair.server.engine->Listen(pair.server_socket, kBacklog);
  EXPECT_EQ(pair.client.engine->Connect(second, {&pair.server.address, 1}, kServerPort, false, &assoc), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.client.Take(second)), "comm_up");
}

// Section 5.1.6 and EV-21. Max.Init.Retransmits 8: nine INITs, at 3, 6, 12, 24, 48 and then 60 seconds (RTO.max).
TEST("without any answer the attempt ends with cant_assoc, error 0, after its retries") {
  Pair pair;
  std::vector<TimeUs> times;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    if (HasChunk(packet, kChunkInit)) times.push_back(pair.net.now());
    return false;
  };
  REQUIRE(pair.Connect() == 0);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("lost")), 0);
  REQUIRE(pair.net.RunUntil([&] { return !pair.client.items(pair.client_socket).empty(); }));
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "cant_assoc send_failed:unsent");
  REQUIRE(times.size() == 9);
  for (size_t i = 1; i < times.size(); i++) EXPECT_EQ((times[i] - times[i - 1]) / kSecond, std::min<TimeUs>(60, 3u << (i - 1)));
}

TEST("initmsg bounds attempts and their waiting time") {
  Pair pair;
  int inits = 0;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    inits += HasChunk(packet, kChunkInit);
    return false;
  };
  pair.client.Set(pair.client_socket, Option::kInitMsg, 0, {0, 0, 3, 500});
  TimeUs start = pair.net.now();
  REQUIRE(pair.Connect() == 0);
  REQUIRE(pair.net.RunUntil([&] { return !pair.client.items(pair.client_socket).empty(); }));
  EXPECT_EQ(inits, 4);
  EXPECT_EQ((pair.net.now() - start) / kMillisecond, 2000u);
}

TEST("a COOKIE ECHO that is never answered ends with cant_assoc too") {
  Pair pair;
  pair.tap = DropFirst(kChunkCookieEcho, 1000);
  REQUIRE(pair.Connect() == 0);
  REQUIRE(pair.net.RunUntil([&] { return !pair.client.items(pair.client_socket).empty(); }, 3600 * kSecond));
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "cant_assoc");
}

// CN-17.
TEST("connecting twice to one peer is ealready while it runs and eisconn afterwards") {
  Pair pair;
  REQUIRE(pair.Connect() == 0);
  AssocId first = pair.client_assoc;
  EXPECT_EQ(pair.Connect(), EALREADY);
  pair.client_assoc = first;
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.Connect(), EISCONN);
  AssocId back = 0;
  EXPECT_EQ(pair.server.engine->Connect(pair.server_socket, {&pair.client.address, 1}, kClientPort, false, &back), EISCONN);
}

TEST("a watched connect gives its outcome aside from the queue, whatever the credit") {
  for (bool listening : {true, false}) {
    Pair pair;
    pair.server.engine->Listen(pair.server_socket, listening ? kBacklog : 0);
    pair.client.engine->SetCredit(pair.client_socket, 0);
    REQUIRE(pair.client.engine->Connect(pair.client_socket, {&pair.server.address, 1}, kServerPort, true, &pair.client_assoc) == 0);
    pair.net.RunFor(kSecond);
    auto& results = pair.client.results[pair.client_socket];
    REQUIRE(results.size() == 1);
    EXPECT_EQ(results[0].item.state, static_cast<uint32_t>(listening ? AssocState::kCommUp : AssocState::kCantAssoc));
    pair.client.engine->SetCredit(pair.client_socket, kUnlimitedCredit);
    pair.client.engine->Drain(pair.client_socket);
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "");
  }
}

TEST("a connect no longer watched gives an ordinary item after all") {
  Pair pair;
  REQUIRE(pair.client.engine->Connect(pair.client_socket, {&pair.server.address, 1}, kServerPort, true, &pair.client_assoc) == 0);
  pair.client.engine->Unwatch(pair.client_socket, pair.client_assoc);
  pair.net.RunFor(kSecond);
  EXPECT_TRUE(pair.client.results[pair.client_socket].empty());
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up");
}

// AS-6.
TEST("eof during set-up ends the attempt with no event, abort with cant_assoc and error 12") {
  for (uint32_t flag : {kFlagEof, kFlagAbort}) {
    Pair pair;
    pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
    REQUIRE(pair.Connect() == 0);
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("queued")), 0);
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, flag), 0);
    pair.net.RunFor(kSecond);
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), flag == kFlagEof ? "send_failed:unsent" : "cant_assoc(12) send_failed:unsent");
    pair.tap = nullptr;
    pair.Establish();
    WorksBothWays(pair);
  }
}
}  // namespace
}  // namespace mailport::sctp::test
