// Options: defaults (SO-14), inheritance, ranges, and what status tells.
#include <algorithm>
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

using Values = std::vector<uint32_t>;

// SO-14.
TEST("a fresh socket reads back the defaults") {
  Pair pair;
  auto get = [&](Option option) { return pair.client.Get(pair.client_socket, option); };
  EXPECT_EQ(get(Option::kRtoInfo), (Values{3000, 60000, 1000}));
  Values info = get(Option::kAssocInfo);
  REQUIRE(info.size() == 5);
  EXPECT_EQ(info[0], 10u);
  EXPECT_EQ(info[1], 0u);
  EXPECT_EQ(info[4], 60000u);
  EXPECT_EQ(get(Option::kInitMsg), (Values{10, 65535, 8, 60000}));
  EXPECT_EQ(get(Option::kAutoclose), (Values{0}));
  EXPECT_EQ(get(Option::kNodelay), (Values{0}));
  EXPECT_EQ(get(Option::kDisableFragments), (Values{0}));
  EXPECT_EQ(get(Option::kMaxSeg), (Values{0}));
  EXPECT_EQ(get(Option::kAdaptation), (Values{0}));
  EXPECT_EQ(get(Option::kPeerAddrParams), (Values{30000, 5, 0, 200, 1 | 8 | 32}));
  EXPECT_EQ(get(Option::kDefaultSendParam), (Values{0, 0, 0, 0, 0}));
  EXPECT_EQ(get(Option::kLinger), (Values{0, 0}));
  Values status = get(Option::kStatus);
  EXPECT_TRUE(status.empty());
  EXPECT_TRUE(get(Option::kPrimaryPeer).empty());
}

TEST("an option that is set is read back, and associations made later inherit it") {
  Pair pair;
  SimHost& c = pair.client;
  SocketId s = pair.client_socket;
  EXPECT_EQ(c.Set(s, Option::kRtoInfo, 0, {500, 5000, 200}), 0);
  EXPECT_EQ(c.Set(s, Option::kInitMsg, 0, {20, 0, 3, 0}), 0);
  EXPECT_EQ(c.Set(s, Option::kNodelay, 0, {1}), 0);
  EXPECT_EQ(c.Set(s, Option::kDefaultSendParam, 0, {2, kFlagUnordered, 77, 5, 0}), 0);
  EXPECT_EQ(c.Set(s, Option::kLinger, 0, {1, 3}), 0);
  EXPECT_EQ(c.Get(s, Option::kRtoInfo), (Values{500, 5000, 200}));
  EXPECT_EQ(c.Get(s, Option::kInitMsg), (Values{20, 65535, 3, 60000}));  // 0 keeps the value (SO-13).
  EXPECT_EQ(c.Get(s, Option::kLinger), (Values{1, 3}));
  pair.Establish();
  EXPECT_EQ(c.Get(s, Option::kRtoInfo, pair.client_assoc), (Values{500, 5000, 200}));
  EXPECT_EQ(c.Get(s, Option::kDefaultSendParam, pair.client_assoc), (Values{2, kFlagUnordered, 77, 5, 0}));
  // The socket's defaults no longer touch this association (SO-8).
  EXPECT_EQ(c.Set(s, Option::kDefaultSendParam, 0, {0, 0, 1, 0, 0}), 0);
  EXPECT_EQ(c.Get(s, Option::kDefaultSendParam, pair.client_assoc), (Values{2, kFlagUnordered, 77, 5, 0}));
}

// Flags, ppid and context come from the defaults, the stream from the argument (SD-1).
TEST("a send with defaults takes the association's own") {
  Pair pair;
  pair.Establish();
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kDefaultSendParam, pair.client_assoc, {2, kFlagUnordered, 77, 5, 0}), 0);
  EXPECT_EQ(pair.client.engine->Send(pair.client_socket, {.assoc_id = pair.client_assoc, .stream = 4, .use_defaults = true}, AsBytesOf("x")), 0);
  pair.net.RunFor(kSecond);
  auto items = pair.server.Take(pair.server_socket);
  REQUIRE(items.size() == 1);
  EXPECT_EQ(items[0].item.stream, 4u);
  EXPECT_EQ(items[0].item.ppid, 77u);
  EXPECT_EQ(items[0].item.flags, kFlagUnordered);
}

// SO-15.
TEST("status tells the state, the streams and the way") {
  Pair pair;
  REQUIRE(pair.Connect() == 0);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc).at(0), 2u);
  pair.net.RunFor(kSecond);
  Values status = pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc);
  REQUIRE(status.size() >= 7 + 11);
  EXPECT_EQ(status[0], 4u);
  EXPECT_EQ(status[4], 10u);
  EXPECT_EQ(status[5], 10u);
  EXPECT_TRUE(status[6] >= 1400 && status[6] <= 1452 - 28);
  Values path(status.begin() + 7, status.end());
  EXPECT_EQ(path[0], 1u);   // active
  EXPECT_EQ(path[4], 1452u + 28);  // With the headers of IPv4 and UDP.
  EXPECT_EQ(path[5], 4u);   // IPv4
  EXPECT_EQ(path[6], 0x0a000002u);
  EXPECT_EQ(path[10], kServerPort);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kPrimaryPeer, pair.client_assoc), path);
  EXPECT_TRUE(pair.client.Get(pair.client_socket, Option::kStatus, 999).empty());
}

