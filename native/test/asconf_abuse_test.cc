// Requests of a peer about its addresses (RFC 5061 sections 4.3, 5.2, 5.3) that the test makes by itself: those that are refused, those of strangers, and how much
// of them an end can be made to do.
#include <algorithm>
#include <cerrno>

#include "readdressing.h"

namespace mailport::sctp::test {
namespace {

const IpAddress kFirst = Homes::ClientAt(0);

// An Error Cause Indication with the request in it.
std::string Refused(uint32_t id, uint16_t cause, const std::vector<uint8_t>& request) {
  std::vector<uint8_t> answer(12);
  Store16(&answer[0], 0xC003);
  Store16(&answer[2], static_cast<uint32_t>(12 + request.size()));
  Store32(&answer[4], id);
  Store16(&answer[8], cause);
  Store16(&answer[10], static_cast<uint32_t>(4 + request.size()));
  answer.insert(answer.end(), request.begin(), request.end());
  return ToHex(answer);
}
std::string Done(uint32_t id) {
  std::vector<uint8_t> answer{0xC0, 5, 0, 8, 0, 0, 0, 0};
  Store32(&answer[4], id);
  return ToHex(answer);
}

TEST("requests that cannot be obeyed are refused with their causes (RFC 5061 section 4.3)") {
  Readdressing pair;
  pair.Establish();
  uint32_t number = 0;
  const auto one = [&](const std::vector<uint8_t>& request) {
    const std::string answer = pair.Answer(pair.Ask(number++, {request}), kFirst);
    return answer.empty() ? "done" : answer == Refused(7, static_cast<uint16_t>(std::stoul(answer.substr(16, 4), nullptr, 16)), request) ? answer.substr(16, 4) : answer;
  };
  EXPECT_EQ(one(Readdressing::Request(kDelete, 7, kFirst)), "00a0");                  // The last one.
  EXPECT_EQ(one(Readdressing::Request(kAdd, 7, kFirst)), "done");                     // It is there.
  EXPECT_EQ(one(Readdressing::Request(kDelete, 7, Ipv4(10, 0, 9, 1))), "done");       // It is not there.
  EXPECT_EQ(one(Readdressing::Request(kAdd, 7, Ipv4(224, 0, 0, 1))), "0005");         // Of many hosts.
  EXPECT_EQ(one(Readdressing::Request(kAdd, 7, Ipv4(127, 0, 0, 1))), "0005");         // Of our own host.
  EXPECT_EQ(one(Readdressing::Request(kPrefer, 7, Ipv4(10, 0, 9, 1))), "0005");
  EXPECT_EQ(one(Readdressing::Request(0xC0FF, 7, kFirst)), "0008");
  EXPECT_EQ(one({0xC0, 1, 0, 8, 0, 0, 0, 7}), "0007");                                // Without an address.
  EXPECT_EQ(one(Readdressing::Request(kAdd, 7, Homes::ClientAt(1))), "done");
  EXPECT_EQ(one(Readdressing::Request(kDelete, 7, kFirst)), "00a2");                  // The one that the packet comes from.
  EXPECT_EQ(pair.ServerChanges(), "2:3");
}

TEST("what comes before a failure and is not spoken of has been done; what comes behind it is said to be (section 5.2)") {
  Readdressing pair;
  pair.Establish();
  const auto bad = Readdressing::Request(kAdd, 2, Ipv4(224, 0, 0, 1));
  const std::string answer =
      pair.Answer(pair.Ask(0, {Readdressing::Request(kAdd, 1, Homes::ClientAt(1)), bad, Readdressing::Request(kAdd, 3, Homes::ClientAt(2))}), kFirst);
  EXPECT_EQ(answer, Refused(2, 5, bad) + Done(3));
  EXPECT_EQ(pair.ServerChanges(), "2:3 3:3");
}

// Section 5.2, rules E1 to E3.
TEST("a request counts once, in its turn, and whole") {
  Readdressing pair;
  pair.Establish();
  const auto add = Readdressing::Request(kAdd, 1, Homes::ClientAt(1));
  EXPECT_EQ(pair.Answer(pair.Ask(1, {add}), kFirst), "none");
  EXPECT_EQ(pair.Answer(pair.Ask(UINT32_MAX, {add}), kFirst), "none");
  const auto bad = Readdressing::Request(kAdd, 2, Ipv4(224, 0, 0, 1));
  EXPECT_EQ(pair.Answer(pair.Ask(0, {bad}), kFirst), Refused(2, 5, bad));
  EXPECT_EQ(pair.Answer(pair.Ask(0, {add}), kFirst), Refused(2, 5, bad));  // The answer to the number, whatever it asks for.
  EXPECT_EQ(pair.ServerChanges(), "");
  auto cut = PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Words(kChunkAsconf, 0, {pair.client_tsn + 1}).Done();
  EXPECT_EQ(pair.Answer(cut, kFirst), "none");
  EXPECT_EQ(pair.Answer(pair.Ask(1, {add}), kFirst), "");
  EXPECT_EQ(pair.ServerChanges(), "2:3");
}

// RFC 5061 section 8.
TEST("a request that is not authenticated, or by a wrong key, does nothing, also from an address that nobody knows") {
  Readdressing pair;
  pair.Establish();
  const auto packet = pair.Ask(0, {Readdressing::Request(kAdd, 1, Ipv4(0, 0, 0, 0))});
  auto spoilt = pair.keys.Signed(packet);
  spoilt[30] ^= 1;
  FixChecksum(&spoilt);
  for (const IpAddress& from : {kFirst, Homes::ClientAt(4)}) {
    EXPECT_EQ(pair.Answer(packet, from, false), "none");
    EXPECT_EQ(pair.Answer(spoilt, from, false), "none");
  }
  EXPECT_EQ(pair.ServerChanges(), "");
  // What stands before the AUTH chunk makes it none of the association's.
  auto behind = PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Words(kChunkHeartbeat, 0, {0x00010008, 5}).Raw(ChunksOf(packet)[0].whole).Done();
  EXPECT_EQ(pair.Answer(pair.keys.Signed(behind, 1), Homes::ClientAt(4), false), "none");
  EXPECT_EQ(pair.ServerChanges(), "");
}

// Sections 4.1.1, 4.2.1, 4.2.2, 5.3: behind a NAT that has given the peer another address.
TEST("the any address stands for the packet's own: an address that nobody knew is added, confirmed by a HEARTBEAT, and then takes the place of the others") {
  Readdressing pair;
  pair.Establish();
  const IpAddress any = Ipv4(0, 0, 0, 0);
  std::vector<IpAddress> to;
  std::vector<uint8_t> probe;
  pair.net.watch = [&](const IpAddress& from, const IpAddress& target, Bytes packet) {
    if (from == Homes::ServerAt(0) && HasChunk(packet, kChunkData)) to.push_back(target);
    for (const auto& chunk : ChunksOf(packet))
      if (target == Homes::ClientAt(1) && chunk.type == kChunkHeartbeat) probe.assign(chunk.body.begin(), chunk.body.end());
  };
  EXPECT_EQ(pair.Answer(pair.Ask(0, {Readdressing::Request(kAdd, 1, any)}, any), Homes::ClientAt(1)), "");
  EXPECT_EQ(pair.ServerChanges(), "2:3");
  // Not yet: nobody has answered there. The peer is to ask again.
  const auto others = pair.Ask(1, {Readdressing::Request(kDelete, 2, any), Readdressing::Request(kPrefer, 3, any)}, any);
  EXPECT_EQ(pair.Answer(others, Homes::ClientAt(1)), "none");
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("early")), 0);
  pair.net.RunFor(kSecond);
  EXPECT_TRUE(to == std::vector<IpAddress>{kFirst});
  pair.Answer(PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Chunk(kChunkHeartbeatAck, 0, probe).Done(), Homes::ClientAt(1), false);
  EXPECT_EQ(pair.ServerChanges(), "2:5");
  EXPECT_EQ(pair.Answer(others, Homes::ClientAt(1)), "");
  EXPECT_EQ(pair.ServerChanges(), "1:2 2:4");
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("late")), 0);
  pair.net.RunFor(kSecond);
  EXPECT_TRUE(to.size() >= 2 && to[1] == Homes::ClientAt(1));
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "data:early");
  // A packet that names an address of nobody is nobody's.
  EXPECT_EQ(pair.Answer(pair.Ask(2, {Readdressing::Request(kAdd, 1, any)}, Ipv4(10, 0, 7, 7)), Homes::ClientAt(3)), "none");
  EXPECT_EQ(pair.Answer(pair.Ask(2, {Readdressing::Request(kAdd, 1, any)}, Homes::ClientAt(1)), Homes::ClientAt(3)), "");
}

