// Signalling over a poor line: few small messages, and somebody waits for each.
#include <algorithm>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr TimeUs kDelay = 20 * kMillisecond;
constexpr TimeUs kInterval = 10 * kMillisecond;
constexpr uint32_t kMessages = 3000;
constexpr size_t kMessageBytes = 100;

// The simulated time from the call of Send to the delivery, of messages that leave one by one.
struct Latencies {
  TimeUs median, worst;
};

Latencies Measure(uint64_t seed, double loss) {
  Pair pair(seed);
  pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
  pair.net.link.delay = kDelay;
  pair.Establish();
  pair.net.link.loss = loss;
  std::vector<TimeUs> sent(kMessages), latencies;
  auto& items = pair.server.items(pair.server_socket);
  uint32_t next = 0;
  const auto take = [&] {
    for (const OwnedItem& item : std::exchange(items, {}))
      if (item.item.kind == ItemKind::kData) latencies.push_back(pair.net.now() - sent[item.item.ppid]);
  };
  const auto delivered = [&] {
    take();
    return latencies.size() == kMessages;
  };
  while (next < kMessages) {
    sent[next] = pair.net.now();
    REQUIRE(pair.client.Send(pair.client_socket, pair.client_assoc, 0, MessageOf(next, kMessageBytes).data, 0, next) == 0);
    ++next;
    const TimeUs until = pair.net.now() + kInterval;
    pair.net.RunUntil([&] { return take(), false; }, until - pair.net.now());
  }
  EXPECT_TRUE(pair.net.RunUntil(delivered, 600 * kSecond));
  REQUIRE(latencies.size() == kMessages);
  std::sort(latencies.begin(), latencies.end());
  return {latencies[kMessages / 2], latencies.back()};
}

TEST("a message of a signalling link with 5 % loss takes little more than the way's delay, and the worst one two timeouts") {
  for (uint64_t seed : check::Seeds(8)) {
    check::Note("seed " + std::to_string(seed));
    const Latencies found = Measure(seed, 0.05);
    EXPECT_TRUE(found.median <= 2 * kDelay);
    EXPECT_TRUE(found.worst <= 4 * kSecond);  // A chunk that T3 sends is lost like any other.
  }
}

TEST("a chunk that is lost twice waits for no timeout, whatever is lost behind it") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
  pair.net.link.delay = kDelay;
  pair.Establish();
  Transfer(pair, {MessageOf(0, 100)}, {});
  pair.server.Take(pair.server_socket);
  // The first chunk is lost twice. Every fifth chunk after it is lost once, which fast retransmission mends.
  std::vector<TimeUs> first_sent;
  std::vector<uint32_t> lost;
  uint32_t first_tsn = 0;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from != &pair.client) return true;
    for (const ChunkView& chunk : ChunksOf(packet)) {
      if (chunk.type != kChunkData) continue;
      const uint32_t tsn = chunk.Word(0);
      if (first_sent.empty()) first_tsn = tsn;
      if (tsn == first_tsn) {
        first_sent.push_back(pair.net.now());
        return first_sent.size() > 2;
      }
      if ((tsn - first_tsn) % 5 != 0 || std::find(lost.begin(), lost.end(), tsn) != lost.end()) continue;
      lost.push_back(tsn);
      return false;
    }
    return true;
  };
  for (uint32_t i = 0; i < 300 && (first_sent.size() < 3 || lost.size() < 3); i++) {
    REQUIRE(pair.client.Send(pair.client_socket, pair.client_assoc, 0, MessageOf(i, 100).data, 0, i) == 0);
    pair.net.RunFor(kInterval);
  }
  REQUIRE(first_sent.size() == 3);
  EXPECT_TRUE(!lost.empty());
  for (size_t i = 1; i < 3; ++i) EXPECT_TRUE(first_sent[i] - first_sent[i - 1] <= 4 * kDelay);
  EXPECT_EQ(pair.client.engine->stats().timeouts, 0u);
}

}  // namespace
}  // namespace mailport::sctp::test
