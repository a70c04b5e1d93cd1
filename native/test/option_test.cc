// Options: defaults (SO-14), inheritance, ranges, and what status tells.
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

TEST("what is set is read back, and associations made later inherit it") {
  Pair pair;
  SimHost& c = pair.client;
  SocketId s = pair.client_socket;
  EXPECT_EQ(c.Set(s, Option::kRtoInfo, 0, {500, 5000, 200}), 0);
  EXPECT_EQ(c.Set(s, Option::kInitMsg, 0, {20, 0, 3, 0}), 0);
  EXPECT_EQ(c.Set(s, Option::kNodelay, 0, {1}), 0);
  EXPECT_EQ(c.Set(s, Option::kDefaultSendParam, 0, {2, kFlagUnordered, 77, 5, 0}), 0);
  EXPECT_EQ(c.Set(s, Option::kLinger, 0, {1, 3}), 0);
  EXPECT_EQ(c.Get(s, Option::kRtoInfo), (Values{500, 5000, 200}));
  EXPECT_EQ(c.Get(s, Option::kInitMsg), (Values{20, 65535, 3, 60000}));  // SO-13: 0 keeps.
  EXPECT_EQ(c.Get(s, Option::kLinger), (Values{1, 3}));
  pair.Establish();
  EXPECT_EQ(c.Get(s, Option::kRtoInfo, pair.client_assoc), (Values{500, 5000, 200}));
  EXPECT_EQ(c.Get(s, Option::kDefaultSendParam, pair.client_assoc), (Values{2, kFlagUnordered, 77, 5, 0}));
  // SO-8: the socket's defaults no longer touch this association.
  EXPECT_EQ(c.Set(s, Option::kDefaultSendParam, 0, {0, 0, 1, 0, 0}), 0);
  EXPECT_EQ(c.Get(s, Option::kDefaultSendParam, pair.client_assoc), (Values{2, kFlagUnordered, 77, 5, 0}));
}

// SD-1: flags, ppid and context from the defaults, stream from the argument.
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
  EXPECT_EQ(set(Option::kMaxSeg, 0, {100}), EINVAL);
  EXPECT_EQ(set(Option::kMaxSeg, 0, {70000}), EINVAL);
  EXPECT_EQ(set(Option::kDelayedAck, 0, {501}), EINVAL);
  EXPECT_EQ(set(Option::kDelayedAck, 0, {500}), 0);
  EXPECT_EQ(set(Option::kPeerAddrParams, 0, {0, 0, 0, 0, 1 | 2}), EINVAL);
  EXPECT_TRUE(set(Option::kStatus, 0, {1}) != 0);
  EXPECT_TRUE(set(Option::kRtoInfo, 999, {1, 2, 3}) != 0);
  EXPECT_TRUE(set(Option::kRtoInfo, 0, {1}) != 0);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kMaxSeg), (Values{0}));
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kRtoInfo), (Values{3000, 60000, 1000}));
}

}  // namespace
}  // namespace mailport::sctp::test
