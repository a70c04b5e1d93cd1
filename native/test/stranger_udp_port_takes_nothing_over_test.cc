// A stranger who shares a peer's address (another user of its host, others behind its NAT) and takes its SCTP port has another UDP port. While we called
// the peer, an INIT from there was answered with a cookie of our own call's tag. The echoed cookie took over the call or the new association.
#include <cerrno>

#include "handshake.h"

namespace mailport::sctp::test {
namespace {

constexpr uint16_t kStrangersUdpPort = 5555;

// The client calls the server. The stranger speaks from the server's address and SCTP port.
struct Call {
  explicit Call(bool client_listens = true) {
    if (client_listens) pair.client.engine->Listen(pair.client_socket, kBacklog);
    stranger = pair.FromServer();
    stranger.remote_udp_port = kStrangersUdpPort;
  }
  std::vector<std::vector<uint8_t>> Stranger(Bytes packet) { return AnswersOf(pair, pair.client, stranger, packet); }
  std::vector<uint8_t> Init(uint32_t tag = 99) { return PacketBuilder(kServerPort, kClientPort, 0).Init(tag, 1).Done(); }
  // Does `something`, and runs until `host` would send a packet with such a chunk. That packet is lost.
  void RunUntilSent(
      SimHost& host, uint8_t type, const std::function<void()>& something = [] {}) {
    bool seen = false;
    pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) { return !(&from == &host && HasChunk(packet, type) && (seen = true)); };
    something();
    REQUIRE(pair.net.RunUntil([&] { return seen; }));
    pair.tap = nullptr;
  }
  void ConnectUntil(uint8_t lost) {
    RunUntilSent(pair.client, lost, [this] { REQUIRE(pair.Connect() == 0); });
  }
  // Expects that the call comes to the server, and works.
  void ExpectServersCall() {
    pair.net.RunFor(10 * kSecond);
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up");
    const auto at_server = pair.server.Take(pair.server_socket);
    EXPECT_EQ(Story(at_server), "comm_up");
    REQUIRE(at_server.size() == 1);
    pair.server_assoc = at_server[0].item.assoc_id;
    EXPECT_EQ(pair.client.engine->AssociationsOn(1), 1u);
    ExpectItWorks();
  }
  void ExpectItWorks() {
    WorksBothWays(pair);
    pair.client.Take(pair.client_socket);
    pair.server.Take(pair.server_socket);
  }