TEST("data goes to no address that has not answered: a peer that names others' cannot have it sent there") {
  Readdressing pair;
  pair.Establish();
  const IpAddress victim = Ipv4(10, 0, 9, 9);
  std::vector<std::pair<int, size_t>> to_victim;
  pair.net.watch = [&](const IpAddress&, const IpAddress& target, Bytes packet) {
    for (const auto& chunk : ChunksOf(packet))
      if (target == victim) to_victim.push_back({chunk.type, packet.size()});
  };
  EXPECT_EQ(pair.Answer(pair.Ask(0, {Readdressing::Request(kAdd, 1, victim), Readdressing::Request(kPrefer, 2, victim)}), kFirst), "");
  for (uint32_t i = 0; i < 20; ++i) EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, MessageOf(i, 1000).data), 0);
  pair.net.RunFor(1000 * kSecond);
  // Once none of its HEARTBEATs is left, the address that has answered cannot be deleted either, not even from the victim's own.
  const auto gone = Readdressing::Request(kDelete, 3, kFirst);
  EXPECT_EQ(pair.Answer(pair.Ask(1, {gone}), victim), Refused(3, 0xa0, gone));
  EXPECT_EQ(std::count_if(to_victim.begin(), to_victim.end(), [](const auto& each) { return each.first == kChunkHeartbeat; }), 6);
  for (const auto& [type, bytes] : to_victim) EXPECT_TRUE(type == kChunkHeartbeat || type == kChunkAuth || type == kChunkAsconfAck);
}

