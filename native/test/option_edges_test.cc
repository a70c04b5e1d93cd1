// The edges of each option's values, one step to either side; the values that a refused setting leaves; and which numbers mean "as it is".
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

using Values = std::vector<uint32_t>;

// One setting of a socket and the values read after it. Each line begins from the defaults.
struct Line {
  Option option;
  std::initializer_list<uint32_t> values;
  int error;
  Values read;
};

constexpr uint32_t kMax16 = 65535;

TEST("each option takes what lies on its edge and nothing beyond, and keeps what it had if refused") {
  const Line lines[] = {
      {Option::kMaxSeg, {0}, 0, {0}},
      {Option::kMaxSeg, {464}, 0, {464}},
      {Option::kMaxSeg, {463}, EINVAL, {0}},
      {Option::kMaxSeg, {65516}, 0, {65516}},
      {Option::kMaxSeg, {65517}, EINVAL, {0}},
      {Option::kDelayedAck, {0}, 0, {0}},
      {Option::kDelayedAck, {500}, 0, {500}},
      {Option::kDelayedAck, {501}, EINVAL, {200}},
      {Option::kAutoclose, {8589934}, 0, {8589934}},
      {Option::kAutoclose, {8589935}, 0, {8589934}},
      {Option::kRecbuf, {2304}, 0, {2304}},
      {Option::kRecbuf, {2303}, 0, {2304}},
      {Option::kRecbuf, {2305}, 0, {2305}},
      {Option::kSndbuf, {4608}, 0, {4608}},
      {Option::kSndbuf, {4607}, 0, {4608}},
      {Option::kSndbuf, {4609}, 0, {4609}},
      {Option::kRemoteUdpEncapsPort, {kMax16}, 0, {kMax16}},
      {Option::kRemoteUdpEncapsPort, {kMax16 + 1}, EINVAL, {0}},
      {Option::kInitMsg, {kMax16, kMax16, kMax16, kMax16}, 0, {kMax16, kMax16, kMax16, kMax16}},
      {Option::kInitMsg, {kMax16 + 1, 1, 1, 1}, EINVAL, {10, 65535, 8, 60000}},
      {Option::kInitMsg, {1, kMax16 + 1, 1, 1}, EINVAL, {10, 65535, 8, 60000}},
      {Option::kInitMsg, {1, 1, kMax16 + 1, 1}, EINVAL, {10, 65535, 8, 60000}},
      {Option::kInitMsg, {1, 1, 1, kMax16 + 1}, EINVAL, {10, 65535, 8, 60000}},
      {Option::kInitMsg, {1, 1, 1, 1}, 0, {1, 1, 1, 1}},
      {Option::kInitMsg, {0, 0, 0, 0}, 0, {10, 65535, 8, 60000}},
      {Option::kInitMsg, {0, 7, 0, 0}, 0, {10, 7, 8, 60000}},
      {Option::kInitMsg, {0, 0, 7, 0}, 0, {10, 65535, 7, 60000}},
      {Option::kInitMsg, {0, 0, 0, 7}, 0, {10, 65535, 8, 7}},
      {Option::kRtoInfo, {0, 0, 0}, 0, {3000, 60000, 1000}},
      {Option::kRtoInfo, {1, 0, 0}, 0, {1, 60000, 1000}},
      {Option::kRtoInfo, {0, 70000, 0}, 0, {3000, 70000, 1000}},
      {Option::kRtoInfo, {0, 0, 1}, 0, {3000, 60000, 1}},
      {Option::kRtoInfo, {0, 500, 500}, 0, {3000, 500, 500}},
      {Option::kRtoInfo, {0, 500, 501}, EINVAL, {3000, 60000, 1000}},
      {Option::kAssocInfo, {0, 9, 9, 9, 0}, 0, {10, 0, 0, 0, 60000}},
      {Option::kAssocInfo, {1, 0, 0, 0, 0}, 0, {1, 0, 0, 0, 60000}},
      {Option::kAssocInfo, {0, 0, 0, 0, 1}, 0, {10, 0, 0, 0, 1}},
      {Option::kNodelay, {1}, 0, {1}},
      {Option::kNodelay, {2}, 0, {1}},
      {Option::kDisableFragments, {2}, 0, {1}},
      {Option::kLinger, {1, 5}, 0, {1, 5}},
      {Option::kLinger, {0, 5}, 0, {0, 0}},
      {Option::kAdaptation, {UINT32_MAX}, 0, {UINT32_MAX}},
      {Option::kEvents, {0}, 0, {0}},
      {Option::kEvents, {2048 | 255}, 0, {2048 | 255}},
      {Option::kPeerAddrParams, {1, 1, 512, 500, 1 | 16 | 32}, 0, {1, 1, 512, 500, 1 | 16 | 32}},
      {Option::kPeerAddrParams, {0, 0, 511, 0, 16}, EINVAL, {30000, 5, 0, 200, 1 | 8 | 32}},
      {Option::kPeerAddrParams, {0, 0, 0, 501, 32}, EINVAL, {30000, 5, 0, 200, 1 | 8 | 32}},
      {Option::kPeerAddrParams, {0, 0, 0, 0, 8 | 16}, EINVAL, {30000, 5, 0, 200, 1 | 8 | 32}},
      {Option::kPeerAddrParams, {0, 0, 0, 0, 32 | 64}, EINVAL, {30000, 5, 0, 200, 1 | 8 | 32}},
      {Option::kPeerAddrParams, {0, 0, 0, 0, 2 | 16 | 64}, 0, {30000, 5, 0, 200, 2 | 16 | 64}},
      {Option::kPeerAddrParams, {0, 0, 0, 0, 1 | 16 | 32}, 0, {30000, 5, 0, 200, 1 | 16 | 32}},
      {Option::kPeerAddrParams, {0, 1, 0, 0, 0}, 0, {30000, 1, 0, 200, 1 | 8 | 32}},
      {Option::kPeerAddrParams, {7, 0, 600, 7, 0}, 0, {30000, 5, 0, 200, 1 | 8 | 32}},
      {Option::kPeerAddrParams, {7, 0, 600, 7, 2 | 8 | 64}, 0, {30000, 5, 0, 200, 2 | 8 | 64}},
      {Option::kDefaultSendParam, {1, 2, 3, 4, 5}, 0, {1, 2, 3, 4, 5}},
      {Option::kDefaultPrinfo, {0, 0}, 0, {0, 0}},
      {Option::kPrSupported, {0}, 0, {0}},
      {Option::kPrSupported, {7}, 0, {1}},
      {Option::kPrSupported, {}, EINVAL, {1}},
      {Option::kMaxAssociations, {1}, 0, {1}},
      {Option::kMaxAssociations, {0}, EINVAL, {1u << 16}},
      {Option::kMaxAssociationsPerPeer, {1}, 0, {1}},
      {Option::kMaxAssociationsPerPeer, {0}, EINVAL, {1u << 14}},
  };
  for (const Line& line : lines) {
    std::string note = "option " + std::to_string(static_cast<uint32_t>(line.option)) + ":";
    for (const uint32_t value : line.values) note += " " + std::to_string(value);
    check::Note(note);
    Pair pair;
    EXPECT_EQ(pair.client.Set(pair.client_socket, line.option, 0, line.values), line.error);
    EXPECT_EQ(pair.client.Get(pair.client_socket, line.option), line.read);
  }
}

