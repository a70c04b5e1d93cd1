// Losses at the end of the data, of retransmissions and of SACKs (RFC 8985 section 7): nothing behind them tells, and T3 takes a second at least.
#include <algorithm>

#include "slow_line.h"
#include "tail_probe.h"

namespace mailport::sctp::test {
namespace {

constexpr TimeUs kRtt = SlowLine::kRoundTrip;

TEST("the last packets of a few are sent again within a few round trips, without a timeout") {
  for (const uint32_t count : {1u, 2u, 3u, 4u, 10u})
    for (uint32_t lost = 1; lost <= std::min(count, 3u); ++lost) {
      check::Note(std::to_string(lost) + " lost of " + std::to_string(count));
      SlowLine line(1, 20);
      uint32_t number = 0;
      line.lose = [&](bool is_data, auto&) {
        if (!is_data) return false;
        ++number;
        return number > count - lost && number <= count;
      };
      line.Send(count);
      // The answer to the probe tells of the others, and these leave one with each acknowledgement.
      EXPECT_TRUE(line.UntilArrived() <= (lost < 3 ? 9 : 12) * kRtt / 2);
      EXPECT_EQ(line.Timeouts(), 0u);
      EXPECT_TRUE(line.Retransmissions() <= lost + 1);
    }
}

TEST("a probe that is lost is followed by two more, each after twice the time, before T3 expires") {
  for (const uint32_t lost : {2u, 3u}) {
    SlowLine line;
    line.lose = [&](bool is_data, auto&) { return is_data && line.sent_at.size() <= lost; };
    line.Send(1);
    EXPECT_TRUE(line.UntilArrived() < kSecond);
    REQUIRE(line.sent_at.size() == lost + 1);
    EXPECT_EQ(line.Timeouts(), 0u);
    for (size_t i = 2; i < line.sent_at.size(); ++i)
      EXPECT_EQ(line.sent_at[i] - line.sent_at[i - 1], 2 * (line.sent_at[i - 1] - line.sent_at[i - 2]));
  }
}

TEST("a peer that is gone gets three probes, and then one packet for each timeout, which double as without probes") {
  SlowLine line;
  line.lose = [](bool, auto&) { return true; };
  line.Send(1);
  line.pair.net.RunFor(64 * kSecond);
  REQUIRE(line.sent_at.size() == 1 + TailProbe::kMostProbes + 6);
  for (size_t i = 5; i < line.sent_at.size(); ++i) EXPECT_EQ(line.sent_at[i] - line.sent_at[i - 1], 2 * kSecond << (i - 5));
  EXPECT_EQ(line.sent_at[4] - line.sent_at[0], kSecond);
}

TEST("a retransmission that is lost is found missing by what is acknowledged behind it") {
  SlowLine line(1, 40);
  std::vector<uint32_t> tsns;
  uint32_t copies = 0;
  line.lose = [&](bool is_data, std::vector<uint8_t>& packet) {
    if (!is_data) return false;
    bool loses = false;
    for (const ChunkView& chunk : ChunksOf(packet))
      if (chunk.type == kChunkData) {
        tsns.push_back(chunk.Word(0));
        if (tsns.size() > 2 && chunk.Word(0) == tsns[2]) loses = ++copies <= 3;
      }
    return loses;
  };
  line.Send(150);
  line.UntilArrived();
  EXPECT_TRUE(copies >= 4);
  EXPECT_EQ(line.Timeouts(), 0u);
}

TEST("a retransmission that is lost while nothing else is on its way is probed for") {
  SlowLine line;
  uint32_t number = 0;
  line.lose = [&](bool is_data, auto&) { return is_data && (++number == 1 || number == 5); };
  line.Send(4);
  EXPECT_TRUE(line.UntilArrived() < kSecond / 2);
  EXPECT_EQ(line.Timeouts(), 0u);
}

TEST("if only SACKs are lost, one probe draws another SACK") {
  SlowLine line;
  uint32_t sacks = 0;
  line.lose = [&](bool is_data, auto& packet) { return !is_data && HasChunk(packet, kChunkSack) && ++sacks == 1; };
  line.Send(4);
  line.pair.net.RunFor(kSecond);
  EXPECT_EQ(line.Timeouts(), 0u);
  EXPECT_TRUE(line.Retransmissions() <= 4);
  EXPECT_EQ(line.sent_at.size(), 5u);
}

// A peer may wait 200 ms before it acknowledges a packet that stands alone, and need not know the I bit.
TEST("SACKs that come 200 ms late cause a probe now and then, and no storm of them") {
  SlowLine line;
  line.pair.tap = [&, inner = line.pair.tap](SimHost& from, SimHost& to, std::vector<uint8_t>& packet) {
    PacketView view = *ParsePacket(packet);
    PacketBuilder without(view.source_port, view.destination_port, view.tag);
    for (const ChunkView& chunk : view.chunks)
      without.Chunk(chunk.type, chunk.type == kChunkData ? chunk.flags & ~kDataImmediate : chunk.flags, chunk.body);
    packet = without.Done();
    return inner(from, to, packet);
  };
  constexpr uint32_t kMessages = 400;
  for (uint32_t i = 0; i < kMessages; ++i) {
    line.Send(1);
    line.pair.net.RunFor(kSecond);
  }
  EXPECT_EQ(line.Timeouts(), 0u);
  EXPECT_TRUE(line.Retransmissions() <= kMessages / 8);
  line.UntilArrived();
}

TEST("requests with 2 % loss each way: 99 of 100 take at most four round trips, and none takes a second") {
  std::vector<TimeUs> took;
  for (const uint64_t seed : check::Seeds(40)) {
    check::Note("seed " + std::to_string(seed));
    SlowLine line(seed);
    Pair& pair = line.pair;
    pair.net.link.loss = 0.02;
    auto& requests = pair.server.items(pair.server_socket);
    auto& answers = pair.client.items(pair.client_socket);
    pair.net.app = [&] {
      for (const OwnedItem& request : std::exchange(requests, {}))
        if (request.item.kind == ItemKind::kData) pair.server.Send(pair.server_socket, pair.server_assoc, 0, request.bytes);
    };
    for (int i = 0; i < 250; ++i) {
      const TimeUs start = pair.net.now();
      REQUIRE(pair.client.Send(pair.client_socket, pair.client_assoc, 0, MessageOf(1, 100).data) == 0);
      REQUIRE(pair.net.RunUntil([&] { return !answers.empty(); }, 60 * kSecond));
      answers.clear();
      took.push_back(pair.net.now() - start);
    }
  }
  std::sort(took.begin(), took.end());
  EXPECT_EQ(took[took.size() / 2], kRtt);
  EXPECT_TRUE(took[took.size() * 99 / 100] <= 4 * kRtt);
  EXPECT_TRUE(took.back() < kSecond);
}

}  // namespace
}  // namespace mailport::sctp::test