// What an authenticated peer can make us hold and do.
TEST("a peer has 17 addresses at most, and the answer to any number of requests has 1,200 bytes at most") {
  Readdressing pair;
  pair.server.Set(pair.server_socket, Option::kEvents, 0, {0});
  REQUIRE(pair.Connect({Homes::ServerAt(0)}) == 0);
  pair.net.RunFor(kSecond);
  const auto names = [&] {
    std::vector<PeerName> all;
    EXPECT_EQ(pair.server.engine->PeerNames(pair.server_socket, 0, &all), 0);
    return all.size();
  };
  std::vector<std::vector<uint8_t>> requests;
  for (uint32_t i = 0; i < 40; ++i) requests.push_back(Readdressing::Request(kAdd, i, Ipv4(10, 1, 0, static_cast<uint8_t>(i + 1))));
  std::string answer = pair.Answer(pair.Ask(0, requests), kFirst);
  EXPECT_EQ(names(), 17u);
  EXPECT_EQ(answer.substr(0, 56), Refused(16, 0xa1, requests[16]));
  EXPECT_EQ(answer.size(), 24u * 56);
  for (uint32_t i = 0; i < 40; ++i) requests.push_back(Readdressing::Request(kAdd, 40 + i, Ipv4(224, 0, 0, 1)));
  answer = pair.Answer(pair.Ask(1, requests), kFirst);
  EXPECT_TRUE(answer.size() / 2 <= 1200 && answer.size() / 2 >= 1100);
  // 32 addresses that come and go at once, and one request too many.
  requests.clear();
  for (uint32_t i = 0; i < 32; ++i) {
    const IpAddress address = Ipv4(10, 1, 0, 1);
    requests.push_back(Readdressing::Request(kDelete, 2 * i, address));
    requests.push_back(Readdressing::Request(kAdd, 2 * i + 1, address));
  }
  requests.push_back(Readdressing::Request(kDelete, 64, Ipv4(10, 1, 0, 2)));
  requests.push_back(Readdressing::Request(kDelete, 65, Ipv4(10, 1, 0, 3)));
  EXPECT_EQ(pair.Answer(pair.Ask(2, requests), kFirst), Refused(64, 0xa1, requests[64]));
  EXPECT_EQ(names(), 17u);
}

TEST("an address of another peer's is refused, and that peer keeps it") {
  Readdressing pair;
  pair.Establish();
  SimHost& other = pair.net.AddHost("other", Ipv4(10, 0, 8, 8));
  const SocketId socket = other.Open(kClientPort);
  AssocId assoc = 0;
  const IpAddress target = Homes::ServerAt(0);
  EXPECT_EQ(other.engine->Connect(socket, {&target, 1}, kServerPort, false, &assoc), 0);
  pair.net.RunFor(kSecond);
  pair.server.Take(pair.server_socket);
  const auto add = Readdressing::Request(kAdd, 1, other.address);
  EXPECT_EQ(pair.Answer(pair.Ask(0, {add}), kFirst), Refused(1, 0xa4, add));
  EXPECT_EQ(other.Send(socket, assoc, 0, AsBytesOf("mine")), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.ServerChanges(), "data:mine");
}

