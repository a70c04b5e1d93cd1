// A peer that takes back what its gap blocks said. Taking back used to be a loss at once: SACKs of 30 bytes whose gap blocks changed each had thousands of
// bytes sent again. Now it is one report that the chunk is missing (RFC 9260 section 6.2.1 D iv).
#include <array>
#include <utility>

#include "check.h"
#include "one_path.h"
#include "pair.h"
#include "packet/wire.h"

namespace mailport::sctp {
namespace {

using test::kMillisecond;
using test::kSecond;

constexpr uint32_t kWindow = 1'000'000;

// A sender of ten chunks, a packet each.
struct Sending : test::OnePath {
  Sending() : OnePath(1452) {
    outbound.Reset(kFirstTsn, kWindow);
    for (int i = 0; i < 10; i++) Send();
  }
  void Send() {
    const std::array<uint8_t, 100> payload{};
    outbound.Push({}, payload, 0);
    outbound.WriteNew(payload.size(), true, 0, path, wire.data());
  }
  // Acknowledges chunks by gap blocks alone: first and last, counted from 1.
  SackOutcome Sack(std::initializer_list<std::pair<uint32_t, uint32_t>> gaps) {
    std::vector<uint8_t> blocks;
    for (const auto& [first, last] : gaps) {
      const size_t at = blocks.size();
      blocks.resize(at + 4);
      Store16(&blocks[at], first);
      Store16(&blocks[at + 2], last);
    }
    return outbound.OnSack({kFirstTsn - 1, kWindow, blocks}, 0, paths);
  }
  // Sends the lost chunks again, and gives their number.
  size_t Retransmit() {
    size_t chunks = 0;
    for (; outbound.NextRetransmissionBytes() != 0; chunks++) outbound.WriteRetransmission(paths, path, 0, wire.data());
    return chunks;
  }

  static constexpr uint32_t kFirstTsn = 1000;
  Outbound outbound{pool};
  std::array<uint8_t, 200> wire;
};

TEST("a chunk that is taken back counts as reported missing once, and is in flight again") {
  Sending s;
  s.Sack({{6, 10}});
  EXPECT_EQ(s.path.flight_bytes, 500u);
  EXPECT_FALSE(s.Sack({{10, 10}}).loss_found);  // Chunks 6 to 9 are taken back.
  EXPECT_EQ(s.path.flight_bytes, 900u);
  EXPECT_EQ(s.outbound.NextRetransmissionBytes(), 0u);
  // The chunks taken back need two more reports, each by a newly acknowledged chunk behind them. Only then are these lost, too.
  s.Send();
  s.Send();
  EXPECT_TRUE(s.Sack({{10, 11}}).loss_found == false);
  EXPECT_TRUE(s.Sack({{10, 12}}).loss_found);
  EXPECT_EQ(s.Retransmit(), 9u);
}

TEST("in one SACK a chunk is reported once, although it is both taken back and before what is new") {
  Sending s;
  s.Sack({{2, 2}});
  EXPECT_FALSE(s.Sack({{5, 5}}).loss_found);  // Chunk 2 is taken back, and 5 is new behind it: one report.
  s.Sack({{5, 6}});
  EXPECT_EQ(s.Retransmit(), 1u);  // The first chunk, which has three reports.
  s.Sack({{5, 7}});
  EXPECT_EQ(s.Retransmit(), 3u);
}

TEST("a chunk that arrives after all has no reports from before") {
  Sending s;
  s.Sack({{3, 3}});
  s.Sack({{3, 4}});
  s.Sack({{2, 4}});  // Chunk 2 had two reports.
  EXPECT_FALSE(s.Sack({{3, 4}}).loss_found);  // Now chunk 2 has one report.
}

}  // namespace
}  // namespace mailport::sctp

namespace mailport::sctp::test {
namespace {

// The same on the wire.
TEST("SACKs that say now this and now that have nothing sent, however many come") {
  for (const int messages : {3, 20}) {
    check::Note(std::to_string(messages) + " messages");
    Pair pair;
    pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
    pair.Establish();
    size_t bytes = 0;
    pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      if (&from == &pair.client) bytes += packet.size();
      return false;
    };
    for (int i = 0; i < messages; i++) EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, std::vector<uint8_t>(1400)), 0);
    pair.net.RunFor(kMillisecond);
    const auto sack = [&](bool gap) {
      std::vector<uint8_t> body(gap ? 16 : 12);
      Store32(body.data(), pair.client_tsn - 1);
      Store32(body.data() + 4, 100'000);
      if (gap) Store32(body.data() + 8, 1 << 16);
      if (gap) Store32(body.data() + 12, 2 << 16 | 3);
      pair.client.Inject(pair.FromServer(), PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Chunk(kChunkSack, 0, body).Done());
      pair.net.RunFor(kMillisecond);
    };
    // The first SACKs themselves report the first chunk missing, so it is sent again, once.
    for (int i = 0; i < 6; i++) sack(i % 2 == 0);
    bytes = 0;
    for (int i = 0; i < 500; i++) sack(i % 2 == 0);
    EXPECT_EQ(pair.client.engine->stats().timeouts, 0u);
    EXPECT_EQ(bytes, 0u);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
