// Two hosts with all extensions on, whose applications send, re-configure, change addresses and keys at random, over links that lose, repeat and reorder. Knows what was
// accepted, and judges what arrives.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "readdressing.h"
#include "reconfig.h"

namespace mailport::sctp::test {

struct Everything : Homes {
  static constexpr uint32_t kStreams = 6;
  static constexpr std::array<uint32_t, 14> kSigned = {kChunkData, kChunkSack, kChunkHeartbeat, kChunkHeartbeatAck, kChunkShutdown, kChunkShutdownAck, kChunkError,
                                                       kChunkCookieEcho, kChunkCookieAck, kChunkForwardTsn, kChunkIData, kChunkIForwardTsn, kChunkReconfig, kChunkAsconf};
  enum class Ending { kShutdown, kBothShutdown, kAbort, kVanish, kClose };

  struct Sent {
    uint32_t stream, flags;
    std::vector<uint8_t> data;
    bool may_be_given_up;
  };
  struct End {
    SimHost* host;
    SocketId socket;
    AssocId assoc;
    uint16_t port;
    std::set<size_t> homes;
    std::vector<Sent> sent;
    std::vector<OwnedItem> items;
  };

  // `what`: which chunks are authenticated, see Offer; 3: the seed decides.
  explicit Everything(uint64_t seed, uint64_t what = 3)
      : Homes(2, 2, seed), random(seed * 7 + 1), mtu(600 + 4 * random.Below(220)), wants(what == 3 ? random.Below(3) : what) {
    net.link = {.delay = 1 + random.Below(20 * kMillisecond),
                .jitter = random.Below(5 * kMillisecond),
                .loss = random.Chance(0.7) ? 0.05 : 0,
                .duplicate = random.Chance(0.5) ? 0.03 : 0,
                .reorder = random.Chance(0.5) ? 0.05 : 0,
                .bytes_per_second = random.Chance(0.5) ? 200'000 + random.Below(2'000'000) : 0,
                .mtu = mtu};
    client.error_detection = server.error_detection = kErrorDetectionByDtls;
    net.watch = [this](const IpAddress&, const IpAddress&, Bytes packet) { EXPECT_TRUE(packet.size() <= mtu || HasChunk(packet, kChunkCookieEcho)); };
    ends[0] = {&client, client_socket, 0, kClientPort, {0, 1}, {}, {}};
    ends[1] = {&server, server_socket, 0, kServerPort, {0, 1}, {}, {}};
    for (End& end : ends) Offer(end);
    Begin();
  }

  void Offer(End& end) {
    const auto set = [&](Option option, std::initializer_list<uint32_t> values) { EXPECT_EQ(end.host->Set(end.socket, option, 0, values), 0); };
    set(Option::kAuthSupported, {1});
    set(Option::kAsconfSupported, {1});
    // Nothing beside what ASCONF needs, RE-CONFIG, or all that there is.
    for (size_t i = 0; wants == 2 && i < kSigned.size(); ++i) set(Option::kAuthChunk, {kSigned[i]});
    if (wants == 1) set(Option::kAuthChunk, {kChunkReconfig});
    set(Option::kAuthKey, {1, 4, 0x01020304});
    set(Option::kAuthKey, {2, 4, 0x05060708});
    set(Option::kInterleavingSupported, {1});
    set(Option::kPrSupported, {1});
    set(Option::kReconfigSupported, {1});
    set(Option::kEnableStreamReset, {kAllResets});
    set(Option::kInitMsg, {kStreams, 64, 0, 0});
    set(Option::kNodelay, {1});
    // Whichever the seed chose, without another throw of its dice.
    set(Option::kCongestionControl, {static_cast<uint32_t>((mtu / 4 + (end.port == kServerPort ? 1 : 0)) % 3)});
    set(Option::kEvents, {kEventsWithResets | kEventAuthentication});
  }

