// Any mixture of limits on networks that lose, double, reorder and hold packets back, with time, probes and timeouts at work: what leaves is looked at on the
// wire, and what becomes of each message at its two ends.
#include <array>
#include <map>
#include <set>

#include "partial.h"

namespace mailport::sctp::test {
namespace {

struct Sent {
  Message message;
  uint32_t policy = 0, limit = 0;
  TimeUs at = 0;
  uint32_t left = 0;           // How many DATA chunks of it have left.
  size_t reported_bytes = 0;
  bool is_reported = false, has_come = false;
  TimeUs reported_at = 0;
};

struct Run : Partial {
  explicit Run(uint64_t seed) : Partial(seed), random(seed) {
    client.Set(client_socket, Option::kSndbuf, 0, {static_cast<uint32_t>(8'000 + random.Below(100'000))});
    net.link.mtu = 600 + 4 * random.Below(300);
    Establish();
    tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      if (&from == &client) Watch(packet);
      return true;
    };
  }
  // No message leaves once more than its limit allows, nor when it has been reported, nor too late.
  void Watch(const std::vector<uint8_t>& packet) {
    Collect();
    for (const ChunkView& chunk : ChunksOf(packet)) {
      if (chunk.type != kChunkData || chunk.Word(8) >= sent.size()) continue;
      Sent& one = sent[chunk.Word(8)];
      ++one.left;
      EXPECT_FALSE(one.is_reported && one.reported_at < net.now());  // What stood in the packet already leaves.
      const uint32_t times = ++copies[chunk.Word(0)];
      if (one.policy == kRtx) EXPECT_TRUE(times <= 1 + one.limit);
      if (one.policy == kTtl && one.limit != 0) EXPECT_TRUE(net.now() < one.at + one.limit * kMillisecond);
    }
  }
  void Collect() {
    for (const OwnedItem& each : server.Take(server_socket))
      if (each.item.kind == ItemKind::kData) Came(each);
    for (const OwnedItem& each : client.Take(client_socket)) {
      if (each.item.kind != ItemKind::kSendFailed) continue;
      Sent& one = sent.at(each.item.context);
      if (!std::exchange(one.is_reported, true)) one.reported_at = net.now();
      one.reported_bytes += each.bytes.size();
      EXPECT_TRUE(one.reported_bytes <= one.message.data.size());
      EXPECT_TRUE(each.item.state == 0 || one.left != 0);
    }
  }
  void Came(const OwnedItem& each) {
    Sent& one = sent.at(each.item.ppid);
    EXPECT_FALSE(std::exchange(one.has_come, true));
    EXPECT_TRUE(each.bytes == one.message.data);
    if ((one.message.flags & kFlagUnordered) != 0) return;
    const auto [before, is_first] = last.try_emplace(one.message.stream, each.item.ppid);
    if (!is_first) EXPECT_TRUE(std::exchange(before->second, each.item.ppid) < each.item.ppid);
  }
  void Push() {
    static constexpr uint32_t kPolicies[] = {0, kTtl, kRtx, kPrio};
    const auto number = static_cast<uint32_t>(sent.size());
    Sent one;
    one.policy = kPolicies[random.Below(4)];
    one.limit = one.policy == kTtl ? static_cast<uint32_t>(1 + random.Below(500)) : one.policy == 0 ? 0 : static_cast<uint32_t>(random.Below(4));
    one.at = net.now();
    one.message = MessageOf(number, 4 + random.Below(random.Chance(0.2) ? 4000 : 200), static_cast<uint32_t>(random.Below(4)),
                            random.Chance(0.3) ? kFlagUnordered : 0);
    SendParams params;
    params.assoc_id = client_assoc, params.stream = one.message.stream, params.ppid = params.context = number;
    params.flags = one.message.flags | one.policy, params.time_to_live_ms = one.limit;
    client.engine->SetNow(net.now());
    sent.push_back(std::move(one));  // An event may name it before the call is over.
    if (client.engine->Send(client_socket, params, sent.back().message.data) != 0) sent.pop_back();
  }
  // A while with sends and a network that changes.
  void Act(int turns) {
    const double bad = 0.2 * static_cast<double>(random.Below(100)) / 100;
    for (int turn = 0; turn < turns; ++turn) {
      if (turn % 20 == 0)
        net.link = {.delay = 1 + random.Below(40 * kMillisecond), .jitter = random.Below(10 * kMillisecond), .loss = random.Chance(0.3) ? 0 : bad,
                    .duplicate = bad / 4, .corrupt = bad / 8, .reorder = bad / 2, .mtu = net.link.mtu};
      for (uint64_t n = random.Below(12); n > 0; --n) Push();
      if (random.Chance(0.03)) Stall(random.Below(3 * kSecond));
      net.RunFor(random.Below(random.Chance(0.1) ? kSecond : 20 * kMillisecond));
    }
  }
  // The line takes everything, delivers nothing for a while, and then everything.
  void Stall(TimeUs time) {
    std::vector<std::vector<uint8_t>> held;
    const Tap watching = std::exchange(tap, [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      if (&from != &client) return true;
      Watch(packet);
      held.push_back(packet);
      return false;
    });
    net.RunFor(time);
    tap = watching;
    for (const auto& packet : held) {
      if (random.Chance(0.1)) continue;
      server.Inject(FromClient(), packet);
      net.RunFor(random.Below(kMillisecond));
    }
  }
  // How many messages have been reported, by policy: those of which nothing has left, and the others.
  std::array<uint64_t, 6> Reported() const {
    std::array<uint64_t, 6> counts{};
    for (const Sent& one : sent)
      if (one.is_reported && one.policy != 0) ++counts.at(2 * (one.policy == kTtl ? 0 : one.policy == kRtx ? 1 : 2) + (one.left != 0));
    return counts;
  }

