// When a peer is given up, and when not (RFC 9260 sections 6.1 A and 8.1). A peer that answers but has no room is alive; a peer that answers HEARTBEATs but
// acknowledges nothing is not.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr size_t kPathState = 0;  // Index in the values of Option::kPeerAddrInfo.

// A pair whose server is played by the test, which also decides what is acknowledged.
struct Puppeteer {
  explicit Puppeteer(uint32_t max_retransmissions = 10) {
    auto info = pair.client.Get(pair.client_socket, Option::kAssocInfo);
    pair.client.Set(pair.client_socket, Option::kAssocInfo, 0, {max_retransmissions, 0, 0, 0, info.at(4)});
    pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
    pair.Establish();
    pair.tap = [this](SimHost& from, SimHost& to, std::vector<uint8_t>& packet) {
      if (&from != &pair.client || !HasChunk(packet, kChunkData)) return &from == &pair.client || !HasChunk(packet, kChunkSack);
      sent.push_back(packet);
      if (on_data) on_data();
      return &to == &pair.client;
    };
  }
  void Send(int messages, size_t bytes = 1000) {
    for (int i = 0; i < messages; i++)
      EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, std::vector<uint8_t>(bytes, 'd')), 0);
    pair.net.RunFor(kMillisecond);
  }
  // `last` counts chunks from 0, the first that was sent; -1 acknowledges none. `gaps`: first and last of each block, as offsets.
  void Sack(int last, uint32_t window, std::initializer_list<uint32_t> gaps = {}) {
    std::vector<uint8_t> body(12 + 4 * gaps.size());
    Store32(body.data(), pair.client_tsn + static_cast<uint32_t>(last));
    Store32(body.data() + 4, window);
    Store16(body.data() + 8, static_cast<uint32_t>(gaps.size()));
    size_t at = 12;
    for (const uint32_t gap : gaps) Store32(body.data() + std::exchange(at, at + 4), gap);
    pair.client.Inject(pair.FromServer(), PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Chunk(kChunkSack, 0, body).Done());
  }
  // Sets the SACK that answers every packet of data from now on.
  void AnswerWith(int last, uint32_t window) { answer = [=, this] { Sack(last, window); }; }
  bool LivesFor(TimeUs duration) {
    const TimeUs end = pair.net.now() + duration;
    while (pair.net.now() < end && pair.client.engine->AssociationsOn(1) != 0) {
      const size_t before = sent.size();
      pair.net.RunFor(kSecond / 10);
      if (sent.size() != before && answer) answer();
    }
    return pair.client.engine->AssociationsOn(1) != 0;
  }
  size_t BytesSent() const {
    size_t bytes = 0;
    for (const auto& packet : sent) bytes += packet.size();
    return bytes;
  }

  Pair pair;
  std::vector<std::vector<uint8_t>> sent;  // The client's packets with data.
  std::function<void()> on_data, answer;
};

// The window may also close after the data has left (section 6.1 A).
TEST("a peer whose window closes over what is on its way is not given up while it answers") {
  Puppeteer p;
  p.Send(3);
  p.Sack(0, 0);
  p.AnswerWith(0, 0);
  EXPECT_TRUE(p.LivesFor(2 * 3600 * kSecond));
  EXPECT_EQ(Story(p.pair.client.Take(p.pair.client_socket)), "");
  // A window smaller than the data that waits counts as no room.
  p.AnswerWith(0, 999);
  EXPECT_TRUE(p.LivesFor(2 * 3600 * kSecond));
  p.answer = nullptr;
  EXPECT_FALSE(p.LivesFor(3600 * kSecond));
}

