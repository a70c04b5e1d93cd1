// The chunks that the engine puts on the wire, byte by byte; other tests only look for them by their type.
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

using Chunk = std::vector<uint8_t>;

// All chunks of that type that one host sends while this object lives, header included.
struct Captured {
  Captured(Pair& pair, SimHost& from, uint8_t type) {
    pair.tap = [this, &from, type](SimHost& sender, SimHost&, std::vector<uint8_t>& packet) {
      for (const ChunkView& chunk : ChunksOf(packet))
        if (&sender == &from && chunk.type == type) chunks.push_back({chunk.whole.begin(), chunk.whole.end()});
      return true;
    };
  }
  std::vector<Chunk> chunks;
};

Chunk Joined(Chunk head, const std::string& text) {
  head.insert(head.end(), text.begin(), text.end());
  return head;
}

// RFC 9260 sections 3.3.7 and 3.3.10.12.
TEST("an ABORT of the user's carries cause 12 and the reason, cut off at 512 bytes") {
  for (const size_t length : {0, 1, 5, 511, 512, 513, 3000}) {
    Pair pair;
    pair.Establish();
    Captured aborts(pair, pair.client, kChunkAbort);
    const std::string reason(length, 'r');
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf(reason), kFlagAbort), 0);
    pair.net.RunFor(kSecond);
    const size_t kept = std::min<size_t>(length, 512), cause = 4 + kept, chunk = 4 + cause;
    REQUIRE(aborts.chunks.size() == 1);
    EXPECT_EQ(aborts.chunks[0], Joined({kChunkAbort, 0, static_cast<uint8_t>(chunk >> 8), static_cast<uint8_t>(chunk), 0, 12,
                                        static_cast<uint8_t>(cause >> 8), static_cast<uint8_t>(cause)},
                                       std::string(kept, 'r')));
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_lost(12)");
  }
}

TEST("an ABORT of the engine's own names its cause: no user data with the TSN, a broken message, a user's close") {
  const auto abort_of = [](auto&& provoke) {
    Pair pair;
    pair.server.Set(pair.server_socket, Option::kPrSupported, 0, {0});  // With partial reliability a message need not end where another begins.
    pair.Establish();
    Captured aborts(pair, pair.server, kChunkAbort);
    provoke(pair);
    pair.net.RunFor(kSecond);
    return aborts.chunks.size() == 1 ? aborts.chunks[0] : Chunk{};
  };
  const auto inject = [](Pair& pair, PacketBuilder packet) { pair.server.Inject(pair.FromClient(), packet.Done()); };
  EXPECT_EQ(abort_of([&](Pair& pair) {
              inject(pair, PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Words(kChunkData, 3, {0x01020304, 0, 0}));
            }),
            (Chunk{kChunkAbort, 0, 0, 12, 0, 9, 0, 8, 1, 2, 3, 4}));
  EXPECT_EQ(abort_of([&](Pair& pair) {
              inject(pair, PacketBuilder(kClientPort, kServerPort, pair.tag_to_server)
                               .Data(pair.client_tsn, 0, 0, AsBytesOf("a"), kDataBegin)
                               .Data(pair.client_tsn + 1, 0, 0, AsBytesOf("b"), kDataBegin));
            }),
            (Chunk{kChunkAbort, 0, 0, 8, 0, 13, 0, 4}));
  EXPECT_EQ(abort_of([&](Pair& pair) { pair.server.engine->Close(pair.server_socket, true); }), (Chunk{kChunkAbort, 0, 0, 8, 0, 12, 0, 4}));
  EXPECT_EQ(abort_of([&](Pair& pair) { pair.server.engine->AbortAll(); }), (Chunk{kChunkAbort, 0, 0, 8, 0, 12, 0, 4}));
}

