// Peeling associations off (PO): what moves, what stays, and what each socket is afterwards.
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

struct Peeled {
  Peeled() {
    pair.Establish();
    other = pair.client.Open(5001);
    REQUIRE(pair.client.engine->Connect(other, {&pair.server.address, 1}, kServerPort, false, &other_assoc) == 0);
    pair.net.RunFor(kSecond);
    pair.client.Take(other);
    other_at_server = pair.server.Take(pair.server_socket).at(0).item.assoc_id;
  }
  int PeelOff(AssocId assoc) { return pair.server.engine->PeelOff(pair.server_socket, assoc, &peeled); }
  std::string Read(SocketId socket) {
    pair.server.engine->SetCredit(socket, kUnlimitedCredit);
    pair.server.engine->Drain(socket);
    return Story(pair.server.Take(socket));
  }

  Pair pair;
  SocketId other = 0, peeled = 0;
  AssocId other_assoc = 0, other_at_server = 0;
};

// Items queued for the association move with it, in order; the rest stays (PO-7, PO-13).
TEST("peeling off moves the association's queued items and no others") {
  Peeled p;
  p.pair.server.engine->SetCredit(p.pair.server_socket, 0);
  for (const char* text : {"1", "2", "3"}) {
    EXPECT_EQ(p.pair.client.Send(p.pair.client_socket, p.pair.client_assoc, 0, AsBytesOf(text)), 0);
    EXPECT_EQ(p.pair.client.Send(p.other, p.other_assoc, 0, AsBytesOf("other")), 0);
    p.pair.net.RunFor(kSecond);
  }
  EXPECT_EQ(p.PeelOff(p.pair.server_assoc), 0);
  EXPECT_EQ(p.pair.server.engine->credit(p.peeled), 0u);
  EXPECT_EQ(p.pair.client.Send(p.pair.client_socket, p.pair.client_assoc, 0, AsBytesOf("4")), 0);
  p.pair.net.RunFor(kSecond);
  EXPECT_EQ(p.Read(p.pair.server_socket), "data:other data:other data:other");
  EXPECT_EQ(p.Read(p.peeled), "data:1 data:2 data:3 data:4");
}

TEST("an unread comm_up moves too, and is the new socket's first item") {
  Pair pair;
  pair.server.engine->SetCredit(pair.server_socket, 0);
  REQUIRE(pair.Connect() == 0);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("x")), 0);
  pair.net.RunFor(kSecond);
  AssocId assoc = pair.server.engine->FindAssociation(pair.server_socket, pair.client.address, kClientPort);
  SocketId peeled = 0;
  REQUIRE(pair.server.engine->PeelOff(pair.server_socket, assoc, &peeled) == 0);
  pair.server.engine->SetCredit(peeled, kUnlimitedCredit);
  pair.server.engine->Drain(peeled);
  EXPECT_EQ(Story(pair.server.Take(peeled)), "comm_up data:x");
}

// PO-2, PO-9, PO-14.
TEST("after peeling off, the parent no longer knows the association, and what cannot be peeled is einval") {
  Peeled p;
  EXPECT_EQ(p.PeelOff(p.pair.server_assoc), 0);
  SimHost& server = p.pair.server;
  EXPECT_EQ(server.Send(p.pair.server_socket, p.pair.server_assoc, 0, AsBytesOf("x")), EPIPE);
  EXPECT_TRUE(server.Get(p.pair.server_socket, Option::kStatus, p.pair.server_assoc).empty());
  AssocId again = 0;
  EXPECT_EQ(server.engine->Connect(p.pair.server_socket, {&p.pair.client.address, 1}, kClientPort, false, &again), EADDRNOTAVAIL);
  EXPECT_EQ(server.engine->Connect(p.peeled, {&p.pair.client.address, 1}, 5001, false, &again), EISCONN);
  SocketId more = 0;
  EXPECT_EQ(server.engine->Listen(p.peeled, kBacklog), EINVAL);
  EXPECT_EQ(server.engine->PeelOff(p.pair.server_socket, p.pair.server_assoc, &more), EINVAL);
  EXPECT_EQ(server.engine->PeelOff(p.peeled, p.pair.server_assoc, &more), EINVAL);
  for (AssocId id : {0u, 1u, 2u, 999u}) EXPECT_EQ(server.engine->PeelOff(p.pair.server_socket, id, &more), EINVAL);
}

