// Thousands of associations whose peer goes without a word: what they held comes back, and those of others go on as before meanwhile.
#include <array>

#include "crowd.h"
#include "heap.h"

namespace mailport::sctp::test {
namespace {

constexpr TimeUs kSecondUs = 1'000'000;
constexpr size_t kCount = 2000;

// RFC 9260 section 8.1. The first crowd gives tables and pools their sizes.
TEST("a crowd that loses its power leaves no memory behind once HEARTBEATs have found that out") {
  Crowd crowd;
  size_t before = 0, most = 0;
  for (size_t wave = 1; wave <= 2; ++wave) {
    before = heap::BytesInUse();
    crowd.client.is_off = crowd.server.is_off = false;
    crowd.client.assocs.clear();
    crowd.server.assocs.clear();
    crowd.Establish(kCount);
    crowd.RoundFromClient(std::array<uint8_t, 64>{});
    most = heap::BytesInUse() - before;
    crowd.client.is_off = crowd.server.is_off = true;
    crowd.RunFor(3600 * kSecondUs, kSecondUs);
    EXPECT_EQ(crowd.server.ended, wave * kCount);
    EXPECT_EQ(crowd.server.engine.stats().associations, 0u);
  }
  if (!heap::kCounts) return;
  check::Note(std::to_string(before) + " before, " + std::to_string(most) + " more, " + std::to_string(heap::BytesInUse()) + " after");
  EXPECT_TRUE(most > kCount * 2048);
  EXPECT_TRUE(heap::BytesInUse() < before + most / 32);
}

TEST("while a crowd is there, a packet of one association is answered by as many packets as without it") {
  uint64_t alone = 0;
  for (const size_t others : {size_t{0}, kCount}) {
    Crowd crowd;
    crowd.Establish(1 + others);
    crowd.server.answers = true;
    const uint64_t before = crowd.packets;
    for (int trip = 0; trip < 100; ++trip) {
      REQUIRE(crowd.client.engine.Send(crowd.client.socket, {.assoc_id = crowd.client.assocs[0]}, std::array<uint8_t, 64>{}) == 0);
      crowd.Settle();
      crowd.now += 100;
    }
    EXPECT_EQ(crowd.server.messages, 100u);
    if (others == 0) alone = crowd.packets - before;
    EXPECT_EQ(crowd.packets - before, alone);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
