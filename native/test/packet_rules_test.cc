// Rules for whole packets (RFC 9260 sections 3.3.7, 8.4, 8.5.1, 9.1, 12.4): what a packet with an ABORT counts for, which packets out of the blue are answered,
// and how much answers a packet.
#include "handshake.h"
#include "subject.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kTag = 0x12345678;

PacketBuilder Heartbeat(PacketBuilder packet) { return packet.Words(kChunkHeartbeat, 0, {0x00010008, 1}); }

// Sections 3.3.7 and 9.1.
TEST("nothing in a packet with an ABORT is answered, whatever stands before the ABORT") {
  const struct {
    const char* what;
    void (*add)(PacketBuilder&, Subject&);
    State state;
    const char* story;
  } cases[] = {
      {"a HEARTBEAT", [](PacketBuilder& p, Subject&) { p.Words(kChunkHeartbeat, 0, {0x00010008, 1}); }, kUp, "gone, comm_lost"},
      {"an unknown chunk", [](PacketBuilder& p, Subject&) { p.Words(0xff, 0, {}); }, kUp, "gone, comm_lost"},
      {"DATA", [](PacketBuilder& p, Subject& s) { p.Data(s.pair.server_tsn, 0, 0, AsBytesOf("x")); }, kUp, "gone, data:x comm_lost"},
      {"DATA without data", [](PacketBuilder& p, Subject& s) { p.Data(s.pair.server_tsn, 0, 0, {}); }, kUp, "gone, comm_lost(9)"},
      {"a SACK of what was not sent", [](PacketBuilder& p, Subject& s) { p.Words(kChunkSack, 0, {s.pair.client_tsn, 65536, 0}); }, kUp, "gone, comm_lost(13)"},
      {"a SHUTDOWN ACK", [](PacketBuilder& p, Subject&) { p.Words(kChunkShutdownAck, 0, {}); }, kSent, "gone, comm_lost"},
      {"a SHUTDOWN", [](PacketBuilder& p, Subject& s) { p.Words(kChunkShutdown, 0, {s.pair.client_tsn - 1}); }, kUp, "gone, shutdown_event comm_lost"},
  };
  for (const auto& [what, add, state, story] : cases) {
    check::Note(what);
    Subject subject(state);
    PacketBuilder packet = subject.Packet();
    add(packet, subject);
    EXPECT_EQ(subject.Get(packet.Words(kChunkAbort, 0, {})), story);
  }
}

TEST("a COOKIE ECHO in a packet with an ABORT makes no association, and is not refused either") {
  Pair pair;
  const auto init = PacketBuilder(6000, kServerPort, 0).Init(kTag, 1).Done();
  const Offer offer = OfferIn(AnswersTo(pair, init));
  REQUIRE(offer.given());
  const auto echo = [&](bool abort) {
    PacketBuilder packet(6000, kServerPort, offer.tag);
    packet.Chunk(kChunkCookieEcho, 0, offer.cookie);
    if (abort) packet.Words(kChunkAbort, 0, {});
    return packet.Done();
  };
  EXPECT_TRUE(AnswersTo(pair, echo(true)).empty());
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 0u);
  EXPECT_EQ(AnswersTo(pair, echo(false)).size(), 1u);
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 1u);
  // The ABORT behind a COOKIE ECHO that is sent again counts for the association that came of it.
  EXPECT_TRUE(AnswersTo(pair, echo(true)).empty());
  EXPECT_EQ(pair.server.engine->AssociationsOn(1), 0u);
}

// Section 8.5.1 B.
TEST("an ABORT with the T bit under the peer's tag counts wherever it stands in its packet, and nothing else in that packet does") {
  Subject subject(kUp);
  const uint32_t peers = subject.pair.tag_to_server;
  EXPECT_EQ(subject.Get(Heartbeat(subject.Packet(peers).Words(kChunkAbort, 0, {}).Words(0xff, 0, {}))), "");
  EXPECT_EQ(subject.Get(Heartbeat(subject.Packet().Words(kChunkAbort, kTagReflected, {}))), "");
  EXPECT_EQ(subject.Get(subject.Packet(peers).Words(kChunkError, 0, {0x00060008, 1}).Words(kChunkAbort, kTagReflected, {}).Words(0xff, 0, {})),
            "gone, comm_lost");
}

// Section 12.4. A SACK does not count.
TEST("one packet answers one packet, whatever that asks for") {
  Subject subject(kUp);
  PacketBuilder packet = subject.Packet();
  for (int i = 0; i < 4; ++i) packet.Chunk(0xff, 0, std::vector<uint8_t>(200));
  EXPECT_EQ(subject.Get(Heartbeat(packet)), "ERROR ERROR HEARTBEAT_ACK");
  EXPECT_EQ(subject.answers.size(), 1u);
  // A HEARTBEAT that fills a packet leaves no room for more.
  PacketBuilder large = subject.Packet();
  large.Chunk(kChunkHeartbeat, 0, std::vector<uint8_t>(1400)).Chunk(0xff, 0, std::vector<uint8_t>(100));
  EXPECT_EQ(subject.Get(large), "HEARTBEAT_ACK");
  EXPECT_EQ(subject.answers.size(), 1u);
  PacketBuilder late = subject.Packet();
  late.Chunk(0xff, 0, std::vector<uint8_t>(100)).Chunk(kChunkHeartbeat, 0, std::vector<uint8_t>(1400));
  EXPECT_EQ(subject.Get(late), "ERROR");
  // From elsewhere the answer goes back there, alone.
  subject.answers.clear();
  PacketRoute route = subject.pair.FromServer();
  route.remote_udp_port = 4321;
  subject.pair.client.Inject(route, Heartbeat(subject.Packet()).Words(0xff, 0, {}).Done());
  subject.pair.net.Settle();
  EXPECT_EQ(subject.Answers(), "HEARTBEAT_ACK");
}

