// Handshakes to the byte: how a call takes an INIT ACK, how much the call reports and how much fits, the traces of a stale cookie and of a restart, and the
// ends of an association that is being set up.
#include "handshake.h"

namespace mailport::sctp::test {
namespace {

using Chunk = std::vector<uint8_t>;
using Words = std::initializer_list<uint32_t>;

constexpr uint32_t kPeerTag = 0x77;
constexpr size_t kMostReported = 512;  // Bytes of causes in the ERROR behind a COOKIE ECHO.

// The client calls. The test speaks for the server, and keeps the client's packets.
struct Caller {
  explicit Caller(std::initializer_list<uint32_t> init_options = {}) {
    if (init_options.size() != 0) pair.client.Set(pair.client_socket, Option::kInitMsg, 0, init_options);
    pair.tap = [this](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
      sent.push_back(packet);
      return false;
    };
    REQUIRE(pair.Connect() == 0);
    pair.net.Settle();
    REQUIRE(sent.size() == 1 && HasChunk(sent[0], kChunkInit));
  }
  // The chunks that the client sends in answer to a chunk of `type` with `body`.
  std::vector<Chunk> Get(uint8_t type, Bytes body) {
    sent.clear();
    pair.client.Inject(pair.FromServer(), PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Chunk(type, 0, body).Done());
    pair.net.Settle();
    std::vector<Chunk> chunks;
    for (const auto& packet : sent) {
      EXPECT_EQ(FaultOf(packet), "");
      for (const ChunkView& chunk : ChunksOf(packet)) chunks.push_back({chunk.whole.begin(), chunk.whole.end()});
    }
    return chunks;
  }
  std::vector<Chunk> Get(uint8_t type, Words words) {
    Chunk body(4 * words.size());
    size_t at = 0;
    for (const uint32_t word : words) Store32(&body[at], word), at += 4;
    return Get(type, body);
  }
  std::string Story() { return test::Story(pair.client.Take(pair.client_socket)); }

