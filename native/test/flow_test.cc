// Flow control: credit decides what is delivered, the window tells the peer, memory stays bounded, and nothing is lost by waiting.
#include <algorithm>
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kBuffer = 64 * 1024;

// A server that reads nothing, and a client with more to send than both buffers hold.
struct Stalled {
  explicit Stalled(uint64_t seed = 1, uint32_t count = 1000, size_t size = 1000, uint32_t nodelay = 0) : pair(seed) {
    pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {kBuffer});
    pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {kBuffer});
    pair.client.Set(pair.client_socket, Option::kNodelay, 0, {nodelay});
    pair.Establish();
    pair.server.engine->SetCredit(pair.server_socket, 0);
    for (uint32_t i = 0; i < count; i++) messages.push_back(MessageOf(i, size));
    sender = std::make_unique<Sender>(pair.client, pair.client_socket, pair.client_assoc, messages);
    pair.net.app = [this] { sender->Pump(); };
  }
  size_t in() {
    size_t in = 0, out = 0;
    pair.server.engine->QueuedBytes(pair.server_socket, &in, &out);
    return in;
  }
  size_t out() {
    size_t in = 0, out = 0;
    pair.client.engine->QueuedBytes(pair.client_socket, &in, &out);
    return out;
  }
  void Read(uint32_t credit) {
    pair.server.engine->SetCredit(pair.server_socket, credit);
    pair.server.engine->Drain(pair.server_socket);
  }
  std::vector<OwnedItem>& items() { return pair.server.items(pair.server_socket); }

  Pair pair;
  std::vector<Message> messages;
  std::unique_ptr<Sender> sender;
};

// FC-29.
TEST("a reader without credit stops the sender, memory stays bounded, and everything arrives once it reads") {
  Stalled s;
  size_t most_in = 0, most_out = 0;
  for (int i = 0; i < 600; i++) {
    s.pair.net.RunFor(kSecond / 10);
    most_in = std::max(most_in, s.in());
    most_out = std::max(most_out, s.out());
  }
  EXPECT_TRUE(s.items().empty());
  EXPECT_FALSE(s.sender->done());
  // A packet may overrun the window. The window promises payload; each holder of a message counts its overhead as well.
  EXPECT_TRUE(most_in >= kBuffer / 4 && most_in <= kBuffer + kBuffer * 128 / 1000 + 2 * 1452);
  EXPECT_TRUE(most_out >= kBuffer / 2 && most_out <= kBuffer + 1000);
  size_t stuck_at = s.sender->sent();
  s.pair.net.RunFor(60 * kSecond);
  EXPECT_EQ(s.sender->sent(), stuck_at);
  s.Read(kUnlimitedCredit);
  EXPECT_TRUE(s.pair.net.RunUntil([&] { return s.items().size() == s.messages.size(); }, 60 * kSecond));
  ExpectAllArrived(s.items(), s.messages);
}

// Probes of a closed window that are acknowledged do not count as errors (RFC 9260 section 6.1 A).
TEST("a window closed for an hour does not end the association") {
  Stalled s;
  s.pair.net.RunFor(3600 * kSecond);
  EXPECT_EQ(Story(s.pair.client.Take(s.pair.client_socket)), "");
  s.Read(kUnlimitedCredit);
  EXPECT_TRUE(s.pair.net.RunUntil([&] { return s.items().size() == s.messages.size(); }, 120 * kSecond));
  ExpectAllArrived(s.items(), s.messages);
}

TEST("tiny messages are bounded in memory too") {
  Stalled s(1, 50'000, 1);
  s.pair.net.RunFor(60 * kSecond);
  EXPECT_TRUE(s.in() <= 4 * kBuffer + 1452 * 128);  // Payload and overhead. The sender counts payload alone until the receiver tells it.
  EXPECT_TRUE(s.out() <= kBuffer + 1000);
  s.Read(kUnlimitedCredit);
  EXPECT_TRUE(s.pair.net.RunUntil([&] { return s.items().size() == s.messages.size(); }, 600 * kSecond));
  ExpectAllArrived(s.items(), s.messages);
}

TEST("a lost window update is made good by the sender's probe") {
  for (int lost : {1, 3}) {
    check::Note("lost " + std::to_string(lost));
    Stalled s;
    s.pair.net.RunFor(20 * kSecond);
    int drop = lost;
    s.pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      return &from != &s.pair.server || !HasChunk(packet, kChunkSack) || drop-- <= 0;
    };
    s.Read(kUnlimitedCredit);
    EXPECT_TRUE(s.pair.net.RunUntil([&] { return s.items().size() == s.messages.size(); }, 300 * kSecond));
    ExpectAllArrived(s.items(), s.messages);
  }
}

