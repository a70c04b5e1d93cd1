// Each call of an engine with each thing that can be wrong: the error that the call gives, the order in which it checks, and that nothing has changed.
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr SocketId kNoSocket = 9999;
constexpr AssocId kNoAssoc = 9999;

TEST("a socket that is not there: EBADF from every call, or nothing") {
  Pair pair;
  pair.Establish();
  Engine& engine = *pair.client.engine;
  SocketId socket = 0;
  AssocId assoc = 0;
  std::vector<uint32_t> values = {7};
  std::vector<PeerName> names = {{}};
  IpAddress address = pair.server.address;
  std::vector<IpAddress> addresses;
  EXPECT_EQ(engine.Listen(kNoSocket, 1), EBADF);
  EXPECT_EQ(engine.Connect(kNoSocket, {&address, 1}, 7, false, &assoc), EBADF);
  EXPECT_EQ(engine.Send(kNoSocket, {.assoc_id = pair.client_assoc}, AsBytesOf("x")), EBADF);
  EXPECT_EQ(engine.PeelOff(kNoSocket, pair.client_assoc, &socket), EBADF);
  EXPECT_EQ(engine.Accept(kNoSocket, &socket), EBADF);
  EXPECT_EQ(engine.Close(kNoSocket, false), EBADF);
  EXPECT_EQ(engine.SetOption(kNoSocket, Option::kNodelay, 0, values), EBADF);
  EXPECT_EQ(engine.GetOption(kNoSocket, Option::kNodelay, 0, &values), EBADF);
  EXPECT_EQ(engine.GetOption(0, Option::kNodelay, 0, &values), EBADF);
  EXPECT_EQ(engine.PeerNames(kNoSocket, 0, &names), EBADF);
  EXPECT_EQ(engine.LocalNames(kNoSocket, pair.client_assoc, &addresses), EBADF);
  EXPECT_EQ(engine.FindAssociation(kNoSocket, pair.server.address, kServerPort), 0u);
  engine.Unwatch(kNoSocket, pair.client_assoc);
  engine.SetCredit(kNoSocket, 1);
  engine.Drain(kNoSocket);
  size_t in = 1, out = 1;
  engine.QueuedBytes(kNoSocket, &in, &out);
  EXPECT_EQ(in + out, 0u);
  EXPECT_TRUE(WorksBothWays(pair));
}

TEST("an association that is not the socket's: of another socket, ended, or never there") {
  Pair pair;
  pair.Establish();
  Engine& engine = *pair.client.engine;
  const SocketId other = pair.client.Open(uint16_t{5001});
  std::vector<IpAddress> addresses;
  SocketId peeled = 0;
  std::vector<uint32_t> values = {1};
  std::vector<PeerName> names;
  const auto refuses = [&](SocketId socket, AssocId assoc) {
    EXPECT_EQ(engine.Send(socket, {.assoc_id = assoc}, AsBytesOf("x")), EPIPE);
    EXPECT_EQ(engine.Send(socket, {.assoc_id = assoc, .flags = kFlagEof}, {}), EPIPE);
    EXPECT_EQ(engine.Send(socket, {.assoc_id = assoc, .flags = kFlagAbort}, {}), EPIPE);
    EXPECT_EQ(engine.PeelOff(socket, assoc, &peeled), EINVAL);
    EXPECT_EQ(engine.SetOption(socket, Option::kNodelay, assoc, values), EINVAL);
    EXPECT_EQ(engine.GetOption(socket, Option::kNodelay, assoc, &values), EINVAL);
    EXPECT_EQ(engine.PeerNames(socket, assoc, &names), EINVAL);
    EXPECT_EQ(engine.LocalNames(socket, assoc, &addresses), EINVAL);
    values = {1};
  };
  refuses(pair.client_socket, kNoAssoc);
  refuses(other, pair.client_assoc);
  EXPECT_EQ(engine.FindAssociation(other, pair.server.address, kServerPort), 0u);
  EXPECT_EQ(engine.PeerNames(other, 0, &names), 0);
  EXPECT_TRUE(names.empty());
  EXPECT_TRUE(WorksBothWays(pair));
  EXPECT_EQ(engine.Send(pair.client_socket, {.assoc_id = pair.client_assoc, .flags = kFlagAbort}, {}), 0);
  refuses(pair.client_socket, pair.client_assoc);
  EXPECT_EQ(engine.FindAssociation(pair.client_socket, pair.server.address, kServerPort), 0u);
}

