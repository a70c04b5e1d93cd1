// Changes of addresses while an association is there (RFC 5061), between two engines: what each end tells, and what the other makes of it.
#include <algorithm>
#include <cerrno>

#include "readdressing.h"

namespace mailport::sctp::test {
namespace {

// RFC 5061 section 4.2.7, RFC 4895.
TEST("an end offers changes of addresses together with authenticated chunks alone, and it is agreed on if both ends do both") {
  for (const auto& [auth, asconf] : {std::pair{true, true}, {true, false}, {false, true}, {false, false}}) {
    Readdressing pair;
    pair.server.Set(pair.server_socket, Option::kAuthSupported, 0, {auth});
    pair.server.Set(pair.server_socket, Option::kAsconfSupported, 0, {asconf});
    pair.Establish();
    const Values expected{auth && asconf};
    EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kAsconfSupported, pair.client_assoc), expected);
    EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kAsconfSupported, pair.server_assoc), expected);
    EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kLocalAuthChunks), (Values{193, 128}));
    // Nothing is told where it was not agreed on, as before.
    EXPECT_EQ(pair.AddClientHome(1), 0);
    pair.net.RunFor(kSecond);
    EXPECT_EQ(pair.Count(pair.client, kChunkAsconf), auth && asconf ? 1u : 0u);
    const OptionKey own{pair.client_assoc, Homes::ClientAt(0), kClientPort};
    EXPECT_EQ(pair.client.engine->SetOption(pair.client_socket, Option::kSetPeerPrimary, own, {}), auth && asconf ? 0 : EPERM);
  }
}

// Sections 4.1.1, 4.2.1, 5.1; RFC 9260 section 5.4.
TEST("an address that is added is told in an authenticated ASCONF, confirmed by a HEARTBEAT, and takes data then") {
  Readdressing pair;
  pair.Establish();
  EXPECT_EQ(pair.AddClientHome(1), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.ServerChanges(), "2:3 2:5");
  REQUIRE(pair.seen.size() == 2);
  const auto chunks = ChunksOf(pair.seen[0].second);
  REQUIRE(chunks.size() == 2 && chunks[0].type == kChunkAuth && chunks[1].type == kChunkAsconf);
  std::vector<uint8_t> serial(4);
  Store32(&serial[0], pair.client_tsn);
  EXPECT_EQ(ToHex(chunks[1].body), ToHex(serial) + "000500080a000101" + "c001001000000000" + "000500080a000201");
  const auto answer = ChunksOf(pair.seen[1].second);
  REQUIRE(answer.size() == 2 && answer[0].type == kChunkAuth && answer[1].type == kChunkAsconfAck);
  EXPECT_EQ(ToHex(answer[1].body), ToHex(serial));
  std::vector<PeerName> names;
  EXPECT_EQ(pair.server.engine->PeerNames(pair.server_socket, pair.server_assoc, &names), 0);
  EXPECT_EQ(names.size(), 2u);
  std::vector<IpAddress> own;
  EXPECT_EQ(pair.client.engine->LocalNames(pair.client_socket, pair.client_assoc, &own), 0);
  EXPECT_TRUE(own == (std::vector<IpAddress>{Homes::ClientAt(0), Homes::ClientAt(1)}));
  // The address can be the primary one, and is found by.
  const OptionKey key{pair.server_assoc, Homes::ClientAt(1), kClientPort};
  EXPECT_EQ(pair.server.engine->SetOption(pair.server_socket, Option::kPrimaryAddr, key, {}), 0);
  EXPECT_EQ(pair.server.engine->FindAssociation(pair.server_socket, Homes::ClientAt(1), kClientPort), pair.server_assoc);
  std::vector<IpAddress> to;
  pair.net.watch = [&](const IpAddress&, const IpAddress& address, Bytes packet) {
    if (HasChunk(packet, kChunkData)) to.push_back(address);
  };
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("there")), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "data:there");
  EXPECT_TRUE(to == std::vector<IpAddress>{Homes::ClientAt(1)});
}

