// The counts of bytes and items that wait, by socket and for the whole engine, from their arrival until they leave by any way; and the engine's statistics,
// each by name. One wrong count closes a window or a buffer for good.
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

struct Held {
  size_t in = 0, out = 0;
  bool operator==(const Held&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Held& held) { return out << held.in << " in, " << held.out << " out"; }

Held HeldBy(SimHost& host, SocketId socket) {
  Held held;
  host.engine->QueuedBytes(socket, &held.in, &held.out);
  return held;
}

// The engine's counts: bytes in, bytes out, items in.
std::vector<uint64_t> Queued(SimHost& host) {
  const Stats& stats = host.engine->stats();
  return {stats.queued_in_bytes, stats.queued_out_bytes, stats.queued_in_items};
}

using Counts = std::vector<uint64_t>;

int Send(Pair& pair, size_t bytes, uint32_t flags = 0, uint32_t stream = 0) {
  return pair.client.Send(pair.client_socket, pair.client_assoc, stream, std::vector<uint8_t>(bytes, 'x'), flags);
}

TEST("messages that are sent are held until a cumulative TSN acknowledges them, and no longer") {
  Pair pair;
  pair.Establish();
  EXPECT_EQ(Send(pair, 1000), 0);
  EXPECT_EQ(Send(pair, 500), 0);
  EXPECT_EQ(HeldBy(pair.client, pair.client_socket), (Held{0, 1500}));
  EXPECT_EQ(Queued(pair.client), (Counts{0, 1500, 0}));
  pair.net.Settle();  // On its way.
  EXPECT_EQ(HeldBy(pair.client, pair.client_socket), (Held{0, 1500}));
  pair.net.RunFor(kSecond);
  EXPECT_EQ(HeldBy(pair.client, pair.client_socket), (Held{0, 0}));
  EXPECT_EQ(Queued(pair.client), (Counts{0, 0, 0}));
}

TEST("chunks that a gap block reports are held until the cumulative TSN has passed them, and counted once") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
  pair.Establish();
  pair.tap = DropFirst(kChunkData, 1);
  EXPECT_EQ(Send(pair, 100), 0);
  pair.net.Settle();
  EXPECT_EQ(Send(pair, 200), 0);
  pair.net.RunFor(2 * kMillisecond + kMillisecond / 4);
  EXPECT_EQ(HeldBy(pair.client, pair.client_socket), (Held{0, 300}));
  EXPECT_TRUE(pair.net.RunUntil([&] { return pair.server.items(pair.server_socket).size() == 2; }));
  pair.net.RunFor(kSecond);
  EXPECT_EQ(HeldBy(pair.client, pair.client_socket), (Held{0, 0}));
  EXPECT_EQ(Queued(pair.client), (Counts{0, 0, 0}));
}

// Each way in which held messages can end without being delivered.
TEST("messages that are not delivered are no longer held once an event tells of them: abort, loss, restart, lifetime, streams that were not agreed, close") {
  using Ending = void (*)(Pair&);
  const std::pair<const char*, Ending> endings[] = {
      {"abort", [](Pair& pair) { EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagAbort), 0); }},
      {"abort by the peer", [](Pair& pair) {
         pair.tap = nullptr;
         EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, {}, kFlagAbort), 0);
         pair.net.RunFor(kSecond);
       }},
      {"loss", [](Pair& pair) { pair.net.RunFor(3600 * kSecond); }},
      {"restart", [](Pair& pair) {
         pair.server.Crash();
         pair.server_socket = pair.server.Open(kServerPort);
         pair.tap = nullptr;
         IpAddress target = pair.client.address;
         EXPECT_EQ(pair.server.engine->Connect(pair.server_socket, {&target, 1}, kClientPort, false, &pair.server_assoc), 0);
         pair.net.RunFor(kSecond);
       }},
      {"close", [](Pair& pair) { EXPECT_EQ(pair.client.engine->Close(pair.client_socket, true), 0); }},
      {"all aborted", [](Pair& pair) { pair.client.engine->AbortAll(); }},
  };
  for (const auto& [name, end] : endings) {
    check::Note(name);
    Pair pair;
    pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {4096});
    pair.Establish();
    pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
    for (int i = 0; i < 10; ++i) EXPECT_EQ(Send(pair, 1000), 0);  // Some on their way, some behind the window.
    pair.net.Settle();
    EXPECT_EQ(HeldBy(pair.client, pair.client_socket), (Held{0, 10'000}));
    end(pair);
    pair.net.Settle();
    EXPECT_EQ(HeldBy(pair.client, pair.client_socket), (Held{0, 0}));
    EXPECT_EQ(Queued(pair.client)[1], 0u);
  }
}

TEST("a lifetime that passes gives back what the message held, and no more") {
  Pair pair;
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {4096});
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, 0);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Send(pair, 1000), 0);
  pair.net.RunFor(kSecond);
  const Held before = HeldBy(pair.client, pair.client_socket);
  const std::vector<uint8_t> data(777, 'x');
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(pair.client.engine->Send(pair.client_socket, {.assoc_id = pair.client_assoc, .time_to_live_ms = 100}, data), 0);
  EXPECT_EQ(HeldBy(pair.client, pair.client_socket).out, before.out + 3 * 777);
  pair.server.engine->SetCredit(pair.server_socket, kUnlimitedCredit);
  pair.net.RunFor(kSecond);
  pair.server.engine->Drain(pair.server_socket);
  pair.net.RunFor(10 * kSecond);
  EXPECT_EQ(HeldBy(pair.client, pair.client_socket), (Held{0, 0}));
  EXPECT_EQ(Queued(pair.client), (Counts{0, 0, 0}));
}

