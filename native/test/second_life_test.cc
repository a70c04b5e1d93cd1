// Everything that is used again is as it was the first time: associations that a peer restarts, peers that are called again, sockets that are peeled off,
// accepted and closed one after the other. Leftovers of one life would show in the next.
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

// The client's process dies and comes back, which gives the server's association a second life. The server's events of the restart are taken.
void Restart(Pair& pair) {
  pair.client.Crash();
  pair.tap = nullptr;
  pair.client_socket = pair.client.Open(kClientPort);
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(kSecond);
  EXPECT_TRUE(Story(pair.server.Take(pair.server_socket)).ends_with("restart"));
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up");
}

Tap Silence() {
  return [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
}

std::vector<uint32_t> PathOf(SimHost& host, SocketId socket, AssocId assoc) { return host.Get(socket, Option::kPeerAddrInfo, assoc); }

TEST("a restart forgets errors: the path is as good as new, and as many more are needed to end it") {
  Pair pair;
  pair.Establish();
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kPeerAddrParams, pair.server_assoc, {5000, 0, 0, 0, 1}), 0);
  for (int life = 1; life <= 3; ++life) {
    check::Note("life " + std::to_string(life));
    pair.tap = Silence();
    EXPECT_TRUE(pair.net.RunUntil([&] { return !pair.server.items(pair.server_socket).empty(); }, 3600 * kSecond));
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "addr1");
    EXPECT_EQ(PathOf(pair.server, pair.server_socket, pair.server_assoc).at(0), 0u);
    pair.net.RunFor(120 * kSecond);  // More errors, but not enough for the association's end.
    Restart(pair);
    EXPECT_EQ(PathOf(pair.server, pair.server_socket, pair.server_assoc).at(0), 1u);
    EXPECT_TRUE(WorksBothWays(pair));
    pair.server.Take(pair.server_socket);
    pair.client.Take(pair.client_socket);
  }
}

TEST("a restart forgets what was measured: round trip, timeout and window begin again") {
  Pair pair;
  pair.Establish();
  const auto fresh = PathOf(pair.server, pair.server_socket, pair.server_assoc);
  std::vector<Message> messages;
  for (uint32_t i = 0; i < 100; ++i) messages.push_back(MessageOf(i, 1000));
  Transfer(pair, {}, std::move(messages));
  const auto measured = PathOf(pair.server, pair.server_socket, pair.server_assoc);
  EXPECT_TRUE(measured.at(1) > fresh.at(1) && measured.at(2) != fresh.at(2) && measured.at(3) < fresh.at(3));
  Restart(pair);
  EXPECT_EQ(PathOf(pair.server, pair.server_socket, pair.server_assoc), fresh);
}

TEST("a restart begins every stream anew, both ways, and what was half sent or half received is gone") {
  for (int round = 0; round < 2; ++round) {
    Pair pair;
    pair.Establish();
    Transfer(pair, {MessageOf(1, 100, 3), MessageOf(2, 5000, 3)}, {MessageOf(3, 100, 3), MessageOf(4, 100, 3)});
    pair.server.Take(pair.server_socket);
    if (round == 1) {
      // Chunks that were lost and reported missing, and are to be sent again: the restart must leave nothing of them.
      pair.tap = DropFirst(kChunkData, 2);
      for (int i = 0; i < 8; ++i) EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 3, std::vector<uint8_t>(1200, 'o')), 0);
      pair.net.RunFor(3 * kMillisecond);
    }
    Restart(pair);
    Wire wire(pair);
    Transfer(pair, {MessageOf(5, 100, 3)}, {MessageOf(6, 100, 3)});
    EXPECT_EQ(pair.server.Take(pair.server_socket).at(0).item.ssn, 0u);
    EXPECT_EQ(pair.client.Take(pair.client_socket).at(0).item.ssn, 0u);
    pair.net.RunFor(100 * kSecond);
    EXPECT_EQ(wire.Count(kChunkData), 2);
  }
}

TEST("a restart stops the timers of the life before: no retransmission, no late acknowledgement, no end of a shutdown") {
  Pair pair;
  pair.server.Set(pair.server_socket, Option::kPeerAddrParams, 0, {0, 0, 0, 0, 2});
  pair.client.Set(pair.client_socket, Option::kPeerAddrParams, 0, {0, 0, 0, 0, 2});
  pair.Establish();
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("to be acknowledged late")), 0);
  pair.net.RunFor(10 * kMillisecond);
  pair.tap = Silence();
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("in flight")), 0);
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, {}, kFlagEof), 0);
  pair.net.RunFor(50 * kMillisecond);
  pair.client.Crash();
  pair.tap = nullptr;
  pair.client_socket = pair.client.Open(kClientPort);
  pair.client.Set(pair.client_socket, Option::kPeerAddrParams, 0, {0, 0, 0, 0, 2});
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(kSecond / 4);
  EXPECT_TRUE(Story(pair.server.Take(pair.server_socket)).ends_with("restart"));
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up");
  const uint64_t packets = pair.net.packets_sent;
  pair.net.RunFor(3600 * kSecond);
  EXPECT_EQ(pair.net.packets_sent, packets);
  EXPECT_EQ(pair.server.engine->NextDeadline(), kNever);
  EXPECT_TRUE(WorksBothWays(pair));
}

