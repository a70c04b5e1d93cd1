// When things happen, to the microsecond: each timer's first run, its back-off, its last run, and the answer that stops the timer.
#include <algorithm>
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

using Times = std::vector<TimeUs>;

// The times at which packets with such a chunk leave one host. The first `lost` of these packets are lost.
struct Sent {
  Sent(Pair& the_pair, SimHost& from, uint8_t type, int lost = 1 << 30) : pair(the_pair), start(pair.net.now()), left(lost) {
    pair.tap = [this, &from, type](SimHost& sender, SimHost&, std::vector<uint8_t>& packet) {
      if (&sender != &from || !HasChunk(packet, type)) return true;
      times.push_back(pair.net.now() - start);
      return left == 0 || left-- == 0;
    };
  }
  // Milliseconds from each packet to the next; the first counts from `start`.
  std::vector<uint64_t> Gaps() const {
    std::vector<uint64_t> gaps;
    for (size_t i = 0; i < times.size(); ++i) gaps.push_back((times[i] - (i == 0 ? 0 : times[i - 1])) / kMillisecond);
    return gaps;
  }

  Pair& pair;
  TimeUs start;
  Times times;
  int left;
};

using Gaps = std::vector<uint64_t>;

// A pair whose round trips have been measured: RTO is RTO.min.
struct Measured : Pair {
  Measured() {
    Establish();
    for (int i = 0; i < 20; ++i) Transfer(*this, {MessageOf(1, 100)}, {MessageOf(2, 100)});
    net.RunFor(kSecond);
    client.Take(client_socket);
    server.Take(server_socket);
  }
};

// T1-init, Max.Init.Retransmits, and RTO.max or the user's longest pause (section 5.1.6).
TEST("an INIT that nobody answers is sent nine times, after 3 s and twice as long each time up to 60 s") {
  Pair pair;
  Sent sent(pair, pair.client, kChunkInit);
  REQUIRE(pair.Connect() == 0);
  const TimeUs start = pair.net.now();
  EXPECT_TRUE(pair.net.RunUntil([&] { return !pair.client.items(pair.client_socket).empty(); }, 3600 * kSecond));
  EXPECT_EQ(sent.Gaps(), (Gaps{0, 3000, 6000, 12000, 24000, 48000, 60000, 60000, 60000}));
  EXPECT_EQ(pair.net.now() - start, 333 * kSecond);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "cant_assoc");
  EXPECT_EQ(pair.client.engine->stats().timeouts, 9u);
  EXPECT_EQ(pair.client.engine->NextDeadline(), kNever);
}

TEST("attempts and their longest pause are the user's; the pause is no longer than RTO.max, and no shorter than a millisecond") {
  Pair pair;
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kInitMsg, 0, {0, 0, 2, 4000}), 0);
  Sent sent(pair, pair.client, kChunkInit);
  REQUIRE(pair.Connect() == 0);
  EXPECT_TRUE(pair.net.RunUntil([&] { return !pair.client.items(pair.client_socket).empty(); }, 3600 * kSecond));
  EXPECT_EQ(sent.Gaps(), (Gaps{0, 3000, 4000}));
  EXPECT_EQ(pair.net.now() - sent.start, 11 * kSecond);

  Pair other;
  EXPECT_EQ(other.client.Set(other.client_socket, Option::kRtoInfo, 0, {1000, 2000, 500}), 0);
  EXPECT_EQ(other.client.Set(other.client_socket, Option::kInitMsg, 0, {0, 0, 3, 0}), 0);
  Sent bounded(other, other.client, kChunkInit);
  REQUIRE(other.Connect() == 0);
  EXPECT_TRUE(other.net.RunUntil([&] { return !other.client.items(other.client_socket).empty(); }, 3600 * kSecond));
  EXPECT_EQ(bounded.Gaps(), (Gaps{0, 1000, 2000, 2000}));
}

// T1-cookie counts its attempts anew.
TEST("a COOKIE ECHO that nobody answers begins with RTO.initial again, whatever the INIT took, and is tried nine times") {
  Pair pair;
  int inits = 2;
  Times echoes;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    if (HasChunk(packet, kChunkInit) && inits-- > 0) return false;
    if (!HasChunk(packet, kChunkCookieEcho)) return true;
    echoes.push_back(pair.net.now());
    return false;
  };
  REQUIRE(pair.Connect() == 0);
  EXPECT_TRUE(pair.net.RunUntil([&] { return !pair.client.items(pair.client_socket).empty(); }, 3600 * kSecond));
  Gaps gaps;
  for (size_t i = 1; i < echoes.size(); ++i) gaps.push_back((echoes[i] - echoes[i - 1]) / kMillisecond);
  EXPECT_EQ(gaps, (Gaps{3000, 6000, 12000, 24000, 48000, 60000, 60000, 60000}));
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "cant_assoc");
}

