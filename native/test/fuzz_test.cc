// Broken, forged and random packets by the hundred thousand: nothing crashes, strangers leave no trace, healthy associations go on.
#include <algorithm>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr int kPacketsPerTest = 100'000;

struct Captured {
  bool to_server;
  std::vector<uint8_t> bytes;
};

// Packets of every kind: set-up, data both ways with losses, heartbeats, shutdown, abort.
std::vector<Captured> Capture() {
  std::vector<Captured> corpus;
  for (uint32_t end : {kFlagEof, kFlagAbort}) {
    Pair pair(end);
    pair.net.link = {.delay = kMillisecond, .loss = 0.05, .duplicate = 0.05, .reorder = 0.05};
    pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      corpus.push_back({&from == &pair.client, packet});
      return true;
    };
    pair.Establish();
    std::vector<Message> messages;
    for (uint32_t i = 0; i < 40; i++) messages.push_back(MessageOf(i, i % 5 ? 60 : 2000, i % 3, i % 4 ? 0 : kFlagUnordered));
    Transfer(pair, messages, messages);
    pair.net.RunFor(70 * kSecond);
    pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, end);
    pair.net.RunFor(10 * kSecond);
  }
  return corpus;
}

// One to three changes of the kinds that parsers get wrong.
void Mutate(std::vector<uint8_t>* packet, Random& random) {
  for (uint64_t changes = 1 + random.Below(3); changes > 0 && !packet->empty(); changes--) {
    size_t at = random.Below(packet->size());
    switch (random.Below(9)) {
      case 0: (*packet)[at] ^= static_cast<uint8_t>(1 << random.Below(8)); break;
      case 1: (*packet)[at] = static_cast<uint8_t>(random.Next()); break;
      case 2: packet->resize(at); break;
      case 3:  // A 16-bit field somewhere aligned, set to a nasty value: lengths, counts.
        if (packet->size() >= 4) {
          static constexpr uint32_t kNasty[] = {0, 1, 3, 4, 5, 7, 8, 15, 16, 17, 0x7fff, 0x8000, 0xfffc, 0xffff};
          Store16(packet->data() + (at & ~size_t{1} & ~size_t{1}) % (packet->size() - 1), kNasty[random.Below(std::size(kNasty))]);
        }
        break;
      case 4:  // A word set to an edge: TSNs, windows, tags.
        if (packet->size() >= 4) {
          static constexpr uint32_t kEdges[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
          Store32(packet->data() + std::min(at & ~size_t{3}, packet->size() - 4), kEdges[random.Below(std::size(kEdges))]);
        }
        break;
      case 5: {  // Random bytes put in.
        std::vector<uint8_t> more(1 + random.Below(40));
        random.Fill(more);
        packet->insert(packet->begin() + static_cast<ptrdiff_t>(at), more.begin(), more.end());
        break;
      }
      case 6: {  // A part taken out.
        size_t end = std::min(packet->size(), at + 1 + random.Below(40));
        packet->erase(packet->begin() + static_cast<ptrdiff_t>(at), packet->begin() + static_cast<ptrdiff_t>(end));
        break;
      }
      case 7:  // Another chunk type or other flags, where a chunk begins.
        if (packet->size() > kCommonHeaderBytes + 1) (*packet)[kCommonHeaderBytes + random.Below(2)] = static_cast<uint8_t>(random.Below(16));
        break;
      default: {  // Everything behind the header doubled: repeated chunks.
        if (packet->size() <= kCommonHeaderBytes || packet->size() > 3000) break;
        std::vector<uint8_t> chunks(packet->begin() + kCommonHeaderBytes, packet->end());
        packet->insert(packet->end(), chunks.begin(), chunks.end());
      }
    }
  }
  if (packet->size() > 65'000) packet->resize(65'000);
}

TEST("mutated packets with wrong tags never disturb a healthy association") {
  std::vector<Captured> corpus = Capture();
  uint64_t injected = 0;
  for (uint64_t seed : check::Seeds(10)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    Pair pair(seed + 100);
    pair.Establish();
    std::vector<Message> messages;
    for (uint32_t i = 0; i < 500; i++) messages.push_back(MessageOf(i, 1 + random.Below(3000), i % 5));
    Sender up(pair.client, pair.client_socket, pair.client_assoc, messages), down(pair.server, pair.server_socket, pair.server_assoc, messages);
    uint64_t here = 0;
    pair.net.app = [&] {
      up.Pump();
      down.Pump();
    };
    auto inject = [&] {
      const Captured& original = corpus[random.Below(corpus.size())];
      std::vector<uint8_t> packet = original.bytes;
      Mutate(&packet, random);
      if (packet.size() >= 8) {
        // Any tag but the two right ones, as the peer's tag is right for a reflected chunk. Tag 0 would be a true INIT.
        uint32_t tag = Load32(packet.data() + 4);
        bool right = tag == pair.tag_to_client || tag == pair.tag_to_server;
        if (right) Store32(packet.data() + 4, tag + 1);
      }
      if (random.Chance(0.95)) FixChecksum(&packet);
      (original.to_server ? pair.server : pair.client).Inject(original.to_server ? pair.FromClient() : pair.FromServer(), packet);
      here++;
      injected++;
    };
    while (here < kPacketsPerTest / 10) {
      for (int i = 0; i < 50; i++) inject();
      pair.net.RunFor(kMillisecond);
    }
    auto& at_server = pair.server.items(pair.server_socket);
    auto& at_client = pair.client.items(pair.client_socket);
    EXPECT_TRUE(pair.net.RunUntil([&] { return at_server.size() >= 500 && at_client.size() >= 500; }, 60 * kSecond));
    // Only the data came: no event, and no further association.
    EXPECT_EQ(at_server.size(), 500u);
    EXPECT_EQ(at_client.size(), 500u);
    if (!ExpectAllArrived(at_server, messages) || !ExpectAllArrived(at_client, messages)) return;
    EXPECT_EQ(pair.server.engine->AssociationsOn(1), 1u);
    EXPECT_EQ(pair.client.engine->AssociationsOn(1), 1u);
  }
  EXPECT_TRUE(injected >= kPacketsPerTest || check::Seeds(1).size() < 10);
}

// The mutants have right tags and are in the window. They may end the association, but not crash, leak or go out of bounds.
TEST("mutated packets with right tags never crash, and the port works afterwards") {
  int injected = 0;
  for (uint64_t seed : check::Seeds(1000)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    Pair pair(seed);
    std::vector<Captured> corpus;
    pair.net.link.loss = 0.1;
    pair.client.Set(pair.client_socket, Option::kInitMsg, 0, {0, 0, 30, 500});
    pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      if (corpus.size() < 400) corpus.push_back({&from == &pair.client, packet});
      return true;
    };
    pair.Establish();
    for (int i = 0; i < 100; i++) {
      // Traffic of the pair's own keeps every part in motion. Once the association has ended, these sends are refused.
      Message message = MessageOf(static_cast<uint32_t>(i), 1 + random.Below(4000), static_cast<uint32_t>(random.Below(10)));
      pair.client.Send(pair.client_socket, pair.client_assoc, message.stream, message.data);
      pair.server.Send(pair.server_socket, pair.server_assoc, message.stream, message.data);
      if (i == 70) pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagEof);
      const Captured& original = corpus[random.Below(corpus.size())];
      std::vector<uint8_t> packet = original.bytes;
      Mutate(&packet, random);
      if (packet.size() >= 8 && random.Chance(0.7)) Store32(packet.data() + 4, original.to_server ? pair.tag_to_server : pair.tag_to_client);
      FixChecksum(&packet);
      (original.to_server ? pair.server : pair.client).Inject(original.to_server ? pair.FromClient() : pair.FromServer(), packet);
      injected++;
      if (i % 3 == 0) pair.net.RunFor(random.Below(3 * kMillisecond));
    }
    pair.net.RunFor(kSecond);
    pair.net.link.loss = 0;
    pair.client.engine->Close(pair.client_socket, true);
    pair.net.RunFor(kSecond);
    SocketId fresh = pair.client.Open(5002);
    AssocId assoc = 0;
    REQUIRE(pair.client.engine->Connect(fresh, {&pair.server.address, 1}, kServerPort, false, &assoc) == 0);
    pair.net.RunFor(kSecond);
    if (!EXPECT_EQ(Story(pair.client.Take(fresh)), "comm_up")) return;
  }
  EXPECT_TRUE(injected >= kPacketsPerTest || check::Seeds(1000).size() < 1000);
}

