// Chunks and parameters that nobody knows yet, by the two upper bits of their types (RFC 9260 sections 3.2, 3.2.1, 3.2.2): in every state, and in INIT, INIT ACK
// and RE-CONFIG. The first bit says whether what follows counts, the second one whether the peer is told.
#include <map>
#include <optional>

#include "handshake.h"
#include "reconfig.h"
#include "subject.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kGoesOn = 0x8000, kIsReported = 0x4000;

// Types of chunks that an engine knows by default, or may know: AUTH, ASCONF and ASCONF ACK are extensions by themselves.
bool IsKnown(uint32_t type) {
  return type <= kChunkShutdownComplete || type == 15 || type == kChunkIData || type == 128 || type == kChunkAsconf || type == kChunkForwardTsn ||
         type == kChunkIForwardTsn;
}

// An unknown chunk with content, and a HEARTBEAT behind it that shows whether the rest counts.
PacketBuilder Unknown(Subject& subject, uint8_t type) {
  return subject.Packet().Words(type, 0xff, {0xdeadbeef}).Words(kChunkHeartbeat, 0, {0x00010008, 1});
}

TEST("§3.2: every unknown type of chunk in every state: what follows counts or not, an ERROR says so or not, and nothing else happens") {
  for (int state = 0; state < kStates; ++state) {
    Subject subject(static_cast<State>(state));
    int types = 0;
    for (uint32_t type = 0; type < 256; ++type) {
      if (IsKnown(type)) continue;
      ++types;
      check::Note("type " + std::to_string(type) + " in " + kStateNames[static_cast<size_t>(state)]);
      // A call sends nothing before its COOKIE ECHO, and only answers HEARTBEATs until the COOKIE ACK (5.1 C). An end that has sent SHUTDOWN ACK answers all the same.
      const bool reports = state > kCookieEchoed && (type & 0x40) != 0, answers = state != kCookieWait && (type & 0x80) != 0;
      const std::string error = reports ? "ERROR" : "", ack = answers ? "HEARTBEAT_ACK" : "";
      EXPECT_EQ(subject.Get(Unknown(subject, static_cast<uint8_t>(type))), error + (reports && answers ? " " : "") + ack);
    }
    EXPECT_TRUE(types > 230);
  }
}

TEST("§3.2, §3.3.10.6: the ERROR has the chunk, of a long one its beginning") {
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{200}, size_t{1000}}) {
    Subject subject(kUp);
    std::vector<uint8_t> body(bytes, 0xab);
    subject.Get(subject.Packet().Chunk(0x7e, 5, body));
    REQUIRE(subject.answers.size() == 1);
    const auto chunks = ChunksOf(subject.answers[0]);
    REQUIRE(chunks.size() == 1 && chunks[0].type == kChunkError);
    const Bytes cause = chunks[0].body;
    EXPECT_EQ(Load16(&cause[0]), kCauseUnrecognizedChunk);
    EXPECT_EQ(Load16(&cause[2]), 4 + std::min<size_t>(4 + bytes, 256));
    EXPECT_TRUE(cause[4] == 0x7e && cause[5] == 5 && Load16(&cause[6]) == 4 + bytes);
  }
}

TEST("§8.4: without an association an unknown chunk is out of the blue, whatever its bits") {
  for (const uint8_t type : {0x3f, 0x7f, 0xbf, 0xff}) {
    Pair pair;
    const auto answers = AnswersOf(pair, pair.server, pair.FromClient(), PacketBuilder(kClientPort, kServerPort, 7).Words(type, 0, {1}).Done());
    REQUIRE(answers.size() == 1);
    EXPECT_TRUE(HasChunk(answers[0], kChunkAbort));
  }
}

// A parameter with the number `number` under the upper bits, six bytes long and padded, before or behind Forward-TSN-Supported.
std::vector<uint8_t> WithUnknown(std::vector<uint8_t> body, uint32_t bits, uint16_t number, bool is_first) {
  std::vector<uint8_t> unknown{0, 0, 0, 6, 0xca, 0xfe, 0, 0};
  Store16(&unknown[0], bits | number);
  const std::vector<uint8_t> known{0xc0, 0, 0, 4};
  const auto add = [&](const std::vector<uint8_t>& param) { body.insert(body.end(), param.begin(), param.end()); };
  add(is_first ? unknown : known);
  add(is_first ? known : unknown);
  return body;
}

std::vector<uint8_t> Words(std::initializer_list<uint32_t> words) {
  std::vector<uint8_t> body;
  for (const uint32_t word : words)
    for (int shift = 24; shift >= 0; shift -= 8) body.push_back(static_cast<uint8_t>(word >> shift));
  return body;
}

// Whether the body of an INIT ACK, behind its header, has a parameter of that type, and how its value begins.
std::optional<uint32_t> ValueOf(const ChunkView& chunk, uint16_t type) {
  for (Bytes rest = chunk.body.subspan(16); rest.size() >= 4;) {
    const size_t length = Load16(&rest[2]);
    if (Load16(&rest[0]) == type) return length >= 8 ? Load32(&rest[4]) : 0;
    rest = rest.subspan(std::min(Padded(length), rest.size()));
  }
  return std::nullopt;
}

