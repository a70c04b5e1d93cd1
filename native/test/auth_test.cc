// Authenticated chunks (RFC 4895) between two engines: what they agree on, which packets are signed, and which chunks count.
#include <algorithm>
#include <cerrno>

#include "authentication.h"
#include "hex.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kData = kChunkData, kAbort = kChunkAbort;
// All that anybody can ask for, of the chunks that engines send.
const Values kEverything = {0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 64, 192, 194};

// RFC 4895 sections 3.1 to 3.3, 6.1.
TEST("an INIT and its INIT ACK carry RANDOM, CHUNKS and HMAC-ALGO, and list AUTH among the extensions, if the socket asks for it") {
  Authentication pair({kData, kAbort}, {});
  std::vector<std::vector<uint8_t>> packets;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    packets.push_back(packet);
    return true;
  };
  pair.Establish();
  REQUIRE(pair.client_vector.size() == 36 + 6 + 8 && pair.server_vector.size() == 36 + 8);
  EXPECT_EQ(Load32(&pair.client_vector[0]), 0x80020024u);
  const std::vector<uint8_t> behind(pair.client_vector.begin() + 36, pair.client_vector.end());
  EXPECT_TRUE(behind == (std::vector<uint8_t>{0x80, 0x03, 0, 6, 0, 6, 0x80, 0x04, 0, 8, 0, 3, 0, 1}));
  EXPECT_TRUE(!std::equal(pair.client_vector.begin() + 4, pair.client_vector.begin() + 36, pair.server_vector.begin() + 4));
  for (const auto& packet : packets) {
    if (!HasChunk(packet, kChunkInit) && !HasChunk(packet, kChunkInitAck)) continue;
    const std::vector<uint8_t> extensions = {0x80, 0x08, 0, 5, 15};
    EXPECT_TRUE(std::search(packet.begin(), packet.end(), extensions.begin(), extensions.end()) != packet.end());
  }
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kAuthSupported, pair.client_assoc), Values{1});
  EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kPeerAuthChunks, pair.server_assoc), (Values{0, 6}));
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kLocalAuthChunks, pair.client_assoc), (Values{0, 6}));
}

TEST("no end offers it unless asked to, and an end that offers it alone authenticates nothing and says so (RFC 6458 section 6.1.8)") {
  Pair plain;
  Wire wire(plain);
  plain.Establish();
  EXPECT_TRUE(KeyVectorOf(wire.First(kChunkInit)).empty());
  Authentication pair({kData}, {});
  pair.server.Set(pair.server_socket, Option::kAuthSupported, 0, {0});
  pair.client.Set(pair.client_socket, Option::kEvents, 0, {kDefaultEvents | kEventAuthentication});
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(100 * kMillisecond);
  EXPECT_TRUE(pair.server_vector.empty());
  EXPECT_EQ(pair.ClientStory(), "comm_up no_auth:0");
  pair.server_assoc = pair.server.Take(pair.server_socket).at(0).item.assoc_id;
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kAuthSupported, pair.client_assoc), Values{0});
  EXPECT_TRUE(WorksBothWays(pair));
}

// Sections 6.1 and 6.2. With several seeds either vector is the smaller one.
TEST("what the peer wants authenticated leaves behind an AUTH chunk, whose HMAC is that of the shared keys and the two key vectors") {
  for (const uint64_t seed : check::Seeds(8)) {
    Authentication pair({}, {kData}, seed);
    const bool sha1 = seed % 2 == 0;
    if (sha1) EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kHmacIdent, 0, {1}), 0);
    pair.SetKeys(7, 0x61626364);
    Wire wire(pair);
    pair.Establish();
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 1, AsBytesOf("hello")), 0);
    EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 1, AsBytesOf("there")), 0);
    pair.net.RunFor(kSecond);
    EXPECT_EQ(pair.ServerStory(), "data:hello");
    EXPECT_EQ(pair.ClientStory(), "data:there");
    EXPECT_EQ(pair.Dropped(), 0u);
    EXPECT_EQ(wire.Count(kChunkAuth), 1);
    auto packet = wire.First(kChunkAuth);
    const auto chunks = ChunksOf(packet);
    REQUIRE(chunks.size() >= 2 && chunks[chunks.size() - 2].type == kChunkAuth && chunks.back().type == kChunkData);
    const Bytes auth = chunks[chunks.size() - 2].whole;
    const size_t at = static_cast<size_t>(auth.data() - packet.data());
    EXPECT_EQ(auth.size(), sha1 ? 28u : 40u);
    EXPECT_EQ(Load32(&auth[4]), 7u << 16 | (sha1 ? 1 : 3));
    const std::vector<uint8_t> digest(auth.begin() + 8, auth.end());
    std::fill(packet.begin() + static_cast<ptrdiff_t>(at) + 8, packet.begin() + static_cast<ptrdiff_t>(at + auth.size()), 0);
    EXPECT_TRUE(digest == pair.Hmac(sha1 ? 1 : 3, {'a', 'b', 'c', 'd'}, Bytes(packet).subspan(at)));
  }
}