TEST("reading again wakes the sender within a round trip, not after a timeout") {
  Stalled s;
  s.pair.net.RunFor(20 * kSecond);
  TimeUs start = s.pair.net.now();
  s.Read(kUnlimitedCredit);
  EXPECT_TRUE(s.pair.net.RunUntil([&] { return s.items().size() == s.messages.size(); }, 60 * kSecond));
  EXPECT_TRUE(s.pair.net.now() - start < kSecond);
}

// Becoming passive stops delivery inside a batch (FC-22, FC-27).
TEST("credit of n delivers n items exactly") {
  Stalled s(1, 300, 200);
  s.pair.net.RunFor(10 * kSecond);
  Random random(5);
  size_t read = 0;
  while (read < s.messages.size()) {
    uint32_t credit = static_cast<uint32_t>(std::min<size_t>(1 + random.Below(7), s.messages.size() - read));
    s.Read(credit);
    read += credit;
    EXPECT_TRUE(s.pair.net.RunUntil([&] { return s.items().size() == read; }, 60 * kSecond));
    s.pair.net.RunFor(kSecond);
    if (!EXPECT_EQ(s.items().size(), read)) return;
    EXPECT_EQ(s.pair.server.engine->credit(s.pair.server_socket), 0u);
  }
  ExpectAllArrived(s.items(), s.messages);
}

TEST("credit one at a time, on a bad network, delivers everything in order") {
  for (uint64_t seed : check::Seeds(20)) {
    check::Note("seed " + std::to_string(seed));
    Stalled s(seed, 300, 700);
    s.pair.net.link = {.delay = 3 * kMillisecond, .loss = 0.05, .duplicate = 0.05, .reorder = 0.05};
    size_t read = 0;
    auto pump = s.pair.net.app;
    s.pair.net.app = [&] {
      pump();
      if (s.items().size() == read && read < s.messages.size()) {
        read++;
        s.Read(1);
      }
    };
    EXPECT_TRUE(s.pair.net.RunUntil([&] { return s.items().size() == s.messages.size(); }, 3600 * kSecond));
    if (!ExpectAllArrived(s.items(), s.messages)) return;
  }
}

// FC-28.
TEST("credit delivers what is queued without any packet arriving") {
  Pair pair;
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, 0);
  for (const char* text : {"a", "b", "c"}) EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf(text)), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "");
  pair.server.engine->SetCredit(pair.server_socket, 2);
  pair.server.engine->Drain(pair.server_socket);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "data:a data:b");
  pair.server.engine->SetCredit(pair.server_socket, 1);
  pair.server.engine->Drain(pair.server_socket);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "data:c");
}

// FC-29.
TEST("bytes bound what is delivered as items do, the last one whole; the window closes for the rest") {
  Pair pair;
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, kUnlimitedCredit, 150'000);
  const std::vector<uint8_t> message(100'000, 7);
  int sent = 0;
  for (int i = 0; i < 30; i++) {
    if (pair.client.Send(pair.client_socket, pair.client_assoc, 0, message) == 0) sent++;
    pair.net.RunFor(kSecond);
  }
  EXPECT_EQ(pair.server.Take(pair.server_socket).size(), 2u);
  EXPECT_TRUE(sent < 30);
  pair.server.engine->SetCredit(pair.server_socket, kUnlimitedCredit, 1);
  pair.server.engine->Drain(pair.server_socket);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.server.Take(pair.server_socket).size(), 1u);
  pair.server.engine->SetCredit(pair.server_socket, kUnlimitedCredit, kUnlimitedCredit);
  pair.server.engine->Drain(pair.server_socket);
  pair.net.RunFor(60 * kSecond);
  EXPECT_EQ(pair.server.Take(pair.server_socket).size(), static_cast<size_t>(sent) - 3);
}

