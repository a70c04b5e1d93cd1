// What an INIT and an INIT ACK must hold, and what comes of one that does not (RFC 9260 sections 3.3.2, 3.3.3, 5.1, 5.2.1, 5.2.2).
#include "handshake.h"
#include "subject.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kStrangersTag = 77;

// The words of an INIT ACK's fixed fields, as the answering end has written them.
struct Answered {
  uint32_t window = 0, outbound = 0, inbound = 0;
};

Answered AnswerIn(const std::vector<std::vector<uint8_t>>& packets) {
  for (const auto& packet : packets)
    for (const ChunkView& chunk : ChunksOf(packet))
      if (chunk.type == kChunkInitAck) return {chunk.Word(4), chunk.Word(8) >> 16, chunk.Word(8) & 0xffff};
  return {};
}

// Section 3.3.2.
TEST("an INIT with a window below 1,500 is refused in every state, and changes none") {
  for (int state = 0; state < kStates; ++state) {
    check::Note(kStateNames[state]);
    for (const uint32_t window : {0u, 1499u, 1500u}) {
      Subject subject(static_cast<State>(state));
      const std::string answer = subject.Get(subject.Packet(0).Init(kStrangersTag, 5, window));
      EXPECT_EQ(answer, state == kAckSent ? "SHUTDOWN_ACK" : window < 1500 ? "ABORT!" : "INIT_ACK!");
      if (window == 1500 || state == kAckSent) continue;
      const auto view = ParsePacket(subject.answers.at(0));
      EXPECT_EQ(view->tag, kStrangersTag);
      EXPECT_EQ(view->chunks.at(0).Word(0), uint32_t{kCauseInvalidParam} << 16 | 4);
    }
  }
}

// Section 3.3.3: the attempt itself goes on.
TEST("an INIT ACK with a window below 1,500 gets an ABORT, and the call goes on with the next one") {
  Subject subject(kCookieWait);
  const auto ack = [&](uint32_t window) {
    return subject.Packet().Words(kChunkInitAck, 0, {kStrangersTag, window, 0x000a000a, 5, 0x00070008, 1});
  };
  EXPECT_EQ(subject.Get(ack(1499)), "ABORT!");
  EXPECT_EQ(ParsePacket(subject.answers.at(0))->tag, kStrangersTag);
  EXPECT_EQ(subject.Get(ack(1500)), "COOKIE_ECHO!, cookie_echoed");
}

// Section 3.3.3.
TEST("an INIT ACK without a tag ends the call, and the ABORT reflects the tag that the INIT ACK came under") {
  Subject subject(kCookieWait);
  EXPECT_EQ(subject.Get(subject.Packet().Words(kChunkInitAck, 0, {0, 65536, 0x000a000a, 5, 0x00070008, 1})), "ABORT/1!, gone, cant_assoc(7)");
  EXPECT_EQ(ParsePacket(subject.answers.at(0))->tag, subject.pair.tag_to_client);
}

TEST("an INIT ACK offers no more streams than the INIT takes") {
  Pair pair;
  for (const uint16_t inbound : {uint16_t{1}, uint16_t{3}, uint16_t{500}}) {
    const auto answers = AnswersTo(pair, PacketBuilder(6000, kServerPort, 0).Init(kStrangersTag, 1, 65536, 10, inbound).Done());
    EXPECT_EQ(AnswerIn(answers).outbound, std::min<uint32_t>(inbound, 10));
    EXPECT_EQ(AnswerIn(answers).inbound, 65535u);
  }
}

// Section 3.3.3: 1,000 IPv4 addresses take 8,000 bytes.
TEST("an INIT ACK that lists a thousand addresses is taken") {
  Subject subject(kCookieWait);
  std::vector<uint8_t> body(24 + 8 * 1000);
  const std::array<uint32_t, 6> head = {kStrangersTag, 65536, 0x000a000a, 5, 0x00070008, 1};
  for (size_t i = 0; i < head.size(); ++i) Store32(&body[4 * i], head[i]);
  for (uint32_t i = 0; i < 1000; ++i) {
    Store32(&body[24 + 8 * i], 0x00050008);
    Store32(&body[28 + 8 * i], 0x0a010000 + i);
  }
  EXPECT_EQ(subject.Get(subject.Packet().Chunk(kChunkInitAck, 0, body)), "COOKIE_ECHO!, cookie_echoed");
}

