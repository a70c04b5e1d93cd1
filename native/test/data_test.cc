// User data on a good network: every size, streams, unordered messages, bundling, Nagle, and numbers that wrap around.
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

int CountChunks(Bytes packet, uint8_t type) {
  auto view = ParsePacket(packet);
  int count = 0;
  for (const ChunkView& chunk : view->chunks) count += chunk.type == type;
  return count;
}

// SNDBUF and RCVBUF of both ends.
void UseBuffers(Pair& pair, uint32_t bytes) {
  pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {bytes});
  pair.client.Set(pair.client_socket, Option::kRecbuf, 0, {bytes});
  pair.server.Set(pair.server_socket, Option::kSndbuf, 0, {bytes});
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {bytes});
}

TEST("messages of every size from 1 byte to two packets arrive whole") {
  Pair pair;
  pair.Establish();
  std::vector<Message> messages;
  for (uint32_t size = 1; size < 2900; size += size < 20 || (size > 1380 && size < 1460) ? 1 : 37)
    messages.push_back(MessageOf(size, size, size % 10));
  Transfer(pair, messages, messages);
}

TEST("large messages are fragmented and put together again, ordered and unordered") {
  for (uint32_t flags : {0u, kFlagUnordered}) {
    Pair pair;
    UseBuffers(pair, 4 << 20);
    pair.Establish();
    std::vector<Message> messages;
    for (uint32_t size : {3000u, 65'535u, 65'536u, 100'000u, 1u << 20, 5u}) messages.push_back(MessageOf(size, size, 1, flags));
    Transfer(pair, messages, messages);
  }
}

// A message is put together even if it is larger than its receiver's window (RV-13).
TEST("a message larger than the receiver's window arrives") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {4 << 20});
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {16 * 1024});
  pair.Establish();
  Transfer(pair, {MessageOf(1, 500'000), MessageOf(2, 10), MessageOf(3, 100'000, 1)}, {});
}

TEST("two large messages on two streams of one association, and of two associations, do not mix") {
  Pair pair;
  UseBuffers(pair, 4 << 20);
  pair.Establish();
  SocketId other = pair.client.Open(5001);
  AssocId other_assoc = 0;
  REQUIRE(pair.client.engine->Connect(other, {&pair.server.address, 1}, kServerPort, false, &other_assoc) == 0);
  pair.net.RunFor(kSecond);
  pair.server.Take(pair.server_socket);
  std::vector<Message> first, second;
  for (uint32_t i = 0; i < 20; i++) {
    first.push_back(MessageOf(i, 50'000, i % 3));
    second.push_back(MessageOf(100 + i, 40'000, i % 2));
  }
  Sender a(pair.client, pair.client_socket, pair.client_assoc, first), b(pair.client, other, other_assoc, second);
  pair.net.app = [&] {
    a.Pump();
    b.Pump();
  };
  auto& items = pair.server.items(pair.server_socket);
  EXPECT_TRUE(pair.net.RunUntil([&] { return items.size() == 40; }));
  std::vector<OwnedItem> of_a, of_b;
  for (OwnedItem& item : items) (item.item.assoc_id == pair.server_assoc ? of_a : of_b).push_back(std::move(item));
  ExpectAllArrived(of_a, first);
  ExpectAllArrived(of_b, second);
}

TEST("many messages over ten streams arrive once, each stream in order, both ways at once") {
  Pair pair;
  pair.Establish();
  Random random(3);
  std::vector<Message> up, down;
  for (uint32_t i = 0; i < 5000; i++) {
    up.push_back(MessageOf(i, 1 + random.Below(300), static_cast<uint32_t>(random.Below(10)), random.Chance(0.2) ? kFlagUnordered : 0));
    down.push_back(MessageOf(i, 1 + random.Below(3000), static_cast<uint32_t>(random.Below(10))));
  }
  Transfer(pair, up, down);
}

// The ssn counts from 0 per stream; unordered data has ssn 0. The ppid is in host order inside and in network order on the wire (MS-10).
TEST("the fields that come with a message are those that were sent") {
  Pair pair;
  pair.Establish();
  std::vector<uint8_t> wire;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    if (HasChunk(packet, kChunkData)) wire = packet;
    return true;
  };
  for (uint32_t stream : {2u, 2u, 3u}) EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, stream, AsBytesOf("x"), 0, 0x01020304), 0);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 2, AsBytesOf("y"), kFlagUnordered), 0);
  pair.net.RunFor(kSecond);
  auto items = pair.server.Take(pair.server_socket);
  REQUIRE(items.size() == 4);
  EXPECT_EQ(items[0].item.stream, 2u);
  EXPECT_EQ(items[0].item.ssn, 0u);
  EXPECT_EQ(items[1].item.ssn, 1u);
  EXPECT_EQ(items[2].item.stream, 3u);
  EXPECT_EQ(items[2].item.ssn, 0u);
  EXPECT_EQ(items[0].item.ppid, 0x01020304u);
  EXPECT_EQ(items[0].item.flags & kFlagUnordered, 0u);
  EXPECT_EQ(items[3].item.flags & kFlagUnordered, kFlagUnordered);
  EXPECT_EQ(items[3].item.ssn, 0u);
  EXPECT_EQ(items[0].item.tsn + 1, items[1].item.tsn);
  EXPECT_EQ(items[0].item.assoc_id, pair.server_assoc);
  EXPECT_TRUE(items[0].item.peer == pair.client.address);
  EXPECT_EQ(items[0].item.peer_port, kClientPort);
}