  void Begin() {
    const auto up = [](std::vector<OwnedItem>& items) -> AssocId {
      for (const OwnedItem& owned : items)
        if (owned.IsChange(AssocState::kCommUp) || owned.IsChange(AssocState::kRestart)) return owned.item.assoc_id;
      return 0;
    };
    REQUIRE(Connect({ServerAt(0), ServerAt(1)}) == 0);
    REQUIRE(net.RunUntil([&] { return up(client.items(client_socket)) != 0 && up(server.items(server_socket)) != 0; }));
    ends[0].assoc = up(client.items(client_socket)), ends[1].assoc = up(server.items(server_socket));
    Collect();
    for (End& end : ends) {
      for (const Option option : {Option::kAuthSupported, Option::kAsconfSupported, Option::kInterleavingSupported, Option::kReconfigSupported, Option::kPrSupported})
        EXPECT_EQ(end.host->Get(end.socket, option, end.assoc), Values{1});
      end.items.clear();
    }
  }

  void Collect() {
    for (End& end : ends)
      for (OwnedItem& owned : end.host->Take(end.socket)) end.items.push_back(std::move(owned));
  }

  void Go(uint64_t steps) {
    for (uint64_t step = 0; step < steps && !check::Failed(); ++step) {
      DoSomething(ends[random.Below(2)]);
      if (random.Chance(0.4)) net.RunFor(random.Below(40 * kMillisecond));
      Collect();
    }
  }

  void DoSomething(End& end) {
    Engine& engine = *end.host->engine;
    engine.SetNow(net.now());
    const uint64_t dice = random.Below(100);
    if (dice < 60) return Send(end);
    if (dice < 80) return Reconfigure(end);
    if (dice < 92) return Readdress(end);
    // Both have the keys: either may begin to use another one.
    EXPECT_EQ(end.host->Set(end.socket, Option::kAuthActiveKey, end.assoc, {static_cast<uint32_t>(random.Below(3))}), 0);
  }