TEST("messages queued for streams that the peer does not agree to are told of, give back their room, and the others go") {
  Pair pair;
  pair.server.Set(pair.server_socket, Option::kInitMsg, 0, {0, 2, 0, 0});
  REQUIRE(pair.Connect() == 0);
  for (const uint32_t stream : {0u, 1u, 2u, 9u, 1u}) EXPECT_EQ(Send(pair, 100 + stream, 0, stream), 0);
  EXPECT_EQ(HeldBy(pair.client, pair.client_socket), (Held{0, 513}));
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up data:100 data:101 data:101");
  const auto items = pair.client.Take(pair.client_socket);
  EXPECT_EQ(Story(items), "send_failed:unsent send_failed:unsent comm_up");
  EXPECT_EQ(HeldBy(pair.client, pair.client_socket), (Held{0, 0}));
  EXPECT_EQ(Queued(pair.client), (Counts{0, 0, 0}));
  EXPECT_EQ(Send(pair, 1, 0, 1), 0);
  EXPECT_EQ(Send(pair, 1, 0, 2), EINVAL);
}

TEST("unread items are held by the socket, with their bytes, until they are read or moved, or the socket closes") {
  Pair pair;
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, 0);
  EXPECT_EQ(Send(pair, 300), 0);
  EXPECT_EQ(Send(pair, 200), 0);
  pair.net.RunFor(kSecond);
  const size_t each = (HeldBy(pair.server, pair.server_socket).in - 500) / 2;  // The cost of a message beside its bytes.
  EXPECT_EQ(HeldBy(pair.server, pair.server_socket), (Held{500 + 2 * each, 0}));
  EXPECT_EQ(Queued(pair.server), (Counts{500, 0, 2}));
  pair.server.engine->SetCredit(pair.server_socket, 1);
  pair.server.engine->Drain(pair.server_socket);
  EXPECT_EQ(HeldBy(pair.server, pair.server_socket), (Held{200 + each, 0}));
  EXPECT_EQ(Queued(pair.server), (Counts{200, 0, 1}));
  SocketId peeled = 0;
  EXPECT_EQ(pair.server.engine->PeelOff(pair.server_socket, pair.server_assoc, &peeled), 0);
  EXPECT_EQ(HeldBy(pair.server, pair.server_socket), (Held{0, 0}));
  EXPECT_EQ(HeldBy(pair.server, peeled), (Held{200 + each, 0}));
  EXPECT_EQ(Queued(pair.server), (Counts{200, 0, 1}));
  EXPECT_EQ(pair.server.engine->Close(peeled, false), 0);
  EXPECT_EQ(Queued(pair.server), (Counts{0, 0, 0}));
}

TEST("remote errors are told up to 256 unread events, however much data waits beside them") {
  Pair pair;
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, 0);
  for (int i = 0; i < 300; ++i) EXPECT_EQ(Send(pair, 10), 0);
  pair.net.RunFor(5 * kSecond);
  EXPECT_EQ(Queued(pair.server)[2], 300u);
  for (int i = 0; i < 300; ++i)
    pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Words(kChunkError, 0, {0x00060008, 1}).Done());
  EXPECT_EQ(Queued(pair.server)[2], 300u + 256);
  pair.server.engine->SetCredit(pair.server_socket, kUnlimitedCredit);
  pair.server.engine->Drain(pair.server_socket);
  EXPECT_EQ(pair.server.Take(pair.server_socket).size(), 556u);
  EXPECT_EQ(Queued(pair.server), (Counts{0, 0, 0}));
}