// Sections 5.2.1 and 5.2.2: an association offers to a peer that calls what it offered before.
TEST("whatever its socket's options are by now, an association answers an INIT with its own window and streams") {
  for (const State state : {kCookieWait, kCookieEchoed, kUp, kPending, kSent, kReceived}) {
    check::Note(kStateNames[state]);
    Subject subject(state);
    SimHost& client = subject.pair.client;
    EXPECT_EQ(client.Set(subject.pair.client_socket, Option::kInitMsg, 0, {2, 3, 4, 1000}), 0);
    EXPECT_EQ(client.Set(subject.pair.client_socket, Option::kRecbuf, 0, {16384}), 0);
    subject.Get(subject.Packet(0).Init(kStrangersTag, 5));
    const Answered answer = AnswerIn(subject.answers);
    EXPECT_EQ(answer.window, 512u * 1024);
    EXPECT_EQ(answer.outbound, 10u);
    EXPECT_EQ(answer.inbound, 65535u);
  }
}

// Sections 3.3.2.1.4 and 3.3.10.5.
TEST("whoever gives a host name for an address is refused, with that parameter, at the called end as at the calling one") {
  const std::vector<uint8_t> name = {0, 11, 0, 8, 'h', 'o', 's', 0};
  std::vector<uint8_t> body(16);
  Store32(&body[0], kStrangersTag), Store32(&body[4], 65536), Store32(&body[8], 0x000a000a), Store32(&body[12], 1);
  body.insert(body.end(), name.begin(), name.end());
  const std::vector<uint8_t> cause = {kChunkAbort, 0, 0, 16, 0, 5, 0, 12, 0, 11, 0, 8, 'h', 'o', 's', 0};
  Pair pair;
  const auto answers = AnswersTo(pair, PacketBuilder(6000, kServerPort, 0).Chunk(kChunkInit, 0, body).Done());
  REQUIRE(answers.size() == 1);
  const Bytes refusal = ChunksOf(answers[0]).at(0).whole;
  EXPECT_EQ(std::vector<uint8_t>(refusal.begin(), refusal.end()), cause);
  Subject subject(kCookieWait);
  const std::vector<uint8_t> cookie = {0, 7, 0, 8, 0, 0, 0, 1};
  body.insert(body.end(), cookie.begin(), cookie.end());
  EXPECT_EQ(subject.Get(subject.Packet().Chunk(kChunkInitAck, 0, body)), "ABORT!, gone, cant_assoc(5)");
  const Bytes abort = ChunksOf(subject.answers.at(0)).at(0).whole;
  EXPECT_EQ(std::vector<uint8_t>(abort.begin(), abort.end()), cause);
}

// Section 5.2.6: no more than a second beyond the round trip, whatever the ERROR's measure says.
TEST("after a stale cookie the INIT asks for the round trip of the COOKIE ECHO and a second") {
  for (const uint32_t measure_us : {0u, 700'000u, 4'000'000'000u}) {
    Subject subject(kCookieEchoed);
    subject.pair.net.RunFor(180 * kMillisecond);  // 200 ms after the COOKIE ECHO left: Subject has waited for 20 ms, and the INIT ACK came after 2.
    EXPECT_EQ(subject.Get(subject.Packet().Words(kChunkError, 0, {0x00030008, measure_us})), "INIT!, cookie_wait");
    const auto init = subject.answers.at(0);
    uint32_t asked_ms = 0;
    for (size_t at = kCommonHeaderBytes + 20; at + 8 <= init.size(); at += Padded(Load16(&init[at + 2])))
      if (Load16(&init[at]) == kParamCookiePreservative) asked_ms = Load32(&init[at + 4]);
    EXPECT_EQ(asked_ms, 1198u);
  }
}

// Section 5.1 D: the COOKIE ACK, and with it what a new peer must see first, is not behind other chunks of the turn.
TEST("a COOKIE ACK is the first chunk of its packet, whatever else leaves with it") {
  Pair pair;
  std::vector<uint8_t> echo;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    if (HasChunk(packet, kChunkCookieEcho)) echo = packet;
    return true;
  };
  pair.Establish();
  std::vector<std::vector<uint8_t>> sent;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from == &pair.server) sent.push_back(packet);
    return false;
  };
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kPeerAddrParams, pair.server_assoc, {0, 0, 0, 0, 4}), 0);
  pair.server.engine->SetNow(pair.net.now());
  pair.server.engine->Input(pair.FromClient(), echo);
  pair.server.engine->Input(pair.FromClient(), echo);
  pair.net.Settle();
  REQUIRE(sent.size() == 1);
  const auto chunks = ChunksOf(sent[0]);
  REQUIRE(chunks.size() == 2);
  EXPECT_EQ(chunks[0].type, kChunkCookieAck);
  EXPECT_EQ(chunks[1].type, kChunkHeartbeat);
}

}  // namespace
}  // namespace mailport::sctp::test
