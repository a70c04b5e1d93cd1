// Messages that need not arrive on a path whose round trip is measured: time finds their losses (RFC 8985), probes leave for others alone, and FORWARD TSNs
// are lost like data.
#include <map>

#include "partial.h"
#include "slow_line.h"

namespace mailport::sctp::test {
namespace {

constexpr TimeUs kRtt = SlowLine::kRoundTrip;

struct Limited : SlowLine {
  explicit Limited(uint64_t seed = 1, uint32_t warm_up = 20) : SlowLine(seed, warm_up) {
    lose = [this](bool is_data, std::vector<uint8_t>& packet) {
      const bool is_forward = HasChunk(packet, kChunkForwardTsn);
      if (is_forward) forwards.push_back(pair.net.now());
      for (const ChunkView& chunk : ChunksOf(packet))
        if (is_data && chunk.type == kChunkData) left[chunk.Word(8)].push_back(pair.net.now());
      return drop && drop(is_data, is_forward, packet);
    };
  }
  // Sends a message of 1,000 bytes in a packet of its own. Its ppid and its context are its number.
  void Push(uint32_t flags = 0, uint32_t limit = 0, uint32_t stream = 0) {
    const auto number = static_cast<uint32_t>(messages.size());
    messages.push_back(MessageOf(number, 1000, stream));
    SendParams params;
    params.assoc_id = pair.client_assoc, params.stream = stream, params.ppid = params.context = number;
    params.flags = flags, params.time_to_live_ms = limit;
    REQUIRE(pair.client.engine->Send(pair.client_socket, params, messages.back().data) == 0);
    pair.net.Settle();
  }
  void Collect() {
    for (const OwnedItem& each : pair.server.Take(pair.server_socket))
      if (each.item.kind == ItemKind::kData) ++come[each.item.ppid];
    for (const OwnedItem& each : pair.client.Take(pair.client_socket))
      if (each.item.kind == ItemKind::kSendFailed) ++reported[each.item.context];
  }
  // "come", "reported", both or "" of a message so far, and how often it has left.
  std::string Fate(uint32_t number) {
    Collect();
    std::string fate = std::to_string(left[number].size());
    for (int i = 0; i < come[number]; ++i) fate += " come";
    for (int i = 0; i < reported[number]; ++i) fate += " reported";
    return fate;
  }
  uint32_t Unacknowledged() { return pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc).at(2); }

