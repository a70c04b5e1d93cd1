// Sockets: what they deliver, how they share carriers and ports, names, and what is no socket.
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

TEST("events not subscribed to are not delivered") {
  Pair pair;
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kEvents, 0, {1}), 0);
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("x")), 0);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagEof), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "data:x");
}

// EV-21.
TEST("adaptation indications are exchanged if subscribed to, after comm_up") {
  Pair pair;
  for (auto [host, socket, value] : {std::tuple{&pair.client, pair.client_socket, 11u}, {&pair.server, pair.server_socket, 22u}}) {
    EXPECT_EQ(host->Set(socket, Option::kAdaptation, 0, {value}), 0);
    EXPECT_EQ(host->Set(socket, Option::kEvents, 0, {255}), 0);
  }
  REQUIRE(pair.Connect() == 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up adaptation:22");
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up adaptation:11");
}

TEST("a carrier and port belong to one socket") {
  Pair pair;
  SocketId socket = 0;
  EXPECT_EQ(pair.client.engine->Open({.carrier = 1, .port = kClientPort}, &socket), EADDRINUSE);
  EXPECT_EQ(pair.client.engine->Open({.carrier = 1, .port = 77}, &socket), 0);  // Several may share a carrier (RFC 6951).
}

TEST("two sockets that share a carrier are told apart by SCTP port") {
  Pair pair;
  SocketId second = 0;
  REQUIRE(pair.server.engine->Open({.carrier = 1, .port = 99}, &second) == 0);
  pair.server.engine->SetCredit(second, kUnlimitedCredit);
  pair.server.engine->Listen(second, kBacklog);
  SocketId from = pair.client.Open({.port = 5001, .remote_udp_port = kServerPort});
  AssocId assoc = 0;
  REQUIRE(pair.client.engine->Connect(from, {&pair.server.address, 1}, 99, false, &assoc) == 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.client.Take(from)), "comm_up");
  EXPECT_EQ(Story(pair.server.Take(second)), "comm_up");
  pair.Establish();
  Transfer(pair, {MessageOf(1, 100)}, {MessageOf(2, 100)});
}

TEST("one socket has many associations, each with its own messages and end") {
  Pair pair;
  std::vector<std::pair<SocketId, AssocId>> clients;
  for (uint16_t i = 0; i < 50; i++) {
    SocketId socket = pair.client.Open(static_cast<uint16_t>(6000 + i));
    AssocId assoc = 0;
    REQUIRE(pair.client.engine->Connect(socket, {&pair.server.address, 1}, kServerPort, false, &assoc) == 0);
    clients.push_back({socket, assoc});
  }
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.server.Take(pair.server_socket).size(), 50u);
  for (auto [socket, assoc] : clients) EXPECT_EQ(Story(pair.client.Take(socket)), "comm_up");
  for (auto [socket, assoc] : clients) EXPECT_EQ(pair.client.Send(socket, assoc, 0, AsBytesOf("hello"), 0, socket), 0);
  pair.net.RunFor(kSecond);
  auto items = pair.server.Take(pair.server_socket);
  REQUIRE(items.size() == 50);
  for (const OwnedItem& item : items)
    EXPECT_EQ(pair.server.Send(pair.server_socket, item.item.assoc_id, 1, item.bytes, 0, item.item.ppid), 0);
  EXPECT_EQ(pair.server.Send(pair.server_socket, items[7].item.assoc_id, 0, {}, kFlagAbort), 0);
  pair.net.RunFor(kSecond);
  size_t aborted = 0;
  for (auto [socket, assoc] : clients) {
    auto got = pair.client.Take(socket);
    bool lost = Story(got).ends_with("comm_lost(12)");
    aborted += lost;
    if (!lost && EXPECT_EQ(Story(got), "data:hello")) EXPECT_EQ(got[0].item.ppid, socket);
  }
  EXPECT_EQ(aborted, 1u);
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 49u);
}

TEST("peer names and look-ups name the peer, and nobody else") {
  Pair pair;
  pair.Establish();
  std::vector<PeerName> names;
  EXPECT_EQ(pair.client.engine->PeerNames(pair.client_socket, pair.client_assoc, &names), 0);
  REQUIRE(names.size() == 1);
  EXPECT_TRUE(names[0].address == pair.server.address);
  EXPECT_EQ(names[0].port, kServerPort);
  EXPECT_EQ(pair.client.engine->FindAssociation(pair.client_socket, pair.server.address, kServerPort), pair.client_assoc);
  EXPECT_EQ(pair.client.engine->FindAssociation(pair.client_socket, pair.server.address, 8), 0u);
  EXPECT_EQ(pair.client.engine->FindAssociation(pair.client_socket, pair.client.address, kServerPort), 0u);
}

// RFC 6458 section 4.
TEST("a one-to-one socket has at most one association") {
  Pair pair;
  SocketId one = pair.client.Open({.port = 5001, .one_to_one = true});
  AssocId assoc = 0;
  REQUIRE(pair.client.engine->Connect(one, {&pair.server.address, 1}, kServerPort, false, &assoc) == 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.client.Take(one)), "comm_up");
  AssocId second = 0;
  EXPECT_EQ(pair.client.engine->Connect(one, {&pair.server.address, 1}, 8, false, &second), EISCONN);
}

TEST("IPv6 peers connect and talk") {
  SimNetwork net(1);
  IpAddress a, b;
  a.family = b.family = 6;
  a.bytes = {0xfd, 1}, b.bytes = {0xfd, 2};
  SimHost& client = net.AddHost("client", a);
  SimHost& server = net.AddHost("server", b);
  SocketId c = client.Open({.port = 5000, .family = 6}), s = server.Open({.port = 7, .family = 6});
  server.engine->Listen(s, kBacklog);
  AssocId assoc = 0;
  REQUIRE(client.engine->Connect(c, {&b, 1}, 7, false, &assoc) == 0);
  net.RunFor(kSecond);
  EXPECT_EQ(client.Send(c, assoc, 0, AsBytesOf("six")), 0);
  net.RunFor(kSecond);
  auto items = server.Take(s);
  EXPECT_EQ(Story(items), "comm_up data:six");
  if (!items.empty()) EXPECT_TRUE(items[0].item.peer == a);
}

TEST("calls on ids that are no sockets are refused") {
  Pair pair;
  SocketId none = 9999, out = 0;
  AssocId assoc = 0;
  EXPECT_TRUE(pair.client.engine->Listen(none, kBacklog) != 0);
  EXPECT_TRUE(pair.client.engine->Connect(none, {&pair.server.address, 1}, 7, false, &assoc) != 0);
  EXPECT_TRUE(pair.client.Send(none, 3, 0, AsBytesOf("x")) != 0);
  EXPECT_TRUE(pair.client.engine->PeelOff(none, 3, &out) != 0);
  EXPECT_TRUE(pair.client.engine->Close(none, false) != 0);
  EXPECT_TRUE(pair.client.Get(none, Option::kNodelay).empty());
  pair.client.engine->SetCredit(none, 5);
  pair.client.engine->Drain(none);
  EXPECT_EQ(pair.client.engine->credit(none), 0u);
}

}  // namespace
}  // namespace mailport::sctp::test