TEST("random bytes and strangers' mutants leave no association, no timer and no memory") {
  std::vector<Captured> corpus = Capture();
  Pair pair;
  Random random(17);
  for (int i = 0; i < kPacketsPerTest; i++) {
    std::vector<uint8_t> packet;
    if (random.Chance(0.3)) {
      packet.resize(random.Below(200));
      random.Fill(packet);
      if (packet.size() >= 4) Store16(packet.data() + 2, kServerPort);
    } else {
      const Captured& original = corpus[random.Below(corpus.size())];
      packet = original.bytes;
      Mutate(&packet, random);
      if (packet.size() >= 4) Store16(packet.data() + 2, kServerPort);
    }
    if (random.Chance(0.9)) FixChecksum(&packet);
    PacketRoute route = pair.FromClient();
    route.remote = Ipv4(192, 168, static_cast<uint8_t>(random.Below(4)), static_cast<uint8_t>(random.Next()));
    pair.server.Inject(route, packet);
    if (i % 1000 == 0) pair.net.RunFor(10 * kMillisecond);
  }
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 0u);
  EXPECT_EQ(pair.server.engine->NextDeadline(), kNever);
  EXPECT_EQ(pair.server.engine->stats().queued_in_bytes, 0u);
  EXPECT_TRUE(pair.server.items(pair.server_socket).empty());
  pair.net.RunFor(kSecond);
  pair.Establish();
  Transfer(pair, {MessageOf(1, 1000)}, {MessageOf(2, 1000)});
}

TEST("mutants during set-up never crash, and set-up is tried again") {
  for (uint64_t seed : check::Seeds(3000)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    Pair pair(seed);
    // The first few packets are each followed, or replaced, by mutants of themselves.
    int mischief = 6;
    pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
      if (mischief-- > 0) {
        Mutate(&packet, random);
        FixChecksum(&packet);
        if (packet.size() > 1452) packet.resize(1452);
      }
      return true;
    };
    pair.Connect();
    pair.net.RunFor(100 * kSecond);
    pair.tap = nullptr;
    pair.client.engine->Close(pair.client_socket, true);
    pair.net.RunFor(kSecond);
    SocketId fresh = pair.client.Open(5002);
    AssocId assoc = 0;
    REQUIRE(pair.client.engine->Connect(fresh, {&pair.server.address, 1}, kServerPort, false, &assoc) == 0);
    pair.net.RunFor(kSecond);
    if (!EXPECT_EQ(Story(pair.client.Take(fresh)), "comm_up")) return;
  }
}

}  // namespace
}  // namespace mailport::sctp::test
