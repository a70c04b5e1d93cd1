// Packets that a full socket did not take: kept as they were, one by one, from any place in a run on, and given again in order.
#include "../src/io/kept_packets.h"

#include <string>

#include "check.h"

namespace mailport::io::test {
namespace {

using Packets = std::vector<std::string>;

Packets PacketsOf(std::span<const PacketRun> runs) {
  Packets packets;
  for (const PacketRun& run : runs)
    for (size_t at = 0; at < run.length; at += run.segment_bytes)
      packets.emplace_back(reinterpret_cast<const char*>(run.data) + at, std::min(run.segment_bytes, run.length - at));
  return packets;
}

void Put(OutgoingPackets& batch, const Packets& packets, uint16_t port) {
  for (const std::string& packet : packets) {
    std::memcpy(batch.Reserve(), packet.data(), packet.size());
    sctp::PacketRoute route;
    route.remote_udp_port = port;
    batch.Commit(route, packet.size());
  }
}

}  // namespace

TEST("packets are kept from any packet of any run on, the short last ones as short as they were") {
  OutgoingPackets batch(1000);
  Put(batch, {"aaaa", "bbbb", "cc"}, 1);
  Put(batch, {"dddd", "e"}, 2);
  const Packets all = {"aaaa", "bbbb", "cc", "dddd", "e"};
  const std::pair<SendPosition, size_t> places[] = {{{0, 0}, 0}, {{0, 4}, 1}, {{0, 8}, 2}, {{1, 0}, 3}, {{1, 4}, 4}, {{2, 0}, 5}};
  for (const auto& [from, first] : places) {
    check::Note("from packet " + std::to_string(first));
    KeptPackets kept;
    EXPECT_TRUE(kept.empty());
    kept.Add(batch.runs(), from);
    Packets given;
    EXPECT_TRUE(kept.SendBy([&](std::span<const PacketRun> runs, SendPosition*) {
      given = PacketsOf(runs);
      return true;
    }));
    EXPECT_EQ(given, Packets(all.begin() + static_cast<ptrdiff_t>(first), all.end()));
    EXPECT_TRUE(kept.empty());
  }
}

TEST("packets that did not go stay, with the place at which to go on, and later packets are behind them") {
  OutgoingPackets batch(1000);
  Put(batch, {"aaaa", "bbbb"}, 1);
  KeptPackets kept;
  kept.Add(batch.runs(), {0, 0});
  EXPECT_FALSE(kept.SendBy([](std::span<const PacketRun>, SendPosition* position) {
    *position = {0, 4};
    return false;
  }));
  EXPECT_FALSE(kept.empty());
  OutgoingPackets later(1000);
  Put(later, {"cc"}, 3);
  kept.Add(later.runs(), {0, 0});
  EXPECT_TRUE(kept.SendBy([](std::span<const PacketRun> runs, SendPosition* position) {
    EXPECT_EQ(PacketsOf(runs), (Packets{"aaaa", "bbbb", "cc"}));
    EXPECT_EQ(position->run, 0u);
    EXPECT_EQ(position->offset, 4u);
    return true;
  }));
  // An emptied store begins anew.
  kept.Add(batch.runs(), {0, 4});
  EXPECT_TRUE(kept.SendBy([](std::span<const PacketRun> runs, SendPosition* position) {
    EXPECT_EQ(PacketsOf(runs), (Packets{"bbbb"}));
    EXPECT_EQ(position->run + position->offset, 0u);
    return true;
  }));
  EXPECT_TRUE(kept.SendBy([](std::span<const PacketRun>, SendPosition*) { return false; }));
}

}  // namespace mailport::io::test