TEST("retransmissions of the set-up do not slow the first data: its timer starts with RTO.initial") {
  Pair pair;
  pair.tap = DropFirst(kChunkInit, 3);
  pair.Establish();
  Sent sent(pair, pair.client, kChunkData, 1);
  Transfer(pair, {MessageOf(1, 100)}, {});
  EXPECT_EQ(sent.Gaps(), (Gaps{0, 3000}));
}

// Section 6.2.
TEST("a single packet is acknowledged after the delay, to the millisecond, and a second one at once and without a further one") {
  Measured pair;
  Sent sent(pair, pair.server, kChunkSack);
  // Our own sender asks for acknowledgements without delay.
  uint16_t number = 20;
  const auto send = [&] {
    PacketBuilder packet(kClientPort, kServerPort, pair.tag_to_server);
    pair.server.Inject(pair.FromClient(), packet.Data(pair.client_tsn + number, 0, number, AsBytesOf("x")).Done());
    ++number;
  };
  send();
  pair.net.RunFor(500 * kMillisecond);
  EXPECT_EQ(sent.Gaps(), (Gaps{200}));
  send();
  pair.net.RunFor(10 * kMillisecond);
  send();
  pair.net.RunFor(kSecond);
  EXPECT_EQ(sent.Gaps(), (Gaps{200, 310}));
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kDelayedAck, pair.server_assoc, {350}), 0);
  send();
  pair.net.RunFor(kSecond);
  EXPECT_EQ(sent.Gaps(), (Gaps{200, 310, 1350}));
}

// T2 backs off like T3 (sections 9.2 and 6.3.3).
TEST("a SHUTDOWN that nobody answers is sent again after RTO and twice as long each time, as often as asocmaxrxt says") {
  Measured pair;
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAssocInfo, pair.client_assoc, {3, 0, 0, 0, 0}), 0);
  Sent sent(pair, pair.client, kChunkShutdown);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagEof), 0);
  EXPECT_TRUE(pair.net.RunUntil([&] { return pair.client.engine->AssociationsOn(1) == 0; }, 3600 * kSecond));
  EXPECT_EQ(sent.Gaps(), (Gaps{0, 1000, 2000, 4000}));
  EXPECT_EQ(pair.net.now() - sent.start, 15 * kSecond);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_lost");
}

TEST("a SHUTDOWN ACK that nobody answers is sent again after RTO and twice as long each time, as often as asocmaxrxt says") {
  Measured pair;
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kAssocInfo, pair.server_assoc, {2, 0, 0, 0, 0}), 0);
  std::vector<TimeUs> times;
  bool shut = false;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from == &pair.client) return !std::exchange(shut, HasChunk(packet, kChunkShutdown) || shut);
    if (HasChunk(packet, kChunkShutdownAck)) times.push_back(pair.net.now());
    return false;
  };
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagEof), 0);
  EXPECT_TRUE(pair.net.RunUntil([&] { return pair.server.engine->AssociationsOn(1) == 0; }, 3600 * kSecond));
  REQUIRE(times.size() == 3);
  EXPECT_EQ(times[1] - times[0], kSecond);
  EXPECT_EQ(times[2] - times[1], 2 * kSecond);
  EXPECT_EQ(pair.net.now() - times[2], 4 * kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "shutdown_event comm_lost");
}

// The interval, an RTO, and half of the RTO at random to either side (section 8.3).
TEST("HEARTBEATs come an interval and half to one and a half RTO apart, and the idle time counts from what was sent last") {
  for (const uint8_t random : {0, 0xff}) {
    Measured pair;
    EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kPeerAddrParams, pair.server_assoc, {0, 0, 0, 0, 2}), 0);
    pair.client.random_hook = [random](std::span<uint8_t> out) {
      std::fill(out.begin(), out.end(), random);
      return true;
    };
    EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {5000, 0, 0, 0, 1}), 0);
    const uint64_t rto_ms = 1000, most = random == 0 ? 0 : (UINT32_MAX % (rto_ms * 1000)) / 1000;
    Sent sent(pair, pair.client, kChunkHeartbeat, 0);
    pair.net.RunFor(20 * kSecond);
    const uint64_t pause = 5000 + rto_ms / 2 + most;
    EXPECT_EQ(sent.Gaps(), (Gaps{pause, pause, pause}));
  }
}