TEST("a peer that has room, answers, and never acknowledges what it is sent is given up") {
  Puppeteer p;
  p.Send(1);
  p.Sack(-1, 100'000);
  p.AnswerWith(-1, 100'000);
  EXPECT_FALSE(p.LivesFor(3600 * kSecond));
  EXPECT_EQ(p.sent.size(), 11u);
}

// The peer's buffer was full, and the peer threw data away. The data is sent again as soon as the peer has room, not when a timer of a minute has run.
TEST("when the window opens again, what it closed over is sent at once") {
  Puppeteer p;
  p.Send(3);
  p.Sack(0, 0);
  p.AnswerWith(0, 0);
  EXPECT_TRUE(p.LivesFor(300 * kSecond));
  const size_t before = p.sent.size();
  p.Sack(0, 100'000);
  p.pair.net.RunFor(kMillisecond);
  EXPECT_TRUE(p.sent.size() > before);
}

TEST("a window that opens and closes makes nothing be sent but a packet a timeout") {
  Puppeteer p;
  p.Send(20, 1400);
  p.Sack(0, 0);
  p.AnswerWith(0, 0);
  EXPECT_TRUE(p.LivesFor(10 * kSecond));
  const size_t before = p.BytesSent();
  const uint64_t timeouts = p.pair.client.engine->stats().timeouts;
  for (int i = 0; i < 100; i++) {
    p.Sack(0, i % 2 == 0 ? 100'000 : 0);
    p.pair.net.RunFor(kMillisecond);
  }
  EXPECT_EQ(p.pair.client.engine->stats().timeouts, timeouts);
  EXPECT_TRUE(p.BytesSent() - before <= 1452);
}

// While data is outstanding, the association's counter may stay (section 8.1); the path's counter is cleared (section 8.3).
TEST("a peer that answers HEARTBEATs and acknowledges no data is given up") {
  Puppeteer p;
  p.pair.client.Set(p.pair.client_socket, Option::kPeerAddrParams, p.pair.client_assoc, {1000, 0, 0, 0, 1});
  p.pair.net.RunFor(10 * kSecond);
  int answered = 0;
  const Tap inner = p.pair.tap;
  p.pair.tap = [&](SimHost& from, SimHost& to, std::vector<uint8_t>& packet) {
    answered += &from == &p.pair.server && HasChunk(packet, kChunkHeartbeatAck);
    return inner(from, to, packet);
  };
  p.Send(1);
  EXPECT_FALSE(p.LivesFor(3600 * kSecond));
  EXPECT_TRUE(answered >= 2);
}

TEST("an idle peer that answers HEARTBEATs again after some were lost begins anew: no error is carried over") {
  Puppeteer p(3);
  p.pair.client.Set(p.pair.client_socket, Option::kPeerAddrParams, p.pair.client_assoc, {1000, 0, 0, 0, 1});
  p.pair.server.Set(p.pair.server_socket, Option::kPeerAddrParams, p.pair.server_assoc, {0, 0, 0, 0, 2});  // Its HEARTBEATs would be answered, too.
  bool deaf = false;
  p.pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>&) { return !deaf; };
  for (int round = 0; round < 10; round++) {
    deaf = true;
    const uint64_t before = p.pair.client.engine->stats().packets_out;
    p.pair.net.RunUntil([&] { return p.pair.client.engine->stats().packets_out >= before + 3; }, 600 * kSecond);
    deaf = false;
    p.pair.net.RunUntil([&] { return p.pair.client.engine->stats().packets_out >= before + 4; }, 600 * kSecond);
    p.pair.net.RunFor(100 * kMillisecond);
  }
  EXPECT_EQ(p.pair.client.engine->AssociationsOn(1), 1u);
}

// DATA that is acknowledged, be it by a gap block, clears the counter. A gap block that is taken back and given again does not (section 8.1).
TEST("a gap block clears the errors once for each chunk") {
  Puppeteer p(3);
  p.Send(3);
  int answers = 0;
  p.answer = [&] {
    answers++;
    p.Sack(-1, 100'000, {2 << 16 | 2});
    p.Sack(-1, 100'000);
  };
  EXPECT_FALSE(p.LivesFor(3600 * kSecond));
  EXPECT_TRUE(answers >= 4 && answers <= 6);
}

TEST("errors of an association's life before a restart of its peer do not count after it") {
  Puppeteer p(3);
  p.pair.client.engine->Listen(p.pair.client_socket, kBacklog);
  p.Send(1);
  EXPECT_TRUE(p.LivesFor(9 * kSecond));  // Two timeouts.
  EXPECT_EQ(p.pair.client.engine->stats().timeouts, 2u);
  p.pair.tap = nullptr;
  p.pair.server.Crash();
  p.pair.server_socket = p.pair.server.Open(kServerPort);
  AssocId again = 0;
  REQUIRE(p.pair.server.engine->Connect(p.pair.server_socket, {&p.pair.client.address, 1}, kClientPort, false, &again) == 0);
  REQUIRE(p.pair.net.RunUntil([&] { return !p.pair.server.items(p.pair.server_socket).empty(); }));
  EXPECT_TRUE(Story(p.pair.client.Take(p.pair.client_socket)).starts_with("send_failed:sent restart"));
  EXPECT_EQ(p.pair.client.Get(p.pair.client_socket, Option::kPeerAddrInfo, p.pair.client_assoc).at(kPathState), 1u);
  const uint64_t before = p.pair.client.engine->stats().timeouts;
  p.pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
  p.Send(1);
  EXPECT_FALSE(p.LivesFor(3600 * kSecond));
  EXPECT_EQ(p.pair.client.engine->stats().timeouts - before, 4u);
}

}  // namespace
}  // namespace mailport::sctp::test