// Sections 4.2.2, 5.3 (F2, F4).
TEST("an address that is given up is told, nothing leaves from it any more, and the peer sends nothing there") {
  Readdressing pair(2, 1);
  pair.Establish();
  pair.server.Take(pair.server_socket);
  EXPECT_EQ(pair.RemoveClientHome(0), 0);
  std::vector<IpAddress> sources, targets;
  pair.net.watch = [&](const IpAddress& from, const IpAddress& to, Bytes) {
    (from == Homes::ServerAt(0) ? targets : sources).push_back(from == Homes::ServerAt(0) ? to : from);
  };
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.ServerChanges(), "1:2");
  EXPECT_EQ(pair.Say("from the other one"), 0);
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("to the other one")), 0);
  pair.net.RunFor(100 * kSecond);
  EXPECT_EQ(pair.Heard(), "data:from the other one");
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "data:to the other one");
  for (const IpAddress& source : sources) EXPECT_TRUE(source == Homes::ClientAt(1));
  for (const IpAddress& target : targets) EXPECT_TRUE(target == Homes::ClientAt(1));
  EXPECT_EQ(pair.server.engine->FindAssociation(pair.server_socket, Homes::ClientAt(0), kClientPort), 0u);
  EXPECT_EQ(pair.server.engine->FindAssociation(pair.server_socket, Homes::ClientAt(1), kClientPort), pair.server_assoc);
  // The last one stays.
  EXPECT_EQ(pair.RemoveClientHome(1), EBUSY);
}

TEST("an end moves from its only address to another one: it adds that, and takes the first away (section 5.3)") {
  Readdressing pair;
  pair.Establish();
  EXPECT_EQ(pair.AddClientHome(1), 0);
  EXPECT_EQ(pair.RemoveClientHome(0), 0);
  pair.net.RunFor(10 * kSecond);
  EXPECT_EQ(pair.ServerChanges(), "2:3 2:5 1:2");
  pair.Cut(0);
  EXPECT_EQ(pair.Say("moved"), 0);
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("followed")), 0);
  pair.net.RunFor(500 * kMillisecond);
  EXPECT_EQ(pair.Heard(), "data:moved");
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "data:followed");
}

// Section 4.2.4.
TEST("one end asks the other to send to another of its addresses, which alone is told (EV-21)") {
  Readdressing pair(2, 1);
  pair.Establish();
  pair.server.Take(pair.server_socket);
  const auto prefer = [&](const IpAddress& address) {
    pair.client.engine->SetNow(pair.net.now());
    return pair.client.engine->SetOption(pair.client_socket, Option::kSetPeerPrimary, OptionKey{pair.client_assoc, address, kClientPort}, {});
  };
  EXPECT_EQ(prefer(Homes::ClientAt(5)), EADDRNOTAVAIL);
  EXPECT_EQ(prefer(Homes::ClientAt(1)), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.ServerChanges(), "2:4");
  EXPECT_EQ(pair.ClientChanges(), "");
  std::vector<IpAddress> to;
  pair.net.watch = [&](const IpAddress&, const IpAddress& address, Bytes packet) {
    if (HasChunk(packet, kChunkData)) to.push_back(address);
  };
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("there")), 0);
  pair.net.RunFor(kSecond);
  EXPECT_TRUE(to == std::vector<IpAddress>{Homes::ClientAt(1)});
}

// Section 5.1, rules B1 to B5; section 5.2, rule E2.
TEST("an ASCONF that is lost is sent again, and one whose answer is lost is answered as before and not obeyed twice") {
  for (const uint8_t lost : {kChunkAsconf, kChunkAsconfAck}) {
    Readdressing pair;
    pair.Establish();
    pair.tap = DropFirst(lost, 2);
    EXPECT_EQ(pair.AddClientHome(1), 0);
    pair.net.RunFor(60 * kSecond);
    EXPECT_EQ(pair.Count(pair.client, kChunkAsconf), 3u);
    EXPECT_EQ(pair.Count(pair.server, kChunkAsconfAck), lost == kChunkAsconf ? 1u : 3u);
    EXPECT_EQ(pair.ServerChanges(), "2:3 2:5");
    EXPECT_EQ(pair.Say("still here"), 0);
    pair.net.RunFor(kSecond);
    EXPECT_EQ(pair.Heard(), "data:still here");
  }
}

TEST("one ASCONF is under way at a time, and addresses that are added together go together (section 5.1)") {
  Readdressing pair;
  pair.Establish();
  pair.tap = DropFirst(kChunkAsconf, 1);
  EXPECT_EQ(pair.AddClientHome(1), 0);
  pair.net.Settle();
  for (const size_t home : {2, 3, 4}) EXPECT_EQ(pair.AddClientHome(home), 0);
  EXPECT_EQ(pair.RemoveClientHome(2), 0);
  pair.net.RunFor(100 * kMillisecond);
  EXPECT_EQ(pair.Count(pair.client, kChunkAsconf), 1u);
  EXPECT_EQ(pair.RemoveClientHome(1), 0);
  pair.net.RunFor(60 * kSecond);
  // Address 1 twice, 3 and 4 together, and 1 taken away. Of address 2 nobody was told.
  EXPECT_EQ(pair.Count(pair.client, kChunkAsconf), 4u);
  std::vector<PeerName> names;
  EXPECT_EQ(pair.server.engine->PeerNames(pair.server_socket, pair.server_assoc, &names), 0);
  EXPECT_EQ(names.size(), 3u);
}