TEST("too few words are refused, for the socket and for an association; words too many are not looked at") {
  const std::pair<Option, size_t> sizes[] = {
      {Option::kRtoInfo, 3},  {Option::kAssocInfo, 5},        {Option::kInitMsg, 4},    {Option::kAutoclose, 1}, {Option::kNodelay, 1},
      {Option::kMaxSeg, 1},   {Option::kDisableFragments, 1}, {Option::kAdaptation, 1}, {Option::kEvents, 1},    {Option::kPeerAddrParams, 5},
      {Option::kRecbuf, 1},   {Option::kDefaultSendParam, 5}, {Option::kDelayedAck, 1}, {Option::kSndbuf, 1},    {Option::kLinger, 2},
      {Option::kDefaultPrinfo, 2}, {Option::kPrSupported, 1},
  };
  Pair pair;
  pair.Establish();
  for (const auto& [option, words] : sizes) {
    check::Note("option " + std::to_string(static_cast<uint32_t>(option)));
    const Values zeros(words + 1);
    for (const AssocId assoc : {AssocId{0}, pair.client_assoc}) {
      EXPECT_EQ(pair.client.engine->SetOption(pair.client_socket, option, assoc, std::span(zeros).first(words - 1)), EINVAL);
      EXPECT_EQ(pair.client.engine->SetOption(pair.client_socket, option, assoc, std::span(zeros).first(words)), 0);
      EXPECT_EQ(pair.client.engine->SetOption(pair.client_socket, option, assoc, zeros), 0);
    }
  }
  for (const Option option : {Option::kStatus, Option::kPeerAddrInfo, Option::kPrimaryPeer, Option::kStats, Option::kAssocStats,
                              Option::kPrAssocStatus})
    EXPECT_EQ(pair.client.Set(pair.client_socket, option, 0, {1, 2, 3, 4, 5}), EINVAL);
}

