// The end of associations (RFC 9260 section 9): graceful, simultaneous, with losses, aborted, and the events that the sockets get.
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

int Eof(SimHost& host, SocketId socket, AssocId assoc) { return host.Send(socket, assoc, 0, {}, kFlagEof); }

bool BothGone(Pair& pair) { return pair.client.engine->AssociationsOn(1) + pair.server.engine->AssociationsOn(1) == 0; }

// Section 9.2 and EV-11.
TEST("eof sends what is queued, then three packets end the association on both sides") {
  Pair pair;
  pair.Establish();
  std::vector<int> types;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    for (const ChunkView& chunk : ChunksOf(packet))
      if (chunk.type != kChunkData && chunk.type != kChunkSack) types.push_back(chunk.type);
    return true;
  };
  for (const char* text : {"a", "b", "c"}) EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf(text)), 0);
  EXPECT_EQ(Eof(pair.client, pair.client_socket, pair.client_assoc), 0);
  EXPECT_TRUE(pair.net.RunUntil([&] { return BothGone(pair); }, 5 * kSecond));
  EXPECT_EQ(types, (std::vector<int>{kChunkShutdown, kChunkShutdownAck, kChunkShutdownComplete}));
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "shutdown_comp");
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "data:a data:b data:c shutdown_event shutdown_comp");
}

TEST("eof after much data delivers all of it first") {
  Pair pair;
  pair.Establish();
  std::vector<Message> messages;
  for (uint32_t i = 0; i < 200; i++) messages.push_back(MessageOf(i, 1000));
  Sender sender(pair.client, pair.client_socket, pair.client_assoc, messages);
  sender.Pump();
  EXPECT_TRUE(sender.done());
  EXPECT_EQ(Eof(pair.client, pair.client_socket, pair.client_assoc), 0);
  EXPECT_TRUE(pair.net.RunUntil([&] { return BothGone(pair); }, 60 * kSecond));
  auto items = pair.server.Take(pair.server_socket);
  ExpectAllArrived(items, messages);
  EXPECT_TRUE(Story(items).ends_with("shutdown_event shutdown_comp"));
}

// SD-10, SD-14.
TEST("sending while shutting down is eshutdown on either side, afterwards epipe; a second eof is fine") {
  Pair pair;
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {8192});
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, 0);
  for (int i = 0; i < 50; i++) EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, std::vector<uint8_t>(1000, 'x')), 0);
  EXPECT_EQ(Eof(pair.client, pair.client_socket, pair.client_assoc), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("late")), ESHUTDOWN);
  EXPECT_EQ(Eof(pair.client, pair.client_socket, pair.client_assoc), 0);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc).at(0), 5u);  // shutdown_pending
  pair.server.engine->SetCredit(pair.server_socket, kUnlimitedCredit);
  pair.server.engine->Drain(pair.server_socket);
  EXPECT_TRUE(pair.net.RunUntil([&] { return BothGone(pair); }, 60 * kSecond));
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("late")), EPIPE);
  EXPECT_EQ(Eof(pair.client, pair.client_socket, pair.client_assoc), EPIPE);
  EXPECT_EQ(pair.server.Take(pair.server_socket).size(), 52u);
}

// Data that crosses the eof on the way still arrives (AS-5).
TEST("the peer's data that crosses the eof is delivered before shutdown_comp, on both sides") {
  Pair pair;
  pair.net.link.delay = 20 * kMillisecond;
  pair.Establish();
  std::vector<Message> messages;
  for (uint32_t i = 0; i < 150; i++) messages.push_back(MessageOf(i, 1200));
  Sender sender(pair.server, pair.server_socket, pair.server_assoc, messages);
  sender.Pump();
  pair.net.RunFor(kMillisecond);
  EXPECT_EQ(Eof(pair.client, pair.client_socket, pair.client_assoc), 0);
  EXPECT_TRUE(pair.net.RunUntil([&] { return BothGone(pair); }, 60 * kSecond));
  auto items = pair.client.Take(pair.client_socket);
  ExpectAllArrived(items, messages);
  EXPECT_TRUE(Story(items).ends_with(" shutdown_comp"));
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "shutdown_event shutdown_comp");
}

