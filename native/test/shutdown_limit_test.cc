// How long a graceful end may take: as long as the peer is there and takes the data, then T5 from the SHUTDOWN on (RFC 9260 section 9.2). Data of a closed
// socket waits no longer than the linger time, or the patience with a peer that takes nothing.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kMessages = 40;
constexpr uint8_t kIgnored = 0x8f;  // A type that receivers skip (section 3.2).

bool BothGone(Pair& pair) { return pair.client.engine->AssociationsOn(1) + pair.server.engine->AssociationsOn(1) == 0; }
bool ClientGone(Pair& pair) { return pair.client.engine->AssociationsOn(1) == 0; }

void Eof(Pair& pair) { EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagEof), 0); }

// Limits for finding out soon that a peer is gone, as docs/sctp.md has them.
void UseShortTimeouts(Pair& pair) {
  auto info = pair.client.Get(pair.client_socket, Option::kAssocInfo);
  pair.client.Set(pair.client_socket, Option::kRtoInfo, 0, {200, 500, 100});
  pair.client.Set(pair.client_socket, Option::kAssocInfo, 0, {2, 0, 0, 0, info.at(4)});
}

// A pair whose client has sent more than the server has room for. The server reads nothing.
struct FullPair : Pair {
  explicit FullPair(bool short_timeouts = false, uint32_t linger_s = 0) {
    if (short_timeouts) UseShortTimeouts(*this);
    if (linger_s != 0) client.Set(client_socket, Option::kLinger, 0, {1, linger_s});
    server.Set(server_socket, Option::kRecbuf, 0, {8192});
    Establish();
    server.engine->SetCredit(server_socket, 0);
    for (uint32_t i = 0; i < kMessages; i++) EXPECT_EQ(client.Send(client_socket, client_assoc, 0, MessageOf(i, 1000).data, 0, i), 0);
    net.RunFor(100 * kMillisecond);
  }
  void Read(uint32_t messages) {
    server.engine->SetCredit(server_socket, messages);
    server.engine->Drain(server_socket);
  }
  void ReadAll() { Read(kUnlimitedCredit); }
  void ExpectAllAtServer() { EXPECT_EQ(server.Take(server_socket).size(), kMessages + 2); }  // And shutdown_event, shutdown_comp.
};

TEST("eof delivers everything to a peer that reads slowly, however small RTO.Max is") {
  FullPair pair(true);
  Eof(pair);
  for (uint32_t i = 0; i < kMessages / 2; i++) {
    pair.net.RunFor(kSecond);
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "");
    pair.Read(1);
  }
  pair.ReadAll();
  EXPECT_TRUE(pair.net.RunUntil([&] { return BothGone(pair); }, 10 * kSecond));
  pair.ExpectAllAtServer();
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "shutdown_comp");
}

// The peer answers every probe, so no rule for dead peers ends the association (section 6.1 A).
TEST("a peer that sends SHUTDOWN and takes nothing, or a little every few minutes, does not hold a closed association for ever") {
  struct Case {
    bool trickles;
    TimeUs open_for, held_for;
  };
  for (const auto& [trickles, open_for, held_for] :
       {Case{false, 0, 300 * kSecond}, Case{true, 0, 600 * kSecond}, Case{true, 700 * kSecond, 300 * kSecond}}) {
    FullPair pair;
    // The test plays the peer: a SHUTDOWN, then acknowledgements with a closed window.
    pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
    uint32_t acknowledged = pair.client_tsn + 8;
    const auto answer = [&](uint8_t type, std::initializer_list<uint32_t> words) {
      pair.client.Inject(pair.FromServer(), PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Words(type, 0, words).Done());
      pair.net.Settle();
    };
    TimeUs time = 0;
    const auto run = [&] {
      pair.net.RunFor(10 * kSecond);
      time += 10 * kSecond;
      if (trickles && time % (250 * kSecond) == 0) acknowledged++;
      if (!ClientGone(pair)) answer(kChunkSack, {acknowledged, 0, 0});
    };
    answer(kChunkShutdown, {acknowledged});
    while (time < open_for) run();
    EXPECT_FALSE(ClientGone(pair));  // The owner of an open socket may wait, or abort the association.
    EXPECT_EQ(pair.client.engine->Close(pair.client_socket, false), 0);
    while (!ClientGone(pair) && time < 24 * 3600 * kSecond) run();
    EXPECT_TRUE(time - open_for >= held_for - 10 * kSecond && time - open_for <= held_for + 10 * kSecond);
  }
}