TEST("with all chunks authenticated, whole transfers arrive over bad links, and the association ends in order (section 6.2)") {
  for (const uint64_t seed : check::Seeds(6)) {
    Authentication pair(kEverything, kEverything, seed);
    pair.SetKeys(1, 0x12345678);
    if (seed % 2 == 0) {
      pair.client.Set(pair.client_socket, Option::kInterleavingSupported, 0, {1});
      pair.server.Set(pair.server_socket, Option::kInterleavingSupported, 0, {1});
    }
    pair.Establish();
    EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kAuthSupported, pair.client_assoc), Values{1});
    pair.net.link.loss = 0.05;
    pair.net.link.reorder = 0.05;
    pair.net.link.duplicate = 0.05;
    std::vector<Message> up, down;
    for (uint32_t i = 0; i < 100; ++i) {
      up.push_back(MessageOf(i, 1 + i * 97 % 6000, i % 5));
      down.push_back(MessageOf(1000 + i, 1 + i * 41 % 3000, i % 3, i % 4 == 0 ? kFlagUnordered : 0));
    }
    EXPECT_TRUE(Transfer(pair, up, down));
    pair.client.Take(pair.client_socket);
    pair.server.Take(pair.server_socket);
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagEof), 0);
    EXPECT_TRUE(pair.net.RunUntil([&] { return pair.server.items(pair.server_socket).size() == 2 && pair.client.items(pair.client_socket).size() == 1; }));
    EXPECT_EQ(pair.ServerStory(), "shutdown_event shutdown_comp");
    EXPECT_EQ(pair.ClientStory(), "shutdown_comp");
    EXPECT_EQ(pair.Dropped() + pair.client.engine->stats().unauthenticated, 0u);
  }
}

// Section 6.3.
TEST("a chunk that has to be authenticated counts behind a right AUTH chunk alone; else it is dropped in silence, and counted") {
  Authentication pair({}, {kData});
  pair.SetKeys(1, 0x61626364);
  pair.Establish();
  std::vector<int> types;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from == &pair.server)
      for (const auto& chunk : ChunksOf(packet)) types.push_back(chunk.type);
    return false;
  };
  const std::vector<uint8_t> key = {'a', 'b', 'c', 'd'};
  const auto data = [&](const std::string& text) { return pair.ToServerPacket().Data(pair.client_tsn, 0, 0, AsBytesOf(text)).Done(); };
  const auto dropped = [&](const std::vector<uint8_t>& packet) {
    const uint64_t before = pair.Dropped();
    types.clear();
    pair.ToServer(packet);
    EXPECT_EQ(pair.Dropped(), before + 1);
    EXPECT_TRUE(types.empty());
    return pair.ServerStory();
  };
  EXPECT_EQ(dropped(data("unsigned")), "");
  EXPECT_EQ(dropped(pair.Signed(data("wrong key"), 0, 1, {'a', 'b', 'c', 'e'})), "");
  EXPECT_EQ(dropped(pair.Signed(data("no such key"), 0, 2, key)), "");
  auto spoilt = pair.Signed(data("spoilt"), 0, 1, key);
  spoilt[spoilt.size() - 3] ^= 1;
  FixChecksum(&spoilt);
  EXPECT_EQ(dropped(spoilt), "");
  auto twice = pair.Signed(pair.Signed(data("twice"), 0, 1, key), 0, 1, key);
  EXPECT_EQ(dropped(twice), "");
  for (const size_t length : {4, 6, 7, 8, 20, 39}) {
    auto short_one = pair.Signed(data("short"), 0, 1, key);
    Store16(&short_one[14], static_cast<uint32_t>(length));
    FixChecksum(&short_one);
    EXPECT_EQ(dropped(short_one), "");
  }
  // A chunk before the AUTH chunk is not authenticated by it.
  auto before = pair.ToServerPacket().Data(pair.client_tsn, 0, 0, AsBytesOf("before")).Words(kChunkHeartbeat, 0, {0x00010008, 5}).Done();
  EXPECT_EQ(pair.Dropped(), 11u);
  pair.ToServer(pair.Signed(before, 1, 1, key));
  EXPECT_EQ(pair.ServerStory(), "");
  EXPECT_TRUE(types == (std::vector<int>{kChunkHeartbeatAck}));
  types.clear();
  pair.ToServer(pair.Signed(data("right"), 0, 1, key));
  EXPECT_EQ(pair.ServerStory(), "data:right");
  EXPECT_TRUE(types == (std::vector<int>{kChunkSack}));
}