TEST("open: a port and a family there are, and a port that nobody has on this carrier") {
  Pair pair;
  Engine& engine = *pair.client.engine;
  SocketId socket = 0;
  EXPECT_EQ(engine.Open({.carrier = 1, .port = 0}, &socket), EINVAL);
  EXPECT_EQ(engine.Open({.carrier = 1, .port = 9, .family = 5}, &socket), EINVAL);
  EXPECT_EQ(engine.Open({.carrier = 1, .port = kClientPort}, &socket), EADDRINUSE);
  EXPECT_EQ(socket, 0u);
  EXPECT_EQ(engine.Open({.carrier = 2, .port = kClientPort}, &socket), 0);
  SocketId next = 0;
  EXPECT_EQ(engine.Open({.carrier = 1, .port = 9, .family = 6}, &next), 0);
  EXPECT_TRUE(next > socket && socket > pair.client_socket);
}

TEST("connect: addresses that no host can have, port 0, families that do not go together") {
  Pair pair;
  Engine& engine = *pair.client.engine;
  AssocId assoc = 77;
  const auto connect = [&](SocketId socket, std::vector<IpAddress> addresses, uint16_t port = 7) {
    return engine.Connect(socket, addresses, port, false, &assoc);
  };
  IpAddress multicast6, any6, host6;
  multicast6.family = any6.family = host6.family = 6;
  multicast6.bytes[0] = 0xff;
  host6.bytes = {0xfe, 0x80};
  EXPECT_EQ(connect(pair.client_socket, {}), EINVAL);
  EXPECT_EQ(connect(pair.client_socket, {pair.server.address}, 0), EINVAL);
  EXPECT_EQ(connect(pair.client_socket, {Ipv4(0, 0, 0, 0)}), EINVAL);
  EXPECT_EQ(connect(pair.client_socket, {Ipv4(224, 0, 0, 1)}), EINVAL);
  EXPECT_EQ(connect(pair.client_socket, {Ipv4(255, 255, 255, 255)}), EINVAL);
  EXPECT_EQ(connect(pair.client_socket, {host6}), EAFNOSUPPORT);
  const SocketId six = pair.client.Open({.port = 5006, .family = 6});
  EXPECT_EQ(connect(six, {multicast6}), EINVAL);
  EXPECT_EQ(connect(six, {any6}), EINVAL);
  EXPECT_EQ(assoc, 77u);
  EXPECT_EQ(engine.stats().associations, 0u);
  EXPECT_EQ(connect(pair.client_socket, {Ipv4(223, 255, 255, 255)}), 0);
  EXPECT_EQ(connect(six, {host6}), 0);
  EXPECT_EQ(connect(six, {Ipv4(10, 0, 0, 9)}), 0);
  EXPECT_EQ(engine.stats().associations, 3u);
}