TEST("eof waits for a peer that answers and has no room, as long as that takes") {
  FullPair pair;
  Eof(pair);
  pair.net.RunFor(2 * 3600 * kSecond);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "");
  pair.ReadAll();
  EXPECT_TRUE(pair.net.RunUntil([&] { return BothGone(pair); }, 120 * kSecond));
  pair.ExpectAllAtServer();
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "shutdown_comp");
}

TEST("messages of a closed socket are delivered to a peer that reads slowly, however small RTO.Max is") {
  FullPair pair(true);
  EXPECT_EQ(pair.client.engine->Close(pair.client_socket, false), 0);
  for (uint32_t i = 0; i < kMessages; i++) {
    pair.net.RunFor(20 * kSecond);
    pair.Read(1);
  }
  pair.ReadAll();
  EXPECT_TRUE(pair.net.RunUntil([&] { return BothGone(pair); }, 10 * kSecond));
  pair.ExpectAllAtServer();
}

TEST("a closed socket's peer that takes nothing is aborted five minutes after it last took something") {
  FullPair pair;
  EXPECT_EQ(pair.client.engine->Close(pair.client_socket, false), 0);
  pair.net.RunFor(250 * kSecond);
  pair.Read(8);
  pair.net.RunFor(340 * kSecond);
  EXPECT_FALSE(ClientGone(pair));
  pair.net.RunFor(15 * kSecond);
  EXPECT_TRUE(ClientGone(pair));
  pair.ReadAll();
  pair.net.RunFor(kSecond);
  EXPECT_TRUE(Story(pair.server.Take(pair.server_socket)).ends_with(" comm_lost"));
}

// The peer's SHUTDOWN came first, so that the close finds nothing left to ask for.
TEST("a closed socket's peer that shuts down and takes nothing does not hold the association for ever") {
  FullPair pair;
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, {}, kFlagEof), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc).at(0), 7u);  // shutdown_received
  pair.client.Set(pair.client_socket, Option::kEvents, 0, {0});
  pair.client.Take(pair.client_socket);
  EXPECT_EQ(pair.client.engine->Close(pair.client_socket, false), 0);
  EXPECT_TRUE(pair.net.RunUntil([&] { return ClientGone(pair); }, 301 * kSecond));
}

TEST("the linger time bounds what a closed socket leaves, and nothing else: eof waits") {
  for (const bool closes : {true, false}) {
    FullPair pair(false, 10);
    if (closes) {
      EXPECT_EQ(pair.client.engine->Close(pair.client_socket, false), 0);
      EXPECT_TRUE(pair.client.engine->HasLingering());
    } else {
      Eof(pair);
    }
    for (int i = 0; i < 9; i++) {
      pair.net.RunFor(kSecond);
      pair.Read(1);
    }
    EXPECT_FALSE(ClientGone(pair));
    pair.net.RunFor(2 * kSecond);
    EXPECT_EQ(ClientGone(pair), closes);
    EXPECT_FALSE(pair.client.engine->HasLingering());
    pair.ReadAll();
    EXPECT_TRUE(pair.net.RunUntil([&] { return BothGone(pair); }, 120 * kSecond));
    EXPECT_TRUE(Story(pair.server.Take(pair.server_socket)).ends_with(closes ? "comm_lost(12)" : "shutdown_comp"));
  }
}