// PO-11, PO-15, SD-11.
TEST("a peeled socket sends, receives and ends by itself, and takes any id for its own") {
  Peeled p;
  EXPECT_EQ(p.PeelOff(p.pair.server_assoc), 0);
  p.pair.server.engine->SetCredit(p.peeled, kUnlimitedCredit);
  EXPECT_EQ(p.pair.server.Send(p.peeled, 12345, 0, AsBytesOf("down")), 0);
  EXPECT_EQ(p.pair.client.Send(p.pair.client_socket, p.pair.client_assoc, 0, AsBytesOf("up")), 0);
  p.pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(p.pair.client.Take(p.pair.client_socket)), "data:down");
  EXPECT_EQ(Story(p.pair.server.Take(p.peeled)), "data:up");
  EXPECT_EQ(p.pair.server.engine->Close(p.peeled, false), 0);
  p.pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(p.pair.client.Take(p.pair.client_socket)), "shutdown_event shutdown_comp");
  EXPECT_EQ(p.pair.client.Send(p.other, p.other_assoc, 0, AsBytesOf("still here")), 0);
  p.pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(p.pair.server.Take(p.pair.server_socket)), "data:still here");
}

// CL-11.
TEST("closing the parent leaves the peeled socket alone") {
  Peeled p;
  EXPECT_EQ(p.PeelOff(p.pair.server_assoc), 0);
  p.pair.server.engine->SetCredit(p.peeled, kUnlimitedCredit);
  EXPECT_EQ(p.pair.server.engine->Close(p.pair.server_socket, false), 0);
  EXPECT_EQ(p.pair.client.Send(p.pair.client_socket, p.pair.client_assoc, 0, AsBytesOf("up")), 0);
  p.pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(p.pair.server.Take(p.peeled)), "data:up");
  EXPECT_EQ(Story(p.pair.client.Take(p.other)), "shutdown_event shutdown_comp");
}

// A new association lands on the parent (PO-9).
TEST("a new client of the parent's port lands on the parent") {
  Peeled p;
  EXPECT_EQ(p.PeelOff(p.pair.server_assoc), 0);
  SocketId fresh = p.pair.client.Open(5002);
  AssocId assoc = 0;
  REQUIRE(p.pair.client.engine->Connect(fresh, {&p.pair.server.address, 1}, kServerPort, false, &assoc) == 0);
  p.pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(p.pair.server.Take(p.pair.server_socket)), "comm_up");
}

TEST("peeling off in the middle of a transfer loses and repeats nothing") {
  for (uint64_t seed : check::Seeds(40)) {
    check::Note("seed " + std::to_string(seed));
    Pair pair(seed);
    pair.net.link = {.delay = 2 * kMillisecond, .loss = 0.03, .reorder = 0.05};
    pair.Establish();
    std::vector<Message> messages;
    for (uint32_t i = 0; i < 300; i++) messages.push_back(MessageOf(i, i % 5 ? 100 : 4000, i % 3));
    Sender sender(pair.client, pair.client_socket, pair.client_assoc, messages);
    pair.net.app = [&] { sender.Pump(); };
    pair.net.RunFor(pair.net.random().Below(40) * kMillisecond);
    pair.server.engine->SetCredit(pair.server_socket, 0);
    pair.net.RunFor(pair.net.random().Below(10) * kMillisecond);
    SocketId peeled = 0;
    REQUIRE(pair.server.engine->PeelOff(pair.server_socket, pair.server_assoc, &peeled) == 0);
    pair.net.RunFor(pair.net.random().Below(10) * kMillisecond);
    pair.server.engine->SetCredit(peeled, kUnlimitedCredit);
    pair.server.engine->Drain(peeled);
    auto before = pair.server.Take(pair.server_socket);
    auto& after = pair.server.items(peeled);
    EXPECT_TRUE(pair.net.RunUntil([&] { return before.size() + after.size() >= 300; }, 300 * kSecond));
    for (OwnedItem& item : after) before.push_back(std::move(item));
    if (!ExpectAllArrived(before, messages)) return;
  }
}

}  // namespace
}  // namespace mailport::sctp::test