// Rules B1, B2; RFC 9260 section 8.1.
TEST("a peer that answers no ASCONF is gone after as many as any peer that does not answer") {
  Readdressing pair;
  pair.Establish();
  pair.client.Set(pair.client_socket, Option::kAssocInfo, pair.client_assoc, {3, 0, 0, 0, 0});
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>& packet) { return !HasChunk(packet, kChunkAsconf); };
  EXPECT_EQ(pair.AddClientHome(1), 0);
  EXPECT_TRUE(pair.net.RunUntil([&] { return !pair.client.items(pair.client_socket).empty(); }));
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_lost");
  EXPECT_EQ(pair.Count(pair.client, kChunkAsconf), 4u);
}

// Section 5.3, rule F4: what is on its way to an address that is deleted goes another way.
TEST("data on its way to an address that goes leaves at once for another one, and arrives whole") {
  Readdressing pair(2, 1);
  pair.Establish();
  pair.server.Take(pair.server_socket);
  std::vector<Message> messages;
  for (uint32_t i = 0; i < 20; ++i) messages.push_back(MessageOf(i, 1000));
  Sender sender(pair.server, pair.server_socket, pair.server_assoc, messages);
  pair.net.Cut(Homes::ClientAt(0), Homes::ServerAt(0));
  pair.server.engine->SetNow(pair.net.now());
  sender.Pump();
  pair.net.RunFor(10 * kMillisecond);
  EXPECT_TRUE(pair.client.items(pair.client_socket).empty());
  EXPECT_EQ(pair.RemoveClientHome(0), 0);
  // Well before T3 would have expired.
  pair.net.RunFor(200 * kMillisecond);
  EXPECT_TRUE(ExpectAllArrived(pair.client.items(pair.client_socket), messages));
  EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kStatus, pair.server_assoc).at(2), 0u);
}

// The rest of a message that is given up gets a TSN and never leaves. It used to name path 0, which is gone when the peer has taken its first address away.
TEST("a message that is given up halfway after the peer's first address has gone is skipped, and what follows arrives (RFC 3758, RFC 5061)") {
  Readdressing two(2, 1);
  two.Establish();
  EXPECT_EQ(two.RemoveClientHome(0), 0);
  two.net.RunFor(kSecond);
  EXPECT_EQ(two.Count(two.server, kChunkAsconfAck), 1u);
  bool cut = true;
  two.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>&) { return !cut || &from != &two.server; };
  SendParams params;
  params.assoc_id = two.server_assoc, params.flags = kFlagPrTtl, params.time_to_live_ms = 100;
  two.server.engine->SetNow(two.net.now());
  EXPECT_EQ(two.server.engine->Send(two.server_socket, params, MessageOf(1, 60'000).data), 0);
  two.net.RunFor(kSecond);
  cut = false;
  two.client.Take(two.client_socket);
  EXPECT_EQ(two.server.Send(two.server_socket, two.server_assoc, 0, AsBytesOf("behind")), 0);
  two.net.RunFor(60 * kSecond);
  EXPECT_TRUE(Story(two.client.Take(two.client_socket)).ends_with("data:behind"));
}

// While another request is under way, an address may come and go without a word to the peer. A path that began meanwhile kept to it, and was never confirmed: the peer
// does not know whom its HEARTBEATs are from.
TEST("an address that goes before the peer has been told of it is left by all paths") {
  Readdressing two(1, 1);
  two.Establish();
  bool holds = true;
  two.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) { return !holds || &from != &two.server || !HasChunk(packet, kChunkAsconfAck); };
  EXPECT_EQ(two.AddClientHome(1), 0);
  two.net.RunFor(10 * kMillisecond);
  EXPECT_EQ(two.AddClientHome(2), 0);
  EXPECT_EQ(two.AddHome(two.server, two.server_socket, two.ServerAt(2), kServerPort), 0);
  two.net.RunFor(100 * kMillisecond);
  EXPECT_EQ(two.RemoveClientHome(2), 0);
  holds = false;
  two.net.RunFor(60 * kSecond);
  EXPECT_EQ(two.ClientPath(2).at(0), 1u);
}

// It used to be deleted all the same, as the peer still knew it when it came back.
TEST("an address that goes and comes back while another request is under way stays") {
  Readdressing two(2, 1);
  two.Establish();
  bool holds = true;
  two.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) { return !holds || &from != &two.server || !HasChunk(packet, kChunkAsconfAck); };
  EXPECT_EQ(two.AddClientHome(2), 0);
  two.net.RunFor(10 * kMillisecond);
  EXPECT_EQ(two.RemoveClientHome(1), 0);
  EXPECT_EQ(two.AddClientHome(1), 0);
  holds = false;
  two.net.RunFor(60 * kSecond);
  for (const size_t home : {0, 1, 2}) {
    const auto path = Homes::PathInfo(two.server, two.server_socket, two.server_assoc, two.ClientAt(home), kClientPort);
    REQUIRE(!path.empty());
    EXPECT_EQ(path[0], 1u);
  }
}

