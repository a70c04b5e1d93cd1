// An association between hosts that have several addresses each (RFC 9260 sections 5.1.2, 5.4, 6.4, 8.2; RFC 7829).
#include <cerrno>

#include "homes.h"

namespace mailport::sctp::test {
namespace {


// How many packets with DATA went to each of the server's addresses.
struct Counted {
  explicit Counted(Homes& homes) {
    homes.net.watch = [this](const IpAddress&, const IpAddress& to, Bytes packet) {
      if (HasChunk(packet, kChunkData) && to.bytes[3] == 2) ++data.at(to.bytes[2]);
      if (HasChunk(packet, kChunkHeartbeat)) ++heartbeats.at(to.bytes[2]);
    };
  }
  std::array<int, 8> data{}, heartbeats{};
};

TEST("both ends learn all addresses: comm_up comes first, then each further address is confirmed, and all are found by name") {
  Homes homes(3, 2);
  homes.Establish();
  EXPECT_EQ(homes.client_story, "comm_up addr5");
  EXPECT_EQ(homes.server_story, "comm_up addr5 addr5");
  std::vector<PeerName> names;
  EXPECT_EQ(homes.server.engine->PeerNames(homes.server_socket, homes.server_assoc, &names), 0);
  REQUIRE(names.size() == 3);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(names[i].address == Homes::ClientAt(i));
    EXPECT_EQ(homes.server.engine->FindAssociation(homes.server_socket, Homes::ClientAt(i), kClientPort), homes.server_assoc);
  }
  std::vector<IpAddress> own;
  EXPECT_EQ(homes.server.engine->LocalNames(homes.server_socket, homes.server_assoc, &own), 0);
  EXPECT_TRUE(own == homes.server_addresses);
  EXPECT_EQ(homes.server.Get(homes.server_socket, Option::kAssocInfo, homes.server_assoc).at(1), 3u);
}

TEST("data goes to the primary address alone, and shows the address that it came from") {
  Homes homes;
  homes.Establish();
  Counted counted(homes);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(homes.Say("hello"), 0);
    homes.net.RunFor(10 * kMillisecond);
  }
  EXPECT_EQ(counted.data[1], 50);
  EXPECT_EQ(counted.data[2], 0);
  const auto items = homes.server.Take(homes.server_socket);
  REQUIRE(items.size() == 50);
  EXPECT_TRUE(items[0].item.peer == Homes::ClientAt(0));
}

// RFC 9260 section 6.4.1, RFC 7829 section 4: the first timeout is enough to try elsewhere.
TEST("when the primary path is cut, what is not acknowledged within an RTO goes another way, and so does what follows") {
  Homes homes;
  homes.Establish();
  EXPECT_EQ(homes.Say("first"), 0);
  homes.net.RunFor(500 * kMillisecond);
  EXPECT_EQ(homes.Heard(), "data:first");
  homes.Cut(0);
  EXPECT_EQ(homes.Say("second"), 0);
  homes.net.RunFor(1500 * kMillisecond);
  const auto items = homes.server.Take(homes.server_socket);
  EXPECT_EQ(Story(items), "data:second");
  REQUIRE(items.size() == 1);
  EXPECT_TRUE(items[0].item.peer == Homes::ClientAt(1));
  Counted counted(homes);
  EXPECT_EQ(homes.Say("third"), 0);
  homes.net.RunFor(100 * kMillisecond);
  EXPECT_EQ(homes.Heard(), "data:third");
  EXPECT_EQ(counted.data[1], 0);
  EXPECT_EQ(counted.data[2], 1);
}