TEST("small messages of one turn share packets") {
  Pair pair;
  pair.Establish();
  uint64_t before = pair.net.packets_sent;
  std::vector<Message> messages;
  for (uint32_t i = 0; i < 300; i++) messages.push_back(MessageOf(i, 20));
  Transfer(pair, messages, {});
  // 300 chunks of 36 bytes: 40 go into one packet of 1,452.
  EXPECT_TRUE(pair.net.packets_sent - before <= 2 * 300 / 40 + 10);
}

// RFC 9260 section 6.1, Nagle: a small chunk waits while data is outstanding, unless nodelay.
TEST("a small message waits for the acknowledgement of the one before, unless nodelay") {
  for (uint32_t nodelay : {0u, 1u}) {
    Pair pair;
    EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kNodelay, 0, {nodelay}), 0);
    pair.Establish();
    int data_packets = 0, acknowledged_after = 0;
    pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      if (&from == &pair.client) data_packets += HasChunk(packet, kChunkData);
      if (HasChunk(packet, kChunkSack) && acknowledged_after == 0) acknowledged_after = data_packets;
      return true;
    };
    for (int i = 0; i < 5; i++) {
      EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("tiny")), 0);
      pair.net.RunFor(kMillisecond / 10);
    }
    pair.net.RunFor(kSecond);
    EXPECT_EQ(pair.server.Take(pair.server_socket).size(), 5u);
    if (nodelay)
      EXPECT_EQ(data_packets, 5);
    else
      EXPECT_TRUE(data_packets <= 3 && acknowledged_after == 1);
  }
}

TEST("TSNs that wrap around make no difference") {
  // The hook makes all the engine's random numbers 0xffff…, the initial TSN too.
  for (int wrap_side = 0; wrap_side < 2; wrap_side++) {
    Pair pair;
    SimHost& host = wrap_side == 0 ? pair.client : pair.server;
    host.random_hook = [](std::span<uint8_t> out) {
      std::fill(out.begin(), out.end(), 0xff);
      return true;
    };
    pair.net.link = {.delay = 5 * kMillisecond, .loss = 0.02, .reorder = 0.05};
    pair.Establish();
    std::vector<Message> messages;
    for (uint32_t i = 0; i < 400; i++) messages.push_back(MessageOf(i, i % 7 == 0 ? 4000 : 700, i % 3));
    Transfer(pair, messages, messages);
  }
}

