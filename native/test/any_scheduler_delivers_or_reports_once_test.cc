// Random streams, sizes, orders, schedulers, limits and networks, with interleaving and without: each accepted message arrives once, whole and in its stream's
// order, or is reported as failed; never both unless the report says that parts of it had left.
#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "interleaving.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kStreams = 6;

struct Sent {
  uint32_t stream, flags, context;
  std::vector<uint8_t> data;
  bool may_be_given_up = false;
};

class Run {
 public:
  explicit Run(uint64_t seed) : random_(seed), interleaves_(random_.Chance(0.7)), pair_(seed, interleaves_, interleaves_) {
    pair_.net.link = {.delay = 1 + random_.Below(30 * kMillisecond),
                      .jitter = random_.Below(5 * kMillisecond),
                      .loss = random_.Chance(0.5) ? 0.05 : 0,
                      .duplicate = random_.Chance(0.3) ? 0.02 : 0,
                      .reorder = random_.Chance(0.5) ? 0.05 : 0,
                      .bytes_per_second = random_.Chance(0.7) ? 100'000 + random_.Below(2'000'000) : 0,
                      .mtu = 600 + 4 * random_.Below(220)};
    SetScheduler(0);
    const auto window = static_cast<uint32_t>(20'000 + random_.Below(200'000));
    pair_.server.Set(pair_.server_socket, Option::kRecbuf, 0, {window});
    pair_.client.Set(pair_.client_socket, Option::kSndbuf, 0, {static_cast<uint32_t>(20'000 + random_.Below(300'000))});
    pair_.Establish();
  }

  void Go() {
    const uint64_t messages = 20 + random_.Below(120);
    for (uint64_t step = 0; sent_.size() < messages && step < 2000; ++step) {
      if (random_.Chance(0.7)) Send();
      if (random_.Chance(0.05)) SetScheduler(pair_.client_assoc);
      if (random_.Chance(0.1)) SetValue();
      if (random_.Chance(0.1)) pair_.server.engine->SetCredit(pair_.server_socket, reads_ ? 0 : kUnlimitedCredit), reads_ = !reads_;
      if (random_.Chance(0.3)) Wait(random_.Below(50 * kMillisecond));
    }
    pair_.server.engine->SetNow(pair_.net.now());
    pair_.server.engine->SetCredit(pair_.server_socket, kUnlimitedCredit);
    pair_.server.engine->Drain(pair_.server_socket);
    const bool drained = pair_.net.RunUntil(
        [&] {
          size_t in = 0, out = 0;
          pair_.client.engine->QueuedBytes(pair_.client_socket, &in, &out);
          return out == 0 && pair_.client.Get(pair_.client_socket, Option::kStatus, pair_.client_assoc).at(2) == 0;
        },
        3600 * kSecond);
    EXPECT_TRUE(drained);
    pair_.net.RunFor(kSecond);
    Check();
  }

 private:
  void Wait(TimeUs time) {
    pair_.net.RunFor(time);
    pair_.server.engine->Drain(pair_.server_socket);
  }
  void SetScheduler(AssocId assoc) {
    EXPECT_EQ(pair_.client.Set(pair_.client_socket, Option::kStreamScheduler, assoc, {static_cast<uint32_t>(random_.Below(6))}), 0);
  }
  void SetValue() {
    const uint32_t scheduler = pair_.client.Get(pair_.client_socket, Option::kStreamScheduler, pair_.client_assoc).at(0);
    const bool has_values = scheduler == static_cast<uint32_t>(Scheduler::kPriority) || scheduler == static_cast<uint32_t>(Scheduler::kWeighted);
    const int error = pair_.client.Set(pair_.client_socket, Option::kStreamSchedulerValue, pair_.client_assoc,
                                       {static_cast<uint32_t>(random_.Below(kStreams)), static_cast<uint32_t>(1 + random_.Below(9))});
    EXPECT_EQ(error, has_values ? 0 : EINVAL);
  }
  void Send() {
    SendParams params;
    params.assoc_id = pair_.client_assoc;
    params.stream = static_cast<uint32_t>(random_.Below(kStreams));
    params.flags = random_.Chance(0.3) ? kFlagUnordered : 0;
    params.context = params.ppid = static_cast<uint32_t>(sent_.size());
    if (random_.Chance(0.4)) {
      static constexpr uint32_t kPolicies[] = {kFlagPrTtl, kFlagPrRtx, kFlagPrPrio};
      params.flags |= kPolicies[random_.Below(3)];
      params.time_to_live_ms = static_cast<uint32_t>((params.flags & kFlagPrMask) == kFlagPrTtl ? 1 + random_.Below(300) : random_.Below(4));
    }
    const size_t size = 1 + random_.Below(random_.Chance(0.15) ? 80'000 : random_.Chance(0.5) ? 3000 : 200);
    Message message = MessageOf(params.context, size);
    const int error = pair_.client.engine->Send(pair_.client_socket, params, message.data);
    if (error == EAGAIN || error == EMSGSIZE) return;  // No room now, or never.
    EXPECT_EQ(error, 0);
    sent_.push_back({params.stream, params.flags, params.context, std::move(message.data), (params.flags & kFlagPrMask) != 0});
  }

  void Check() {
    std::map<uint32_t, int> arrived;
    std::map<uint32_t, uint32_t> last;
    for (const OwnedItem& owned : pair_.server.Take(pair_.server_socket)) {
      if (!EXPECT_TRUE(owned.item.kind == ItemKind::kData && owned.item.ppid < sent_.size())) return;
      const Sent& message = sent_[owned.item.ppid];
      EXPECT_TRUE(owned.bytes == message.data && owned.item.stream == message.stream);
      EXPECT_EQ(++arrived[owned.item.ppid], 1);
      if ((message.flags & kFlagUnordered) != 0) continue;
      const auto [at, is_first] = last.try_emplace(message.stream, owned.item.ppid);
      if (!is_first) EXPECT_TRUE(at->second < owned.item.ppid);
      at->second = owned.item.ppid;
    }
    // Each byte of a message is reported once at most, and by one part only if the message was given up.
    std::map<uint32_t, size_t> failed;
    std::set<uint32_t> unsent;
    for (const OwnedItem& owned : pair_.client.Take(pair_.client_socket)) {
      if (owned.item.kind != ItemKind::kSendFailed) continue;
      failed[owned.item.context] += owned.bytes.size();
      if (owned.item.state == 0) unsent.insert(owned.item.context);
    }
    for (const Sent& message : sent_) {
      const size_t bytes = failed.contains(message.context) ? failed[message.context] : 0;
      EXPECT_TRUE(bytes <= message.data.size());
      if (!message.may_be_given_up) EXPECT_TRUE(bytes == 0 && arrived[message.context] == 1);
      if (bytes == 0) EXPECT_EQ(arrived[message.context], 1);
      if (unsent.contains(message.context)) EXPECT_EQ(arrived[message.context], 0);
    }
    EXPECT_TRUE(pair_.server.Get(pair_.server_socket, Option::kHeld, pair_.server_assoc).at(1) < 4096);
  }

  Random random_;
  const bool interleaves_;
  Interleaving pair_;
  std::vector<Sent> sent_;
  bool reads_ = true;
};

TEST("each message arrives once and in its stream's order, or is reported, whatever the scheduler, the limits and the network") {
  for (const uint64_t seed : check::Seeds(400)) {
    check::Note("seed " + std::to_string(seed));
    Run(seed).Go();
    if (check::Failed()) return;
  }
}

}  // namespace
}  // namespace mailport::sctp::test