TEST("a HMAC that was not listed is answered with an ERROR that names it, and what follows is dropped (sections 4.1, 6.3)") {
  Authentication pair({}, {kData});
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kHmacIdent, 0, {1}), 0);
  pair.Establish();
  Wire wire(pair);
  const auto packet = pair.ToServerPacket().Data(pair.client_tsn, 0, 0, AsBytesOf("x")).Done();
  pair.ToServer(pair.Signed(packet, 0, 0, {}, 3));
  EXPECT_EQ(pair.ServerStory(), "");
  const auto answer = wire.First(kChunkError);
  REQUIRE(!answer.empty());
  EXPECT_EQ(ToHex(ChunksOf(answer)[0].body), "010500060003");
  pair.net.RunFor(100 * kMillisecond);
  EXPECT_EQ(pair.ClientStory(), "remote_error");
  pair.ToServer(pair.Signed(packet, 0, 0, {}, 1));
  EXPECT_EQ(pair.ServerStory(), "data:x");
}

TEST("a stranger who knows tags and TSNs ends no association that wants ABORT authenticated, not even with a reflected tag") {
  Authentication pair({}, {kAbort});
  pair.SetKeys(1, 0x61626364);
  pair.Establish();
  pair.ToServer(pair.ToServerPacket().Chunk(kChunkAbort, 0, {}).Done());
  pair.ToServer(PacketBuilder(kClientPort, kServerPort, pair.tag_to_client).Chunk(kChunkAbort, kTagReflected, {}).Done());
  EXPECT_EQ(pair.ServerStory(), "");
  EXPECT_TRUE(WorksBothWays(pair));
  pair.net.RunFor(kSecond);
  pair.server.Take(pair.server_socket);
  pair.ToServer(pair.Signed(pair.ToServerPacket().Chunk(kChunkAbort, 0, {}).Done(), 0, 1, {'a', 'b', 'c', 'd'}));
  EXPECT_EQ(pair.ServerStory(), "comm_lost");
}

// Section 6.3: by the random numbers in the cookie.
TEST("a COOKIE ECHO that has to be authenticated makes an association for whoever knows the key alone") {
  Authentication pair({}, {kChunkCookieEcho});
  pair.SetKeys(1, 0x61626364);
  pair.Establish();
  EXPECT_TRUE(WorksBothWays(pair));

  Authentication stranger({}, {kChunkCookieEcho});
  stranger.SetKeys(1, 0x61626364);
  EXPECT_EQ(Authentication::SetKey(stranger.client, stranger.client_socket, 0, 1, 0x61626365), 0);
  REQUIRE(stranger.Connect() == 0);
  stranger.net.RunFor(600 * kSecond);
  EXPECT_EQ(stranger.ClientStory(), "cant_assoc");
  EXPECT_EQ(stranger.ServerStory(), "");
  EXPECT_TRUE(stranger.Dropped() >= 5u);
  EXPECT_EQ(stranger.server.engine->stats().associations, 0u);

  // Without an AUTH chunk.
  Authentication bare({}, {kChunkCookieEcho});
  bare.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    const auto chunks = ChunksOf(packet);
    if (chunks[0].type != kChunkAuth) return true;
    packet.erase(packet.begin() + 12, packet.begin() + 12 + static_cast<ptrdiff_t>(chunks[0].whole.size()));
    FixChecksum(&packet);
    return true;
  };
  REQUIRE(bare.Connect() == 0);
  bare.net.RunFor(10 * kSecond);
  EXPECT_EQ(bare.ServerStory(), "");
  EXPECT_TRUE(bare.Dropped() >= 1u);
}

// Sections 6.1, 6.3; RFC 9260 section 5.2.4, action A.
TEST("a peer that begins anew is known by the key: who has another key, or authenticates nothing, takes nothing over") {
  for (const int kind : {0, 1, 2}) {
    Authentication pair({}, {kChunkCookieEcho, kData});
    pair.SetKeys(1, 0x61626364);
    pair.Establish();
    pair.client.Crash();
    pair.client_socket = pair.client.Open(kClientPort);
    if (kind != 2) {
      Authentication::Prepare(pair.client, pair.client_socket, {});
      EXPECT_EQ(Authentication::SetKey(pair.client, pair.client_socket, 0, 1, kind == 0 ? 0x61626364 : 0x7a7a7a7a), 0);
      EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAuthActiveKey, 0, {1}), 0);
    }
    REQUIRE(pair.Connect() == 0);
    pair.net.RunFor(200 * kMillisecond);
    EXPECT_EQ(pair.ServerStory(), kind == 0 ? "restart" : "");
    EXPECT_EQ(pair.ClientStory(), kind == 0 ? "comm_up" : "");
    if (kind == 0) EXPECT_TRUE(WorksBothWays(pair));
  }
}