TEST("ERROR: a stream that there is not, with its number, and an unknown chunk, whole as far as 256 bytes") {
  Pair pair;
  pair.Establish();
  Captured errors(pair, pair.server, kChunkError);
  pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Data(pair.client_tsn, 0x1234, 0, AsBytesOf("x")).Done());
  pair.net.Settle();
  pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Words(0xfe, 9, {0x0a0b0c0d}).Done());
  pair.net.Settle();
  const Chunk large(400, 'u');
  pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Chunk(0xfe, 0, large).Done());
  pair.net.Settle();
  REQUIRE(errors.chunks.size() == 3);
  EXPECT_EQ(errors.chunks[0], (Chunk{kChunkError, 0, 0, 12, 0, 1, 0, 8, 0x12, 0x34, 0, 0}));
  EXPECT_EQ(errors.chunks[1], (Chunk{kChunkError, 0, 0, 16, 0, 6, 0, 12, 0xfe, 9, 0, 8, 0x0a, 0x0b, 0x0c, 0x0d}));
  EXPECT_EQ(errors.chunks[2], Joined({kChunkError, 0, 1, 8, 0, 6, 1, 4, 0xfe, 0, 1, 0x94}, std::string(252, 'u')));
}

// An information parameter, and 64 random bits that nobody else can know (section 3.3.5).
TEST("HEARTBEATs hold an information parameter with new random bits each time") {
  Pair pair;
  pair.Establish();
  Captured beats(pair, pair.client, kChunkHeartbeat);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {0, 0, 0, 0, 4}), 0);
    pair.net.RunFor(kSecond);
  }
  REQUIRE(beats.chunks.size() == 2 && beats.chunks[0].size() == 16 && beats.chunks[1].size() == 16);
  EXPECT_EQ(Chunk(beats.chunks[0].begin(), beats.chunks[0].begin() + 8), (Chunk{kChunkHeartbeat, 0, 0, 16, 0, 1, 0, 12}));
  EXPECT_TRUE(beats.chunks[0] != beats.chunks[1]);
  for (const size_t half : {8, 12}) EXPECT_TRUE(Load32(&beats.chunks[0][half]) != 0 && Load32(&beats.chunks[0][half]) != Load32(&beats.chunks[1][half]));
}

TEST("SHUTDOWN acknowledges what has come, and the three chunks of the end have no flags and nothing in them else") {
  Pair pair;
  pair.Establish();
  Transfer(pair, {}, {MessageOf(1, 100), MessageOf(2, 100)});
  for (const auto& [host, type, wanted] :
       {std::tuple{&pair.client, kChunkShutdown, 8}, {&pair.server, kChunkShutdownAck, 4}, {&pair.client, kChunkShutdownComplete, 4}}) {
    Pair other;
    other.Establish();
    Transfer(other, {}, {MessageOf(1, 100), MessageOf(2, 100)});
    Captured captured(other, host == &pair.client ? other.client : other.server, type);
    EXPECT_EQ(other.client.Send(other.client_socket, other.client_assoc, 0, {}, kFlagEof), 0);
    other.net.RunFor(kSecond);
    REQUIRE(captured.chunks.size() == 1);
    EXPECT_EQ(captured.chunks[0].size(), static_cast<size_t>(wanted));
    EXPECT_EQ(captured.chunks[0][1], 0);
    if (type == kChunkShutdown) EXPECT_EQ(Load32(&captured.chunks[0][4]), other.server_tsn + 1);
  }
}

// Begin, end, unordered, and RFC 7053's I bit (section 3.3.1).
TEST("DATA: TSN, stream, number, protocol and flags of each fragment, ordered and unordered") {
  Pair pair;
  pair.Establish();
  pair.client.Set(pair.client_socket, Option::kMaxSeg, 0, {600});
  Captured data(pair, pair.client, kChunkData);
  const auto send = [&](uint32_t stream, size_t bytes, uint32_t flags) {
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, stream, std::vector<uint8_t>(bytes, 'd'), flags, 0x01020304), 0);
    pair.net.RunFor(kSecond);
  };
  send(3, 1300, 0);
  send(3, 10, kFlagUnordered);
  send(3, 10, 0);
  send(4, 10, 0);
  REQUIRE(data.chunks.size() == 6);
  const struct {
    uint8_t flags;
    uint16_t stream, ssn;
    size_t payload;
  } wanted[] = {{kDataBegin, 3, 0, 600}, {0, 3, 0, 600}, {kDataEnd, 3, 0, 100}, {kDataBegin | kDataEnd | kDataUnordered, 3, 0, 10},
                {kDataBegin | kDataEnd, 3, 1, 10}, {kDataBegin | kDataEnd, 4, 0, 10}};
  for (size_t i = 0; i < 6; ++i) {
    check::Note("chunk " + std::to_string(i));
    const Chunk& chunk = data.chunks[i];
    EXPECT_EQ(chunk[1] & ~kDataImmediate, wanted[i].flags);
    EXPECT_EQ(Load16(&chunk[2]), 16 + wanted[i].payload);
    EXPECT_EQ(Load32(&chunk[4]), pair.client_tsn + static_cast<uint32_t>(i));
    EXPECT_EQ(Load16(&chunk[8]), wanted[i].stream);
    EXPECT_EQ(Load16(&chunk[10]), wanted[i].ssn);
    EXPECT_EQ(Load32(&chunk[12]), 0x01020304u);
  }
}