// Events count as much as data (FC-23).
TEST("events wait in the queue for credit too, in their place") {
  Pair pair;
  pair.server.engine->SetCredit(pair.server_socket, 0);
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("a")), 0);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagEof), 0);
  pair.net.RunFor(kSecond);
  std::string story;
  for (int i = 0; i < 6; i++) {
    pair.server.engine->SetCredit(pair.server_socket, 1);
    pair.server.engine->Drain(pair.server_socket);
    story += Story(pair.server.Take(pair.server_socket)) + "|";
  }
  EXPECT_EQ(story, "comm_up|data:a|shutdown_event|shutdown_comp|||");
}

TEST("a host without room gets the same items later, in order") {
  Pair pair;
  pair.Establish();
  pair.server.room = 2;
  std::vector<Message> messages;
  for (uint32_t i = 0; i < 50; i++) messages.push_back(MessageOf(i, 500));
  Sender sender(pair.client, pair.client_socket, pair.client_assoc, messages);
  pair.net.app = [&] { sender.Pump(); };
  pair.net.RunFor(kSecond);
  auto& items = pair.server.items(pair.server_socket);
  EXPECT_EQ(items.size(), 2u);
  EXPECT_TRUE(pair.server.engine->HasBlockedSockets());
  for (size_t expected = 5; expected < 50; expected += 3) {
    pair.server.room = 3;
    pair.server.engine->DrainBlocked();
    pair.net.RunFor(kSecond);
    EXPECT_EQ(items.size(), expected);
  }
  pair.server.room = SIZE_MAX;
  pair.server.engine->DrainBlocked();
  EXPECT_FALSE(pair.server.engine->HasBlockedSockets());
  pair.net.RunFor(kSecond);
  ExpectAllArrived(items, messages);
}

// SD-7.
TEST("a full send buffer gives eagain, and writable is told once there is room") {
  Stalled s;
  s.pair.net.RunFor(20 * kSecond);
  EXPECT_EQ(s.pair.client.Send(s.pair.client_socket, s.pair.client_assoc, 0, AsBytesOf("x")), EAGAIN);
  s.pair.net.app = nullptr;
  int before = s.pair.client.writable[s.pair.client_socket];
  s.pair.net.RunFor(20 * kSecond);
  EXPECT_EQ(s.pair.client.writable[s.pair.client_socket], before);
  s.Read(kUnlimitedCredit);
  EXPECT_TRUE(s.pair.net.RunUntil([&] { return s.pair.client.writable[s.pair.client_socket] > before; }, kSecond));
  EXPECT_EQ(s.pair.client.Send(s.pair.client_socket, s.pair.client_assoc, 0, AsBytesOf("x")), 0);
}

TEST("writable is not told to a sender that was never refused") {
  Pair pair;
  pair.Establish();
  Transfer(pair, {MessageOf(1, 100), MessageOf(2, 100)}, {});
  EXPECT_EQ(pair.client.writable[pair.client_socket], 0);
}

TEST("one stalled socket does not stop the others of the engine") {
  Stalled s;
  SocketId second_server = s.pair.server.Open(8);
  s.pair.server.engine->Listen(second_server, kBacklog);
  SocketId second_client = s.pair.client.Open(5001);
  AssocId assoc = 0;
  REQUIRE(s.pair.client.engine->Connect(second_client, {&s.pair.server.address, 1}, 8, false, &assoc) == 0);
  s.pair.net.RunFor(20 * kSecond);
  s.pair.server.Take(second_server);
  std::vector<Message> messages;
  for (uint32_t i = 0; i < 500; i++) messages.push_back(MessageOf(i, 900));
  Sender sender(s.pair.client, second_client, assoc, messages);
  s.pair.net.app = [&] {
    s.sender->Pump();
    sender.Pump();
  };
  EXPECT_TRUE(s.pair.net.RunUntil([&] { return s.pair.server.items(second_server).size() == 500; }, 20 * kSecond));
  ExpectAllArrived(s.pair.server.items(second_server), messages);
}

}  // namespace
}  // namespace mailport::sctp::test