  Random random;
  std::vector<Sent> sent;
  std::map<uint32_t, uint32_t> copies;  // By TSN.
  std::map<uint32_t, uint32_t> last;    // Of each stream.
};

TEST("no message leaves beyond its limit, and each comes once and in order, or is reported, once, and counted") {
  for (const uint64_t seed : check::Seeds(60)) {
    check::Note("seed " + std::to_string(seed));
    Run run(seed);
    run.Act(80);
    run.net.link.loss = run.net.link.corrupt = 0;
    if (!EXPECT_TRUE(run.net.RunUntil([&] { return run.IsDrained(); }, 300 * kSecond))) return;
    run.net.RunFor(kSecond);
    run.Collect();
    for (const Sent& one : run.sent)
      if (!EXPECT_TRUE(one.has_come || one.is_reported)) return;
    const std::vector<uint32_t> counts = run.Counts();
    const std::array<uint64_t, 6> reported = run.Reported();
    REQUIRE(counts.size() == 12);
    for (size_t i = 0; i < reported.size(); ++i) EXPECT_EQ(counts[2 * i] * (uint64_t{1} << 32) + counts[2 * i + 1], reported[i]);
    run.tap = nullptr;
    EXPECT_TRUE(WorksBothWays(run));
  }
}

// A message with a priority is the exception: if gap blocks have acknowledged all of it when it makes room for others, it counts as come.
TEST("an association that is aborted in the middle of it reports every message that has not come") {
  for (const uint64_t seed : check::Seeds(60)) {
    check::Note("seed " + std::to_string(seed));
    Run run(seed);
    run.Act(1 + static_cast<int>(run.random.Below(40)));
    run.client.engine->SetNow(run.net.now());
    EXPECT_EQ(run.client.Send(run.client_socket, run.client_assoc, 0, {}, kFlagAbort), 0);
    run.net.RunFor(kSecond);
    run.Collect();
    for (const Sent& one : run.sent)
      if (!EXPECT_TRUE(one.has_come || one.is_reported || one.policy == kPrio)) return;
    EXPECT_EQ(run.client.engine->stats().queued_out_bytes, 0u);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