  std::map<uint32_t, std::vector<TimeUs>> left;  // When each message has left.
  std::vector<TimeUs> forwards;                  // When a FORWARD TSN has.
  std::map<uint32_t, int> come, reported;
  std::function<bool(bool is_data, bool is_forward, std::vector<uint8_t>& packet)> drop;
};

TEST("a last message that may not be sent again is not probed with: T3 gives it up, and what follows arrives") {
  Limited line;
  bool is_dead = true;
  line.drop = [&](bool is_data, bool, auto&) { return is_data && is_dead; };
  line.Push(kRtx, 0);
  line.pair.net.RunFor(kSecond - kMillisecond);
  EXPECT_EQ(line.Fate(0), "1");
  EXPECT_TRUE(line.forwards.empty());
  is_dead = false;
  line.pair.net.RunFor(kSecond / 2);
  EXPECT_EQ(line.Fate(0), "1 reported");
  EXPECT_EQ(line.forwards.size(), 1u);
  EXPECT_EQ(line.Timeouts(), 1u);
  EXPECT_EQ(line.Unacknowledged(), 0u);
  line.Push();
  line.pair.net.RunFor(kRtt);
  EXPECT_EQ(line.Fate(1), "1 come");
}

TEST("a probe goes around a message that may not be sent again, and its answer tells that the message is lost") {
  Limited line;
  line.drop = [&](bool is_data, bool, auto&) { return is_data && line.sent_at.size() <= 2; };
  line.Push();
  line.Push(kRtx, 0);
  line.pair.net.RunFor(6 * kRtt);
  EXPECT_EQ(line.Fate(0), "2 come");
  EXPECT_EQ(line.Fate(1), "1 reported");
  EXPECT_EQ(line.forwards.size(), 1u);
  EXPECT_EQ(line.Timeouts(), 0u);
  EXPECT_EQ(line.Unacknowledged(), 0u);
}

TEST("a probe is a retransmission: a message that may be sent again once is probed with once") {
  for (const uint32_t most : {1u, 2u}) {
    Limited line;
    bool is_dead = true;
    line.drop = [&](bool, bool, auto&) { return is_dead; };
    line.Push(kRtx, most);
    line.pair.net.RunFor(kSecond - kMillisecond);
    EXPECT_EQ(line.Fate(0), std::to_string(1 + most));
    is_dead = false;
    line.pair.net.RunFor(kSecond / 2);
    EXPECT_EQ(line.Fate(0), std::to_string(1 + most) + " reported");
    EXPECT_EQ(line.Unacknowledged(), 0u);
  }
}

TEST("a lifetime that ends while a probe is out: no further probe leaves") {
  Limited line;
  line.drop = [&](bool is_data, bool, auto&) { return is_data; };
  line.Push(kTtl, 150);
  line.pair.net.RunFor(kSecond / 2);
  EXPECT_EQ(line.Fate(0), "2");
  EXPECT_EQ(line.left[0].back() - line.left[0].front(), 2 * kRtt);
  line.pair.net.RunFor(kSecond);
  EXPECT_EQ(line.Fate(0), "2 reported");
  EXPECT_EQ(line.Unacknowledged(), 0u);
}

TEST("a message with a lifetime that goes on is probed with like any other") {
  Limited line;
  line.drop = [&](bool is_data, bool, auto&) { return is_data && line.sent_at.size() == 1; };
  line.Push(kTtl, 5000);
  line.pair.net.RunFor(kSecond / 2);
  EXPECT_EQ(line.Fate(0), "2 come");
  EXPECT_EQ(line.Timeouts(), 0u);
}

// The message behind waits for it in its stream.
TEST("a FORWARD TSN that is lost is sent again by a probe, up to three times before T3 expires") {
  for (const size_t lost : {1u, 2u, 3u}) {
    Limited line;
    line.drop = [&](bool is_data, bool is_forward, auto&) { return is_forward ? line.forwards.size() <= lost : is_data && line.sent_at.size() == 1; };
    line.Push(kRtx, 0);
    line.Push(kRtx, 0);
    const TimeUs start = line.pair.net.now();
    EXPECT_TRUE(line.pair.net.RunUntil([&] { return line.Fate(1) == "1 come"; }, kSecond));
    EXPECT_TRUE(line.pair.net.now() - start < (3 + (2 << lost)) * kRtt);
    EXPECT_EQ(line.forwards.size(), lost + 1);
    EXPECT_EQ(line.Timeouts(), 0u);
    line.pair.net.RunFor(kSecond);
    EXPECT_EQ(line.Fate(0), "1 reported");
    EXPECT_EQ(line.Unacknowledged(), 0u);
    EXPECT_EQ(line.forwards.size(), lost + 1);
  }
}

TEST("a peer that is gone gets three FORWARD TSNs for probes, and then one for each timeout") {
  Limited line;
  bool is_dead = false;
  line.drop = [&](bool is_data, bool, auto&) { return is_dead || (is_data && line.sent_at.size() == 1); };
  line.Push(kRtx, 0);
  line.Push(kRtx, 0);
  line.pair.net.RunUntil([&] { return !line.forwards.empty(); });
  is_dead = true;
  line.forwards.clear();
  line.pair.net.RunFor(kSecond - 2 * kRtt);
  EXPECT_EQ(line.forwards.size(), 3u);
  line.pair.net.RunFor(8 * kSecond);
  EXPECT_EQ(line.Timeouts(), 3u);
  EXPECT_EQ(line.forwards.size(), 6u);
}

// Nothing that was given up is delivered, so nothing would let data leave in recovery (RFC 6937).
TEST("a steady stream of messages that may not be sent again goes on over losses of data and of FORWARD TSNs, without a timeout") {
  for (const uint64_t seed : check::Seeds(10)) {
    check::Note("seed " + std::to_string(seed));
    Limited line(seed, 100);
    Random random(seed);
    line.drop = [&](bool is_data, bool is_forward, auto&) { return (is_data || is_forward) && random.Chance(0.05); };
    constexpr uint32_t kMessages = 500;
    for (uint32_t i = 0; i < kMessages; ++i) {
      line.Push(kRtx, 0, i % 3);
      line.pair.net.RunFor(5 * kMillisecond);
    }
    line.Push();
    line.pair.net.RunFor(kSecond);
    EXPECT_EQ(line.Timeouts(), 0u);
    size_t lost = 0;
    for (uint32_t i = 0; i < kMessages; ++i) {
      const std::string fate = line.Fate(i);
      lost += fate == "1 reported";
      if (!EXPECT_TRUE(fate == "1 come" || fate == "1 reported")) return;
    }
    EXPECT_TRUE(lost > kMessages / 50 && lost < kMessages / 10);
    EXPECT_EQ(line.Unacknowledged(), 0u);
  }
}

TEST("a burst of losses of messages that may not be sent again leaves a window that works") {
  for (const uint32_t lost : {1u, 10u, 29u, 30u}) {
    check::Note(std::to_string(lost) + " lost");
    Limited line(1, 200);
    const uint32_t window = line.Window();
    line.drop = [&](bool is_data, bool is_forward, auto&) { return is_forward ? line.forwards.size() == 1 : is_data && line.sent_at.size() <= lost; };
    for (int i = 0; i < 30; ++i) line.Push(kRtx, 0);
    line.pair.net.RunFor(4 * kRtt);
    for (int i = 0; i < 30; ++i) line.Push();
    line.pair.net.RunFor(2 * kSecond);
    EXPECT_EQ(line.Timeouts(), 0u);
    EXPECT_TRUE(line.Window() < window + 40'000);
    for (uint32_t i = 0; i < 60; ++i) EXPECT_EQ(line.Fate(i), i < lost ? "1 reported" : line.left[i].size() == 1 ? "1 come" : "2 come");
    EXPECT_EQ(line.Unacknowledged(), 0u);
  }
}

// The line takes everything, and delivers nothing for a while.
TEST("a timeout that was none is undone although messages were given up for it, and these stay given up") {
  Limited line(1, 200);
  const uint32_t window = line.Window();
  std::vector<std::vector<uint8_t>> held;
  bool stands = true;
  line.drop = [&](bool is_data, bool is_forward, auto& packet) {
    if (stands && (is_data || is_forward)) held.push_back(packet);
    return stands && (is_data || is_forward);
  };
  constexpr uint32_t kMessages = 31;  // The last one may be sent again, so the probe is not answered before one that was sent once.
  for (uint32_t i = 0; i < kMessages; ++i) line.Push(i % 2 == 0 ? 0 : kRtx, 0, i % 2);
  line.pair.net.RunFor(kSecond + kSecond / 8);
  EXPECT_EQ(line.Timeouts(), 1u);
  EXPECT_TRUE(line.Window() < window / 4);
  EXPECT_EQ(line.Fate(1), "1 reported");
  stands = false;
  for (const auto& packet : held) {
    line.pair.server.Inject(line.pair.FromClient(), packet);
    line.pair.net.RunFor(kMillisecond / 10);
  }
  line.pair.net.RunFor(kSecond);
  EXPECT_TRUE(line.Window() >= window);
  EXPECT_EQ(line.Unacknowledged(), 0u);
  for (uint32_t i = 0; i < kMessages; ++i) {
    const std::string fate = line.Fate(i);
    if (i % 2 == 0) EXPECT_EQ(fate.substr(1), " come");
    // It has come, and was reported if that was before its acknowledgement.
    if (i % 2 != 0) EXPECT_TRUE(fate == "1 come" || fate == "1 come reported");
  }
  // The probes, and what the timeout sends again before a SACK confirms a chunk that it has not sent again.
  EXPECT_TRUE(line.Retransmissions() <= 20);
}

}  // namespace
}  // namespace mailport::sctp::test
