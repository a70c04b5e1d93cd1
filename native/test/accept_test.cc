// Listening one-to-one sockets: associations wait to be accepted, each as a socket of its own (RFC 6458 section 4.1.4).
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

struct Listening {
  Listening() {
    listener = pair.server.Open({.port = 5002, .one_to_one = true});
    REQUIRE(pair.server.engine->Listen(listener, kBacklog) == 0);
  }
  AssocId Connect(uint16_t from, SocketId* client) {
    *client = pair.client.Open({.port = from, .one_to_one = true});
    AssocId assoc = 0;
    REQUIRE(pair.client.engine->Connect(*client, {&pair.server.address, 1}, 5002, false, &assoc) == 0);
    pair.net.RunFor(kSecond);
    return assoc;
  }
  std::string ReadAtServer(SocketId socket) {
    pair.server.engine->SetCredit(socket, kUnlimitedCredit);
    pair.server.engine->Drain(socket);
    return Story(pair.server.Take(socket));
  }

  Pair pair;
  SocketId listener = 0;
};

TEST("associations are accepted in the order they came, with what they have sent") {
  Listening it;
  SocketId first = 0, second = 0, accepted = 0;
  const AssocId of_first = it.Connect(6001, &first);
  const AssocId of_second = it.Connect(6002, &second);
  EXPECT_EQ(it.pair.client.Send(first, of_first, 0, AsBytesOf("1")), 0);
  EXPECT_EQ(it.pair.client.Send(second, of_second, 0, AsBytesOf("2")), 0);
  it.pair.net.RunFor(kSecond);
  REQUIRE(it.pair.server.engine->Accept(it.listener, &accepted) == 0);
  EXPECT_EQ(it.pair.server.engine->credit(accepted), 0u);
  EXPECT_EQ(it.ReadAtServer(accepted), "comm_up data:1");
  SocketId next = 0;
  REQUIRE(it.pair.server.engine->Accept(it.listener, &next) == 0);
  EXPECT_TRUE(next != accepted);
  EXPECT_EQ(it.ReadAtServer(next), "comm_up data:2");
  EXPECT_EQ(it.pair.server.engine->Accept(it.listener, &next), EAGAIN);
}

TEST("who asked too early is told when somebody has come, once") {
  Listening it;
  SocketId client = 0, accepted = 0;
  EXPECT_EQ(it.pair.server.engine->Accept(it.listener, &accepted), EAGAIN);
  it.Connect(6001, &client);
  size_t told = 0;
  for (const auto& delivered : it.pair.server.Take(it.listener)) told += delivered.item.kind == ItemKind::kAcceptable;
  EXPECT_EQ(told, 1u);
  it.Connect(6002, &client);
  EXPECT_TRUE(it.pair.server.Take(it.listener).empty());
}

TEST("an accepted socket neither listens nor connects, and outlives the listener") {
  Listening it;
  SocketId client = 0, accepted = 0;
  const AssocId assoc = it.Connect(6001, &client);
  REQUIRE(it.pair.server.engine->Accept(it.listener, &accepted) == 0);
  EXPECT_EQ(it.pair.server.engine->Listen(accepted, kBacklog), EINVAL);
  AssocId other = 0;
  EXPECT_EQ(it.pair.server.engine->Connect(accepted, {&it.pair.client.address, 1}, 9, false, &other), EISCONN);
  EXPECT_EQ(it.pair.server.engine->Close(it.listener, false), 0);
  EXPECT_EQ(it.pair.client.Send(client, assoc, 0, AsBytesOf("x")), 0);
  it.pair.net.RunFor(kSecond);
  EXPECT_EQ(it.ReadAtServer(accepted), "comm_up data:x");
  // The accepted socket's endpoint holds the port until the accepted socket is closed, too. The port may still be opened anew.
  EXPECT_EQ(it.pair.server.engine->Close(accepted, false), 0);
  it.pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(it.pair.client.Take(client)), "comm_up shutdown_event shutdown_comp");
}

// A listening socket has nothing of its own to deliver. Credit that is granted or taken back meanwhile counts once the socket connects (FC-39).
TEST("credit that changes while a one-to-one socket listens is what it has when it connects") {
  for (const uint32_t credit : {kUnlimitedCredit, 0u}) {
    Pair pair;
    const SocketId socket = pair.client.Open({.port = 6004, .one_to_one = true});
    pair.client.engine->SetCredit(socket, credit == 0 ? kUnlimitedCredit : 0);
    REQUIRE(pair.client.engine->Listen(socket, kBacklog) == 0);
    pair.client.engine->SetCredit(socket, credit);
    EXPECT_EQ(pair.client.engine->credit(socket), credit);
    REQUIRE(pair.client.engine->Listen(socket, 0) == 0);
    AssocId assoc = 0;
    REQUIRE(pair.client.engine->Connect(socket, {&pair.server.address, 1}, kServerPort, false, &assoc) == 0);
    pair.net.RunFor(kSecond);
    EXPECT_EQ(Story(pair.client.Take(socket)), credit == 0 ? "" : "comm_up");
  }
}

