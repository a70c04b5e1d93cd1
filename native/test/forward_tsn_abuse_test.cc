// Peers that misuse partial reliability (RFC 3758): floods and garbage of FORWARD TSN, lists of all streams, and SACKs that draw FORWARD TSNs. What they cost
// is bounded.
#include <algorithm>

#include "handshake.h"
#include "pair.h"
#include "rx/tsn_map.h"

namespace mailport::sctp::test {
namespace {

constexpr size_t kUdpHeaders = 28;

struct Abused : Pair {
  Abused() {
    net.link.mtu = 65504;
    client.Set(client_socket, Option::kInitMsg, 0, {65535, 65535, 0, 0});
    server.Set(server_socket, Option::kInitMsg, 0, {65535, 65535, 0, 0});
    Establish();
  }
  PacketBuilder Packet() { return PacketBuilder(kClientPort, kServerPort, tag_to_server); }
  std::vector<uint8_t> Forward(uint32_t tsn, Bytes list = {}) {
    std::vector<uint8_t> body(4);
    Store32(body.data(), tsn);
    body.insert(body.end(), list.begin(), list.end());
    return Packet().Chunk(kChunkForwardTsn, 0, body).Done();
  }
  std::vector<std::vector<uint8_t>> Answers(Bytes packet) { return AnswersOf(*this, server, FromClient(), packet); }
  uint32_t Held() { return server.Get(server_socket, Option::kHeld).at(1); }
  bool IsUp() { return !server.Get(server_socket, Option::kStatus, server_assoc).empty(); }
};

// Figure: a packet of 48 bytes, headers of UDP and IP included, is answered by one SACK of 56 bytes at most.
TEST("a flood of FORWARD TSNs, new ones and old ones, draws no more than one SACK for each") {
  Abused a;
  size_t sent = 0, drawn = 0;
  Random random(1);
  for (uint32_t i = 0; i < 3000; ++i) {
    const auto packet = a.Forward(a.client_tsn + static_cast<uint32_t>(i % 3 == 0 ? random.Next() : i * 1000));
    sent += packet.size() + kUdpHeaders;
    const auto answers = a.Answers(packet);
    EXPECT_TRUE(answers.size() <= 1);
    for (const auto& each : answers) drawn += each.size() + kUdpHeaders;
  }
  EXPECT_TRUE(drawn <= sent * 5 / 4);
  EXPECT_TRUE(a.IsUp());
}

TEST("however many FORWARD TSNs a packet has, one SACK answers them") {
  Abused a;
  PacketBuilder packet = a.Packet();
  for (uint32_t i = 0; i < 5000; ++i) packet.Words(kChunkForwardTsn, 0, {a.client_tsn + (i % 2 == 0 ? i : 0)});
  EXPECT_EQ(a.Answers(packet.Done()).size(), 1u);
}

// Figure: a table of 65,536 numbers of two bytes, and of its pages, with what a vector keeps in reserve.
TEST("a FORWARD TSN for all streams there are makes a table of their numbers, which is charged to the socket, and no more") {
  Abused a;
  std::vector<uint8_t> list(4 * 16'000);
  uint32_t tsn = a.client_tsn;
  for (uint32_t stream = 0, round = 0; round < 40; ++round) {
    for (size_t i = 0; i < 16'000; ++i, ++stream) Store16(&list[4 * i], stream), Store16(&list[4 * i + 2], round * 500 + 1);
    a.Answers(a.Forward(tsn += 10, list));
  }
  EXPECT_TRUE(a.Held() >= 2 * 65'535);
  EXPECT_TRUE(a.Held() <= 300'000);
  EXPECT_TRUE(a.IsUp());
}

TEST("data for ever behind gaps and skips holds no more than the window lets in") {
  Abused a;
  a.server.Set(a.server_socket, Option::kRecbuf, 0, {65536});
  const std::vector<uint8_t> payload(1000, 'x');
  uint32_t most = 0;
  for (uint32_t i = 0; i < 3000; ++i) {
    const uint32_t tsn = a.client_tsn + 3 * i;
    a.Answers(a.Packet().Data(tsn + 1, static_cast<uint16_t>(i), 1, payload).Data(tsn + 2, 7, 9, payload, kDataBegin).Done());
    if (i % 2 == 0) a.Answers(a.Forward(tsn));
    most = std::max(most, a.Held());
  }
  EXPECT_TRUE(most <= 5 * 65536);
}

TEST("garbage in FORWARD TSNs, in every state, breaks nothing and leaves nothing") {
  for (const uint64_t seed : check::Seeds(60)) {
    check::Note("seed " + std::to_string(seed));
    Random random(seed);
    Abused a;
    const uint64_t state = random.Below(4);
    if (state == 1) a.server.engine->Close(a.server_socket, false);
    if (state == 2) a.client.engine->Close(a.client_socket, false);
    if (state == 3) a.server.engine->SetCredit(a.server_socket, 0);
    for (int i = 0; i < 100; ++i) {
      std::vector<uint8_t> body(random.Below(40));
      random.Fill(body);
      if (body.size() >= 4 && random.Chance(0.7)) Store32(body.data(), a.client_tsn + static_cast<uint32_t>(random.Below(200)));
      PacketBuilder packet = a.Packet();
      if (random.Chance(0.5))
        packet.Data(a.client_tsn + static_cast<uint32_t>(random.Below(200)), static_cast<uint16_t>(random.Below(3)), static_cast<uint16_t>(random.Below(5)),
                    AsBytesOf("data"), static_cast<uint8_t>(random.Below(8)));
      packet.Chunk(kChunkForwardTsn, static_cast<uint8_t>(random.Next()), body);
      a.server.Inject(a.FromClient(), packet.Done());
      if (random.Chance(0.2)) a.net.RunFor(random.Below(kSecond));
    }
    if (state != 1) a.server.engine->Close(a.server_socket, false);
    if (state != 2) a.client.engine->Close(a.client_socket, false);
    a.net.RunFor(2000 * kSecond);
    EXPECT_EQ(a.server.engine->AssociationsOn(1), 0u);
    EXPECT_EQ(a.server.engine->stats().queued_in_bytes, 0u);
  }
}

// The client has given everything up, and the peer answers with one SACK after the other that knows nothing of it.
TEST("SACKs that do not know the last FORWARD TSN draw another one no sooner than after a round trip") {
  Abused a;
  a.client.Set(a.client_socket, Option::kNodelay, 0, {1});
  bool cut = true;
  size_t forwards = 0, largest = 0;
  a.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from != &a.client) return true;
    if (HasChunk(packet, kChunkForwardTsn)) ++forwards, largest = std::max(largest, packet.size());
    return !cut;
  };
  for (uint32_t stream = 0; stream < 3000; ++stream) {
    SendParams params;
    params.assoc_id = a.client_assoc, params.stream = stream, params.flags = kFlagPrRtx;
    REQUIRE(a.client.engine->Send(a.client_socket, params, AsBytesOf("x")) == 0);
  }
  a.net.RunFor(3500 * kMillisecond);
  EXPECT_TRUE(forwards >= 1);
  EXPECT_TRUE(largest <= 1500);  // There are more streams than it lists.
  forwards = 0;
  uint32_t sacks = 0;
  for (; sacks < 2000; ++sacks) {
    PacketBuilder sack(kServerPort, kClientPort, a.tag_to_client);
    a.client.Inject(a.FromServer(), sack.Words(kChunkSack, 0, {a.client_tsn - 1, 100'000 + sacks, 0}).Done());
    a.net.RunFor(100);  // 0.2 s in all.
  }
  EXPECT_TRUE(forwards <= 25);
  cut = false;
  EXPECT_TRUE(a.net.RunUntil([&] { return a.client.Get(a.client_socket, Option::kStatus, a.client_assoc).at(2) == 0; }, 60 * kSecond));
}

}  // namespace
}  // namespace mailport::sctp::test