TEST("both ends shutting down at the same time ends gracefully, with and without data on the way") {
  for (TimeUs lag : {0, 500, 1000, 1500, 2000})
    for (bool data : {false, true}) {
      check::Note("lag " + std::to_string(lag) + (data ? " with data" : ""));
      Pair pair;
      pair.Establish();
      if (data) {
        pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("up"));
        pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("down"));
      }
      EXPECT_EQ(Eof(pair.client, pair.client_socket, pair.client_assoc), 0);
      pair.net.RunFor(lag);
      Eof(pair.server, pair.server_socket, pair.server_assoc);
      EXPECT_TRUE(pair.net.RunUntil([&] { return BothGone(pair); }, 60 * kSecond));
      for (std::string story : {Story(pair.client.Take(pair.client_socket)), Story(pair.server.Take(pair.server_socket))}) {
        EXPECT_TRUE(story.ends_with("shutdown_comp"));
        EXPECT_EQ(story.find("comm_lost"), std::string::npos);
        EXPECT_EQ(story.find("data:") != std::string::npos, data);
      }
    }
}

TEST("each packet of the shutdown may be lost, three times over") {
  for (uint8_t type : {kChunkShutdown, kChunkShutdownAck, kChunkShutdownComplete}) {
    check::Note("type " + std::to_string(type));
    Pair pair;
    pair.Establish();
    int drop = 3;
    pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) { return !(HasChunk(packet, type) && drop-- > 0); };
    EXPECT_EQ(Eof(pair.client, pair.client_socket, pair.client_assoc), 0);
    EXPECT_TRUE(pair.net.RunUntil([&] { return BothGone(pair); }, 120 * kSecond));
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "shutdown_comp");
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "shutdown_event shutdown_comp");
  }
}

TEST("a peer that vanishes during the shutdown gives comm_lost in the end, and no state stays") {
  Pair pair;
  pair.Establish();
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
  EXPECT_EQ(Eof(pair.client, pair.client_socket, pair.client_assoc), 0);
  EXPECT_TRUE(pair.net.RunUntil([&] { return BothGone(pair); }, 3600 * kSecond));
  EXPECT_TRUE(Story(pair.client.Take(pair.client_socket)).ends_with("comm_lost"));
}

// Section 9.1, EV-12, EV-17 (host order).
TEST("abort is comm_lost with cause 12 on both sides, and send_failed for what was not delivered") {
  Pair pair;
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {8192});
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, 0);
  for (int i = 0; i < 30; i++) EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, std::vector<uint8_t>(1000, 'x')), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("reason"), kFlagAbort), 0);
  pair.net.RunFor(kSecond);
  EXPECT_TRUE(BothGone(pair));
  auto at_client = pair.client.Take(pair.client_socket);
  EXPECT_TRUE(Story(at_client).starts_with("comm_lost(12) send_failed"));
  EXPECT_TRUE(Story(at_client).ends_with("send_failed:unsent"));
  pair.server.engine->SetCredit(pair.server_socket, kUnlimitedCredit);
  pair.server.engine->Drain(pair.server_socket);
  auto at_server = pair.server.Take(pair.server_socket);
  EXPECT_TRUE(Story(at_server).starts_with("data:1000"));  // Data that had arrived is kept, before the news.
  EXPECT_TRUE(Story(at_server).ends_with("comm_lost(12)"));
  EXPECT_TRUE(at_client.size() + at_server.size() >= 32u);
}

// The original send comes back with the failure (EV-7).
TEST("send_failed carries payload, stream, ppid and context of the send") {
  Pair pair;
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
  REQUIRE(pair.Connect() == 0);
  EXPECT_EQ(pair.client.engine->Send(pair.client_socket, {.assoc_id = pair.client_assoc, .stream = 3, .flags = kFlagUnordered, .ppid = 0xabcdef01, .context = 77},
                                     AsBytesOf("precious")),
            0);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagAbort), 0);
  auto items = pair.client.Take(pair.client_socket);
  REQUIRE(items.size() == 2);
  EXPECT_EQ(Story(items), "cant_assoc(12) send_failed:unsent");
  EXPECT_EQ(items[1].Text(), "precious");
  EXPECT_EQ(items[1].item.stream, 3u);
  EXPECT_EQ(items[1].item.flags, kFlagUnordered);
  EXPECT_EQ(items[1].item.ppid, 0xabcdef01u);
  EXPECT_EQ(items[1].item.context, 77u);
  EXPECT_EQ(items[1].item.error, 12u);
}