TEST("two ends that call each other at once keep the random numbers of their INITs, as they keep their tags (section 6.1)") {
  for (const uint64_t seed : check::Seeds(6)) {
    Authentication pair(kEverything, kEverything, seed);
    pair.SetKeys(3, 0x01020304);
    pair.net.UseLink(pair.client, pair.server, {.delay = (1 + seed % 3) * kMillisecond});
    REQUIRE(pair.Connect() == 0);
    const IpAddress target = pair.client.address;
    EXPECT_EQ(pair.server.engine->Connect(pair.server_socket, {&target, 1}, kClientPort, false, &pair.server_assoc), 0);
    pair.net.RunFor(5 * kSecond);
    EXPECT_EQ(pair.ClientStory(), "comm_up");
    EXPECT_EQ(pair.ServerStory(), "comm_up");
    EXPECT_TRUE(WorksBothWays(pair));
    EXPECT_EQ(pair.Dropped() + pair.client.engine->stats().unauthenticated, 0u);
  }
}

TEST("packets with an AUTH chunk are no larger than the path's, and messages are cut for that (RFC 9260 section 6.9)") {
  Authentication pair({}, {kData});
  pair.Establish();
  const auto point = [&](SimHost& host, SocketId socket, AssocId assoc) { return host.Get(socket, Option::kStatus, assoc).at(6); };
  EXPECT_EQ(point(pair.client, pair.client_socket, pair.client_assoc), 1452u - 12 - 40 - 16);
  EXPECT_EQ(point(pair.server, pair.server_socket, pair.server_assoc), 1452u - 12 - 16);
  EXPECT_TRUE(Transfer(pair, {MessageOf(1, 100000)}, {MessageOf(2, 100000)}));
}

// Section 6.1: "the association MUST be aborted".
TEST("an INIT with a random number of another length, without SHA-1 or with a list twice gets an ABORT with a protocol violation") {
  const auto answer = [](std::vector<std::vector<uint8_t>> params, bool offers) {
    Authentication pair;
    pair.server.Set(pair.server_socket, Option::kAuthSupported, 0, {offers});
    std::vector<uint8_t> body(16);
    Store32(&body[0], 77);
    Store32(&body[4], 65536);
    Store32(&body[8], 10u << 16 | 10);
    for (const auto& param : params) {
      body.insert(body.end(), param.begin(), param.end());
      body.resize(Padded(body.size()));
    }
    const auto answers = AnswersTo(pair, PacketBuilder(kClientPort, kServerPort, 0).Chunk(kChunkInit, 0, body).Done());
    REQUIRE(answers.size() == 1);
    const ChunkView chunk = ChunksOf(answers[0]).at(0);
    return std::string(chunk.type == kChunkInitAck ? "INIT_ACK" : chunk.type == kChunkAbort ? "ABORT " + ToHex(chunk.body) : "?") +
           (KeyVectorOf(answers[0]).empty() ? "" : " with keys");
  };
  const auto param = [](uint16_t type, std::vector<uint8_t> value) {
    value.insert(value.begin(), {static_cast<uint8_t>(type >> 8), static_cast<uint8_t>(type), 0, static_cast<uint8_t>(value.size() + 4)});
    return value;
  };
  const auto random = param(0x8002, std::vector<uint8_t>(32, 9)), hmacs = param(0x8004, {0, 3, 0, 1});
  EXPECT_EQ(answer({random, hmacs}, true), "INIT_ACK with keys");
  EXPECT_EQ(answer({hmacs, param(0x8003, {0}), random}, true), "INIT_ACK with keys");
  EXPECT_EQ(answer({random, hmacs}, false), "INIT_ACK");
  EXPECT_EQ(answer({random}, true), "INIT_ACK");
  EXPECT_EQ(answer({hmacs}, true), "INIT_ACK");
  const std::string violation = "ABORT 000d0004";
  EXPECT_EQ(answer({param(0x8002, std::vector<uint8_t>(31, 9)), hmacs}, true), violation);
  EXPECT_EQ(answer({param(0x8002, std::vector<uint8_t>(33, 9)), hmacs}, true), violation);
  EXPECT_EQ(answer({random, param(0x8004, {0, 3})}, true), violation);
  EXPECT_EQ(answer({random, random, hmacs}, true), violation);
  EXPECT_EQ(answer({random, hmacs, hmacs}, true), violation);
  // To an end that offers nothing these parameters mean nothing.
  EXPECT_EQ(answer({random, param(0x8004, {0, 3})}, false), "INIT_ACK");
}

}  // namespace
}  // namespace mailport::sctp::test
