// Options beyond Erlang's, and options of features that the engine does not have: these take one value, and give ENOTSUP for any other.
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

using Values = std::vector<uint32_t>;

// A counter of kAssocStats. An address of seven words stands before the counters, and the largest RTO is the first.
uint64_t Counter(const Values& stats, size_t index) {
  const size_t at = 7 + 2 * index;
  return static_cast<uint64_t>(stats.at(at)) << 32 | stats.at(at + 1);
}

enum Index { kMaxRto, kSacksIn, kSacksOut, kPacketsOut, kPacketsIn, kRetransmitted, kOutOfSequence, kDuplicates, kGaps, kUnorderedOut,
             kUnorderedIn, kOrderedOut, kOrderedIn, kControlOut, kControlIn };

}  // namespace

TEST("an option of something that the engine does not do has one value, which may be set again") {
  Pair pair;
  for (const Option option : {Option::kMappedV4}) {
    EXPECT_EQ(pair.client.Get(pair.client_socket, option), (Values{0}));
    EXPECT_EQ(pair.client.Set(pair.client_socket, option, 0, {0}), 0);
    EXPECT_EQ(pair.client.Set(pair.client_socket, option, 0, {1}), ENOTSUP);
    EXPECT_EQ(pair.client.Set(pair.client_socket, option, 0, {}), EINVAL);
  }
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kSetPeerPrimary, 0, {}), EPERM);
  Values none;
  EXPECT_EQ(pair.client.engine->GetOption(pair.client_socket, Option::kSetPeerPrimary, 0, &none), ENOTSUP);
  // Options of the descriptor are not the engine's.
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kTos, 0, {16}), EINVAL);
  EXPECT_EQ(pair.client.engine->GetOption(pair.client_socket, Option::kTos, 0, &none), EINVAL);
}

TEST("RFC 7496: a policy has a value, which is one number with the lifetime of the default send parameters") {
  Pair pair;
  const auto set = [&](Option option, std::initializer_list<uint32_t> values) { return pair.client.Set(pair.client_socket, option, 0, values); };
  const auto get = [&](Option option) { return pair.client.Get(pair.client_socket, option); };
  EXPECT_EQ(set(Option::kDefaultPrinfo, {1, 300}), 0);
  EXPECT_EQ(get(Option::kDefaultPrinfo), (Values{1, 300}));
  EXPECT_EQ(get(Option::kDefaultSendParam), (Values{0, 0, 0, 0, 300}));
  EXPECT_EQ(set(Option::kDefaultSendParam, {0, 0, 5, 0, 70}), 0);
  EXPECT_EQ(get(Option::kDefaultPrinfo), (Values{1, 70}));
  for (const uint32_t policy : {2u, 3u}) {
    EXPECT_EQ(set(Option::kDefaultPrinfo, {policy, 1}), 0);
    EXPECT_EQ(get(Option::kDefaultPrinfo), (Values{policy, 1}));
  }
  EXPECT_EQ(set(Option::kDefaultPrinfo, {4, 1}), EINVAL);
  EXPECT_EQ(set(Option::kDefaultPrinfo, {1}), EINVAL);
  EXPECT_EQ(set(Option::kDefaultPrinfo, {0, 0}), 0);
  EXPECT_EQ(get(Option::kDefaultSendParam), (Values{0, 0, 5, 0, 0}));
}

TEST("the peer's one address is its primary one") {
  Pair pair;
  pair.Establish();
  const Values address = pair.client.Get(pair.client_socket, Option::kPrimaryAddr, pair.client_assoc);
  EXPECT_EQ(address, (Values{4, 0x0a000002, 0, 0, 0, kServerPort, 0}));
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPrimaryAddr, pair.client_assoc, {}), EINVAL);  // Which one?
  EXPECT_EQ(pair.client.engine->SetOption(pair.client_socket, Option::kPrimaryAddr, OptionKey{pair.client_assoc, pair.server.address, kServerPort}, {}), 0);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPrimaryAddr, 0, {}), EINVAL);
  EXPECT_TRUE(pair.client.Get(pair.client_socket, Option::kPrimaryAddr).empty());
}