TEST("a restart keeps the association's own options, and its autoclose counts from it") {
  Pair pair;
  pair.Establish();
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kAutoclose, pair.server_assoc, {30}), 0);
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kRtoInfo, pair.server_assoc, {700, 9000, 300}), 0);
  pair.net.RunFor(20 * kSecond);
  Restart(pair);
  EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kRtoInfo, pair.server_assoc), (std::vector<uint32_t>{700, 9000, 300}));
  pair.net.RunFor(25 * kSecond);
  EXPECT_TRUE(pair.server.Take(pair.server_socket).empty());
  pair.net.RunFor(10 * kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "shutdown_comp");
}

TEST("a message that an association held back of its peer's life before does not close the window of the next") {
  Pair pair;
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {8192});
  pair.Establish();
  for (int life = 1; life <= 4; ++life) {
    check::Note("life " + std::to_string(life));
    // Messages out of order are held until the missing one comes.
    for (uint32_t i = 1; i < 4; ++i)
      pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server)
                                                .Data(pair.client_tsn + i, 0, static_cast<uint16_t>(i), std::vector<uint8_t>(1000, 'x'))
                                                .Done());
    pair.net.Settle();
    EXPECT_TRUE(pair.server.Get(pair.server_socket, Option::kAssocInfo, pair.server_assoc).at(3) < 8192 - 3000 + 1);
    Restart(pair);
    EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kAssocInfo, pair.server_assoc).at(3), 8192u);
  }
}

// A peer that answers and has no room is forgiven (section 6.1 A). Answers and windows of the former life forgive nothing in the next.
TEST("a restart forgets that the peer had no room: each timeout of the next life counts") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kRecbuf, 0, {4096});
  pair.Establish();
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kAssocInfo, pair.server_assoc, {2, 0, 0, 0, 0}), 0);
  pair.client.engine->SetCredit(pair.client_socket, 0);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, std::vector<uint8_t>(1000, 'x')), 0);
  pair.net.RunFor(20 * kSecond);
  EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kStatus, pair.server_assoc).at(0), 4u);
  Restart(pair);
  int sent = 0;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    sent += &from == &pair.server && HasChunk(packet, kChunkData);
    return false;
  };
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("lost")), 0);
  EXPECT_TRUE(pair.net.RunUntil([&] { return pair.server.engine->AssociationsOn(1) == 0; }, 3600 * kSecond));
  EXPECT_EQ(sent, 3);
}

TEST("the next association with a peer knows nothing of the one before") {
  Pair pair;
  pair.Establish();
  const auto status = [&] {
    auto values = pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc);
    values.pop_back();  // The id, which is never used again.
    return values;
  };
  const auto fresh = status();
  const auto counters = [&] {
    auto values = pair.client.Get(pair.client_socket, Option::kAssocStats, pair.client_assoc);
    return std::vector<uint32_t>(values.begin() + 7, values.end());
  };
  const auto counted = counters();
  AssocId last = pair.client_assoc;
  for (int life = 2; life <= 4; ++life) {
    check::Note("life " + std::to_string(life));
    std::vector<Message> messages;
    for (uint32_t i = 0; i < 50; ++i) messages.push_back(MessageOf(i, 1000, i % 10));
    Transfer(pair, messages, messages);
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, life % 2 == 0 ? kFlagEof : kFlagAbort), 0);
    pair.net.RunFor(kSecond);
    pair.client.Take(pair.client_socket);
    pair.server.Take(pair.server_socket);
    pair.Establish();
    EXPECT_TRUE(pair.client_assoc > last);
    last = pair.client_assoc;
    EXPECT_EQ(status(), fresh);
    EXPECT_EQ(counters(), counted);
    Transfer(pair, {MessageOf(1, 10, 9)}, {});
    EXPECT_EQ(pair.server.Take(pair.server_socket).at(0).item.ssn, 0u);
  }
}

TEST("each attempt to connect has all its attempts, whatever became of those before") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kInitMsg, 0, {0, 0, 2, 0});
  pair.tap = Silence();
  for (int life = 1; life <= 3; ++life) {
    check::Note("life " + std::to_string(life));
    int inits = 0;
    pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
      inits += HasChunk(packet, kChunkInit);
      return false;
    };
    const TimeUs start = pair.net.now();
    REQUIRE(pair.Connect() == 0);
    EXPECT_TRUE(pair.net.RunUntil([&] { return !pair.client.items(pair.client_socket).empty(); }, 3600 * kSecond));
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "cant_assoc");
    EXPECT_EQ(inits, 3);
    EXPECT_EQ(pair.net.now() - start, 21 * kSecond);
  }
  pair.tap = nullptr;
  pair.Establish();
  EXPECT_TRUE(WorksBothWays(pair));
}