// AS-2.
TEST("after eof or abort the same peer can be connected again at once, under a new id") {
  for (uint32_t flag : {kFlagEof, kFlagAbort}) {
    Pair pair;
    pair.Establish();
    AssocId before = pair.client_assoc;
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, flag), 0);
    EXPECT_TRUE(pair.net.RunUntil([&] { return BothGone(pair); }, kSecond));
    pair.client.Take(pair.client_socket);
    pair.server.Take(pair.server_socket);
    pair.Establish();
    EXPECT_TRUE(pair.client_assoc != before);
    Transfer(pair, {MessageOf(1, 10)}, {MessageOf(2, 10)});
  }
}

// CL-7.
TEST("closing a socket ends its associations gracefully, with all data, and tells only the peers") {
  Pair pair;
  pair.Establish();
  for (int i = 0; i < 100; i++) EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, std::vector<uint8_t>(1000, 'x')), 0);
  EXPECT_EQ(pair.client.engine->Close(pair.client_socket, false), 0);
  EXPECT_TRUE(pair.client.engine->AssociationsOn(1) == 1);
  EXPECT_TRUE(pair.net.RunUntil([&] { return BothGone(pair); }, 30 * kSecond));
  EXPECT_TRUE(pair.client.items(pair.client_socket).empty());
  auto items = pair.server.Take(pair.server_socket);
  EXPECT_EQ(items.size(), 102u);
  EXPECT_TRUE(Story(items).ends_with("data:1000 shutdown_event shutdown_comp"));
}

// CL-9.
TEST("closing with linger 1,0 aborts") {
  Pair pair;
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kLinger, 0, {1, 0}), 0);
  pair.Establish();
  EXPECT_EQ(pair.client.engine->Close(pair.client_socket, false), 0);
  pair.net.RunFor(kSecond);
  EXPECT_TRUE(BothGone(pair));
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_lost(12)");
}

// Unread data of one association aborts all associations of the socket; unread events alone do not (CL-10).
TEST("closing with unread data aborts every association of the socket, with unread events none") {
  for (bool data : {true, false}) {
    Pair pair;
    pair.Establish();
    SocketId other = pair.client.Open(5001);
    AssocId other_assoc = 0;
    REQUIRE(pair.client.engine->Connect(other, {&pair.server.address, 1}, kServerPort, false, &other_assoc) == 0);
    pair.server.engine->SetCredit(pair.server_socket, 0);
    if (data) EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("unread")), 0);
    pair.net.RunFor(kSecond);
    pair.client.Take(other);
    EXPECT_EQ(pair.server.engine->Close(pair.server_socket, false), 0);
    pair.net.RunFor(kSecond);
    EXPECT_TRUE(BothGone(pair));
    const char* story = data ? "comm_lost(12)" : "shutdown_event shutdown_comp";
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), story);
    EXPECT_EQ(Story(pair.client.Take(other)), story);
  }
}

TEST("a closed socket's port can be opened again, and associations that still end do not disturb it") {
  Pair pair;
  pair.Establish();
  EXPECT_EQ(pair.client.engine->Close(pair.client_socket, false), 0);
  pair.net.RunFor(100 * kSecond);
  pair.server.Take(pair.server_socket);
  pair.client_socket = pair.client.Open(kClientPort);
  pair.Establish();
  Transfer(pair, {MessageOf(1, 10)}, {MessageOf(2, 10)});
}

TEST("AbortAll tells every peer and leaves nothing") {
  Pair pair;
  pair.Establish();
  pair.client.engine->AbortAll();
  EXPECT_EQ(pair.client.engine->AssociationsOn(1), 0u);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_lost(12)");
}

// EV-21, autoclose.
TEST("autoclose ends an idle association gracefully, not a busy one") {
  Pair pair;
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAutoclose, 0, {5}), 0);
  pair.Establish();
  for (int i = 0; i < 10; i++) {
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("x")), 0);
    pair.net.RunFor(3 * kSecond);
  }
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "");
  pair.net.RunFor(6 * kSecond);
  EXPECT_TRUE(BothGone(pair));
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "shutdown_comp");
  EXPECT_TRUE(Story(pair.server.Take(pair.server_socket)).ends_with("data:x shutdown_event shutdown_comp"));
}

}  // namespace
}  // namespace mailport::sctp::test