TEST("the same random numbers never make a HEARTBEAT of an interval that has not passed since something was sent") {
  Measured pair;
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {5000, 0, 0, 0, 1}), 0);
  pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
  Sent sent(pair, pair.client, kChunkHeartbeat, 0);
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("x")), 0);
    pair.net.RunFor(kSecond);
  }
  EXPECT_TRUE(sent.times.empty());
}

// Each HEARTBEAT that is not answered within an RTO is an error, of the path and of the association (sections 8.1 to 8.3).
TEST("HEARTBEATs that nobody answers: after six the address is unreachable, after eleven the association ends") {
  Measured pair;
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {5000, 0, 0, 0, 1}), 0);
  pair.server.Set(pair.server_socket, Option::kPeerAddrParams, pair.server_assoc, {0, 0, 0, 0, 2});
  Sent sent(pair, pair.client, kChunkHeartbeat);
  auto& items = pair.client.items(pair.client_socket);
  EXPECT_TRUE(pair.net.RunUntil([&] { return !items.empty(); }, 3600 * kSecond));
  EXPECT_EQ(Story(items), "addr1");
  EXPECT_EQ(sent.times.size(), 6u);
  EXPECT_TRUE(pair.net.RunUntil([&] { return items.size() == 2; }, 3600 * kSecond));
  EXPECT_EQ(Story(items), "addr1 comm_lost");
  EXPECT_EQ(sent.times.size(), 11u);
}

TEST("one answer forgives all errors before it: the count begins anew, of the path as of the association, as often as that happens") {
  Measured pair;
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {5000, 0, 0, 0, 1}), 0);
  pair.server.Set(pair.server_socket, Option::kPeerAddrParams, pair.server_assoc, {0, 0, 0, 0, 2});
  auto& items = pair.client.items(pair.client_socket);
  for (int life = 1; life <= 3; ++life) {
    check::Note("life " + std::to_string(life));
    Sent sent(pair, pair.client, kChunkHeartbeat, 8);
    EXPECT_TRUE(pair.net.RunUntil([&] { return items.size() >= 2; }, 3600 * kSecond));
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "addr1 addr0");
    EXPECT_EQ(sent.times.size(), 9u);
    pair.net.Settle();
  }
}

// RFC 6458 section 8.1.8.
TEST("autoclose comes that long after the last message either way, not a moment sooner or later") {
  Measured pair;
  pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAutoclose, pair.client_assoc, {10}), 0);
  pair.net.RunFor(7 * kSecond);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("x")), 0);
  pair.net.RunFor(7 * kSecond);
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("x")), 0);
  pair.net.RunFor(kMillisecond);  // The message has come.
  Sent sent(pair, pair.client, kChunkShutdown, 0);
  pair.net.RunFor(60 * kSecond);
  EXPECT_EQ(sent.Gaps(), (Gaps{10000}));
}

TEST("autoclose can be switched off before it comes, and on again") {
  Measured pair;
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAutoclose, pair.client_assoc, {10}), 0);
  pair.net.RunFor(9 * kSecond);
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAutoclose, pair.client_assoc, {0}), 0);
  Sent sent(pair, pair.client, kChunkShutdown, 0);
  pair.net.RunFor(60 * kSecond);
  EXPECT_TRUE(sent.times.empty());
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAutoclose, pair.client_assoc, {3}), 0);
  pair.net.RunFor(60 * kSecond);
  EXPECT_EQ(sent.Gaps(), (Gaps{63000}));
}

// Section 5.2.6.
TEST("a cookie is good to the end of its life, and stale from the next millisecond on, by as much as the ERROR says") {
  for (const TimeUs late : {TimeUs{0}, TimeUs{1}, 2500 * kMillisecond}) {
    Pair pair;
    std::vector<uint8_t> echo, error;
    pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
      if (HasChunk(packet, kChunkError)) error = packet;
      if (HasChunk(packet, kChunkCookieEcho) && echo.empty()) echo = packet;
      return !HasChunk(packet, kChunkCookieEcho) && !HasChunk(packet, kChunkError);
    };
    const TimeUs start = pair.net.now();
    REQUIRE(pair.Connect() == 0);
    pair.net.RunFor(10 * kMillisecond);
    const TimeUs made = start + kMillisecond;  // When the INIT came.
    pair.net.RunFor(made + 60 * kSecond + late - pair.net.now());
    error.clear();
    pair.server.Inject(pair.FromClient(), echo);
    pair.net.Settle();
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), late == 0 ? "comm_up" : "");
    EXPECT_EQ(error.empty(), late == 0);
    if (late == 0) continue;
    const auto chunks = ChunksOf(error);
    REQUIRE(chunks.size() == 1 && chunks[0].body.size() == 8);
    EXPECT_EQ(chunks[0].Word(0), 0x00030008u);
    EXPECT_EQ(chunks[0].Word(4), late);
  }
}