TEST("§3.2.1, §3.2.2: unknown parameters of an INIT, to a listener and to an association in each state that answers one") {
  for (const uint32_t bits : {0u, kIsReported, kGoesOn, kGoesOn | kIsReported}) {
    for (const bool is_first : {true, false}) {
      for (int state = -1; state < kAckSent; ++state) {
        check::Note("bits " + std::to_string(bits >> 14) + (is_first ? " first" : " last") + ", state " + std::to_string(state));
        const auto body = WithUnknown(Words({77, 65536, 0x000a000a, 5}), bits, 0x1abc, is_first);
        std::vector<std::vector<uint8_t>> answers;
        if (state < 0) {
          Pair pair;
          answers = AnswersOf(pair, pair.server, pair.FromClient(), PacketBuilder(kClientPort, kServerPort, 0).Chunk(kChunkInit, 0, body).Done());
        } else {
          Subject subject(static_cast<State>(state));
          subject.Get(subject.Packet(0).Chunk(kChunkInit, 0, body));
          answers = subject.answers;
        }
        REQUIRE(answers.size() == 1);
        const auto chunks = ChunksOf(answers[0]);
        REQUIRE(chunks.size() == 1 && chunks[0].type == kChunkInitAck);
        EXPECT_EQ(ValueOf(chunks[0], kParamForwardTsnSupported).has_value(), !is_first || (bits & kGoesOn) != 0);
        const auto report = ValueOf(chunks[0], kParamUnrecognized);
        EXPECT_EQ(report.has_value(), (bits & kIsReported) != 0);
        if (report) EXPECT_EQ(*report, (bits | 0x1abc) << 16 | 6);
      }
    }
  }
}

TEST("§3.2.1, §3.2.2: unknown parameters of an INIT ACK, reported behind the COOKIE ECHO; one that stops before the cookie leaves none") {
  for (const uint32_t bits : {0u, kIsReported, kGoesOn, kGoesOn | kIsReported}) {
    for (const bool before_cookie : {true, false}) {
      for (const bool is_first : {true, false}) {
        check::Note("bits " + std::to_string(bits >> 14) + (before_cookie ? " before" : " behind") + (is_first ? " first" : " last"));
        Subject subject(kCookieWait);
        const std::vector<uint8_t> header = Words({77, 65536, 0x000a000a, 5}), cookie{0, 7, 0, 8, 1, 2, 3, 4};
        std::vector<uint8_t> body;
        if (before_cookie) {
          body = WithUnknown(header, bits, 0x1abc, is_first);
          body.insert(body.end(), cookie.begin(), cookie.end());
        } else {
          body = header;
          body.insert(body.end(), cookie.begin(), cookie.end());
          body = WithUnknown(body, bits, 0x1abc, is_first);
        }
        const std::string story = subject.Get(subject.Packet().Chunk(kChunkInitAck, 0, body));
        if (before_cookie && (bits & kGoesOn) == 0) {
          EXPECT_EQ(story, "ABORT!, gone, cant_assoc(2)");
          continue;
        }
        const bool reports = (bits & kIsReported) != 0;
        EXPECT_EQ(story, reports ? "COOKIE_ECHO! ERROR!, cookie_echoed" : "COOKIE_ECHO!, cookie_echoed");
        if (reports) {
          const auto chunks = ChunksOf(subject.answers[0]);
          EXPECT_EQ(chunks[1].Word(0), uint32_t{kCauseUnrecognizedParams} << 16 | 10);
          EXPECT_EQ(chunks[1].Word(4), (bits | 0x1abc) << 16 | 6);
        }
        const auto agreed = subject.pair.client.Get(subject.pair.client_socket, Option::kPrSupported, subject.pair.client_assoc);
        EXPECT_EQ(agreed.at(0), !is_first || (bits & kGoesOn) != 0);
      }
    }
  }
}

TEST("§3.2.1: unknown parameters of a RE-CONFIG, before and behind a request, in each state that takes one") {
  for (const uint32_t bits : {0u, kIsReported, kGoesOn, kGoesOn | kIsReported}) {
    for (const bool is_first : {true, false}) {
      for (const bool is_ending : {true, false}) {
        check::Note("bits " + std::to_string(bits >> 14) + (is_first ? " first" : " last") + (is_ending ? " ending" : ""));
        Reconfiguring pair;
        pair.Establish();
        if (is_ending) {
          SendParams eof;
          eof.assoc_id = pair.server_assoc, eof.flags = kFlagEof;
          pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
          EXPECT_EQ(pair.server.engine->Send(pair.server_socket, eof, {}), 0);
          pair.net.Settle();
        }
        std::vector<uint8_t> unknown{0, 0, 0, 6, 0xca, 0xfe, 0, 0}, request, value;
        Store16(&unknown[0], bits | 0x1abc);
        WriteReconfigParam(pair.Request(kParamResetOutgoing, 0), &request);
        for (const auto* each : {is_first ? &unknown : &request, is_first ? &request : &unknown}) value.insert(value.end(), each->begin(), each->end());
        const auto answers = pair.Answers(PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Chunk(kChunkReconfig, 0, value).Done());
        EXPECT_EQ(pair.ResultsOf(answers), !is_first || (bits & kGoesOn) != 0 ? "0:1" : "");
        bool reported = false;
        for (const auto& packet : answers)
          for (const ChunkView& chunk : ChunksOf(packet))
            reported |= chunk.type == kChunkError && chunk.Word(0) == (uint32_t{kCauseUnrecognizedParams} << 16 | 10) && chunk.Word(4) == ((bits | 0x1abc) << 16 | 6);
        EXPECT_EQ(reported, (bits & kIsReported) != 0);
      }
    }
  }
}

}  // namespace
}  // namespace mailport::sctp::test