// SO-9, SO-18.
TEST("values out of range, read-only options and unknown associations are refused, and nothing changes") {
  Pair pair;
  auto set = [&](Option option, AssocId assoc, std::initializer_list<uint32_t> values) { return pair.client.Set(pair.client_socket, option, assoc, values); };
  // Linux's limits: the payload of a packet of 512 bytes, and the largest length of a chunk.
  EXPECT_EQ(set(Option::kMaxSeg, 0, {463}), EINVAL);
  EXPECT_EQ(set(Option::kMaxSeg, 0, {65517}), EINVAL);
  EXPECT_EQ(set(Option::kMaxSeg, 0, {464}), 0);
  EXPECT_EQ(set(Option::kMaxSeg, 0, {65516}), 0);
  EXPECT_EQ(set(Option::kMaxSeg, 0, {0}), 0);
  EXPECT_EQ(set(Option::kDelayedAck, 0, {501}), EINVAL);
  EXPECT_EQ(set(Option::kDelayedAck, 0, {500}), 0);
  EXPECT_EQ(set(Option::kPeerAddrParams, 0, {0, 0, 0, 0, 1 | 2}), EINVAL);
  EXPECT_TRUE(set(Option::kStatus, 0, {1}) != 0);
  EXPECT_TRUE(set(Option::kRtoInfo, 999, {1, 2, 3}) != 0);
  EXPECT_TRUE(set(Option::kRtoInfo, 0, {1}) != 0);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kMaxSeg), (Values{0}));
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kRtoInfo), (Values{3000, 60000, 1000}));
}

constexpr uint32_t kHbEnable = 1, kHbDisable = 2, kHbDemand = 4, kPmtudDisable = 16, kSackDelayDisable = 64;

// RFC 6458 section 8.1.12.
TEST("heartbeats can be switched off, timed and demanded") {
  Pair pair;
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, 0, {0, 0, 0, 0, kHbDisable}), 0);
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kPeerAddrParams, 0, {0, 0, 0, 0, kHbDisable}), 0);
  pair.Establish();
  int beats = 0;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    beats += HasChunk(packet, kChunkHeartbeat);
    return true;
  };
  pair.net.RunFor(300 * kSecond);
  EXPECT_EQ(beats, 0);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, 0, {0, 0, 0, 0, kHbDemand}), EINVAL);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {0, 0, 0, 0, kHbDemand}), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(beats, 1);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {2000, 0, 0, 0, kHbEnable}), 0);
  pair.net.RunFor(60 * kSecond);
  EXPECT_TRUE(beats >= 12 && beats <= 40);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc).at(0), 2000u);
}

TEST("without a SACK delay every packet is acknowledged at once") {
  Pair pair;
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kPeerAddrParams, 0, {0, 0, 0, 0, kSackDelayDisable}), 0);
  pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
  pair.Establish();
  Wire wire(pair);
  for (int i = 0; i < 10; i++) {
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("x")), 0);
    pair.net.RunFor(5 * kMillisecond);
  }
  EXPECT_EQ(wire.Count(kChunkSack), 10);
}

TEST("a path MTU that was set is kept to") {
  Pair pair;
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, 0, {0, 0, 800, 0, kPmtudDisable}), 0);
  pair.Establish();
  size_t largest = 0;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from == &pair.client) largest = std::max(largest, packet.size());
    return true;
  };
  Transfer(pair, {MessageOf(1, 9000)}, {});
  EXPECT_TRUE(largest > 600 && largest <= 800);
}

TEST("a receive buffer made larger opens the window, and the sender goes on") {
  Pair pair;
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {4096}), 0);
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, 0);
  std::vector<Message> messages;
  for (uint32_t i = 0; i < 60; i++) messages.push_back(MessageOf(i, 1000));
  Sender sender(pair.client, pair.client_socket, pair.client_assoc, messages);
  pair.net.app = [&] { sender.Pump(); };
  pair.net.RunFor(10 * kSecond);
  size_t before = 0, after = 0, out = 0;
  pair.server.engine->QueuedBytes(pair.server_socket, &before, &out);
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {200'000}), 0);
  EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kRecbuf), (Values{200'000}));
  pair.net.RunFor(10 * kSecond);
  pair.server.engine->QueuedBytes(pair.server_socket, &after, &out);
  EXPECT_TRUE(before < 20'000 && after >= 60'000);
}

TEST("statistics and subscriptions can be read") {
  Pair pair;
  pair.Establish();
  Transfer(pair, {MessageOf(1, 100)}, {});
  Values stats;
  EXPECT_EQ(pair.client.engine->GetOption(0, Option::kStats, 0, &stats), 0);
  REQUIRE(stats.size() == 16);
  EXPECT_EQ(stats[3], 1u);   // DATA chunks sent
  EXPECT_EQ(stats[10], 1u);  // associations
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kEvents), (Values{127}));
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kDelayedAck), (Values{200}));
}

}  // namespace
}  // namespace mailport::sctp::test