TEST("a stale cookie has the next INIT ask for the round trip and a second, and that begins with the first pause again") {
  Pair pair;
  std::vector<TimeUs> inits;
  uint32_t asked_ms = 0;
  int acks = 2;  // INIT ACKs that are lost, so that attempts have been counted.
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    if (HasChunk(packet, kChunkCookieEcho)) return false;
    if (HasChunk(packet, kChunkInitAck) && acks-- > 0) return false;
    if (!HasChunk(packet, kChunkInit)) return true;
    inits.push_back(pair.net.now());
    for (size_t at = kCommonHeaderBytes + 20; at + 8 <= packet.size(); at += Padded(Load16(&packet[at + 2])))
      if (Load16(&packet[at]) == kParamCookiePreservative) asked_ms = Load32(&packet[at + 4]);
    return inits.size() < 4;
  };
  REQUIRE(pair.Connect() == 0);
  EXPECT_TRUE(pair.net.RunUntil([&] { return inits.size() == 3; }));
  pair.net.RunFor(10 * kMillisecond);
  EXPECT_EQ(asked_ms, 0u);
  pair.client.Inject(pair.FromServer(),
                     PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Words(kChunkError, 0, {0x00030008, 700'000}).Done());
  pair.net.RunFor(60 * kSecond);
  REQUIRE(inits.size() >= 6);
  EXPECT_EQ(asked_ms, 8 + 1000u);  // The INIT ACK came after 2 ms of the 10.
  EXPECT_EQ(inits[4] - inits[3], 3 * kSecond);
  EXPECT_EQ(inits[5] - inits[4], 6 * kSecond);
}

// Section 5.2.6: "at most".
TEST("a peer's wish for a longer life of its cookie is heard up to a minute more") {
  for (const uint32_t wish : {0u, 30'000u, 60'000u, 90'000u, UINT32_MAX}) {
    check::Note("wish " + std::to_string(wish));
    const TimeUs life = 60 * kSecond + std::min(wish, 60'000u) * kMillisecond;
    for (const TimeUs late : {TimeUs{0}, kMillisecond}) {
      Pair pair;
      std::vector<uint8_t> answer;
      pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
        answer = packet;
        return false;
      };
      std::vector<uint8_t> body(24);
      const uint32_t words[] = {77, 65536, 0x000a000a, 5, static_cast<uint32_t>(kParamCookiePreservative) << 16 | 8, wish};
      for (size_t i = 0; i < 6; ++i) Store32(&body[4 * i], words[i]);
      pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, 0).Chunk(kChunkInit, 0, body).Done());
      pair.net.Settle();
      const auto chunks = ChunksOf(answer);
      REQUIRE(chunks.size() == 1 && chunks[0].type == kChunkInitAck);
      const uint32_t tag = chunks[0].Word(0);
      const size_t cookie_bytes = (chunks[0].Word(16) & 0xffff) - 4;
      const std::vector<uint8_t> cookie(chunks[0].body.begin() + 20, chunks[0].body.begin() + 20 + static_cast<ptrdiff_t>(cookie_bytes));
      pair.net.RunFor(life + late);
      pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, tag).Chunk(kChunkCookieEcho, 0, cookie).Done());
      EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), late == 0 ? "comm_up" : "");
    }
  }
}

// SD-17.
TEST("a message is too old when its lifetime has passed, not sooner, and one with none never is") {
  for (const TimeUs waits : {499 * kMillisecond, 500 * kMillisecond}) {
    Measured pair;
    // Nagle holds the second message for the acknowledgement of the first, which comes when T3 has sent the first once more.
    const TimeUs start = pair.net.now();
    pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>&) { return &from == &pair.client || pair.net.now() > start + kSecond; };
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("first")), 0);
    pair.net.RunFor(1002 * kMillisecond - waits);
    EXPECT_EQ(pair.client.engine->Send(pair.client_socket, {.assoc_id = pair.client_assoc, .time_to_live_ms = 500}, AsBytesOf("second")), 0);
    EXPECT_EQ(pair.client.engine->Send(pair.client_socket, {.assoc_id = pair.client_assoc}, AsBytesOf("third")), 0);
    pair.net.RunFor(5 * kSecond);
    const bool old = waits == 500 * kMillisecond;
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), old ? "send_failed:unsent" : "");
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), old ? "data:first data:third" : "data:first data:second data:third");
  }
}

}  // namespace
}  // namespace mailport::sctp::test