TEST("messages on their way move to the send buffer of a peeled-off socket, and each of the two counts its own") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {8000});
  pair.Establish();
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
  for (int i = 0; i < 8; ++i) EXPECT_EQ(Send(pair, 1000), 0);
  EXPECT_EQ(Send(pair, 1000), EAGAIN);
  SocketId peeled = 0;
  EXPECT_EQ(pair.client.engine->PeelOff(pair.client_socket, pair.client_assoc, &peeled), 0);
  EXPECT_EQ(HeldBy(pair.client, pair.client_socket), (Held{0, 0}));
  EXPECT_EQ(HeldBy(pair.client, peeled), (Held{0, 8000}));
  EXPECT_EQ(pair.client.Send(peeled, 0, 0, std::vector<uint8_t>(1000)), EAGAIN);
  EXPECT_EQ(pair.client.writable[pair.client_socket], 1);  // The socket's send buffer is empty now.
  pair.tap = nullptr;
  pair.net.RunFor(60 * kSecond);
  EXPECT_EQ(HeldBy(pair.client, peeled), (Held{0, 0}));
  EXPECT_EQ(pair.client.writable[peeled], 1);
}

// Half of the buffer, as on Linux (SD-8).
TEST("a sender that was refused is called when half of the buffer is free, once, and again the next time") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {10'000});
  pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
  pair.server.Set(pair.server_socket, Option::kDelayedAck, 0, {0});
  pair.Establish();
  for (int life = 1; life <= 3; ++life) {
    check::Note("life " + std::to_string(life));
    pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
    for (int i = 0; i < 10; ++i) EXPECT_EQ(Send(pair, 1000), 0);
    EXPECT_EQ(Send(pair, 1), EAGAIN);
    EXPECT_EQ(pair.client.writable[pair.client_socket], life - 1);
    std::vector<size_t> when;
    pair.tap = nullptr;
    pair.net.app = [&] {
      if (pair.client.writable[pair.client_socket] == life && when.empty()) when.push_back(HeldBy(pair.client, pair.client_socket).out);
    };
    pair.net.RunFor(60 * kSecond);
    pair.net.app = nullptr;
    EXPECT_EQ(pair.client.writable[pair.client_socket], life);
    REQUIRE(when.size() == 1);
    EXPECT_TRUE(when[0] <= 5000);
    pair.server.Take(pair.server_socket);
  }
}

TEST("the send buffer takes one message more as long as it is not full, and a message larger than itself never") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {5000});
  pair.Establish();
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
  EXPECT_EQ(Send(pair, 5001), EMSGSIZE);
  EXPECT_EQ(Send(pair, 4900), 0);  // The cost of a message beside its payload counts, too.
  EXPECT_EQ(Send(pair, 5000), 0);
  EXPECT_EQ(Send(pair, 1), EAGAIN);
  // A send that is wrong in itself gets its own error at once, however full the buffer is.
  EXPECT_EQ(Send(pair, 1, 0, 10), EINVAL);
  EXPECT_EQ(Send(pair, 0), EINVAL);
}

TEST("statistics: each counter counts what its name says, and read out they stand in their order") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
  pair.server.Set(pair.server_socket, Option::kDelayedAck, 0, {0});
  pair.Establish();
  const Stats before = pair.server.engine->stats();
  EXPECT_EQ(before.packets_in, 2u);  // INIT, COOKIE ECHO.
  EXPECT_EQ(before.packets_out, 2u);
  EXPECT_EQ(before.associations, 1u);
  EXPECT_EQ(Send(pair, 100), 0);
  pair.net.RunFor(100 * kMillisecond);
  std::vector<uint8_t> data;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from == &pair.client && HasChunk(packet, kChunkData)) data = packet;
    return true;
  };
  EXPECT_EQ(Send(pair, 100), 0);
  pair.net.RunFor(100 * kMillisecond);
  pair.server.Inject(pair.FromClient(), data);                       // A duplicate.
  pair.server.Inject(pair.FromClient(), std::vector<uint8_t>(30));    // No packet.
  pair.server.Inject(pair.FromClient(), PacketBuilder(6000, kServerPort, 5).Data(1, 0, 0, AsBytesOf("x")).Done());  // A stranger's packet.
  pair.server.Inject(pair.FromClient(), PacketBuilder(6000, 99, 5).Data(1, 0, 0, AsBytesOf("x")).Done());
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("lost")), 0);
  pair.net.Settle();
  pair.tap = nullptr;
  pair.server.engine->SetCredit(pair.server_socket, 0);
  EXPECT_EQ(Send(pair, 50), 0);
  pair.net.RunFor(100 * kMillisecond);
  const Stats& now = pair.server.engine->stats();
  EXPECT_EQ(now.packets_in, 2u + 2 + 4 + 1);
  EXPECT_EQ(now.data_chunks_in, 2u + 1 + 1);
  EXPECT_EQ(now.duplicates, 1u);
  EXPECT_EQ(now.bad_packets, 1u);
  EXPECT_EQ(now.out_of_the_blue, 2u);
  EXPECT_EQ(now.data_chunks_out, 1u);
  EXPECT_EQ(now.packets_out, 2u + 2 + 2 + 1 + 1);  // Two SACKs, two ABORTs, data with the duplicate's SACK, and the last message's SACK.
  EXPECT_EQ(now.queued_in_bytes, 50u);
  EXPECT_EQ(now.queued_in_items, 1u);
  EXPECT_EQ(now.queued_out_bytes, 4u);
  EXPECT_EQ(now.timeouts + now.retransmissions, 0u);
  pair.net.RunFor(5 * kSecond);
  EXPECT_EQ(now.timeouts, 1u);
  EXPECT_EQ(now.retransmissions, 1u);
  EXPECT_EQ(now.data_chunks_out, 2u);
  std::vector<uint32_t> words;
  EXPECT_EQ(pair.server.engine->GetOption(0, Option::kStats, 0, &words), 0);
  const Counts named = {now.packets_in, now.packets_out, now.data_chunks_in, now.data_chunks_out, now.retransmissions, now.fast_retransmits,
                        now.timeouts, now.duplicates, now.bad_packets, now.out_of_the_blue, now.associations, now.queued_in_bytes,
                        now.queued_out_bytes, now.queued_in_items, now.events_dropped, now.unauthenticated};
  EXPECT_EQ(Counts(words.begin(), words.end()), named);
  EXPECT_EQ(pair.server.engine->GetOption(0, Option::kStats, 0, &words), 0);
  EXPECT_EQ(words.size(), 16u);
}