  Pair pair;
  PacketRoute stranger;
};

std::string AnswerOf(const std::vector<std::vector<uint8_t>>& answers) {
  if (answers.empty()) return "none";
  const ChunkView chunk = ChunksOf(answers.back()).at(0);
  return chunk.type == kChunkAbort ? "ABORT " + std::to_string(chunk.Word(0) >> 16) : Describe(answers.back());
}

TEST("an INIT from another UDP port of the callee's address is refused while we call, in both states") {
  for (const uint8_t lost : {kChunkInit, kChunkCookieEcho})
    for (const bool listens : {true, false}) {
      check::Note(std::string(lost == kChunkInit ? "cookie wait" : "cookie echoed") + (listens ? ", listening" : ""));
      Call call(listens);
      call.ConnectUntil(lost);
      for (int i = 0; i < 3; i++) EXPECT_EQ(AnswerOf(call.Stranger(call.Init())), "ABORT 14");
      call.ExpectServersCall();
    }
}

TEST("a cookie that a stranger was given before we called does not take the call over") {
  for (const uint8_t lost : {kChunkInit, kChunkCookieEcho}) {
    Call call;
    const Offer offer = OfferIn(call.Stranger(call.Init()));
    REQUIRE(offer.given());
    call.ConnectUntil(lost);
    EXPECT_EQ(AnswerOf(call.Stranger(EchoOf(offer, kServerPort, kClientPort))), "ABORT 14");
    call.ExpectServersCall();
  }
}

TEST("a cookie is for the UDP port that asked for it, before and after an association is there") {
  Call call;
  const Offer offer = OfferIn(AnswersOf(call.pair, call.pair.client, call.pair.FromServer(), call.Init()));
  REQUIRE(offer.given());
  EXPECT_EQ(AnswerOf(call.Stranger(EchoOf(offer, kServerPort, kClientPort))), "none");
  EXPECT_EQ(call.pair.client.engine->AssociationsOn(1), 0u);
  REQUIRE(call.pair.Connect() == 0);
  EXPECT_EQ(AnswerOf(call.Stranger(EchoOf(offer, kServerPort, kClientPort))), "none");
  call.ExpectServersCall();
}

// The cookie of a collision holds our own tag and stays valid for a minute (section 5.2.1).
TEST("the cookie of a collision, echoed from elsewhere, moves neither the call nor the association that came of it") {
  Call call;
  call.ConnectUntil(kChunkInit);
  const Offer offer = OfferIn(AnswersOf(call.pair, call.pair.client, call.pair.FromServer(), call.Init()));
  REQUIRE(offer.given());
  EXPECT_EQ(AnswerOf(call.Stranger(EchoOf(offer, kServerPort, kClientPort))), "none");
  call.ExpectServersCall();
  EXPECT_EQ(AnswerOf(call.Stranger(EchoOf(offer, kServerPort, kClientPort))), "none");
  call.ExpectItWorks();
}

TEST("in no state does a stranger's INIT or cookie touch an association") {
  Call call;
  const Offer offer = OfferIn(call.Stranger(call.Init()));
  REQUIRE(call.pair.Connect() == 0);
  call.ExpectServersCall();
  EXPECT_EQ(AnswerOf(call.Stranger(call.Init())), "ABORT 14");
  EXPECT_EQ(AnswerOf(call.Stranger(EchoOf(offer, kServerPort, kClientPort))), "ABORT 14");
  call.ExpectItWorks();
  // Each state of an ending that waits for the other end.
  call.RunUntilSent(call.pair.client, kChunkShutdown, [&] {
    REQUIRE(call.pair.client.Send(call.pair.client_socket, call.pair.client_assoc, 0, {}, kFlagEof) == 0);
  });
  EXPECT_EQ(AnswerOf(call.Stranger(call.Init())), "ABORT 14");
  EXPECT_EQ(AnswerOf(call.Stranger(EchoOf(offer, kServerPort, kClientPort))), "ABORT 14");
  call.RunUntilSent(call.pair.server, kChunkShutdownAck);
  EXPECT_EQ(AnswerOf(call.Stranger(call.Init())), "ABORT 14");
  call.pair.net.RunFor(10 * kSecond);
  EXPECT_EQ(Story(call.pair.client.Take(call.pair.client_socket)), "shutdown_comp");
}

// A NAT may give a peer another port; a sender that knows the tag is the peer (RFC 6951 section 5.4).
TEST("a peer that goes on from another UDP port is followed, in what is right from beginning to end alone") {
  Pair pair;
  pair.Establish();
  const CarrierId moved = pair.client.CarrierOn(kStrangersUdpPort);
  PacketRoute route = pair.FromClient();
  route.remote_udp_port = kStrangersUdpPort;
  uint16_t sent_to = 0;
  auto port_of_answer = [&] {
    const auto words = pair.server.Get(pair.server_socket, Option::kRemoteUdpEncapsPort, pair.server_assoc);
    return words.empty() ? 0 : words[0];
  };
  auto packet = [&](uint32_t tag) { return PacketBuilder(kClientPort, kServerPort, tag); };
  const uint32_t tag = pair.tag_to_server, theirs = pair.tag_to_client, tsn = pair.client_tsn;
  auto broken = packet(tag).Words(kChunkHeartbeat, 0, {0x00010008, 1}).Data(tsn, 0, 0, AsBytesOf("cut")).Done();
  Store16(&broken[12 + 12 + 2], 200);
  FixChecksum(&broken);
  const std::vector<std::vector<uint8_t>> refused = {
      packet(tag + 1).Data(tsn, 0, 0, AsBytesOf("x")).Done(),
      packet(theirs).Words(kChunkShutdownComplete, 1, {}).Done(),
      packet(theirs).Words(kChunkShutdownComplete, 1, {}).Data(tsn, 0, 0, AsBytesOf("x")).Done(),
      packet(theirs).Words(kChunkAbort, 1, {0x00010002}).Data(tsn, 0, 0, AsBytesOf("x")).Done(),
      packet(theirs).Words(kChunkAbort, 1, {0x00010002}).Done(),
      packet(tag).Words(kChunkShutdownComplete, 0, {}).Data(tsn, 0, 0, AsBytesOf("x")).Done(),
      packet(tag).Words(kChunkHeartbeat, 0, {0x00010008, 1}).Words(kChunkShutdownComplete, 0, {}).Done(),
      packet(tag).Words(kChunkHeartbeat, 0, {0x00010008, 1}).Words(kChunkAbort, 1, {}).Done(),
      packet(tag).Words(kChunkCookieAck, 0, {}).Done(),
      packet(tag).Words(kChunkAbort, 0, {0x000c0003}).Done(),
      broken,
  };
  for (size_t i = 0; i < refused.size(); i++) {
    check::Note("packet " + std::to_string(i));
    AnswersOf(pair, pair.server, route, refused[i]);
    sent_to = static_cast<uint16_t>(port_of_answer());
    EXPECT_EQ(sent_to, kClientPort);
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "");
  }
  check::Note("");
  REQUIRE(moved != 0);
  AnswersOf(pair, pair.server, route, packet(tag).Words(kChunkHeartbeat, 0, {0x00010008, 1}).Done());
  EXPECT_EQ(port_of_answer(), kStrangersUdpPort);
}

}  // namespace
}  // namespace mailport::sctp::test