TEST("connect to a peer that there is: under way, up, another socket's, and gone") {
  Pair pair;
  Engine& engine = *pair.client.engine;
  const IpAddress address = pair.server.address;
  AssocId assoc = 0;
  const auto connect = [&](SocketId socket) { return engine.Connect(socket, {&address, 1}, kServerPort, false, &assoc); };
  EXPECT_EQ(pair.Connect(), 0);
  EXPECT_EQ(connect(pair.client_socket), EALREADY);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(connect(pair.client_socket), EISCONN);
  SocketId peeled = 0;
  EXPECT_EQ(engine.PeelOff(pair.client_socket, pair.client_assoc, &peeled), 0);
  EXPECT_EQ(connect(pair.client_socket), EADDRNOTAVAIL);
  EXPECT_EQ(connect(peeled), EISCONN);
  EXPECT_EQ(engine.Close(peeled, true), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(connect(pair.client_socket), 0);
}

TEST("listen and accept work on sockets of the right kind and state, and are refused on all others") {
  Pair pair;
  Engine& engine = *pair.client.engine;
  const SocketId one = pair.client.Open({.port = 5001, .one_to_one = true});
  SocketId accepted = 0;
  EXPECT_EQ(engine.Listen(pair.client_socket, 0), EINVAL);
  EXPECT_EQ(engine.Listen(pair.client_socket, 1), 0);
  EXPECT_EQ(engine.Listen(pair.client_socket, 0), 0);
  EXPECT_EQ(engine.Listen(pair.client_socket, 0), EINVAL);
  EXPECT_EQ(engine.Accept(pair.client_socket, &accepted), EOPNOTSUPP);
  EXPECT_EQ(engine.Accept(one, &accepted), EINVAL);
  EXPECT_EQ(engine.Listen(one, 1), 0);
  EXPECT_EQ(engine.Accept(one, &accepted), EAGAIN);
  AssocId assoc = 0;
  const IpAddress address = pair.server.address;
  EXPECT_EQ(engine.Connect(one, {&address, 1}, kServerPort, false, &assoc), EISCONN);
  EXPECT_EQ(engine.Listen(one, 0), 0);
  EXPECT_EQ(engine.Connect(one, {&address, 1}, kServerPort, false, &assoc), 0);
  EXPECT_EQ(engine.Listen(one, 1), EINVAL);
  EXPECT_EQ(engine.Connect(one, {&address, 1}, kServerPort, false, &assoc), EISCONN);
  EXPECT_EQ(engine.PeelOff(one, assoc, &accepted), EINVAL);
  pair.net.RunFor(kSecond);
  SocketId peeled = 0;
  REQUIRE(pair.server.engine->PeelOff(pair.server_socket, pair.server.Take(pair.server_socket).at(0).item.assoc_id, &peeled) == 0);
  EXPECT_EQ(pair.server.engine->Listen(peeled, 1), EINVAL);
  EXPECT_EQ(pair.server.engine->Accept(peeled, &accepted), EINVAL);
}

TEST("send: flags that do not go together, and limits of each kind") {
  Pair pair;
  pair.Establish();
  const auto send = [&](uint32_t flags, const char* text = "x") {
    return pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf(text), flags);
  };
  EXPECT_EQ(send(kFlagEof), EINVAL);
  EXPECT_EQ(send(kFlagAddrOver), EINVAL);
  EXPECT_EQ(send(kFlagPrRtx), 0);
  EXPECT_EQ(send(kFlagPrPrio), 0);
  EXPECT_EQ(send(kFlagPrTtl), 0);
  EXPECT_EQ(send(0, ""), EINVAL);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "data:x data:x data:x");
  const SocketId one = pair.client.Open({.port = 5001, .one_to_one = true});
  AssocId assoc = 0;
  const IpAddress address = pair.server.address;
  REQUIRE(pair.client.engine->Connect(one, {&address, 1}, kServerPort, false, &assoc) == 0);
  pair.net.RunFor(kSecond);
  // A one-to-one socket has shutdown() and close() for these (RFC 6458 section 4).
  EXPECT_EQ(pair.client.Send(one, assoc, 0, {}, kFlagEof), EINVAL);
  EXPECT_EQ(pair.client.Send(one, assoc, 0, {}, kFlagAbort), EINVAL);
  EXPECT_EQ(pair.client.Send(one, kNoAssoc, 0, AsBytesOf("any id is its own")), 0);
}

