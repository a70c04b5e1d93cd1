// How long a short message takes beside a bulk one of the same association: 100 Mbit/s, 50 ms there and back, a queue of 200 packets.
#include <algorithm>
#include <cstdio>

#include "interleaving.h"

namespace mailport::sctp::test {
namespace {

constexpr size_t kBulkBytes = 10 << 20, kShortBytes = 100;
constexpr TimeUs kRoundTrip = 50 * kMillisecond;
constexpr uint32_t kDefaultWindow = 512 * 1024;
constexpr TimeUs kEvery = 3 * kMillisecond;

struct Latency {
  TimeUs p50 = 0, p99 = 0, max = 0;
  TimeUs bulk = 0;  // The whole of the bulk message.
  size_t count = 0;
};

Latency Measure(bool interleaves, Scheduler scheduler, uint32_t window_bytes) {
  Interleaving pair(3, interleaves, interleaves);
  pair.net.link = {.delay = kRoundTrip / 2, .bytes_per_second = 100'000'000 / 8, .queue_bytes = 200 * 1452};
  pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {32 << 20});
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {window_bytes});
  pair.client.Set(pair.client_socket, Option::kStreamScheduler, 0, {static_cast<uint32_t>(scheduler)});
  pair.Establish();
  if (scheduler == Scheduler::kPriority)
    EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kStreamSchedulerValue, pair.client_assoc, {1, 10}), 0);
  const std::vector<uint8_t> bulk(kBulkBytes, 1), text(kShortBytes, 2);
  const TimeUs begun = pair.net.now();
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 1, bulk), 0);
  std::vector<TimeUs> sent, took;
  TimeUs bulk_took = 0;
  auto look = [&] {
    for (const OwnedItem& owned : pair.server.Take(pair.server_socket)) {
      if (owned.item.stream == 1) {
        bulk_took = pair.net.now() - begun;
      } else {
        took.push_back(pair.net.now() - sent[owned.item.ppid]);
      }
    }
  };
  pair.net.app = look;
  while (bulk_took == 0 && pair.net.now() < begun + 60 * kSecond) {
    sent.push_back(pair.net.now());
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, text, 0, static_cast<uint32_t>(sent.size() - 1)), 0);
    pair.net.RunFor(kEvery);
  }
  pair.net.RunFor(10 * kSecond);
  pair.net.app = nullptr;
  EXPECT_EQ(took.size(), sent.size());
  std::sort(took.begin(), took.end());
  REQUIRE(!took.empty());
  return {took[took.size() / 2], took[took.size() * 99 / 100], took.back(), bulk_took, took.size()};
}

void Print(const char* what, const Latency& latency) {
  std::printf("  %s: %zu messages of %zu bytes: p50 %.1f ms, p99 %.1f ms, max %.1f ms; %zu MB took %.0f ms\n", what, latency.count, kShortBytes,
              static_cast<double>(latency.p50) / kMillisecond, static_cast<double>(latency.p99) / kMillisecond, static_cast<double>(latency.max) / kMillisecond,
              kBulkBytes >> 20, static_cast<double>(latency.bulk) / kMillisecond);
}

TEST("with interleaving and priorities, a short message beside 10 MB takes two round trips at most, in 99 of 100 cases") {
  // The larger window lets the sender overrun the network's queue, as it looks for the rate.
  for (const uint32_t window : {kDefaultWindow, 4u << 20}) {
    const Latency latency = Measure(true, Scheduler::kPriority, window);
    Print(window == kDefaultWindow ? "interleaving, priority, a window of 512 KiB" : "interleaving, priority, a window of 4 MiB", latency);
    EXPECT_TRUE(latency.count > 200);
    EXPECT_TRUE(latency.p99 <= 2 * kRoundTrip);
    // Without, the short message waits for the end of the bulk one.
    const Latency plain = Measure(false, Scheduler::kFirstCome, window);
    Print("neither", plain);
    EXPECT_TRUE(plain.p99 > 10 * kRoundTrip);
    // Where nothing is lost, the bulk message takes no longer beside short ones. Otherwise chance decides what is lost in the overrun.
    if (window == kDefaultWindow) EXPECT_TRUE(latency.bulk <= plain.bulk * 21 / 20);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
