// The queue of packets of a carrier: in order, bounded, and its memory given back.
#include <vector>

#include "../src/io/packet_queue.h"
#include "check.h"
#include "random.h"

namespace mailport::io {

namespace {

sctp::PacketRoute RouteOf(uint16_t port) {
  sctp::PacketRoute route;
  route.remote_udp_port = port;
  return route;
}

}  // namespace

TEST("packets come out of a queue as they went in, whatever the order of the calls") {
  sctp::test::Random random(1);
  PacketQueue queue(64 * 1024);
  uint16_t in = 0, out = 0;  // Fewer than 65,536 at a time.
  for (int step = 0; step < 200'000; step++) {
    if (random.Below(2) == 0) {
      const std::vector<uint8_t> packet(random.Below(100), static_cast<uint8_t>(in));
      const uint64_t lost = queue.lost();
      queue.Add(RouteOf(in), packet);
      if (queue.lost() == lost) in++;
    } else if (!queue.empty()) {
      EXPECT_EQ(queue.route().remote_udp_port, out);
      for (const uint8_t byte : queue.packet()) EXPECT_EQ(byte, static_cast<uint8_t>(out));
      queue.Pop();
      out++;
    }
  }
  EXPECT_EQ(static_cast<uint16_t>(queue.taken()), in);
}

TEST("a queue takes so many bytes with the costs of packets, and loses what comes then") {
  PacketQueue queue(10'000);
  const std::vector<uint8_t> packet(1000);
  for (int i = 0; i < 100; i++) queue.Add(RouteOf(1), packet);
  EXPECT_EQ(queue.taken(), uint64_t{9});
  EXPECT_EQ(queue.lost(), uint64_t{91});
  queue.Pop();
  queue.Add(RouteOf(2), packet);
  EXPECT_EQ(queue.taken(), uint64_t{10});
  // Empty packets cost, too.
  PacketQueue tiny(10'000);
  for (int i = 0; i < 10'000; i++) tiny.Add(RouteOf(1), {});
  EXPECT_TRUE(tiny.taken() < 200);
}

TEST("a queue takes no packet that is longer than IP's") {
  PacketQueue queue(1 << 20);
  queue.Add(RouteOf(1), std::vector<uint8_t>(65'535));
  queue.Add(RouteOf(1), std::vector<uint8_t>(65'536));
  EXPECT_EQ(queue.taken(), uint64_t{1});
  EXPECT_EQ(queue.lost(), uint64_t{1});
}

TEST("a queue that is cleared is empty, and goes on") {
  PacketQueue queue(10'000);
  const std::vector<uint8_t> packet{1, 2, 3};
  queue.Add(RouteOf(1), packet);
  queue.Clear();
  EXPECT_TRUE(queue.empty());
  queue.Add(RouteOf(2), packet);
  EXPECT_EQ(queue.route().remote_udp_port, uint16_t{2});
  EXPECT_EQ(queue.packet().size(), size_t{3});
}

}  // namespace mailport::io
