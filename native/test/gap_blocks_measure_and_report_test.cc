// Two rules of RFC 9260 that the engine had missed for gap blocks: a round trip ends when its chunk is first acknowledged, and in fast recovery every SACK
// that moves on is a report of the chunks that are still missing.
#include <utility>
#include <vector>

#include "check.h"
#include "one_path.h"
#include "packet/wire.h"

namespace mailport::sctp {
namespace {

constexpr TimeUs kMillisecond = 1000;
constexpr uint32_t kFirstTsn = 1000;
constexpr uint32_t kWindow = 100'000;

// A sender whose chunks are written when the test says.
struct Sending : test::OnePath {
  // Each chunk is a packet of its own: with fewer than four packets, one report would be enough (RFC 5827).
  Sending() : OnePath(128) { outbound.Reset(kFirstTsn, kWindow); }
  void Send(int chunks) {
    for (int i = 0; i < chunks; i++) {
      const std::array<uint8_t, 100> payload{};
      outbound.Push({}, payload, now);
      outbound.WriteNew(payload.size(), true, now, path, wire.data());
    }
  }
  // Chunks are counted from 0, the first that was sent. `gaps`: first and last of each block.
  SackOutcome Sack(uint32_t cumulative, std::initializer_list<std::pair<uint32_t, uint32_t>> gaps = {}) {
    std::vector<uint8_t> blocks(4 * gaps.size());
    uint8_t* block = blocks.data();
    for (const auto& [first, last] : gaps) {
      Store16(block, first - cumulative);
      Store16(block + 2, last - cumulative);
      block += 4;
    }
    return outbound.OnSack({kFirstTsn + cumulative, kWindow, blocks}, now, paths);
  }

  Outbound outbound{pool};
  TimeUs now = 1000 * kMillisecond;
  std::array<uint8_t, 200> wire;
};

// Section 6.3.1.
TEST("the round trip of a chunk ends with the gap block that acknowledges it, not when the gap before it is filled") {
  Sending s;
  s.Send(2);
  s.now += 100 * kMillisecond;
  s.Sack(0);
  EXPECT_EQ(s.path.srtt(), 100 * kMillisecond);
  s.Send(1);
  s.now += 100 * kMillisecond;
  s.Sack(0, {{2, 2}});
  s.now += 5000 * kMillisecond;
  s.Sack(2);
  EXPECT_EQ(s.path.srtt(), 100 * kMillisecond);
}

// Section 7.2.4.
TEST("in fast recovery a SACK that moves on counts as a report of what is still missing") {
  Sending s;
  s.Send(10);  // 0 has arrived, 1 and 7 are lost.
  s.Sack(0);
  s.Sack(0, {{2, 2}});
  s.Sack(0, {{2, 3}});
  EXPECT_TRUE(s.Sack(0, {{2, 6}}).loss_found);
  REQUIRE(s.outbound.NextRetransmissionBytes() == 100);
  s.outbound.WriteRetransmission(s.paths, s.path, 0, s.wire.data());
  s.Sack(0, {{2, 6}, {8, 8}});
  s.Sack(0, {{2, 6}, {8, 9}});
  EXPECT_FALSE(s.Sack(0, {{2, 6}, {8, 9}}).loss_found);  // Nothing new, and no progress: not a report.
  EXPECT_TRUE(s.Sack(6, {{8, 9}}).loss_found);
}

}  // namespace
}  // namespace mailport::sctp