// At least 1,500; no more than the carrier's buffer bears (section 3.3.2).
TEST("INIT and INIT ACK: tag, window, streams, TSN; the window is the buffer's, the carrier's, or the least there may be") {
  const std::pair<uint32_t, uint32_t> windows[] = {{0, 50'000}, {1000, 1500}, {1499, 1500}, {1500, 1500}, {1501, 1501}, {49'999, 49'999}, {60'000, 50'000}};
  for (const auto& [carrier, window] : windows) {
    check::Note("carrier " + std::to_string(carrier));
    Pair pair;
    OpenParams params{.port = 5001};
    params.max_window_bytes = carrier;
    const SocketId socket = pair.client.Open(params);
    pair.client.Set(socket, Option::kRecbuf, 0, {50'000});
    pair.client.Set(socket, Option::kInitMsg, 0, {3, 4, 0, 0});
    Captured inits(pair, pair.client, kChunkInit);
    AssocId assoc = 0;
    REQUIRE(pair.client.engine->Connect(socket, {&pair.server.address, 1}, kServerPort, false, &assoc) == 0);
    pair.net.RunFor(kSecond);
    REQUIRE(inits.chunks.size() == 1);
    const Chunk& init = inits.chunks[0];
    EXPECT_EQ(Load32(&init[4]), pair.tag_to_client);
    EXPECT_EQ(Load32(&init[8]), window);
    EXPECT_EQ(Load32(&init[12]), 0x00030004u);
    EXPECT_EQ(Load32(&init[16]), pair.client_tsn);
    // The INIT lists only the types of addresses by which its sender can be called. Without a listed address, the source address is the only one.
    EXPECT_EQ(Chunk(init.begin() + 20, init.end()), (Chunk{0, 12, 0, 6, 0, 5, 0, 0, 0xc0, 0, 0, 4}));
  }
  Pair pair;
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {30'000});
  pair.server.Set(pair.server_socket, Option::kInitMsg, 0, {7, 8, 0, 0});
  pair.server.Set(pair.server_socket, Option::kAdaptation, 0, {0x0a0b0c0d});
  Captured acks(pair, pair.server, kChunkInitAck);
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(kSecond);
  REQUIRE(acks.chunks.size() == 1);
  const Chunk& ack = acks.chunks[0];
  EXPECT_EQ(Load32(&ack[8]), 30'000u);
  EXPECT_EQ(Load32(&ack[12]), 0x00070008u);
  EXPECT_EQ(ack[1], 0);
  const size_t cookie = Padded(Load16(&ack[22]));
  EXPECT_EQ(Load16(&ack[20]), kParamStateCookie);
  EXPECT_EQ(Chunk(ack.begin() + 20 + static_cast<ptrdiff_t>(cookie), ack.end()), (Chunk{0xc0, 6, 0, 8, 0x0a, 0x0b, 0x0c, 0x0d, 0xc0, 0, 0, 4}));
}

TEST("an adaptation indication is told of if the peer gave one, be it 0, and not if it gave none") {
  for (const bool gives : {true, false}) {
    Pair pair;
    pair.client.Set(pair.client_socket, Option::kEvents, 0, {127 | 128});
    pair.server.Set(pair.server_socket, Option::kEvents, 0, {127 | 128});
    if (gives) pair.server.Set(pair.server_socket, Option::kAdaptation, 0, {0x0a0b0c0d});
    REQUIRE(pair.Connect() == 0);
    pair.net.RunFor(kSecond);
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), gives ? "comm_up adaptation:168496141" : "comm_up");
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up");
  }
}

// Section 5.2.2, and Linux's cause for UDP ports.
TEST("INITs are refused with the cause that fits, and under their own tag") {
  Pair pair;
  pair.Establish();
  const auto answer = [&](const PacketRoute& from, std::vector<uint8_t> init, uint16_t port = kClientPort) {
    std::vector<Chunk> chunks;
    std::vector<uint32_t> tags;
    pair.tap = [&](SimHost& sender, SimHost&, std::vector<uint8_t>& packet) {
      if (&sender != &pair.server) return false;
      for (const ChunkView& chunk : ChunksOf(packet)) chunks.push_back({chunk.whole.begin(), chunk.whole.end()});
      tags.push_back(ParsePacket(packet)->tag);
      return false;
    };
    pair.server.Inject(from, PacketBuilder(port, kServerPort, 0).Chunk(kChunkInit, 0, init).Done());
    pair.net.Settle();
    EXPECT_EQ(tags, (std::vector<uint32_t>{77}));
    return chunks.size() == 1 ? chunks[0] : Chunk{};
  };
  const auto init = [](uint32_t streams, std::initializer_list<uint32_t> params = {}) {
    std::vector<uint8_t> body(16 + 4 * params.size());
    Store32(&body[0], 77);
    Store32(&body[4], 65536);
    Store32(&body[8], streams);
    Store32(&body[12], 5);
    size_t at = 16;
    for (const uint32_t word : params) Store32(&body[at], word), at += 4;
    return body;
  };
  PacketRoute elsewhere = pair.FromClient();
  elsewhere.remote_udp_port = 0x1234;
  EXPECT_EQ(answer(elsewhere, init(0x000a000a)), (Chunk{kChunkAbort, 0, 0, 12, 0, 14, 0, 8, kClientPort >> 8, kClientPort & 0xff, 0x12, 0x34}));
  EXPECT_EQ(answer(pair.FromClient(), init(0x000a0000)), (Chunk{kChunkAbort, 0, 0, 8, 0, 7, 0, 4}));
  EXPECT_EQ(answer(pair.FromClient(), init(0x0000000a)), (Chunk{kChunkAbort, 0, 0, 8, 0, 7, 0, 4}));
  EXPECT_EQ(answer(pair.FromClient(), init(0x000a000a, {0x00050008, 0x0a000063})), (Chunk{kChunkAbort, 0, 0, 16, 0, 11, 0, 12, 0, 5, 0, 8, 10, 0, 0, 99}));
  EXPECT_EQ(answer(pair.FromClient(), init(0x000a000a, {0x000b0008, 0x61000000})), (Chunk{kChunkAbort, 0, 0, 16, 0, 5, 0, 12, 0, 11, 0, 8, 0x61, 0, 0, 0}));
  pair.server.engine->Listen(pair.server_socket, 0);
  EXPECT_EQ(answer(pair.FromClient(), init(0x000a000a), 6000), (Chunk{kChunkAbort, 0, 0, 4}));
}

// Section 6.2.1 and 3.3.4.
TEST("a SACK reports each duplicate of its time once, and no more than fits what caused it") {
  Pair pair;
  pair.Establish();
  Captured sacks(pair, pair.server, kChunkSack);
  const auto data = [&](uint32_t offset) { return PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Data(pair.client_tsn + offset, 0, static_cast<uint16_t>(offset), AsBytesOf("x")).Done(); };
  for (const uint32_t offset : {0u, 3u, 0u, 0u, 3u}) pair.server.Inject(pair.FromClient(), data(offset));
  pair.net.Settle();
  REQUIRE(sacks.chunks.size() == 1);
  const Chunk& sack = sacks.chunks[0];
  EXPECT_EQ(Load32(&sack[4]), pair.client_tsn);
  EXPECT_EQ(Load16(&sack[12]), 1);
  EXPECT_EQ(Load32(&sack[16]), 0x00030003u);
  const size_t duplicates = Load16(&sack[14]);
  REQUIRE(sack.size() == 20 + 4 * duplicates && duplicates >= 2);
  EXPECT_EQ(Load32(&sack[20]), pair.client_tsn);
  EXPECT_EQ(Load32(&sack[16 + 4 * duplicates]), pair.client_tsn + 3);
  // The next SACK has forgotten the duplicates.
  pair.server.Inject(pair.FromClient(), data(1));
  pair.net.Settle();
  REQUIRE(sacks.chunks.size() == 2);
  EXPECT_EQ(Load16(&sacks.chunks[1][14]), 0);
  EXPECT_EQ(Load32(&sacks.chunks[1][4]), pair.client_tsn + 1);
}

}  // namespace
}  // namespace mailport::sctp::test