// Section 5.1, rule D0; section 4.3.4.
TEST("an answer to what was never asked ends the association, and one that comes twice does nothing") {
  for (const uint32_t number : {0u, 5u}) {
    Readdressing pair;
    pair.Establish();
    if (number == 0) EXPECT_EQ(pair.AddClientHome(1), 0);
    pair.net.RunFor(kSecond);
    pair.client.Take(pair.client_socket);
    std::vector<uint8_t> body(4);
    Store32(&body[0], pair.client_tsn + number);
    const auto packet = PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Chunk(kChunkAsconfAck, 0, body).Done();
    pair.client.Inject({.carrier = 1, .local = kFirst, .remote = Homes::ServerAt(0), .remote_udp_port = kServerPort}, pair.keys.Signed(packet));
    pair.net.RunFor(kSecond);
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), number == 0 ? "" : "comm_lost(163)");
  }
}

// Section 5.1.
TEST("a peer that does not know ASCONF after all is not asked any more, and told of as an error") {
  Readdressing pair;
  pair.Establish();
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>& packet) { return !HasChunk(packet, kChunkAsconf); };
  EXPECT_EQ(pair.AddClientHome(1), 0);
  pair.net.RunFor(100 * kMillisecond);
  const auto packet = PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Words(kChunkError, 0, {0x0006000c, 0xC1000008, 5}).Done();
  pair.client.Inject({.carrier = 1, .local = kFirst, .remote = Homes::ServerAt(0), .remote_udp_port = kServerPort}, packet);
  pair.net.RunFor(1000 * kSecond);
  EXPECT_EQ(pair.Count(pair.client, kChunkAsconf), 1u);
  EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "remote_error");
}

TEST("once the association is being shut down nothing is asked for, and what the peer asks for is still obeyed (RFC 5061 section 5.3)") {
  Readdressing pair;
  pair.Establish();
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>& packet) { return !HasChunk(packet, kChunkShutdown) && !HasChunk(packet, kChunkShutdownAck); };
  EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, {}, kFlagEof), 0);
  pair.net.RunFor(10 * kMillisecond);
  EXPECT_EQ(pair.AddHome(pair.server, pair.server_socket, Homes::ServerAt(1), kServerPort), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.Count(pair.server, kChunkAsconf), 0u);
  EXPECT_EQ(pair.Answer(pair.Ask(0, {Readdressing::Request(kAdd, 1, Homes::ClientAt(1))}), kFirst), "");
}

TEST("random requests of a peer that knows the keys break nothing, and leave a confirmed address") {
  for (const uint64_t seed : check::Seeds(4)) {
    Readdressing pair(1, 1, seed);
    pair.server.Set(pair.server_socket, Option::kEvents, 0, {0});
    REQUIRE(pair.Connect({Homes::ServerAt(0)}) == 0);
    pair.net.RunFor(kSecond);
    Random random(seed);
    uint32_t number = 0;
    std::vector<PeerName> names;
    for (int round = 0; round < 1500; ++round) {
      std::vector<std::vector<uint8_t>> requests;
      for (size_t count = random.Below(6); count != 0; --count) {
        const uint16_t types[] = {kAdd, kDelete, kPrefer, 0xC006, static_cast<uint16_t>(random.Next())};
        const IpAddress addresses[] = {Ipv4(0, 0, 0, 0), Homes::ClientAt(random.Below(6)), Ipv4(10, 0, static_cast<uint8_t>(random.Below(40)), 3)};
        requests.push_back(Readdressing::Request(types[random.Below(5)], static_cast<uint32_t>(count), addresses[random.Below(3)]));
        if (random.Chance(0.1)) requests.back().resize(random.Below(requests.back().size() + 1));
        if (random.Chance(0.1) && !requests.back().empty()) requests.back()[random.Below(requests.back().size())] = static_cast<uint8_t>(random.Next());
      }
      const IpAddress from = random.Chance(0.7) ? kFirst : Homes::ClientAt(1 + random.Below(5));
      if (pair.Answer(pair.Ask(number, requests), from) != "none") ++number;
      if (round % 100 == 0) pair.net.RunFor(kSecond);
      EXPECT_EQ(pair.server.engine->PeerNames(pair.server_socket, 0, &names), 0);
      if (!EXPECT_TRUE(!names.empty() && names.size() <= 17)) break;
      size_t confirmed = 0;
      for (const PeerName& name : names)
        confirmed += Homes::PathInfo(pair.server, pair.server_socket, name.assoc_id, name.address, kClientPort).at(0) != 2;
      if (!EXPECT_TRUE(confirmed >= 1)) break;
    }
    EXPECT_TRUE(number > 100);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
