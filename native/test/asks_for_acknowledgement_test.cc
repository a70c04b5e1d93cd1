// A sender does not wait for the delay of its peer's acknowledgement: it sets the I bit (RFC 9260 section 6.1, RFC 7053). And how much may be on its way at once.
#include <cerrno>
#include <set>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

// The I bits of the DATA chunks that the client has sent, in order: "..I" are two without it and one with it.
struct Asking : Pair {
  explicit Asking(void (*prepare)(Pair&) = [](Pair&) {}) {
    prepare(*this);
    Establish();
    EXPECT_EQ(client.Set(client_socket, Option::kNodelay, 0, {1}), 0);
    Transfer(*this, {MessageOf(1, 100), MessageOf(2, 100)}, {});  // The first acknowledgement of all is sent at once in any case.
    net.RunFor(kSecond);
    tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      if (&from != &client) return true;
      for (const ChunkView& chunk : ChunksOf(packet))
        if (chunk.type == kChunkData) bits += (chunk.flags & kDataImmediate) != 0 ? 'I' : '.';
      return true;
    };
  }
  int Send(size_t bytes) { return client.Send(client_socket, client_assoc, 0, std::vector<uint8_t>(bytes)); }

  std::string bits;
};

// Otherwise the sender would probe for what only waits for the peer's delay. One chunk asks for all that leaves with it.
TEST("with nodelay, too, the last chunk of a turn asks, and no other does") {
  Asking pair;
  for (const int messages : {1, 3, 2}) {
    for (int i = 0; i < messages; ++i) EXPECT_EQ(pair.Send(100), 0);
    pair.net.RunFor(kSecond);
  }
  EXPECT_EQ(pair.bits, "I..I.I");
}

TEST("the message that fills the send buffer asks for an acknowledgement, and whoever waits for room waits for a round trip") {
  for (const bool is_refused : {false, true}) {
    Asking pair;
    EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {8192}), 0);
    int sent = 0;
    // All in one turn, and in one packet or two.
    while (pair.client.Get(pair.client_socket, Option::kSending, pair.client_assoc).at(1) < 8192) sent += pair.Send(1024) == 0;
    if (is_refused) EXPECT_EQ(pair.Send(1024), EAGAIN);
    pair.net.Settle();
    REQUIRE(!pair.bits.empty());
    EXPECT_EQ(pair.bits.substr(pair.bits.size() - 1), "I");
    const TimeUs start = pair.net.now();
    EXPECT_TRUE(pair.net.RunUntil([&] { return pair.client.Get(pair.client_socket, Option::kSending, pair.client_assoc).at(1) == 0; }, kSecond));
    EXPECT_TRUE(pair.net.now() - start < 10 * kMillisecond);
    if (is_refused) EXPECT_EQ(pair.client.writable[pair.client_socket], 1);
  }
}

// On a path as wide as loopback one packet fills such a window, and its acknowledgement would be delayed.
TEST("data that leaves no room in the peer's window for a further fragment asks for an acknowledgement") {
  for (const uint32_t bytes : {58'000u, 65'000u}) {
    check::Note(std::to_string(bytes) + " bytes");
    Asking pair([](Pair& fresh) {
      fresh.net.link.mtu = 65504;
      EXPECT_EQ(fresh.server.Set(fresh.server_socket, Option::kRecbuf, 0, {65536}), 0);
    });
    EXPECT_EQ(pair.Send(bytes), 0);
    pair.net.Settle();
    REQUIRE(!pair.bits.empty());
    EXPECT_EQ(pair.bits.substr(pair.bits.size() - 1), "I");
  }
}

// Section 6.1: no stream has more messages on their way than it has numbers.
TEST("no more than 65,535 chunks are on their way at once") {
  Pair pair;
  pair.net.link.delay = 10 * kMillisecond;
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {64u << 20}), 0);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {64u << 20}), 0);
  pair.Establish();
  std::vector<Message> warm;
  for (uint32_t i = 0; i < 100; ++i) warm.push_back(MessageOf(i, 40'000));
  EXPECT_TRUE(Transfer(pair, warm, {}));
  pair.server.Take(pair.server_socket);
  pair.net.RunFor(kSecond / 2);
  std::set<uint32_t> tsns;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from != &pair.client) return true;
    for (const ChunkView& chunk : ChunksOf(packet))
      if (chunk.type == kChunkData) tsns.insert(chunk.Word(0));
    return false;  // Nothing arrives, so nothing is acknowledged.
  };
  pair.client.engine->SetNow(pair.net.now());
  for (int round = 0; round < 2; ++round) {
    for (uint32_t i = 0; i < 35'000; ++i) pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("x"));
    pair.net.RunFor(kSecond / 4);
  }
  EXPECT_EQ(tsns.size(), 65535u);
}

}  // namespace
}  // namespace mailport::sctp::test