TEST("a linger time that is not needed ends with the association") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kLinger, 0, {1, 10});
  pair.Establish();
  EXPECT_EQ(pair.client.engine->Close(pair.client_socket, false), 0);
  EXPECT_TRUE(pair.client.engine->HasLingering());
  pair.net.RunFor(kSecond);
  EXPECT_TRUE(BothGone(pair));
  EXPECT_FALSE(pair.client.engine->HasLingering());
}

TEST("data that the peer of a closed socket takes, and its end, are progress; probes of its window are not") {
  FullPair pair;
  EXPECT_EQ(pair.client.engine->Close(pair.client_socket, false), 0);
  pair.net.RunFor(100 * kSecond);
  const uint64_t before = pair.client.engine->ClosingProgress();
  pair.net.RunFor(100 * kSecond);
  EXPECT_EQ(pair.client.engine->ClosingProgress(), before);
  pair.Read(8);
  pair.net.RunFor(60 * kSecond);
  const uint64_t taken = pair.client.engine->ClosingProgress();
  EXPECT_TRUE(taken > before);
  pair.client.engine->AbortAll();
  EXPECT_EQ(pair.client.engine->ClosingProgress(), taken + 1);
}

// An established pair whose client has shut down. The server does not hear of the SHUTDOWN, and sends a message a second.
struct DeafPair : Pair {
  explicit DeafPair(bool short_timeouts) {
    if (short_timeouts) UseShortTimeouts(*this);
    Establish();
    tap = [](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
      for (const ChunkView& chunk : ChunksOf(packet))
        if (chunk.type == kChunkShutdown) packet[static_cast<size_t>(chunk.whole.data() - packet.data())] = kIgnored;
      FixChecksum(&packet);
      return true;
    };
    Eof(*this);
  }
  void TalkFor(int seconds) {
    for (int i = 0; i < seconds && !ClientGone(*this); i++) {
      for (int part = 0; part < 10; part++) {
        server.Send(server_socket, server_assoc, 0, AsBytesOf("on and on"));
        net.RunFor(kSecond / 10);
      }
    }
  }
};

TEST("T5 ends a shutdown that the peer's data puts off, five times RTO.Max after the SHUTDOWN") {
  DeafPair pair(false);
  pair.TalkFor(299);
  EXPECT_FALSE(ClientGone(pair));
  pair.TalkFor(2);
  EXPECT_TRUE(ClientGone(pair));
  EXPECT_TRUE(Story(pair.client.Take(pair.client_socket)).ends_with("comm_lost"));
}

TEST("a small RTO.Max does not cut off a peer that still sends, only one that does not") {
  DeafPair pair(true);
  pair.TalkFor(60);
  EXPECT_FALSE(ClientGone(pair));
  pair.net.RunFor(5 * kSecond);
  EXPECT_TRUE(ClientGone(pair));
}

TEST("after eof the owner has the time to read what the peer still sends, however small RTO.Max is") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kRecbuf, 0, {8192});
  UseShortTimeouts(pair);
  pair.Establish();
  pair.client.engine->SetCredit(pair.client_socket, 0);
  std::vector<Message> messages;
  for (uint32_t i = 0; i < kMessages; i++) messages.push_back(MessageOf(i, 1000));
  Sender sender(pair.server, pair.server_socket, pair.server_assoc, messages);
  sender.Pump();
  pair.net.RunFor(kSecond);
  Eof(pair);
  pair.net.RunFor(60 * kSecond);
  EXPECT_FALSE(ClientGone(pair));
  pair.client.engine->SetCredit(pair.client_socket, kUnlimitedCredit);
  pair.client.engine->Drain(pair.client_socket);
  EXPECT_TRUE(pair.net.RunUntil([&] { return BothGone(pair); }, 60 * kSecond));
  const auto items = pair.client.Take(pair.client_socket);
  ExpectAllArrived(items, messages);
  EXPECT_TRUE(Story(items).ends_with(" shutdown_comp"));
}

}  // namespace
}  // namespace mailport::sctp::test