  Pair pair;
  std::vector<std::vector<uint8_t>> sent;
};

// An INIT ACK's body: its header, a cookie of `cookie` bytes, and an unknown parameter of `unknown` bytes that is to be reported, if any.
Chunk InitAck(size_t cookie, size_t unknown) {
  Chunk body(16 + Padded(4 + cookie) + Padded(unknown));
  Store32(&body[0], kPeerTag);
  Store32(&body[4], 65536);
  Store32(&body[8], 0x000a000a);
  Store32(&body[12], 1);
  Store16(&body[16], kParamStateCookie);
  Store16(&body[18], static_cast<uint32_t>(4 + cookie));
  if (unknown != 0) {
    Store16(&body[16 + Padded(4 + cookie)], 0xc001);
    Store16(&body[18 + Padded(4 + cookie)], static_cast<uint32_t>(unknown));
  }
  return body;
}

// Sections 3.3.3, 3.3.10 and 5.1.
TEST("an INIT ACK that nothing can be built on ends the call, with an ABORT that says why") {
  const struct {
    const char* what;
    Words body;
    Chunk abort;
    const char* story;
  } cases[] = {
      {"no cookie", {kPeerTag, 65536, 0x000a000a, 5}, {kChunkAbort, 0, 0, 14, 0, 2, 0, 10, 0, 0, 0, 1, 0, 7}, "cant_assoc(2)"},
      {"a host name",
       {kPeerTag, 65536, 0x000a000a, 5, 0x00070008, 1, 0x000b0008, 0x61000000},
       {kChunkAbort, 0, 0, 16, 0, 5, 0, 12, 0, 11, 0, 8, 'a', 0, 0, 0}, "cant_assoc(5)"},
      {"no streams", {kPeerTag, 65536, 0x0000000a, 5, 0x00070008, 1}, {kChunkAbort, 0, 0, 8, 0, 7, 0, 4}, "cant_assoc(7)"},
      {"a parameter of a wrong length", {kPeerTag, 65536, 0x000a000a, 5, 0x00070008, 1, 0x00050004}, {kChunkAbort, 0, 0, 8, 0, 7, 0, 4}, "cant_assoc(7)"},
      {"no tag", {0, 65536, 0x000a000a, 5, 0x00070008, 1}, {kChunkAbort, 1, 0, 8, 0, 7, 0, 4}, "cant_assoc(7)"},
      {"cut off", {kPeerTag, 65536, 0x000a000a}, {}, ""},
      {"a parameter cut off", {kPeerTag, 65536, 0x000a000a, 5, 0x00070009, 1}, {}, ""},
  };
  for (const auto& [what, body, abort, story] : cases) {
    check::Note(what);
    Caller caller;
    const auto chunks = caller.Get(kChunkInitAck, body);
    EXPECT_EQ(chunks, abort.empty() ? std::vector<Chunk>{} : std::vector<Chunk>{abort});
    for (const auto& packet : caller.sent) EXPECT_EQ(ParsePacket(packet)->tag, body.begin()[0] == 0 ? caller.pair.tag_to_client : kPeerTag);
    EXPECT_EQ(caller.Story(), story);
    EXPECT_EQ(caller.pair.client.engine->AssociationsOn(1), *story == '\0' ? 1u : 0u);
  }
}

// Each parameter has one cause, padded. The chunk's length counts only the padding between the causes (section 3.3.10.8).
TEST("each unknown parameter of an INIT ACK is reported whole, in the packet of the COOKIE ECHO") {
  Caller caller;
  Chunk body = InitAck(3, 0);
  const Chunk params = {0xc0, 1, 0, 5, 'a', 0, 0, 0, 0x40, 2, 0, 4};
  body.insert(body.end(), params.begin(), params.end());
  const auto chunks = caller.Get(kChunkInitAck, body);
  EXPECT_EQ(caller.sent.size(), 1u);
  REQUIRE(chunks.size() == 2);
  EXPECT_EQ(chunks[0], (Chunk{kChunkCookieEcho, 0, 0, 7, 0, 0, 0}));
  EXPECT_EQ(chunks[1], (Chunk{kChunkError, 0, 0, 24, 0, 8, 0, 9, 0xc0, 1, 0, 5, 'a', 0, 0, 0, 0, 8, 0, 8, 0x40, 2, 0, 4}));
}

TEST("unknown parameters of an INIT ACK are reported as far as 512 bytes, and as the COOKIE ECHO leaves room for") {
  constexpr size_t kCauseHeader = 4, kRoom = 1452 - kCommonHeaderBytes;
  constexpr size_t kMostCookie = kRoom - kChunkHeaderBytes - (kChunkHeaderBytes + kMostReported);
  const struct {
    size_t cookie, unknown;
    bool reported;
  } cases[] = {
      {4, kMostReported - kCauseHeader, true}, {4, kMostReported - kCauseHeader + 1, false},
      {kMostCookie, kMostReported - kCauseHeader, true}, {kMostCookie + 1, kMostReported - kCauseHeader, false},
      {kMostCookie + 1, kMostReported - kCauseHeader - 4, true},
  };
  for (const auto& [cookie, unknown, reported] : cases) {
    check::Note("a cookie of " + std::to_string(cookie) + ", a parameter of " + std::to_string(unknown));
    Caller caller;
    const auto chunks = caller.Get(kChunkInitAck, InitAck(cookie, unknown));
    EXPECT_EQ(caller.sent.size(), 1u);
    REQUIRE(chunks.size() == (reported ? 2 : 1));
    EXPECT_EQ(chunks[0].size(), kChunkHeaderBytes + cookie);
    if (reported) EXPECT_EQ(chunks[1].size(), kChunkHeaderBytes + kCauseHeader + unknown);
    // Parameters that did not fit are not reported later.
    EXPECT_TRUE(caller.Get(kChunkCookieAck, {}).empty());
    EXPECT_EQ(caller.Story(), "comm_up");
  }
}

// Section 5.2.6.
TEST("after a stale cookie the call asks again for all its streams, five times, and the sixth ends it") {
  Caller caller({5, 6, 0, 0});
  for (uint32_t stale = 1; stale <= 6; ++stale) {
    check::Note("stale cookie " + std::to_string(stale));
    const auto echo = caller.Get(kChunkInitAck, {kPeerTag, 65536, 0x00030002, 5, 0x00070008, stale});
    REQUIRE(echo.size() == 1);
    EXPECT_EQ(echo[0], (Chunk{kChunkCookieEcho, 0, 0, 8, 0, 0, 0, static_cast<uint8_t>(stale)}));
    const auto inits = caller.Get(kChunkError, {0x00030008, 5'000'000});
    if (stale == 6) {
      EXPECT_TRUE(inits.empty());
      EXPECT_EQ(caller.Story(), "cant_assoc(3)");
      continue;
    }
    EXPECT_EQ(caller.Story(), "");
    REQUIRE(inits.size() == 1 && inits[0].size() >= 28);
    EXPECT_EQ(Load32(&inits[0][4]), caller.pair.tag_to_client);
    EXPECT_EQ(Load32(&inits[0][12]), 0x00050006u);
    EXPECT_EQ(Load32(&inits[0][20]), 0x00090008u);
    EXPECT_EQ(Load32(&inits[0][24]), 1000u);
  }
}

TEST("a stale cookie's ERROR without its whole measure is nothing") {
  for (const size_t length : {4, 5, 7}) {
    Caller caller;
    caller.Get(kChunkInitAck, InitAck(4, 0));
    Chunk cause(length);
    Store16(&cause[0], kCauseStaleCookie);
    Store16(&cause[2], static_cast<uint32_t>(length));
    EXPECT_TRUE(caller.Get(kChunkError, cause).empty());
    EXPECT_EQ(caller.pair.client.Get(caller.pair.client_socket, Option::kStatus, caller.pair.client_assoc).at(0), 3u);
  }
}

// A chunk must fit with its padding, too (RFC 6458 section 8.1.16 and RFC 9260 section 3.2).
TEST("the fragments of a message fit the path with their padding, whatever the path's size") {
  for (size_t mtu = 1449; mtu <= 1456; ++mtu) {
    check::Note("a path of " + std::to_string(mtu));
    Pair pair;
    pair.net.link.mtu = mtu;
    pair.Establish();
    EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc).at(6), (mtu - 28) / 4 * 4);
    Transfer(pair, {MessageOf(1, 5000)}, {});
  }
}

TEST("a message is cut to an eighth of the peer's first window, 1,200 bytes at least, and a multiple of four") {
  for (const auto& [window, bytes] : {std::pair{40'000u, 5000u}, {40'008u, 5000u}, {40'032u, 5004u}, {9600u, 1200u}, {9632u, 1204u}, {5000u, 1200u}}) {
    check::Note("a window of " + std::to_string(window));
    Pair pair;
    pair.net.link.mtu = 65504;
    pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {window});
    pair.Establish();
    size_t first = 0;
    pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
      for (const ChunkView& chunk : ChunksOf(packet))
        if (chunk.type == kChunkData && first == 0) first = chunk.whole.size() - kDataHeaderBytes;
      return true;
    };
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, std::vector<uint8_t>(20'000)), 0);
    pair.net.Settle();
    EXPECT_EQ(first, bytes);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
