// Messages with limits of all kinds over networks that lose, double, reorder and corrupt packets.
#include <map>
#include <set>

#include "partial.h"

namespace mailport::sctp::test {
namespace {

TEST("on a bad network each message arrives once and in order, or is reported, and in the end nothing is left") {
  for (const uint64_t seed : check::Seeds(40)) {
    check::Note("seed " + std::to_string(seed));
    Partial pair(seed);
    Random random(seed);
    pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {static_cast<uint32_t>(8'000 + random.Below(100'000))});
    pair.net.link.mtu = 600 + 4 * random.Below(300);
    pair.Establish();
    const double bad = 0.25 * static_cast<double>(random.Below(100)) / 100;
    pair.net.link = {.delay = 1 + random.Below(40 * kMillisecond), .jitter = random.Below(10 * kMillisecond), .loss = bad, .duplicate = bad / 4,
                     .corrupt = bad / 8, .reorder = bad, .mtu = pair.net.link.mtu};
    std::vector<Message> sent;
    for (int turn = 0; turn < 60; ++turn) {
      for (uint64_t n = random.Below(12); n > 0; --n) {
        static constexpr uint32_t kPolicies[] = {0, kTtl, kRtx, kPrio};
        const uint32_t policy = kPolicies[random.Below(4)];
        const auto number = static_cast<uint32_t>(sent.size());
        Message message = MessageOf(number, 4 + random.Below(random.Chance(0.2) ? 4000 : 200), static_cast<uint32_t>(random.Below(4)),
                                    random.Chance(0.3) ? kFlagUnordered : 0);
        SendParams params;
        params.assoc_id = pair.client_assoc, params.stream = message.stream, params.ppid = number;
        params.flags = message.flags | policy, params.context = number;
        params.time_to_live_ms = policy == kTtl ? static_cast<uint32_t>(1 + random.Below(500)) : static_cast<uint32_t>(random.Below(4));
        if (pair.client.engine->Send(pair.client_socket, params, message.data) != 0) break;
        sent.push_back(std::move(message));
      }
      pair.net.RunFor(random.Below(random.Chance(0.1) ? 2 * kSecond : 20 * kMillisecond));
    }
    pair.net.link.loss = pair.net.link.corrupt = 0;
    if (!EXPECT_TRUE(pair.net.RunUntil([&] { return pair.IsDrained(); }, 300 * kSecond))) return;
    pair.net.RunFor(kSecond);
    std::set<uint32_t> come, reported;
    std::map<uint32_t, uint32_t> last;
    for (const OwnedItem& each : pair.server.Take(pair.server_socket)) {
      const uint32_t number = each.item.ppid;
      if (each.item.kind != ItemKind::kData) continue;
      REQUIRE(number < sent.size());
      EXPECT_TRUE(come.insert(number).second);
      EXPECT_TRUE(each.bytes == sent[number].data);
      if ((sent[number].flags & kFlagUnordered) != 0) continue;
      const auto [before, first] = last.try_emplace(sent[number].stream, number);
      if (!first) EXPECT_TRUE(std::exchange(before->second, number) < number);
    }
    for (const OwnedItem& each : pair.client.Take(pair.client_socket)) {
      if (each.item.kind == ItemKind::kSendFailed) reported.insert(each.item.context);
    }
    for (uint32_t number = 0; number < sent.size(); ++number)
      if (!EXPECT_TRUE(come.contains(number) || reported.contains(number))) return;
    EXPECT_TRUE(WorksBothWays(pair));
  }
}

TEST("both ends close in the middle of it, and nothing is left on either") {
  for (const uint64_t seed : check::Seeds(20)) {
    check::Note("seed " + std::to_string(seed));
    Partial pair(seed);
    pair.Establish();
    Random random(seed);
    pair.net.link.loss = 0.2;
    pair.net.link.delay = 10 * kMillisecond;
    for (int i = 0; i < 100; ++i) {
      pair.Send(std::string(1 + random.Below(3000), 'x'), i % 2 == 0 ? kRtx : kTtl, i % 2 == 0 ? 0 : 100, static_cast<uint32_t>(random.Below(5)));
      if (i % 10 == 0) pair.net.RunFor(random.Below(100 * kMillisecond));
    }
    EXPECT_EQ(pair.client.engine->Close(pair.client_socket, false), 0);
    pair.net.RunFor(600 * kSecond);
    EXPECT_EQ(pair.client.engine->AssociationsOn(1), 0u);
    EXPECT_EQ(pair.client.engine->stats().queued_out_bytes, 0u);
    EXPECT_EQ(pair.server.engine->AssociationsOn(1), 0u);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