// CL-13.
TEST("closing a listener aborts what nobody has accepted") {
  Listening it;
  SocketId client = 0;
  it.Connect(6001, &client);
  EXPECT_EQ(it.pair.server.engine->Close(it.listener, false), 0);
  it.pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(it.pair.client.Take(client)), "comm_up comm_lost(12)");
  EXPECT_EQ(it.pair.server.engine->stats().associations, 0u);
}

// CL-13.
TEST("closing a socket that listens no more aborts what nobody has accepted") {
  Listening it;
  SocketId client = 0;
  it.Connect(6001, &client);
  EXPECT_EQ(it.pair.server.engine->Listen(it.listener, 0), 0);
  EXPECT_EQ(it.pair.server.engine->Close(it.listener, false), 0);
  it.pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(it.pair.client.Take(client)), "comm_up comm_lost(12)");
}

// LS-1. Linux: sctp_sf_do_5_1D_ce, sk_acceptq_is_full.
TEST("one more than the backlog may wait to be accepted; a further peer is refused until one has been accepted") {
  Listening it;
  REQUIRE(it.pair.server.engine->Listen(it.listener, 1) == 0);
  SocketId client = 0, accepted = 0;
  for (const uint16_t from : {6001, 6002}) {
    it.Connect(from, &client);
    EXPECT_EQ(Story(it.pair.client.Take(client)), "comm_up");
  }
  Wire wire(it.pair);
  it.Connect(6003, &client);
  EXPECT_EQ(Story(it.pair.client.Take(client)), "cant_assoc");
  EXPECT_EQ(wire.types, (std::vector<int>{kChunkInit, kChunkInitAck, kChunkCookieEcho, kChunkAbort}));
  const std::vector<uint8_t> abort = wire.First(kChunkAbort);
  EXPECT_TRUE(ChunksOf(abort)[0].body.empty());
  REQUIRE(it.pair.server.engine->Accept(it.listener, &accepted) == 0);
  it.Connect(6004, &client);
  EXPECT_EQ(Story(it.pair.client.Take(client)), "comm_up");
}

TEST("a backlog may be changed, and has a maximum; at a one-to-many socket it only must not be 0") {
  Listening it;
  SocketId client = 0;
  const auto listen = [&](uint32_t backlog) { EXPECT_EQ(it.pair.server.engine->Listen(it.listener, backlog), 0); };
  const auto connect = [&](uint16_t from) {
    it.Connect(from, &client);
    return Story(it.pair.client.Take(client));
  };
  listen(UINT32_MAX);
  for (uint16_t from = 6001; from <= 6010; ++from) EXPECT_EQ(connect(from), "comm_up");
  listen(9);
  EXPECT_EQ(connect(6011), "cant_assoc");
  listen(10);
  EXPECT_EQ(connect(6012), "comm_up");
  REQUIRE(it.pair.server.engine->Listen(it.pair.server_socket, 1) == 0);
  for (uint16_t from = 6021; from <= 6024; ++from) {
    AssocId assoc = 0;
    const SocketId many = it.pair.client.Open(from);
    REQUIRE(it.pair.client.engine->Connect(many, {&it.pair.server.address, 1}, kServerPort, false, &assoc) == 0);
    it.pair.net.RunFor(kSecond);
    EXPECT_EQ(Story(it.pair.client.Take(many)), "comm_up");
  }
}

TEST("an association may end before it is accepted, and its end is told") {
  Listening it;
  SocketId client = 0, accepted = 0;
  it.Connect(6001, &client);
  it.pair.client.engine->Close(client, true);
  it.pair.net.RunFor(kSecond);
  REQUIRE(it.pair.server.engine->Accept(it.listener, &accepted) == 0);
  EXPECT_EQ(it.ReadAtServer(accepted), "comm_up comm_lost(12)");
}

TEST("who does not listen cannot accept, nor can one-to-many sockets; a listener cannot connect") {
  Listening it;
  SocketId accepted = 0;
  AssocId assoc = 0;
  EXPECT_EQ(it.pair.client.engine->Accept(it.pair.client_socket, &accepted), EOPNOTSUPP);
  SocketId one = it.pair.client.Open({.port = 6003, .one_to_one = true});
  EXPECT_EQ(it.pair.client.engine->Accept(one, &accepted), EINVAL);
  EXPECT_EQ(it.pair.client.engine->Accept(9999, &accepted), EBADF);
  EXPECT_EQ(it.pair.server.engine->Connect(it.listener, {&it.pair.client.address, 1}, 9, false, &assoc), EISCONN);
}

}  // namespace
}  // namespace mailport::sctp::test