TEST("stream sequence numbers wrap around after 65,536 messages") {
  Pair pair;
  pair.Establish();
  std::vector<Message> messages;
  for (uint32_t i = 0; i < 70'000; i++) messages.push_back(MessageOf(i, 4));
  Transfer(pair, messages, {});
}

// SD-10.
TEST("a message that cannot be sent is refused with the right errno, and nothing leaves") {
  Pair pair;
  pair.Establish();
  auto send = [&](AssocId assoc, uint32_t stream, size_t size, uint32_t flags = 0) {
    return pair.client.Send(pair.client_socket, assoc, stream, std::vector<uint8_t>(size, 'x'), flags);
  };
  EXPECT_EQ(send(0, 0, 1), EPIPE);
  EXPECT_EQ(send(999, 0, 1), EPIPE);
  EXPECT_EQ(send(pair.client_assoc, 10, 1), EINVAL);
  EXPECT_EQ(send(pair.client_assoc, 0, 0), EINVAL);
  EXPECT_EQ(send(pair.client_assoc, 0, 1, kFlagEof), EINVAL);
  EXPECT_EQ(send(pair.client_assoc, 0, 1, kFlagAddrOver), EINVAL);
  uint32_t sndbuf = pair.client.Get(pair.client_socket, Option::kSndbuf).at(0);
  EXPECT_EQ(send(pair.client_assoc, 0, sndbuf + 1), EMSGSIZE);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kDisableFragments, pair.client_assoc, {1}), 0);
  uint32_t point = pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc).at(6);
  EXPECT_EQ(send(pair.client_assoc, 0, point + 1), EMSGSIZE);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.client.engine->stats().data_chunks_out, 0u);
  EXPECT_EQ(send(pair.client_assoc, 0, point), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "data:" + std::to_string(point));
  EXPECT_EQ(pair.client.engine->stats().data_chunks_out, 1u);
}

TEST("maxseg bounds the payload of a chunk") {
  Pair pair;
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kMaxSeg, 0, {600}), 0);
  pair.Establish();
  size_t largest = 0;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    for (const ChunkView& chunk : ChunksOf(packet))
      if (chunk.type == kChunkData) largest = std::max(largest, chunk.body.size() - 12);
    return true;
  };
  Transfer(pair, {MessageOf(1, 9000)}, {});
  EXPECT_TRUE(largest <= 600 && largest >= 512);
}

TEST("jumbo packets are used where the way carries them") {
  Pair pair;
  pair.net.link.mtu = 65'504;
  pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {1 << 20});
  pair.Establish();
  size_t largest = 0;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    largest = std::max(largest, packet.size());
    return true;
  };
  Transfer(pair, {MessageOf(1, 200'000), MessageOf(2, 64), MessageOf(3, 60'000)}, {});
  EXPECT_TRUE(largest > 60'000);
}

// The chunk is acknowledged, not delivered, and an ERROR "invalid stream identifier" goes back (section 6.5).
TEST("data on a stream that was not agreed on is reported, not delivered") {
  Pair pair;
  pair.Establish();
  std::vector<uint8_t> answer;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from == &pair.server && HasChunk(packet, kChunkError)) answer = packet;
    return false;
  };
  pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server)
                                            .Data(pair.client_tsn, 60'000, 0, AsBytesOf("astray"))
                                            .Data(pair.client_tsn + 1, 0, 0, AsBytesOf("fine"))
                                            .Done());
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "data:fine");
  REQUIRE(!answer.empty());
  EXPECT_EQ(ParsePacket(answer)->Find(kChunkError)->Word(0) >> 16, kCauseInvalidStream);
}

// A DATA chunk without user data is answered with ABORT "no user data" (sections 3.3.1, 6.2).
TEST("an empty DATA chunk ends the association with cause 9") {
  Pair pair;
  pair.Establish();
  pair.server.Inject(pair.FromClient(),
                     PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Data(pair.client_tsn, 0, 0, {}).Done());
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_lost(9)");
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_lost(9)");
}

TEST("fragments bundle with other messages in one packet") {
  Pair pair;
  pair.Establish();
  int most = 0;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    most = std::max(most, CountChunks(packet, kChunkData));
    return true;
  };
  std::vector<Message> messages;
  for (uint32_t i = 0; i < 40; i++) messages.push_back(MessageOf(i, i % 4 == 3 ? 2000 : 50));
  Transfer(pair, messages, {});
  EXPECT_TRUE(most > 1);
}

}  // namespace
}  // namespace mailport::sctp::test