TEST("a packet without a chunk, without a port, or with a checksum that is wrong in any byte, is bad, and nothing else is made of it") {
  Pair pair;
  const auto whole = PacketBuilder(6000, 99, 5).Words(kChunkHeartbeat, 0, {}).Done();
  uint64_t bad = 0;
  for (size_t length = 0; length < whole.size(); ++length) {
    std::vector<uint8_t> packet(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
    FixChecksum(&packet);
    pair.server.Inject(pair.FromClient(), packet);
    EXPECT_EQ(pair.server.engine->stats().bad_packets, ++bad);
  }
  for (const size_t at : {8, 9, 10, 11, 15}) {
    std::vector<uint8_t> packet = whole;
    packet[at] ^= 1;
    pair.server.Inject(pair.FromClient(), packet);
    EXPECT_EQ(pair.server.engine->stats().bad_packets, ++bad);
  }
  for (const auto& [from, to] : {std::pair<uint16_t, uint16_t>{0, 99}, {6000, 0}}) {
    pair.server.Inject(pair.FromClient(), PacketBuilder(from, to, 5).Words(kChunkHeartbeat, 0, {}).Done());
    EXPECT_EQ(pair.server.engine->stats().bad_packets, ++bad);
  }
  EXPECT_EQ(pair.server.engine->stats().out_of_the_blue, 0u);
  pair.server.Inject(pair.FromClient(), whole);
  EXPECT_EQ(pair.server.engine->stats().bad_packets, bad);
  EXPECT_EQ(pair.server.engine->stats().out_of_the_blue, 1u);
  EXPECT_EQ(pair.server.engine->stats().packets_in, bad + 1);
}

TEST("an association is counted while it lives: by the engine, its carrier and its socket, a closed socket's too") {
  Pair pair;
  EXPECT_EQ(pair.client.engine->AssociationsOn(1), 0u);
  for (int round = 0; round < 20; ++round) {
    pair.Establish();
    EXPECT_EQ(pair.client.engine->AssociationsOn(1), 1u);
    EXPECT_EQ(pair.client.engine->AssociationsOn(2), 0u);
    EXPECT_EQ(pair.client.engine->stats().associations, 1u);
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, round % 2 == 0 ? kFlagEof : kFlagAbort), 0);
    pair.net.RunFor(kSecond);
    for (SimHost* host : {&pair.client, &pair.server}) {
      EXPECT_EQ(host->engine->AssociationsOn(1), 0u);
      EXPECT_EQ(host->engine->stats().associations, 0u);
      EXPECT_EQ(host->engine->NextDeadline(), kNever);
      EXPECT_FALSE(host->engine->NeedsFlush());
    }
    pair.client.Take(pair.client_socket);
    pair.server.Take(pair.server_socket);
  }
  pair.Establish();
  EXPECT_EQ(Send(pair, 100), 0);
  EXPECT_EQ(pair.client.engine->Close(pair.client_socket, false), 0);
  EXPECT_EQ(pair.client.engine->AssociationsOn(1), 1u);
  pair.net.RunFor(5 * kSecond);
  EXPECT_EQ(pair.client.engine->AssociationsOn(1), 0u);
  EXPECT_EQ(Queued(pair.client), (Counts{0, 0, 0}));
}

}  // namespace
}  // namespace mailport::sctp::test