// The only answer of a host at which nobody listens: its chunk, flags and tag, or "none".
std::string AnswerOf(Pair& pair, std::vector<uint8_t> packet) {
  const auto answers = AnswersTo(pair, packet);
  if (answers.size() != 1) return answers.empty() ? "none" : "several";
  const std::string text = Describe(answers[0]);
  return text.substr(text.find("tag="));
}

// Section 8.4, rules 4 to 7, in their order.
TEST("out of the blue: a SHUTDOWN ACK anywhere in the packet is answered, before other rules would have silence") {
  for (const uint16_t port : {kServerPort, uint16_t{999}}) {
    Pair pair;
    const auto packet = [port] { return PacketBuilder(6000, port, kTag); };
    const std::string complete = "tag=" + std::to_string(kTag) + " SHUTDOWN_COMPLETE/1";
    EXPECT_EQ(AnswerOf(pair, packet().Words(kChunkSack, 0, {1, 2, 0}).Words(kChunkShutdownAck, 0, {}).Done()), complete);
    EXPECT_EQ(AnswerOf(pair, packet().Words(kChunkCookieAck, 0, {}).Words(kChunkShutdownAck, 0, {}).Done()), complete);
    EXPECT_EQ(AnswerOf(pair, packet().Words(kChunkShutdownAck, 0, {}).Words(kChunkAbort, 0, {}).Done()), "none");
  }
}

TEST("out of the blue: an ERROR that has the cause Stale Cookie among others gets no answer") {
  Pair pair;
  const auto error = [](std::initializer_list<uint32_t> causes) { return PacketBuilder(6000, kServerPort, kTag).Words(kChunkError, 0, causes).Done(); };
  EXPECT_EQ(AnswerOf(pair, error({0x00010008, 1, 0x00030008, 1})), "none");
  EXPECT_EQ(AnswerOf(pair, error({0x00010008, 1, 0x00040004})), "tag=" + std::to_string(kTag) + " ABORT/1");
}

TEST("out of the blue: an INIT in company is discarded in silence, at a port that there is as at one that there is not") {
  for (const uint16_t port : {kServerPort, uint16_t{999}}) {
    Pair pair;
    EXPECT_EQ(AnswerOf(pair, Heartbeat(PacketBuilder(6000, port, 0).Init(kTag, 1)).Done()), "none");
  }
}

// Sections 5.1.5 and 8.4, rule 4: a cookie is judged by its signature wherever it comes.
TEST("out of the blue: at a port that nobody has a COOKIE ECHO is refused under the peer's tag if the cookie is ours, and else not answered") {
  Pair pair;
  const Offer offer = OfferIn(AnswersTo(pair, PacketBuilder(6000, kServerPort, 0).Init(kTag, 1).Done()));
  REQUIRE(offer.given());
  pair.server.engine->Close(pair.server_socket, false);
  const auto echo = [&](Bytes cookie, uint16_t from = 6000, uint32_t tag = 0) {
    return PacketBuilder(from, kServerPort, tag == 0 ? offer.tag : tag).Chunk(kChunkCookieEcho, 0, cookie).Done();
  };
  EXPECT_EQ(AnswerOf(pair, echo(offer.cookie)), "tag=" + std::to_string(kTag) + " ABORT");
  EXPECT_EQ(AnswerOf(pair, echo(offer.cookie, 6001)), "none");
  EXPECT_EQ(AnswerOf(pair, echo(offer.cookie, 6000, kTag)), "none");
  std::vector<uint8_t> spoilt = offer.cookie;
  spoilt[20] ^= 1;
  EXPECT_EQ(AnswerOf(pair, echo(spoilt)), "none");
  EXPECT_EQ(AnswerOf(pair, echo({})), "none");
}

// Section 8.4, rule 1.
TEST("a packet that was sent to a group of hosts is not answered") {
  Pair pair;
  std::vector<std::vector<uint8_t>> sent;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    sent.push_back(packet);
    return false;
  };
  for (const IpAddress& to : {Ipv4(224, 0, 0, 1), Ipv4(255, 255, 255, 255)})
    for (const uint16_t port : {kServerPort, uint16_t{999}}) {
      PacketRoute route = pair.FromClient();
      route.local = to;
      pair.server.Inject(route, PacketBuilder(6000, port, 0).Init(kTag, 1).Done());
      pair.server.Inject(route, PacketBuilder(6000, port, kTag).Words(kChunkShutdownAck, 0, {}).Done());
    }
  pair.net.Settle();
  EXPECT_TRUE(sent.empty());
}

}  // namespace
}  // namespace mailport::sctp::test