// Options that are an association's own, and options that all associations of a socket follow (SO-8).
TEST("an association's option is its own; nodelay, maxseg and disable_fragments are the socket's and all of its associations'") {
  Pair pair;
  pair.Establish();
  SimHost& host = pair.client;
  const SocketId socket = pair.client_socket;
  const AssocId assoc = pair.client_assoc;
  const std::pair<Option, Values> own[] = {
      {Option::kRtoInfo, {500, 5000, 200}},       {Option::kAutoclose, {77}},       {Option::kDelayedAck, {300}},
      {Option::kDefaultSendParam, {1, 1, 3, 4, 5}}, {Option::kDefaultPrinfo, {1, 50}},
  };
  for (const auto& [option, values] : own) {
    check::Note("option " + std::to_string(static_cast<uint32_t>(option)));
    const Values sockets = host.Get(socket, option), associations = host.Get(socket, option, assoc);
    EXPECT_EQ(host.engine->SetOption(socket, option, assoc, values), 0);
    EXPECT_EQ(host.Get(socket, option, assoc), values);
    EXPECT_EQ(host.Get(socket, option), sockets);
    // The association's values are set back. Then the socket's values change, and the association does not follow.
    EXPECT_EQ(host.engine->SetOption(socket, option, assoc, associations), 0);
    EXPECT_EQ(host.engine->SetOption(socket, option, 0, values), 0);
    EXPECT_EQ(host.Get(socket, option), values);
    EXPECT_EQ(host.Get(socket, option, assoc), associations);
  }
  for (const auto& [option, value] : {std::pair{Option::kNodelay, 1u}, {Option::kDisableFragments, 1u}, {Option::kMaxSeg, 600u}})
    for (const AssocId key : {AssocId{0}, assoc}) {
      check::Note("option " + std::to_string(static_cast<uint32_t>(option)) + " by " + std::to_string(key));
      EXPECT_EQ(host.Set(socket, option, key, {value}), 0);
      EXPECT_EQ(host.Get(socket, option), (Values{value}));
      EXPECT_EQ(host.Get(socket, option, assoc), (Values{value}));
      EXPECT_EQ(host.Set(socket, option, key, {0}), 0);
      EXPECT_EQ(host.Get(socket, option, assoc), (Values{0}));
    }
}

// The largest fragment that leaves for a message of 4,000 bytes.
size_t LargestFragment(Pair& pair) {
  size_t largest = 0;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    for (const ChunkView& chunk : ChunksOf(packet))
      if (&from == &pair.client && chunk.type == kChunkData) largest = std::max(largest, chunk.body.size() - 12);
    return true;
  };
  Transfer(pair, {MessageOf(1, 4000)}, {});
  pair.server.Take(pair.server_socket);
  return largest;
}

TEST("maxseg, the path's MTU and its discovery take effect at once, and are undone at once") {
  Pair pair;
  pair.Establish();
  const size_t by_path = (1452 - 12 - 16) & ~size_t{3};
  EXPECT_EQ(LargestFragment(pair), by_path);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kMaxSeg, 0, {700}), 0);
  EXPECT_EQ(LargestFragment(pair), 700u);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc).at(6), 700u);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kMaxSeg, 0, {0}), 0);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {0, 0, 1000, 0, 16}), 0);
  EXPECT_EQ(LargestFragment(pair), ((1000u - 28) & ~3u) - 12 - 16);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc).at(2), 1000u);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {0, 0, 0, 0, 8}), 0);
  EXPECT_EQ(LargestFragment(pair), by_path);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc).at(2), 1452u + 28);
  // A pathmtu beyond the path's own gives the path's own.
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {0, 0, 60000, 0, 16}), 0);
  EXPECT_EQ(LargestFragment(pair), by_path);
}

TEST("disable_fragments refuses what is one byte too large for a fragment, and nothing smaller") {
  Pair pair;
  pair.Establish();
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kDisableFragments, 0, {1}), 0);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kMaxSeg, 0, {600}), 0);
  const auto send = [&](size_t bytes) { return pair.client.Send(pair.client_socket, pair.client_assoc, 0, std::vector<uint8_t>(bytes, 'x')); };
  EXPECT_EQ(send(600), 0);
  EXPECT_EQ(send(601), EMSGSIZE);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kDisableFragments, 0, {0}), 0);
  EXPECT_EQ(send(601), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "data:600 data:601");
}

