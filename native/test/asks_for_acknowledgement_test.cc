// A sender does not wait for the delay of its peer's acknowledgement: it sets the I bit (RFC 9260 section 6.1, RFC 7053). And how much may be on its way at once.
#include <cerrno>
#include <set>
#include <utility>

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
  int Send(size_t bytes, uint32_t flags = 0) { return client.Send(client_socket, client_assoc, 0, std::vector<uint8_t>(bytes), flags); }

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

// RFC 7053 section 4.1: the user asks for it.
TEST("a message that is sent so asks with its last chunk, wherever in the turn, however long, and again when it is sent again") {
  for (const bool by_default : {false, true}) {
    check::Note(by_default ? "by default" : "by its flags");
    Asking pair;
    const std::vector<uint8_t> data(100);
    SendParams params;
    params.assoc_id = pair.client_assoc, params.use_defaults = by_default, params.flags = kFlagSackImmediately;
    if (by_default) EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kDefaultSendParam, pair.client_assoc, {0, kFlagSackImmediately, 0, 0, 0}), 0);
    EXPECT_EQ(pair.client.engine->Send(pair.client_socket, params, data), 0);
    EXPECT_EQ(pair.Send(100), 0);
    EXPECT_EQ(pair.Send(100), 0);
    pair.net.RunFor(kSecond);
    EXPECT_EQ(pair.bits, "I.I");
    EXPECT_EQ(pair.client.engine->Send(pair.client_socket, params, std::vector<uint8_t>(3000)), 0);
    EXPECT_EQ(pair.Send(100), 0);
    EXPECT_EQ(pair.Send(100), 0);
    pair.net.RunFor(kSecond);
    EXPECT_EQ(pair.bits, "I.I..I.I");
    // Lost, and sent again, with others behind it in the same packet.
    const Tap watch = std::exchange(pair.tap, nullptr);
    bool lost = false;
    pair.tap = [&](SimHost& from, SimHost& to, std::vector<uint8_t>& packet) {
      if (&from == &pair.client && HasChunk(packet, kChunkData) && !std::exchange(lost, true)) return false;
      return watch(from, to, packet);
    };
    pair.bits.clear();
    EXPECT_EQ(pair.client.engine->Send(pair.client_socket, params, data), 0);
    EXPECT_EQ(pair.Send(100), 0);
    pair.net.RunFor(20 * kSecond);
    EXPECT_EQ(pair.bits.substr(0, 2), "II");
  }
}

TEST("a message that failed is told with that flag (RFC 6458 section 6.1.4)") {
  Asking pair;
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
  EXPECT_EQ(pair.Send(100, kFlagSackImmediately | kFlagUnordered), 0);
  pair.net.Settle();
  EXPECT_EQ(pair.Send(100, kFlagSackImmediately), 0);
  SendParams abort;
  abort.assoc_id = pair.client_assoc, abort.flags = kFlagAbort;
  pair.client.engine->Send(pair.client_socket, abort, {});
  std::vector<uint32_t> flags;
  for (const OwnedItem& owned : pair.client.Take(pair.client_socket))
    if (owned.item.kind == ItemKind::kSendFailed) flags.push_back(owned.item.flags);
  EXPECT_EQ(flags, (std::vector<uint32_t>{kFlagSackImmediately | kFlagUnordered, kFlagSackImmediately}));
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
