// BBR and its pacing against peers that mean ill.
#include <map>
#include <vector>

#include "check.h"
#include "pair.h"
#include "random.h"

namespace mailport::sctp::test {
namespace {

// The test speaks for the server, which says of the client's data what it likes.
struct Liar {
  explicit Liar(CongestionControl control, uint64_t seed) : random(seed) {
    pair.net.link.delay = 25 * kMillisecond;
    pair.client.Set(pair.client_socket, Option::kCongestionControl, 0, {static_cast<uint32_t>(control)});
    pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
    pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {4 << 20});
    pair.Establish();
    next = pair.client_tsn;
    cumulative = next - 1;
    pair.tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      if (&from != &pair.client) return false;
      ++packets;
      bytes += packet.size();
      for (const ChunkView& chunk : ChunksOf(packet)) {
        if (chunk.type == kChunkAbort) aborted = true;
        if (chunk.type == kChunkHeartbeat) beats.push_back({chunk.body.begin(), chunk.body.end()});
        if (chunk.type != kChunkData) continue;
        const uint32_t tsn = chunk.Word(0);
        if (!TsnBefore(tsn, next)) next = tsn + 1, news += chunk.body.size() - 12;
      }
      return false;
    };
    pair.net.app = [this] {
      while (pair.client.Send(pair.client_socket, pair.client_assoc, 0, data) == 0) {
      }
      ++turns;
    };
  }
  static bool TsnBefore(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) < 0; }
  void Sack(uint32_t cum, uint32_t window, const std::vector<uint32_t>& blocks = {}, const std::vector<uint32_t>& duplicates = {}) {
    std::vector<uint8_t> body(12 + 4 * blocks.size() + 4 * duplicates.size());
    Store32(&body[0], cum), Store32(&body[4], window);
    Store16(&body[8], static_cast<uint32_t>(blocks.size())), Store16(&body[10], static_cast<uint32_t>(duplicates.size()));
    for (size_t i = 0; i < blocks.size(); ++i) Store32(&body[12 + 4 * i], blocks[i]);
    for (size_t i = 0; i < duplicates.size(); ++i) Store32(&body[12 + 4 * blocks.size() + 4 * i], duplicates[i]);
    PacketBuilder packet(kServerPort, kClientPort, pair.tag_to_client);
    packet.Chunk(kChunkSack, 0, body);
    for (const auto& beat : std::exchange(beats, {})) packet.Chunk(kChunkHeartbeatAck, 0, beat);
    pair.client.Inject(pair.FromServer(), packet.Done());
    pair.net.Settle();
  }
  void Lie() {
    const uint32_t out = next - 1 - cumulative;
    if (random.Chance(0.3)) cumulative += static_cast<uint32_t>(random.Below(out + 1));
    const uint32_t left = next - 1 - cumulative;
    std::vector<uint32_t> blocks, duplicates;
    uint32_t at = 1;
    while (random.Chance(0.8) && at + 2 < left && blocks.size() < 60) {
      const uint32_t first = at + 1 + static_cast<uint32_t>(random.Below(std::min<uint32_t>(left - at - 1, 10)));
      const uint32_t last = std::min<uint32_t>(left, first + static_cast<uint32_t>(random.Below(random.Chance(0.1) ? left : 5)));
      if (first > left) break;
      blocks.push_back(first << 16 | last);
      at = last + 1;
    }
    while (random.Chance(0.3) && duplicates.size() < 30) duplicates.push_back(cumulative - static_cast<uint32_t>(random.Below(50)));
    const uint32_t windows[] = {0, 1, 1500, 20'000, 1 << 20, UINT32_MAX};
    Sack(cumulative, windows[random.Below(6)], blocks, duplicates);
  }
  // Acknowledges all that leaves, 50 ms later.
  TimeUs HonestUntil(size_t wanted, TimeUs limit) {
    const TimeUs since = pair.net.now();
    const size_t before = news;
    while (news - before < wanted && pair.net.now() - since < limit && !aborted) {
      const uint32_t sent = next - 1;
      pair.net.RunFor(50 * kMillisecond);
      cumulative = sent;
      Sack(cumulative, 4 << 20);
    }
    return pair.net.now() - since;
  }

  Random random;
  Pair pair;
  uint32_t next, cumulative;
  uint64_t packets = 0, bytes = 0, turns = 0;
  size_t news = 0;
  bool aborted = false;
  std::vector<std::vector<uint8_t>> beats;
  std::vector<uint8_t> data = std::vector<uint8_t>(1'000, 'b');
};

constexpr CongestionControl kControls[] = {CongestionControl::kRfc9260, CongestionControl::kCubic, CongestionControl::kBbr};

TEST("§12.4: SACKs at random, of what was sent, taken back, with windows of any size: a few packets for each, and a second after the last of them data flows") {
  for (const CongestionControl control : kControls)
    for (uint64_t seed = 1; seed <= 15; ++seed) {
      check::Note("control " + std::to_string(static_cast<int>(control)) + ", seed " + std::to_string(seed));
      Liar liar(control, seed);
      if (seed % 2 == 1) liar.HonestUntil(1'000'000, 100 * kSecond);
      const uint64_t packets = liar.packets, turns = liar.turns;
      constexpr uint64_t kSacks = 2'000;
      for (uint64_t sacks = 0; sacks < kSacks; ++sacks) {
        liar.Lie();
        liar.pair.net.RunFor(liar.random.Below(TimeUs{1} << (5 + seed)));
      }
      EXPECT_FALSE(liar.aborted);
      EXPECT_TRUE(liar.packets - packets <= 16 * kSacks);
      // No timer spins, whatever rate the SACKs have shown.
      EXPECT_TRUE(liar.turns - turns <= 8 * kSacks);
      EXPECT_TRUE(liar.HonestUntil(300'000, 100 * kSecond) <= 10 * kSecond);
    }
}

TEST("round trips that took 40 seconds, and no longer do: pacing lets a window leave within a second, and not when it did before") {
  for (const CongestionControl control : kControls) {
    check::Note("control " + std::to_string(static_cast<int>(control)));
    Liar liar(control, 7);
    liar.HonestUntil(1'000'000, 100 * kSecond);
    for (int i = 0; i < 100; ++i) {
      liar.cumulative = liar.next - 1;
      liar.Sack(liar.cumulative, 1 << 20);
      liar.pair.net.RunFor(40 * kSecond);
    }
    EXPECT_TRUE(liar.HonestUntil(1'000'000, 1'000 * kSecond) <= 10 * kSecond);
    EXPECT_FALSE(liar.aborted);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