// Section 5.3, rule F4.
TEST("an ABORT that comes to an address that was given up is ignored, and a late packet from there is not answered with one") {
  Readdressing pair(2, 1);
  pair.Establish();
  EXPECT_EQ(pair.RemoveClientHome(0), 0);
  pair.net.RunFor(kSecond);
  const CarrierId lost = pair.client.CarrierAt(Homes::ClientAt(0), kClientPort);
  const PacketRoute to_lost{.carrier = lost, .local = Homes::ClientAt(0), .remote = Homes::ServerAt(0), .remote_udp_port = kServerPort};
  pair.client.Inject(to_lost, PacketBuilder(kServerPort, kClientPort, pair.tag_to_server).Chunk(kChunkAbort, kTagReflected, {}).Done());
  pair.client.Inject(to_lost, PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Chunk(kChunkAbort, 0, {}).Done());
  size_t aborts = 0;
  pair.net.watch = [&](const IpAddress&, const IpAddress&, Bytes packet) { aborts += HasChunk(packet, kChunkAbort); };
  const auto late = PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Words(kChunkHeartbeat, 0, {0x00010008, 5}).Done();
  pair.server.Inject({.carrier = 1, .local = Homes::ServerAt(0), .remote = Homes::ClientAt(0), .remote_udp_port = kClientPort}, late);
  pair.server.Take(pair.server_socket);
  EXPECT_EQ(pair.Say("still here"), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(aborts, 0u);
  EXPECT_EQ(pair.Heard(), "data:still here");
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "");
}

TEST("addresses that come and go while data flows both ways over bad links lose and repeat nothing") {
  size_t answers = 0;
  for (const uint64_t seed : check::Seeds(6)) {
    Readdressing pair(2, 2, seed);
    pair.Establish();
    pair.client.Take(pair.client_socket), pair.server.Take(pair.server_socket);
    pair.net.link.loss = 0.03;
    pair.net.link.reorder = 0.05;
    std::vector<Message> up, down;
    for (uint32_t i = 0; i < 300; ++i) {
      up.push_back(MessageOf(i, 1 + i * 37 % 3000));
      down.push_back(MessageOf(1000 + i, 1 + i * 53 % 3000));
    }
    Sender to_server(pair.client, pair.client_socket, pair.client_assoc, up), to_client(pair.server, pair.server_socket, pair.server_assoc, down);
    Random random(seed);
    std::vector<bool> has{true, true, false, false};
    int steps = 0;
    pair.net.app = [&] {
      to_server.Pump();
      to_client.Pump();
      if (++steps % 8 != 0) return;
      const size_t home = random.Below(4);
      if (has[home] && std::count(has.begin(), has.end(), true) > 1) has[home] = pair.RemoveClientHome(home) != 0;
      else if (!has[home]) has[home] = pair.AddClientHome(home) == 0;
    };
    const auto count = [](const std::vector<OwnedItem>& items) {
      return std::count_if(items.begin(), items.end(), [](const OwnedItem& item) { return item.item.kind == ItemKind::kData; });
    };
    EXPECT_TRUE(pair.net.RunUntil([&] { return count(pair.server.items(pair.server_socket)) == 300 && count(pair.client.items(pair.client_socket)) == 300; }));
    pair.net.app = nullptr;
    EXPECT_TRUE(ExpectAllArrived(pair.server.items(pair.server_socket), up));
    EXPECT_TRUE(ExpectAllArrived(pair.client.items(pair.client_socket), down));
    answers += pair.Count(pair.server, kChunkAsconfAck);
  }
  EXPECT_TRUE(answers >= 6);
}

}  // namespace
}  // namespace mailport::sctp::test
