// Links between two hosts with several addresses are cut and mended at random. As long as one path is alive every message arrives once and in order. If none is
// for longer than the association can wait, both ends hear that it is lost, and every message that did not arrive is reported.
#include <set>

#include "homes.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kMessages = 300;

struct Round {
  explicit Round(uint64_t seed) : random(seed), homes(2 + random.Below(2), 2 + random.Below(2), seed) {
    count = std::min(homes.client_addresses.size(), homes.server_addresses.size());
    homes.net.link = {.delay = kMillisecond + random.Below(40 * kMillisecond), .loss = random.Chance(0.5) ? 0.02 : 0};
    homes.Establish();
    homes.net.app = [this] { Pump(); };
  }
  void Pump() {
    while (sent < kMessages && homes.net.now() >= next_at) {
      std::vector<uint8_t> data(1 + random.Below(4000));
      Store32(data.size() < 4 ? (data.resize(4), data.data()) : data.data(), sent);
      if (homes.client.Send(homes.client_socket, homes.client_assoc, sent % 3, data, 0, sent) != 0) return;
      ++sent;
      next_at = homes.net.now() + random.Below(300 * kMillisecond);
    }
  }
  void ExpectEverything() {
    std::array<uint32_t, 3> last{};
    std::set<uint32_t> seen;
    for (const OwnedItem& owned : homes.server.Take(homes.server_socket)) {
      if (owned.item.kind != ItemKind::kData) continue;
      EXPECT_TRUE(seen.insert(owned.item.ppid).second);
      EXPECT_EQ(Load32(owned.bytes.data()), owned.item.ppid);
      EXPECT_TRUE(seen.size() == 1 || last[owned.item.stream] <= owned.item.ppid);
      last[owned.item.stream] = owned.item.ppid;
    }
    EXPECT_EQ(seen.size(), kMessages);
  }

  Random random;
  Homes homes;
  size_t count = 0;
  uint32_t sent = 0;
  TimeUs next_at = 0;
};

TEST("as long as one path is alive, every message arrives once and in order, whatever is cut and mended") {
  for (const uint64_t seed : check::Seeds(60)) {
    check::Note("seed " + std::to_string(seed));
    Round round(seed);
    std::vector<bool> cut(round.count, false);
    for (int step = 0; step < 60 && !check::Failed(); ++step) {
      const size_t home = round.random.Below(round.count);
      const size_t alive = static_cast<size_t>(std::count(cut.begin(), cut.end(), false));
      if (cut[home]) {
        round.homes.Mend(home);
        cut[home] = false;
      } else if (alive > 1) {
        round.homes.Cut(home);
        cut[home] = true;
      }
      // A path that has been found dead has to be found alive again before it can be the only one.
      round.homes.net.RunFor(alive > 1 ? round.random.Below(5 * kSecond) : 70 * kSecond);
    }
    for (size_t home = 0; home < round.count; ++home)
      if (cut[home]) round.homes.Mend(home);
    EXPECT_TRUE(round.homes.net.RunUntil([&] { return round.sent == kMessages && round.homes.client.engine->stats().queued_out_bytes == 0; }, 3600 * kSecond));
    round.ExpectEverything();
    for (const OwnedItem& owned : round.homes.client.Take(round.homes.client_socket)) EXPECT_FALSE(owned.IsChange(AssocState::kCommLost));
  }
}

TEST("with no path alive for longer than the association waits: comm_lost at both ends, and each message has arrived or is reported") {
  for (const uint64_t seed : check::Seeds(40)) {
    check::Note("seed " + std::to_string(seed));
    Round round(seed);
    round.homes.net.RunFor(round.random.Below(30 * kSecond));
    for (const IpAddress& from : round.homes.client_addresses)
      for (const IpAddress& to : round.homes.server_addresses) round.homes.net.Cut(from, to);
    round.homes.net.app = nullptr;
    round.homes.net.RunFor(7200 * kSecond);
    std::set<uint32_t> told;
    bool lost = false;
    for (const OwnedItem& owned : round.homes.server.Take(round.homes.server_socket)) {
      if (owned.item.kind == ItemKind::kData) EXPECT_TRUE(told.insert(owned.item.ppid).second);
      lost |= owned.IsChange(AssocState::kCommLost);
    }
    EXPECT_TRUE(lost);
    lost = false;
    for (const OwnedItem& owned : round.homes.client.Take(round.homes.client_socket)) {
      if (owned.item.kind == ItemKind::kSendFailed) told.insert(owned.item.ppid);
      lost |= owned.IsChange(AssocState::kCommLost);
    }
    EXPECT_TRUE(lost);
    EXPECT_EQ(told.size(), round.sent);
    for (SimHost* host : {&round.homes.client, &round.homes.server}) {
      EXPECT_EQ(host->engine->stats().associations, 0u);
      EXPECT_EQ(host->engine->stats().queued_out_bytes, 0u);
    }
  }
}

}  // namespace
}  // namespace mailport::sctp::test