TEST("RFC 6951: the UDP port of peers, of the endpoint's and of one") {
  Pair pair;
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kRemoteUdpEncapsPort), (Values{0}));
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kRemoteUdpEncapsPort, 0, {65536}), EINVAL);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kRemoteUdpEncapsPort, 0, {0}), 0);
  pair.Establish();
  const Values port = pair.client.Get(pair.client_socket, Option::kRemoteUdpEncapsPort, pair.client_assoc);
  EXPECT_EQ(port, (Values{kServerPort}));
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kRemoteUdpEncapsPort, pair.client_assoc, {0}), EINVAL);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kRemoteUdpEncapsPort, pair.client_assoc, {kServerPort}), 0);
  EXPECT_TRUE(WorksBothWays(pair));
}

TEST("SO-16, SO-18: a one-to-one socket has no autoclose, unless it was peeled off") {
  Pair pair;
  OpenParams params;
  params.carrier = 1;
  params.port = 7;
  params.one_to_one = true;
  SocketId socket = 0;
  REQUIRE(pair.client.engine->Open(params, &socket) == 0);
  EXPECT_EQ(pair.client.Set(socket, Option::kAutoclose, 0, {5}), EINVAL);
  EXPECT_TRUE(pair.client.Get(socket, Option::kAutoclose).empty());
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAutoclose, 0, {3600}), 0);
  pair.Establish();
  SocketId peeled = 0;
  REQUIRE(pair.client.engine->PeelOff(pair.client_socket, pair.client_assoc, &peeled) == 0);
  EXPECT_EQ(pair.client.Get(peeled, Option::kAutoclose), (Values{3600}));
  EXPECT_EQ(pair.client.Set(peeled, Option::kAutoclose, 0, {60}), 0);
}

TEST("SO-18: a path MTU below 512 is refused; a number wants its flag") {
  Pair pair;
  const auto set = [&](std::initializer_list<uint32_t> values) {
    return pair.client.Set(pair.client_socket, Option::kPeerAddrParams, 0, values);
  };
  EXPECT_EQ(set({0, 0, 511, 0, 16}), EINVAL);
  EXPECT_EQ(set({700, 0, 0, 70, 0}), 0);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kPeerAddrParams), (Values{30000, 5, 0, 200, 1 | 8 | 32}));
  EXPECT_EQ(set({700, 2, 512, 70, 1 | 16 | 32}), 0);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kPeerAddrParams), (Values{700, 2, 512, 70, 1 | 16 | 32}));
}

TEST("the counters of an association add up on both ends") {
  Pair pair;
  pair.Establish();
  Transfer(pair, {MessageOf(1, 100), MessageOf(2, 100, 1, kFlagUnordered), MessageOf(3, 5000)}, {MessageOf(4, 100)});
  pair.net.RunFor(kSecond);  // The last acknowledgements arrive.
  const Values mine = pair.client.Get(pair.client_socket, Option::kAssocStats, pair.client_assoc);
  const Values theirs = pair.server.Get(pair.server_socket, Option::kAssocStats, pair.server_assoc);
  REQUIRE(mine.size() == 7 + 30 && theirs.size() == 7 + 30);
  EXPECT_EQ(Values(mine.begin(), mine.begin() + 2), (Values{4, 0x0a000002}));
  EXPECT_EQ(Counter(mine, kUnorderedOut), 1);
  EXPECT_TRUE(Counter(mine, kOrderedOut) >= 5);
  EXPECT_EQ(Counter(mine, kOrderedIn), 1);
  EXPECT_EQ(Counter(theirs, kOrderedIn), Counter(mine, kOrderedOut));
  EXPECT_EQ(Counter(theirs, kUnorderedIn), Counter(mine, kUnorderedOut));
  EXPECT_EQ(Counter(theirs, kSacksOut), Counter(mine, kSacksIn));
  EXPECT_EQ(Counter(theirs, kOrderedOut), 1);
  EXPECT_EQ(Counter(mine, kRetransmitted), 0);
  EXPECT_EQ(Counter(mine, kGaps) + Counter(theirs, kOutOfSequence) + Counter(theirs, kDuplicates), 0);
  EXPECT_EQ(Counter(mine, kMaxRto), 3000);
  EXPECT_TRUE(Counter(mine, kPacketsOut) > 0 && Counter(mine, kPacketsIn) > 0);
  EXPECT_TRUE(Counter(mine, kControlOut) >= Counter(mine, kSacksOut) && Counter(mine, kControlIn) >= Counter(mine, kSacksIn));
  EXPECT_TRUE(pair.client.Get(pair.client_socket, Option::kAssocStats).empty());
}