// Section 6.3.1 and RFC 6458 8.1.1.
TEST("an association's timeout follows its bounds when they change, and is not begun again once it has been measured or doubled") {
  Pair pair;
  pair.Establish();
  const auto rto = [&] { return pair.client.Get(pair.client_socket, Option::kPeerAddrInfo, pair.client_assoc).at(3); };
  const auto set = [&](uint32_t initial, uint32_t max, uint32_t min) {
    EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kRtoInfo, pair.client_assoc, {initial, max, min}), 0);
  };
  EXPECT_EQ(rto(), 3000u);
  set(4000, 0, 0);
  EXPECT_EQ(rto(), 4000u);
  set(0, 3500, 0);
  EXPECT_EQ(rto(), 3500u);
  set(0, 60000, 5000);
  EXPECT_EQ(rto(), 5000u);
  set(0, 0, 1000);
  Transfer(pair, {MessageOf(1, 100)}, {});
  pair.net.RunFor(kSecond);
  EXPECT_EQ(rto(), 1000u);
  set(9000, 0, 0);
  EXPECT_EQ(rto(), 1000u);
  set(0, 0, 1500);
  EXPECT_EQ(rto(), 1500u);
}

TEST("a socket's own receive buffer opens and bounds the windows of all its associations") {
  Pair pair;
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {20'000}), 0);
  pair.Establish();
  const auto window = [&] { return pair.server.Get(pair.server_socket, Option::kAssocInfo, pair.server_assoc).at(3); };
  EXPECT_EQ(window(), 20'000u);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kAssocInfo, pair.client_assoc), (Values{10, 1, 20'000, 512 * 1024, 60'000}));
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {50'000}), 0);
  EXPECT_EQ(window(), 50'000u);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kAssocInfo, pair.client_assoc).at(2), 50'000u);
}

TEST("parameters of an association's path and end are its own, and read back together") {
  Pair pair;
  pair.Establish();
  const Values path{4000, 9, 600, 100, 1 | 16 | 32};
  EXPECT_EQ(pair.client.engine->SetOption(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, path), 0);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc), path);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kPeerAddrParams), (Values{30000, 5, 0, 200, 1 | 8 | 32}));
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kDelayedAck, pair.client_assoc), (Values{100}));
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAssocInfo, pair.client_assoc, {7, 0, 0, 0, 9000}), 0);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kAssocInfo, pair.client_assoc), (Values{7, 1, 512 * 1024, 512 * 1024, 9000}));
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kAssocInfo), (Values{10, 0, 0, 0, 60'000}));
}

// The interval, and the timeout of three seconds plus or minus a half of it (section 8.3).
TEST("heartbeats begin anew when they are switched on or their interval changes, and for no other parameter") {
  const struct {
    std::initializer_list<uint32_t> first;  // Set at once; `then` is set after 20 seconds.
    std::initializer_list<uint32_t> then;
    TimeUs none_for, one_within;            // From then on.
  } lines[] = {
      {{0, 0, 0, 0, 0}, {1000, 0, 0, 0, 1}, 2'400'000, 5'600'000},
      {{0, 0, 0, 0, 2}, {0, 0, 0, 0, 1}, 31'400'000, 34'600'000},
      {{0, 0, 0, 0, 0}, {0, 9, 0, 100, 32}, 8'400'000, 14'600'000},
      {{0, 0, 0, 0, 0}, {30'000, 0, 0, 0, 1}, 8'400'000, 14'600'000},  // The values as they were.
  };
  for (const auto& line : lines) {
    check::Note("line " + std::to_string(&line - lines));
    Pair pair;
    EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kPeerAddrParams, 0, {0, 0, 0, 0, 2}), 0);
    pair.Establish();
    const TimeUs begin = pair.net.now();
    EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, line.first), 0);
    Wire wire(pair);
    pair.net.RunFor(20 * kSecond - (pair.net.now() - begin));
    EXPECT_EQ(wire.Count(kChunkHeartbeat), 0);
    EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, line.then), 0);
    pair.net.RunFor(line.none_for);
    EXPECT_EQ(wire.Count(kChunkHeartbeat), 0);
    pair.net.RunFor(line.one_within - line.none_for);
    EXPECT_TRUE(wire.Count(kChunkHeartbeat) >= 1);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