TEST("association after association is peeled off, used and closed, and their port is as it was") {
  Pair pair;
  for (int life = 1; life <= 5; ++life) {
    check::Note("life " + std::to_string(life));
    pair.Establish();
    SocketId peeled = 0;
    REQUIRE(pair.server.engine->PeelOff(pair.server_socket, pair.server_assoc, &peeled) == 0);
    EXPECT_EQ(pair.server.engine->credit(peeled), 0u);
    pair.server.engine->SetCredit(peeled, kUnlimitedCredit);
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("in")), 0);
    EXPECT_EQ(pair.server.Send(peeled, 0, 0, AsBytesOf("out")), 0);
    pair.net.RunFor(kSecond);
    EXPECT_EQ(Story(pair.server.Take(peeled)), "data:in");
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "data:out");
    EXPECT_EQ(pair.server.engine->Close(peeled, life % 2 == 0), 0);
    pair.net.RunFor(kSecond);
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), life % 2 == 0 ? "comm_lost(12)" : "shutdown_event shutdown_comp");
    EXPECT_EQ(pair.server.engine->AssociationsOn(1), 0u);
    EXPECT_TRUE(pair.server.Take(pair.server_socket).empty());
  }
}

TEST("a one-to-one listener tells each time that it was asked too early, and accepts for as long as it lives") {
  Pair pair;
  const SocketId listener = pair.server.Open({.port = 8, .one_to_one = true});
  EXPECT_EQ(pair.server.engine->Listen(listener, 1), 0);
  for (int life = 1; life <= 5; ++life) {
    check::Note("life " + std::to_string(life));
    SocketId accepted = 0;
    EXPECT_EQ(pair.server.engine->Accept(listener, &accepted), EAGAIN);
    EXPECT_EQ(pair.server.engine->Accept(listener, &accepted), EAGAIN);
    AssocId assoc = 0;
    REQUIRE(pair.client.engine->Connect(pair.client_socket, {&pair.server.address, 1}, 8, false, &assoc) == 0);
    pair.net.RunFor(kSecond);
    int told = 0;
    for (const auto& owned : pair.server.Take(listener)) told += owned.item.kind == ItemKind::kAcceptable;
    EXPECT_EQ(told, 1);
    EXPECT_EQ(pair.server.engine->Accept(listener, &accepted), 0);
    EXPECT_EQ(pair.server.engine->Close(accepted, false), 0);
    pair.net.RunFor(kSecond);
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up shutdown_event shutdown_comp");
  }
}

TEST("a socket whose items a host had no room for is drained each time that happens") {
  Pair pair;
  pair.Establish();
  for (int life = 1; life <= 4; ++life) {
    check::Note("life " + std::to_string(life));
    pair.server.room = 1;
    for (const char* text : {"a", "b", "c"}) EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf(text)), 0);
    pair.net.RunFor(10 * kMillisecond);
    EXPECT_TRUE(pair.server.engine->HasBlockedSockets());
    pair.server.room = SIZE_MAX;
    pair.server.engine->DrainBlocked();
    EXPECT_FALSE(pair.server.engine->HasBlockedSockets());
    pair.net.RunFor(kSecond);
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "data:a data:b data:c");
  }
}

TEST("a window that closes opens again each time that its owner reads") {
  Pair pair;
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {8192});
  pair.Establish();
  for (int life = 1; life <= 4; ++life) {
    check::Note("life " + std::to_string(life));
    pair.server.engine->SetCredit(pair.server_socket, 0);
    std::vector<Message> messages;
    for (uint32_t i = 0; i < 30; ++i) messages.push_back(MessageOf(i, 1000));
    Sender sender(pair.client, pair.client_socket, pair.client_assoc, messages);
    sender.Pump();
    pair.net.RunFor(20 * kSecond);
    EXPECT_TRUE(pair.server.items(pair.server_socket).empty());
    EXPECT_TRUE(pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc).at(1) < 1000);
    pair.server.engine->SetCredit(pair.server_socket, kUnlimitedCredit);
    pair.server.engine->Drain(pair.server_socket);
    EXPECT_TRUE(pair.net.RunUntil([&] { return pair.server.items(pair.server_socket).size() == 30; }, 30 * kSecond));
    ExpectAllArrived(pair.server.Take(pair.server_socket), messages);
    pair.net.RunFor(kSecond);
    EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kAssocInfo, pair.server_assoc).at(3), 8192u);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