// The server's association counts from its creation on. The INIT, the INIT ACK and the COOKIE ECHO passed before.
TEST("packets and chunks of an association are counted as they pass on the wire") {
  Pair pair;
  struct Passed {
    int packets = 0, control = 0, data = 0, sacks = 0, blocks = 0;
  } from_client, from_server;
  int lost = 0;
  pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    Passed& passed = &from == &pair.client ? from_client : from_server;
    ++passed.packets;
    for (const ChunkView& chunk : ChunksOf(packet)) {
      ++(chunk.type == kChunkData ? passed.data : passed.control);
      if (chunk.type == kChunkSack) ++passed.sacks, passed.blocks += static_cast<int>(chunk.Word(8) >> 16);
    }
    return lost == 0 || &from != &pair.client || !HasChunk(packet, kChunkData) || lost-- == 0;
  };
  pair.Establish();
  Transfer(pair, {MessageOf(1, 100), MessageOf(2, 100, 1, kFlagUnordered), MessageOf(3, 5000)}, {MessageOf(4, 100), MessageOf(5, 3000)});
  // A HEARTBEAT, an unknown chunk that is reported, and DATA that leaves a hole, as the packet before it is lost.
  pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {0, 0, 0, 0, 4});
  pair.net.RunFor(kSecond);
  const int injected = 1;
  pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Words(0xfe, 0, {1}).Done());
  lost = 1;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("x")), 0);
    pair.net.Settle();
  }
  pair.net.RunFor(kSecond);
  const Values mine = pair.client.Get(pair.client_socket, Option::kAssocStats, pair.client_assoc);
  const Values theirs = pair.server.Get(pair.server_socket, Option::kAssocStats, pair.server_assoc);
  EXPECT_EQ(Counter(mine, kPacketsOut), from_client.packets);
  EXPECT_EQ(Counter(mine, kControlOut), from_client.control);
  EXPECT_EQ(Counter(mine, kSacksOut), from_client.sacks);
  EXPECT_EQ(Counter(mine, kPacketsIn), from_server.packets);
  EXPECT_EQ(Counter(mine, kControlIn), from_server.control);
  EXPECT_EQ(Counter(mine, kSacksIn), from_server.sacks);
  EXPECT_EQ(Counter(mine, kGaps), from_server.blocks);
  EXPECT_TRUE(from_server.blocks > 0);
  EXPECT_EQ(Counter(theirs, kPacketsOut), from_server.packets - 1);
  EXPECT_EQ(Counter(theirs, kControlOut), from_server.control - 1);
  EXPECT_EQ(Counter(theirs, kPacketsIn), from_client.packets - 2 + injected);
  EXPECT_EQ(Counter(theirs, kControlIn), from_client.control - 2 + 1);
  EXPECT_EQ(Counter(theirs, kOutOfSequence), 1);
}

TEST("a chunk that has come before is counted as a duplicate each time, and as out of sequence only beyond the next that is due") {
  Pair pair;
  pair.Establish();
  const auto data = [&](uint32_t offset) {
    pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server)
                                              .Data(pair.client_tsn + offset, 0, static_cast<uint16_t>(offset), AsBytesOf("x"))
                                              .Done());
  };
  for (const uint32_t offset : {0u, 0u, 1u, 4u, 4u, 0u}) data(offset);
  const Values theirs = pair.server.Get(pair.server_socket, Option::kAssocStats, pair.server_assoc);
  EXPECT_EQ(Counter(theirs, kDuplicates), 3);
  EXPECT_EQ(Counter(theirs, kOutOfSequence), 2);
  EXPECT_EQ(Counter(theirs, kOrderedIn), 6);
}

TEST("lost chunks show in the counters: sent again at one end, out of sequence at the other") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
  pair.Establish();
  pair.tap = DropFirst(kChunkData, 1);
  std::vector<Message> messages;
  for (uint32_t i = 0; i < 20; i++) messages.push_back(MessageOf(i, 1000));
  Transfer(pair, std::move(messages), {});
  const Values mine = pair.client.Get(pair.client_socket, Option::kAssocStats, pair.client_assoc);
  const Values theirs = pair.server.Get(pair.server_socket, Option::kAssocStats, pair.server_assoc);
  EXPECT_TRUE(Counter(mine, kRetransmitted) >= 1);
  EXPECT_TRUE(Counter(theirs, kOutOfSequence) >= 1);
  EXPECT_TRUE(Counter(mine, kGaps) >= 1);
}

}  // namespace mailport::sctp::test