  void Send(End& end) {
    SendParams params;
    params.assoc_id = end.assoc;
    params.stream = static_cast<uint32_t>(random.Below(kStreams));
    params.flags = random.Chance(0.2) ? kFlagUnordered : 0;
    params.context = params.ppid = static_cast<uint32_t>(end.sent.size());
    if (random.Chance(0.3)) {
      params.flags |= random.Chance(0.5) ? kFlagPrTtl : kFlagPrRtx;
      params.time_to_live_ms = static_cast<uint32_t>(1 + random.Below((params.flags & kFlagPrTtl) != 0 ? 200 : 3));
    }
    Message message = MessageOf(params.context, 1 + random.Below(random.Chance(0.2) ? 20'000 : 900));
    const int error = end.host->engine->Send(end.socket, params, message.data);
    if (error == EAGAIN) return;
    EXPECT_EQ(error, 0);
    end.sent.push_back({params.stream, params.flags, std::move(message.data), (params.flags & kFlagPrMask) != 0});
  }

  void Reconfigure(End& end) {
    Engine& engine = *end.host->engine;
    const std::array<uint32_t, 2> some{0, 3};
    int error = 0;
    switch (random.Below(6)) {
      case 0:
        error = engine.ResetAssociation(end.socket, end.assoc);
        break;
      case 1:
        error = engine.AddStreams(end.socket, end.assoc, static_cast<uint16_t>(random.Below(2)), 1);
        break;
      case 2:
        error = engine.ResetStreams(end.socket, end.assoc, kIn, some);
        break;
      case 3:
        error = engine.ResetStreams(end.socket, end.assoc, kIn | kOut, {});
        break;
      default:
        error = engine.ResetStreams(end.socket, end.assoc, kOut, some);
    }
    EXPECT_TRUE(error == 0 || error == EINPROGRESS);

  }

  IpAddress AddressOf(const End& end, size_t home) const { return &end == &ends[0] ? ClientAt(home) : ServerAt(home); }
  void Readdress(End& end) {
    const size_t home = random.Below(4);
    Engine& engine = *end.host->engine;
    const CarrierId carrier = end.host->CarrierAt(AddressOf(end, home), end.port);
    if (!end.homes.contains(home)) {
      EXPECT_EQ(engine.AddCarrier(end.socket, carrier), 0);
      end.homes.insert(home);
    } else if (end.homes.size() > 1 && random.Chance(0.6)) {
      EXPECT_EQ(engine.RemoveCarrier(end.socket, carrier), 0);
      end.homes.erase(home);
    } else {
      OptionKey key;
      key.assoc = end.assoc;
      key.address = AddressOf(end, home);
      key.port = end.port;
      (void)engine.SetOption(end.socket, Option::kSetPeerPrimary, key, {});
    }
  }

  bool IsDrained(const End& end) {
    size_t in = 0, out = 0;
    end.host->engine->QueuedBytes(end.socket, &in, &out);
    const auto status = end.host->Get(end.socket, Option::kStatus, end.assoc);
    return out == 0 && status.size() > 5 && status.at(2) == 0;
  }
  // The links are good again. All that was asked for ends.
  void Heal() {
    net.link.loss = net.link.duplicate = net.link.reorder = 0;
    net.UseLink(client, server, net.link);
    net.UseLink(server, client, net.link);
    EXPECT_TRUE(net.RunUntil([&] { return IsDrained(ends[0]) && IsDrained(ends[1]); }, 3600 * kSecond));
    net.RunFor(300 * kSecond);
    Collect();
  }

  void Check() {
    for (size_t i = 0; i < 2; ++i) CheckMessages(ends[i], ends[1 - i]);
    const auto here = client.Get(client_socket, Option::kStatus, ends[0].assoc), there = server.Get(server_socket, Option::kStatus, ends[1].assoc);
    if (!EXPECT_TRUE(here.size() > 5 && there.size() > 5)) return;
    EXPECT_EQ(here[4], there[5]);
    EXPECT_EQ(here[5], there[4]);
    for (End& end : ends) {
      end.host->engine->SetNow(net.now());
      EXPECT_TRUE(end.host->Get(end.socket, Option::kHeld, end.assoc).at(1) < 8192);
      // Nothing is under way any more.
      EXPECT_EQ(end.host->engine->ResetStreams(end.socket, end.assoc, kOut, {}), 0);
      net.RunFor(10 * kSecond);
      EXPECT_EQ(end.host->engine->ResetAssociation(end.socket, end.assoc), 0);
      net.RunFor(10 * kSecond);
      EXPECT_EQ(end.host->engine->AddStreams(end.socket, end.assoc, 0, 1), 0);
      net.RunFor(10 * kSecond);
    }
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(ends[i].host->Send(ends[i].socket, ends[i].assoc, 2, AsBytesOf("still there")), 0);
      net.RunFor(10 * kSecond);
      EXPECT_TRUE(Story(ends[1 - i].host->Take(ends[1 - i].socket)).ends_with("data:still there"));
    }
  }

  void CheckMessages(const End& from, const End& to, bool is_closed = false) {
    std::map<uint32_t, int> arrived;
    std::map<uint32_t, uint32_t> last;
    for (const OwnedItem& owned : to.items) {
      if (owned.item.kind != ItemKind::kData || owned.item.assoc_id != to.assoc) continue;
      if (!EXPECT_TRUE(owned.item.ppid < from.sent.size())) return;
      const Sent& message = from.sent[owned.item.ppid];
      EXPECT_TRUE(owned.bytes == message.data && owned.item.stream == message.stream);
      EXPECT_EQ(++arrived[owned.item.ppid], 1);
      if ((message.flags & kFlagUnordered) != 0) continue;
      const auto [at, is_first] = last.try_emplace(message.stream, owned.item.ppid);
      if (!is_first) EXPECT_TRUE(at->second < owned.item.ppid);
      at->second = owned.item.ppid;
    }
    std::map<uint32_t, size_t> failed;
    for (const OwnedItem& owned : from.items)
      if (owned.item.kind == ItemKind::kSendFailed && owned.item.assoc_id == from.assoc) failed[owned.item.context] += owned.bytes.size();
    for (uint32_t number = 0; number < from.sent.size(); ++number) {
      const Sent& message = from.sent[number];
      if (message.may_be_given_up && is_closed) continue;  // Nobody was there to be told.
      if (failed.contains(number)) EXPECT_TRUE(message.may_be_given_up && failed[number] <= message.data.size());
      else EXPECT_EQ(arrived[number], 1);
    }
  }

  // The client shuts the association down; afterwards nothing is left of it.
  void Finish() {
    EXPECT_EQ(client.Send(client_socket, ends[0].assoc, 0, {}, kFlagEof), 0);
    net.RunFor(1000 * kSecond);
    const auto story = [](const End& end) {
      auto items = end.host->Take(end.socket);
      std::erase_if(items, [&](const OwnedItem& owned) { return owned.item.assoc_id != end.assoc; });  // Of a life before.
      return Story(items);
    };
    EXPECT_EQ(story(ends[0]), "shutdown_comp");
    EXPECT_EQ(story(ends[1]), "shutdown_event shutdown_comp");
    ExpectNothingLeft();
  }

  void EndBy(Ending how) {
    const size_t first = random.Below(2);
    End& one = ends[first];
    End& other = ends[1 - first];
    one.host->engine->SetNow(net.now());
    other.host->engine->SetNow(net.now());
    if (how == Ending::kVanish) {
      net.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
      if (IsDrained(one)) EXPECT_EQ(one.host->Send(one.socket, one.assoc, 0, AsBytesOf("anybody?")), 0);
      if (IsDrained(other)) EXPECT_EQ(other.host->Send(other.socket, other.assoc, 0, AsBytesOf("anybody?")), 0);
    } else if (how == Ending::kClose) {
      EXPECT_EQ(one.host->engine->Close(one.socket, false), 0);
    } else {
      EXPECT_EQ(one.host->Send(one.socket, one.assoc, 0, {}, how == Ending::kAbort ? kFlagAbort : kFlagEof), 0);
      if (how == Ending::kBothShutdown) (void)other.host->Send(other.socket, other.assoc, 0, {}, kFlagEof);
    }
    net.RunFor(7200 * kSecond);
    Collect();
    for (const End& end : ends)
      for (const CarrierId carrier : {1, 2}) EXPECT_EQ(end.host->engine->AssociationsOn(carrier), 0u);
    if (how == Ending::kShutdown || how == Ending::kClose) {
      CheckMessages(one, other, how == Ending::kClose);
    }
    ExpectNothingLeft();
  }

  // One end forgets everything, and calls the other, with fewer addresses perhaps.
  void ComeBack() {
    client.Crash();
    client_addresses.clear();
    for (const size_t home : ends[0].homes) client_addresses.push_back(ClientAt(home));
    client_socket = client.OpenAt(client_addresses, {.port = kClientPort});
    ends[0].socket = client_socket;
    Offer(ends[0]);
    server.items(server_socket).clear();
    // The server is where it was, unless it has moved.
    std::vector<IpAddress> at;
    for (const size_t home : ends[1].homes) at.push_back(ServerAt(home));
    const auto has = [](std::vector<OwnedItem>& items, AssocState state) {
      return std::any_of(items.begin(), items.end(), [&](const OwnedItem& owned) { return owned.IsChange(state); });
    };
    // With an address that the server has not heard of a call is refused, as long as the server takes the peer of before to be there (RFC 9260 section 5.2.2).
    bool is_up = false;
    for (int call = 0; call < 10 && !is_up; ++call) {
      REQUIRE(Connect(at) == 0);
      const auto has_ended = [&] { return has(client.items(client_socket), AssocState::kCommUp) || has(client.items(client_socket), AssocState::kCantAssoc); };
      EXPECT_TRUE(net.RunUntil(has_ended, 600 * kSecond));
      net.RunFor(kSecond);
      is_up = has(client.items(client_socket), AssocState::kCommUp);
      if (!is_up) net.RunFor(60 * kSecond), client.Take(client_socket);
    }
    REQUIRE(is_up);
    for (const OwnedItem& owned : client.items(client_socket))
      if (owned.IsChange(AssocState::kCommUp)) ends[0].assoc = owned.item.assoc_id;
    for (const OwnedItem& owned : server.items(server_socket))
      if (owned.IsChange(AssocState::kRestart) || owned.IsChange(AssocState::kCommUp)) ends[1].assoc = owned.item.assoc_id;
    Collect();
    for (End& end : ends) {
      end.items.clear();
      end.sent.clear();
    }
  }

  void ExpectNothingLeft() {
    for (End& end : ends) {
      Engine& engine = *end.host->engine;
      EXPECT_EQ(engine.stats().associations, 0u);
      EXPECT_EQ(engine.stats().queued_in_bytes + engine.stats().queued_out_bytes + engine.stats().queued_in_items, 0u);
      EXPECT_EQ(engine.NextDeadline(), kNever);
    }
  }

  Random random;
  const size_t mtu;
  const uint64_t wants;
  std::array<End, 2> ends;
};

}  // namespace mailport::sctp::test