TEST("look-ups: by address and port among the socket's own, the local address, and all peers at once") {
  Pair pair;
  pair.Establish();
  Engine& engine = *pair.server.engine;
  const SocketId second = pair.client.Open(uint16_t{5001});
  AssocId assoc = 0;
  const IpAddress address = pair.server.address;
  REQUIRE(pair.client.engine->Connect(second, {&address, 1}, kServerPort, false, &assoc) == 0);
  pair.net.RunFor(kSecond);
  const AssocId newer = engine.FindAssociation(pair.server_socket, pair.client.address, 5001);
  EXPECT_TRUE(newer != 0 && newer != pair.server_assoc);
  EXPECT_EQ(engine.FindAssociation(pair.server_socket, pair.client.address, kClientPort), pair.server_assoc);
  std::vector<PeerName> names;
  EXPECT_EQ(engine.PeerNames(pair.server_socket, 0, &names), 0);
  EXPECT_EQ(names.size(), 2u);
  EXPECT_EQ(engine.PeerNames(pair.server_socket, newer, &names), 0);
  REQUIRE(names.size() == 1);
  EXPECT_EQ(names[0].assoc_id, newer);
  EXPECT_EQ(names[0].port, 5001);
  EXPECT_TRUE(names[0].address == pair.client.address);
  std::vector<IpAddress> local;
  EXPECT_EQ(engine.LocalNames(pair.server_socket, newer, &local), 0);
  EXPECT_TRUE(local == std::vector{pair.server.address});
  SocketId peeled = 0;
  EXPECT_EQ(engine.PeelOff(pair.server_socket, newer, &peeled), 0);
  EXPECT_EQ(engine.FindAssociation(pair.server_socket, pair.client.address, 5001), 0u);
  EXPECT_EQ(engine.FindAssociation(peeled, pair.client.address, 5001), newer);
  EXPECT_EQ(engine.LocalNames(peeled, 0, &local), 0);
  EXPECT_EQ(engine.PeerNames(pair.server_socket, 0, &names), 0);
  EXPECT_EQ(names.size(), 1u);
}

// CN-8, CN-12.
TEST("a watched connect is told of beside the queue, whatever becomes of it; one that is watched no more like any other") {
  for (const bool succeeds : {true, false}) {
    for (const bool unwatched : {true, false}) {
      check::Note(std::string(succeeds ? "up" : "refused") + (unwatched ? ", unwatched" : ""));
      Pair pair;
      if (!succeeds) pair.server.engine->Listen(pair.server_socket, 0);
      const IpAddress address = pair.server.address;
      AssocId assoc = 0;
      pair.client.engine->SetCredit(pair.client_socket, 0);
      REQUIRE(pair.client.engine->Connect(pair.client_socket, {&address, 1}, kServerPort, true, &assoc) == 0);
      if (unwatched) pair.client.engine->Unwatch(pair.client_socket, assoc);
      pair.net.RunFor(kSecond);
      const auto& results = pair.client.results[pair.client_socket];
      EXPECT_EQ(results.size(), unwatched ? 0u : 1u);
      EXPECT_TRUE(pair.client.items(pair.client_socket).empty());
      if (!unwatched && !results.empty()) {
        EXPECT_EQ(results[0].item.state, static_cast<uint32_t>(succeeds ? AssocState::kCommUp : AssocState::kCantAssoc));
        EXPECT_EQ(results[0].item.assoc_id, assoc);
      }
      pair.client.engine->SetCredit(pair.client_socket, kUnlimitedCredit);
      pair.client.engine->Drain(pair.client_socket);
      EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), !unwatched ? "" : succeeds ? "comm_up" : "cant_assoc");
      // Only the first change of a watched connect is told beside the queue.
      if (!succeeds) continue;
      EXPECT_EQ(pair.client.Send(pair.client_socket, assoc, 0, {}, kFlagAbort), 0);
      EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_lost(12)");
    }
  }
}

TEST("a remote error is told with its causes as they came, and only to subscribers") {
  Pair pair;
  pair.Establish();
  const auto error = [&] {
    pair.client.Inject(pair.FromServer(), PacketBuilder(kServerPort, kClientPort, pair.tag_to_client)
                                              .Words(kChunkError, 0, {0x00060008, 0xcafe0001, 0x000a0008, 7})
                                              .Done());
  };
  error();
  auto items = pair.client.Take(pair.client_socket);
  REQUIRE(items.size() == 1 && items[0].item.kind == ItemKind::kRemoteError);
  EXPECT_EQ(items[0].item.error, 6u);
  EXPECT_EQ(items[0].item.assoc_id, pair.client_assoc);
  EXPECT_EQ(items[0].bytes, (std::vector<uint8_t>{0, 6, 0, 8, 0xca, 0xfe, 0, 1, 0, 10, 0, 8, 0, 0, 0, 7}));
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kEvents, 0, {127 & ~16u}), 0);
  error();
  EXPECT_TRUE(pair.client.Take(pair.client_socket).empty());
}

}  // namespace
}  // namespace mailport::sctp::test
