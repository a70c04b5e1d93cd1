// Sockets: opening, names, options and their defaults (SO-14), peeling off (PO).
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

using Values = std::vector<uint32_t>;

// SO-14.
TEST("a fresh socket reads back the defaults") {
  Pair pair;
  auto get = [&](Option option) { return pair.client.Get(pair.client_socket, option); };
  EXPECT_EQ(get(Option::kRtoInfo), (Values{3000, 60000, 1000}));
  Values info = get(Option::kAssocInfo);
  REQUIRE(info.size() == 5);
  EXPECT_EQ(info[0], 10u);
  EXPECT_EQ(info[1], 0u);
  EXPECT_EQ(info[4], 60000u);
  EXPECT_EQ(get(Option::kInitMsg), (Values{10, 65535, 8, 60000}));
  EXPECT_EQ(get(Option::kAutoclose), (Values{0}));
  EXPECT_EQ(get(Option::kNodelay), (Values{0}));
  EXPECT_EQ(get(Option::kDisableFragments), (Values{0}));
  EXPECT_EQ(get(Option::kMaxSeg), (Values{0}));
  EXPECT_EQ(get(Option::kAdaptation), (Values{0}));
  EXPECT_EQ(get(Option::kPeerAddrParams), (Values{30000, 5, 0, 200, 1 | 8 | 32}));
  EXPECT_EQ(get(Option::kDefaultSendParam), (Values{0, 0, 0, 0, 0}));
  EXPECT_EQ(get(Option::kLinger), (Values{0, 0}));
  Values status = get(Option::kStatus);
  EXPECT_TRUE(status.empty());
  EXPECT_TRUE(get(Option::kPrimaryPeer).empty());
}

TEST("what is set is read back, and associations made later inherit it") {
  Pair pair;
  SimHost& c = pair.client;
  SocketId s = pair.client_socket;
  EXPECT_EQ(c.Set(s, Option::kRtoInfo, 0, {500, 5000, 200}), 0);
  EXPECT_EQ(c.Set(s, Option::kInitMsg, 0, {20, 0, 3, 0}), 0);
  EXPECT_EQ(c.Set(s, Option::kNodelay, 0, {1}), 0);
  EXPECT_EQ(c.Set(s, Option::kDefaultSendParam, 0, {2, kFlagUnordered, 77, 5, 0}), 0);
  EXPECT_EQ(c.Set(s, Option::kLinger, 0, {1, 3}), 0);
  EXPECT_EQ(c.Get(s, Option::kRtoInfo), (Values{500, 5000, 200}));
  EXPECT_EQ(c.Get(s, Option::kInitMsg), (Values{20, 65535, 3, 60000}));  // SO-13: 0 keeps.
  EXPECT_EQ(c.Get(s, Option::kLinger), (Values{1, 3}));
  pair.Establish();
  EXPECT_EQ(c.Get(s, Option::kRtoInfo, pair.client_assoc), (Values{500, 5000, 200}));
  EXPECT_EQ(c.Get(s, Option::kDefaultSendParam, pair.client_assoc), (Values{2, kFlagUnordered, 77, 5, 0}));
  // SO-8: the socket's defaults no longer touch this association.
  EXPECT_EQ(c.Set(s, Option::kDefaultSendParam, 0, {0, 0, 1, 0, 0}), 0);
  EXPECT_EQ(c.Get(s, Option::kDefaultSendParam, pair.client_assoc), (Values{2, kFlagUnordered, 77, 5, 0}));
}

// SD-1: flags, ppid and context from the defaults, stream from the argument.
TEST("a send with defaults takes the association's own") {
  Pair pair;
  pair.Establish();
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kDefaultSendParam, pair.client_assoc, {2, kFlagUnordered, 77, 5, 0}), 0);
  EXPECT_EQ(pair.client.engine->Send(pair.client_socket, {.assoc_id = pair.client_assoc, .stream = 4, .use_defaults = true}, AsBytesOf("x")), 0);
  pair.net.RunFor(kSecond);
  auto items = pair.server.Take(pair.server_socket);
  REQUIRE(items.size() == 1);
  EXPECT_EQ(items[0].item.stream, 4u);
  EXPECT_EQ(items[0].item.ppid, 77u);
  EXPECT_EQ(items[0].item.flags, kFlagUnordered);
}

// SO-15.
TEST("status tells the state, the streams and the way") {
  Pair pair;
  REQUIRE(pair.Connect() == 0);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc).at(0), 2u);
  pair.net.RunFor(kSecond);
  Values status = pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc);
  REQUIRE(status.size() >= 7 + 11);
  EXPECT_EQ(status[0], 4u);
  EXPECT_EQ(status[4], 10u);
  EXPECT_EQ(status[5], 10u);
  EXPECT_TRUE(status[6] >= 1400 && status[6] <= 1452 - 28);
  Values path(status.begin() + 7, status.end());
  EXPECT_EQ(path[0], 1u);   // active
  EXPECT_EQ(path[4], 1452u + 28);  // With the headers of IPv4 and UDP.
  EXPECT_EQ(path[5], 4u);   // IPv4
  EXPECT_EQ(path[6], 0x0a000002u);
  EXPECT_EQ(path[10], kServerPort);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kPrimaryPeer, pair.client_assoc), path);
  EXPECT_TRUE(pair.client.Get(pair.client_socket, Option::kStatus, 999).empty());
}

// SO-9, SO-18.
TEST("values out of range, read-only options and unknown associations are refused, and nothing changes") {
  Pair pair;
  auto set = [&](Option option, AssocId assoc, std::initializer_list<uint32_t> values) { return pair.client.Set(pair.client_socket, option, assoc, values); };
  EXPECT_EQ(set(Option::kMaxSeg, 0, {100}), EINVAL);
  EXPECT_EQ(set(Option::kMaxSeg, 0, {70000}), EINVAL);
  EXPECT_EQ(set(Option::kDelayedAck, 0, {501}), EINVAL);
  EXPECT_EQ(set(Option::kDelayedAck, 0, {500}), 0);
  EXPECT_EQ(set(Option::kPeerAddrParams, 0, {0, 0, 0, 0, 1 | 2}), EINVAL);
  EXPECT_TRUE(set(Option::kStatus, 0, {1}) != 0);
  EXPECT_TRUE(set(Option::kRtoInfo, 999, {1, 2, 3}) != 0);
  EXPECT_TRUE(set(Option::kRtoInfo, 0, {1}) != 0);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kMaxSeg), (Values{0}));
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kRtoInfo), (Values{3000, 60000, 1000}));
}

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
  pair.server.engine->Listen(second, true);
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

// PO-7, PO-13: what is queued for the association moves, in order; the rest stays.
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
  EXPECT_EQ(server.engine->Listen(p.peeled, true), EINVAL);
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

// PO-9: a newcomer lands on the parent.
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
  server.engine->Listen(s, true);
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
  EXPECT_TRUE(pair.client.engine->Listen(none, true) != 0);
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