// RFC 9260 section 7.2: congestion control is kept for each destination.
TEST("with BBR each path has a model of its own: when the primary path is cut, the other one begins with the first window and finds the rate of its own line") {
  Homes homes;
  homes.client.Set(homes.client_socket, Option::kCongestionControl, 0, {static_cast<uint32_t>(CongestionControl::kBbr)});
  homes.client.Set(homes.client_socket, Option::kSndbuf, 0, {4 << 20});
  homes.client.Set(homes.client_socket, Option::kNodelay, 0, {1});
  homes.server.Set(homes.server_socket, Option::kRecbuf, 0, {4 << 20});
  const auto use = [&](TimeUs delay, uint64_t bytes_per_second) {
    const LinkParams line{.delay = delay, .bytes_per_second = bytes_per_second, .queue_bytes = 100'000};
    homes.net.UseLink(homes.client, homes.server, line);
    homes.net.UseLink(homes.server, homes.client, line);
  };
  use(10 * kMillisecond, 10'000'000);
  homes.Establish();
  const std::vector<uint8_t> data(1'400, 'b');
  size_t arrived = 0;
  homes.net.app = [&] {
    while (homes.client.Send(homes.client_socket, homes.client_assoc, 0, data) == 0) continue;
    for (const OwnedItem& owned : homes.server.Take(homes.server_socket))
      if (owned.item.kind == ItemKind::kData) arrived += owned.bytes.size();
  };
  homes.net.RunFor(3 * kSecond);
  // 200,000 bytes are on their way.
  EXPECT_TRUE(homes.ClientPath(0).at(1) >= 200'000);
  EXPECT_EQ(homes.ClientPath(1).at(1), 4404u);
  homes.Cut(0);
  use(20 * kMillisecond, 500'000);
  homes.net.RunFor(15 * kSecond);
  arrived = 0;
  homes.net.RunFor(10 * kSecond);
  EXPECT_TRUE(arrived >= 4'000'000 && arrived <= 5'000'000);
  // 20,000 are.
  EXPECT_TRUE(homes.ClientPath(1).at(1) <= 100'000);
}

TEST("a path that does not answer becomes unreachable after Path.Max.Retrans, and primary again when it answers") {
  Homes homes;
  homes.Establish();
  homes.Cut(0);
  EXPECT_EQ(homes.Say("one"), 0);
  homes.net.RunFor(200 * kSecond);
  EXPECT_EQ(Homes::Changes(homes.client.Take(homes.client_socket)), "1:1");
  EXPECT_EQ(homes.ClientPath(0).at(0), 0u);
  EXPECT_EQ(homes.ClientPath(1).at(0), 1u);
  EXPECT_EQ(homes.client.Get(homes.client_socket, Option::kPrimaryAddr, homes.client_assoc).at(1), 0x0a000102u);
  homes.Mend(0);
  homes.net.RunFor(120 * kSecond);
  EXPECT_EQ(Homes::Changes(homes.client.Take(homes.client_socket)), "1:0");
  Counted counted(homes);
  EXPECT_EQ(homes.Say("two"), 0);
  homes.net.RunFor(kSecond);
  EXPECT_EQ(counted.data[1], 1);
  EXPECT_EQ(counted.data[2], 0);
  // The server saw the way back go as well.
  const std::string heard = Homes::Changes(homes.server.Take(homes.server_socket));
  EXPECT_TRUE(heard.starts_with("data:one"));
  EXPECT_TRUE(heard.ends_with("data:two"));
}

// RFC 7829 section 4: every RTO, also if the user wants none otherwise.
TEST("a path that may have failed gets a HEARTBEAT at once and then each RTO, until it answers") {
  Homes homes;
  homes.Establish();
  EXPECT_EQ(homes.client.Set(homes.client_socket, Option::kPeerAddrParams, homes.client_assoc, {0, 0, 0, 0, 2}), 0);
  homes.Cut(0);
  Counted counted(homes);
  EXPECT_EQ(homes.Say("one"), 0);
  homes.net.RunFor(3500 * kMillisecond);
  EXPECT_TRUE(counted.heartbeats[1] >= 1);
  homes.Mend(0);
  homes.net.RunFor(20 * kSecond);
  counted.data = {};
  EXPECT_EQ(homes.Say("two"), 0);
  homes.net.RunFor(100 * kMillisecond);
  EXPECT_EQ(counted.data[1], 1);
}

TEST("when all paths are dead: each is unreachable if its errors are enough, then comm_lost, and everything is reported") {
  Homes homes;
  homes.Establish();
  for (const size_t home : {0, 1}) {
    const uint32_t words[] = {0, 2, 0, 0, 0};
    EXPECT_EQ(homes.client.engine->SetOption(homes.client_socket, Option::kPeerAddrParams, OptionKey{homes.client_assoc, Homes::ServerAt(home), kServerPort}, words), 0);
  }
  homes.Cut(0), homes.Cut(1);
  EXPECT_EQ(homes.Say("lost"), 0);
  homes.net.RunFor(600 * kSecond);
  const std::string story = Homes::Changes(homes.client.Take(homes.client_socket));
  EXPECT_EQ(story, "1:1 2:1 comm_lost send_failed:sent");
  homes.net.RunFor(3600 * kSecond);
  EXPECT_EQ(homes.client.engine->AssociationsOn(1) + homes.client.engine->AssociationsOn(2), 0u);
  EXPECT_TRUE(Homes::Changes(homes.server.Take(homes.server_socket)).ends_with("comm_lost"));
}

TEST("an idle association whose paths all die ends as well") {
  Homes homes;
  homes.Establish();
  homes.Cut(0), homes.Cut(1);
  homes.net.RunFor(3600 * kSecond);
  const std::string story = Homes::Changes(homes.client.Take(homes.client_socket));
  EXPECT_TRUE(story == "1:1 2:1 comm_lost" || story == "2:1 1:1 comm_lost");
  EXPECT_EQ(homes.client.engine->stats().associations, 0u);
}

TEST("an alternate path that dies says nothing of the peer") {
  Homes homes;
  homes.Establish();
  homes.Cut(1);
  homes.net.RunFor(3600 * kSecond);
  EXPECT_EQ(Homes::Changes(homes.client.Take(homes.client_socket)), "2:1");
  EXPECT_EQ(homes.Say("still here"), 0);
  homes.net.RunFor(kSecond);
  EXPECT_TRUE(Homes::Changes(homes.server.Take(homes.server_socket)).ends_with("data:still here"));
}

TEST("the user chooses the primary address: the event names it, data follows, and events show it from then on") {
  Homes homes;
  homes.Establish();
  const auto set = [&](const IpAddress& address, AssocId assoc) {
    return homes.client.engine->SetOption(homes.client_socket, Option::kPrimaryAddr, OptionKey{assoc, address, kServerPort}, std::span<const uint32_t>{});
  };
  EXPECT_EQ(set(Ipv4(10, 0, 9, 9), homes.client_assoc), EINVAL);
  EXPECT_EQ(set(Homes::ServerAt(1), homes.client_assoc), 0);
  const auto items = homes.client.Take(homes.client_socket);
  REQUIRE(items.size() == 1);
  EXPECT_TRUE(items[0].item.peer == Homes::ServerAt(1) && items[0].item.changed == Homes::ServerAt(1));
  EXPECT_EQ(items[0].item.state, static_cast<uint32_t>(PeerAddrState::kMadePrim));
  Counted counted(homes);
  EXPECT_EQ(homes.Say("hello"), 0);
  homes.net.RunFor(kSecond);
  EXPECT_EQ(counted.data[2], 1);
  EXPECT_EQ(homes.client.Get(homes.client_socket, Option::kStatus, homes.client_assoc).at(13), 0x0a000202u);
  EXPECT_EQ(homes.Heard(), "data:hello");
}

TEST("parameters are set for one address, or for all of an association") {
  Homes homes;
  homes.Establish();
  const auto get = [&](size_t home) {
    std::vector<uint32_t> values;
    EXPECT_EQ(homes.client.engine->GetOption(homes.client_socket, Option::kPeerAddrParams, OptionKey{homes.client_assoc, Homes::ServerAt(home), kServerPort}, &values), 0);
    return values;
  };
  const uint32_t one[] = {5000, 3, 0, 0, 1};
  EXPECT_EQ(homes.client.engine->SetOption(homes.client_socket, Option::kPeerAddrParams, OptionKey{homes.client_assoc, Homes::ServerAt(1), kServerPort}, one), 0);
  EXPECT_EQ(get(0).at(0), 30000u);
  EXPECT_EQ(get(1).at(0), 5000u);
  EXPECT_EQ(get(1).at(1), 3u);
  EXPECT_EQ(homes.client.Set(homes.client_socket, Option::kPeerAddrParams, homes.client_assoc, {7000, 0, 0, 0, 1}), 0);
  EXPECT_EQ(get(0).at(0), 7000u);
  EXPECT_EQ(get(1).at(0), 7000u);
}

TEST("the narrowest path bounds fragments, so that a chunk can go any way") {
  Homes homes;
  homes.net.link.mtu = 1452;
  homes.Establish();
  EXPECT_EQ(homes.client.Get(homes.client_socket, Option::kStatus, homes.client_assoc).at(6), 1424u);
  const uint32_t narrow[] = {0, 0, 600, 0, 16};
  EXPECT_EQ(homes.client.engine->SetOption(homes.client_socket, Option::kPeerAddrParams, OptionKey{homes.client_assoc, Homes::ServerAt(1), kServerPort}, narrow), 0);
  EXPECT_EQ(homes.client.Get(homes.client_socket, Option::kStatus, homes.client_assoc).at(6), 544u);
}

TEST("a call to several addresses tries one after the other; the association has those that the peer lists") {
  Homes homes;
  homes.Cut(0);
  REQUIRE(homes.Connect({Homes::ServerAt(0), Homes::ServerAt(1)}) == 0);
  EXPECT_EQ(homes.Connect({Homes::ServerAt(1)}), EALREADY);
  homes.net.RunFor(4 * kSecond);
  EXPECT_EQ(Story(homes.client.Take(homes.client_socket)), "comm_up");
  EXPECT_EQ(homes.Connect({Homes::ServerAt(1)}), EISCONN);
  EXPECT_EQ(homes.Say("hello"), 0);
  homes.net.RunFor(kSecond);
  EXPECT_TRUE(Homes::Changes(homes.server.Take(homes.server_socket)).starts_with("comm_up"));
}

TEST("an address that the user gave and the peer does not list is no destination; the association goes on by another name") {
  Homes homes(1, 1);
  homes.client.CarrierAt(Homes::ClientAt(1), kClientPort);
  REQUIRE(homes.Connect({Ipv4(10, 0, 1, 99), Homes::ServerAt(0)}) == 0);
  homes.net.RunFor(10 * kSecond);
  EXPECT_EQ(Story(homes.client.Take(homes.client_socket)), "comm_up");
  std::vector<PeerName> names;
  EXPECT_EQ(homes.client.engine->PeerNames(homes.client_socket, homes.client_assoc, &names), 0);
  REQUIRE(names.size() == 1);
  EXPECT_TRUE(names[0].address == Homes::ServerAt(0));
  EXPECT_EQ(homes.client.engine->FindAssociation(homes.client_socket, Homes::ServerAt(0), kServerPort), homes.client_assoc);
  EXPECT_EQ(homes.client.engine->FindAssociation(homes.client_socket, Ipv4(10, 0, 1, 99), kServerPort), 0u);
  EXPECT_EQ(homes.client.engine->Close(homes.client_socket, true), 0);
  homes.net.RunFor(kSecond);
  EXPECT_EQ(homes.client.engine->AssociationsOn(1), 0u);
}

// Section 5.2.2.
TEST("a peer that has died and comes back by another of its addresses restarts the association") {
  Homes homes;
  homes.Establish();
  homes.client.Crash();
  homes.Cut(0);
  homes.client_socket = homes.client.OpenAt(homes.client_addresses, {.port = kClientPort});
  REQUIRE(homes.Connect({Homes::ServerAt(1)}) == 0);
  homes.net.RunFor(kSecond);
  auto items = homes.server.Take(homes.server_socket);
  EXPECT_EQ(Story(items), "restart");
  EXPECT_EQ(items.at(0).item.assoc_id, homes.server_assoc);
  EXPECT_EQ(Story(homes.client.Take(homes.client_socket)), "comm_up");
  EXPECT_EQ(homes.server.Send(homes.server_socket, homes.server_assoc, 0, AsBytesOf("welcome")), 0);
  homes.net.RunFor(kSecond);
  EXPECT_EQ(Story(homes.client.Take(homes.client_socket)), "data:welcome");
}

TEST("addresses of both families serve one association") {
  Homes homes(0, 0);
  IpAddress client6 = Homes::ClientAt(0), server6 = Homes::ServerAt(0);
  client6.family = server6.family = 6;
  client6.bytes = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  server6.bytes = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
  const SocketId client = homes.client.OpenAt({client6, Homes::ClientAt(1)}, {.port = 6000, .family = 6});
  const SocketId server = homes.server.OpenAt({server6, Homes::ServerAt(1)}, {.port = 70, .family = 6});
  EXPECT_EQ(homes.server.engine->Listen(server, kBacklog), 0);
  AssocId assoc = 0;
  homes.client.engine->SetNow(homes.net.now());
  REQUIRE(homes.client.engine->Connect(client, {&server6, 1}, 70, false, &assoc) == 0);
  homes.net.RunFor(5 * kSecond);
  EXPECT_EQ(Story(homes.client.Take(client)), "comm_up addr5");
  EXPECT_EQ(Story(homes.server.Take(server)), "comm_up addr5");
  homes.net.Cut(client6, server6);
  EXPECT_EQ(homes.client.Send(client, assoc, 0, AsBytesOf("by IPv4")), 0);
  homes.net.RunFor(5 * kSecond);
  EXPECT_EQ(Story(homes.server.Take(server)), "data:by IPv4");
}

// Linux without RFC 5061 answers so: associations that are there keep to the addresses that they began with.
TEST("an address added to a bound socket is for associations to come, and one that is removed serves those that are there") {
  Homes homes(1, 1);
  homes.Establish();
  EXPECT_EQ(homes.server.engine->AddCarrier(homes.server_socket, homes.server.CarrierAt(Homes::ServerAt(1), kServerPort)), 0);
  homes.net.RunFor(60 * kSecond);
  EXPECT_EQ(Story(homes.client.Take(homes.client_socket)), "");
  const SocketId second = homes.client.OpenAt({Homes::ClientAt(0), Homes::ClientAt(1)}, {.port = 5001});
  AssocId assoc = 0;
  const IpAddress to = Homes::ServerAt(0);
  REQUIRE(homes.client.engine->Connect(second, {&to, 1}, kServerPort, false, &assoc) == 0);
  homes.net.RunFor(5 * kSecond);
  EXPECT_EQ(Story(homes.client.Take(second)), "comm_up addr5");
  const CarrierId first = homes.server.CarrierAt(Homes::ServerAt(0), kServerPort);
  EXPECT_EQ(homes.server.engine->RemoveCarrier(homes.server_socket, 99), EINVAL);
  EXPECT_EQ(homes.server.engine->RemoveCarrier(homes.server_socket, first), 0);
  EXPECT_EQ(homes.server.engine->RemoveCarrier(homes.server_socket, homes.server.CarrierAt(Homes::ServerAt(1), kServerPort)), EBUSY);
  EXPECT_EQ(homes.Say("as before"), 0);
  homes.net.RunFor(kSecond);
  EXPECT_TRUE(homes.Heard().ends_with("data:as before"));
  EXPECT_EQ(homes.server.engine->AssociationsOn(first), 2u);
  EXPECT_EQ(homes.client.engine->Close(homes.client_socket, false), 0);
  EXPECT_EQ(homes.client.engine->Close(second, false), 0);
  homes.net.RunFor(60 * kSecond);
  EXPECT_EQ(homes.server.engine->AssociationsOn(first), 0u);
}

// RFC 6951 section 5.4: a NAT may give each address of the peer another UDP port.
TEST("the UDP port of each address is the one that the peer's packets come from there") {
  Homes homes(0, 2);
  const CarrierId first = homes.client.CarrierAt(Homes::ClientAt(0), 6000), second = homes.client.CarrierAt(Homes::ClientAt(1), 6999);
  homes.client_socket = homes.client.Open({.carrier = first, .port = 6000, .further_carriers = {second}});
  REQUIRE(homes.Connect({Homes::ServerAt(0)}) == 0);
  homes.net.RunFor(20 * kSecond);
  EXPECT_EQ(Story(homes.client.Take(homes.client_socket)), "comm_up addr5");
  const auto items = homes.server.Take(homes.server_socket);
  EXPECT_EQ(Story(items), "comm_up addr5");
  std::vector<uint32_t> port;
  EXPECT_EQ(homes.server.engine->GetOption(homes.server_socket, Option::kRemoteUdpEncapsPort, OptionKey{items.at(0).item.assoc_id, Homes::ClientAt(1), 6000}, &port), 0);
  EXPECT_EQ(port, std::vector<uint32_t>{6999});
  homes.Cut(0);
  EXPECT_EQ(homes.server.Send(homes.server_socket, items[0].item.assoc_id, 0, AsBytesOf("by the other")), 0);
  homes.net.RunFor(5 * kSecond);
  EXPECT_EQ(Story(homes.client.Take(homes.client_socket)), "data:by the other");
}

TEST("an acknowledgement that does not arrive goes another way when the data comes again") {
  Homes homes;
  homes.Establish();
  // The way back to the client's first address is dead, the way to the server is not.
  homes.net.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>&) { return &from != &homes.server; };
  EXPECT_EQ(homes.Say("one"), 0);
  homes.net.RunFor(100 * kMillisecond);
  homes.net.tap = nullptr;
  homes.Cut(0);
  homes.net.RunFor(5 * kSecond);
  EXPECT_EQ(homes.Heard(), "data:one");
  EXPECT_EQ(homes.client.engine->stats().retransmissions, 1u);
  EXPECT_EQ(homes.client.Get(homes.client_socket, Option::kStatus, homes.client_assoc).at(2), 0u);
}

}  // namespace
}  // namespace mailport::sctp::test
