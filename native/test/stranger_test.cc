// Packets that belong to no association (RFC 9260 section 8.4), verification tags (8.5), and the aims that an enemy must not reach.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kTag = 0x12345678;

// A server that listens, and a stranger at 10.0.0.1 port 6000, whom the test speaks for.
struct Stranger {
  explicit Stranger(bool listening = true) {
    pair.server.engine->Listen(pair.server_socket, listening ? kBacklog : 0);
    pair.tap = [this](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
      answers.push_back(packet);
      return false;
    };
  }
  PacketBuilder Packet(uint32_t tag = kTag, uint16_t port = kServerPort) { return PacketBuilder(6000, port, tag); }
  // "none", or the only answer's chunk type, flags and tag.
  std::string AnswerTo(std::vector<uint8_t> packet) {
    answers.clear();
    pair.server.Inject(pair.FromClient(), packet);
    pair.net.Settle();
    if (answers.empty()) return "none";
    auto view = ParsePacket(answers[0]);
    if (answers.size() > 1 || view->chunks.size() != 1 || view->destination_port != 6000) return "unexpected: " + Describe(answers[0]);
    return Describe(answers[0]).substr(Describe(answers[0]).find("tag="));
  }
  static std::string Is(const char* chunk, uint32_t tag) { return "tag=" + std::to_string(tag) + " " + chunk; }

  Pair pair;
  std::vector<std::vector<uint8_t>> answers;
};

TEST("out of the blue: DATA and the like get an ABORT with the tag reflected (rule 8)") {
  for (uint16_t port : {kServerPort, uint16_t{9}}) {
    Stranger s;
    EXPECT_EQ(s.AnswerTo(s.Packet(kTag, port).Data(1, 0, 0, AsBytesOf("x")).Done()), Stranger::Is("ABORT/1", kTag));
    EXPECT_EQ(s.AnswerTo(s.Packet(kTag, port).Words(kChunkSack, 0, {1, 65536, 0}).Done()), Stranger::Is("ABORT/1", kTag));
    EXPECT_EQ(s.AnswerTo(s.Packet(kTag, port).Words(kChunkHeartbeat, 0, {0x00010008, 1}).Done()), Stranger::Is("ABORT/1", kTag));
    EXPECT_EQ(s.AnswerTo(s.Packet(kTag, port).Words(kChunkShutdown, 0, {1}).Done()), Stranger::Is("ABORT/1", kTag));
  }
}

TEST("out of the blue: an ABORT gets no answer (rule 2), wherever it stands in the packet") {
  Stranger s;
  EXPECT_EQ(s.AnswerTo(s.Packet().Words(kChunkAbort, 0, {}).Done()), "none");
  EXPECT_EQ(s.AnswerTo(s.Packet().Words(kChunkAbort, 1, {}).Done()), "none");
  EXPECT_EQ(s.AnswerTo(s.Packet().Words(kChunkSack, 0, {1, 65536, 0}).Words(kChunkAbort, 0, {}).Done()), "none");
}

TEST("out of the blue: an INIT that nobody takes gets an ABORT with its own tag, not reflected (rule 3)") {
  Stranger s(false);
  EXPECT_EQ(s.AnswerTo(s.Packet(0).Init(99, 1).Done()), Stranger::Is("ABORT", 99));
  EXPECT_EQ(s.AnswerTo(s.Packet(0, 9).Init(99, 1).Done()), Stranger::Is("ABORT", 99));
}

TEST("out of the blue: an INIT ACK gets an ABORT or nothing, and no state") {
  Stranger s;
  std::string answer = s.AnswerTo(s.Packet().Words(kChunkInitAck, 0, {5, 65536, 0x000a000a, 1, 0x00070008, 1}).Done());
  EXPECT_TRUE(answer == "none" || answer == Stranger::Is("ABORT/1", kTag) || answer == Stranger::Is("ABORT", 5));
}

TEST("out of the blue: a COOKIE ECHO that is not ours gets no association (rule 4)") {
  Stranger s;
  std::string answer = s.AnswerTo(s.Packet().Chunk(kChunkCookieEcho, 0, std::vector<uint8_t>(136, 7)).Done());
  EXPECT_EQ(answer, "none");
  EXPECT_EQ(s.pair.server.engine->AssociationsOn(1), 0u);
}

TEST("out of the blue: a SHUTDOWN ACK gets a SHUTDOWN COMPLETE with the tag reflected (rule 5)") {
  for (uint16_t port : {kServerPort, uint16_t{9}}) {
    Stranger s;
    EXPECT_EQ(s.AnswerTo(s.Packet(kTag, port).Words(kChunkShutdownAck, 0, {}).Done()), Stranger::Is("SHUTDOWN_COMPLETE/1", kTag));
  }
}

TEST("out of the blue: SHUTDOWN COMPLETE, COOKIE ACK and stale-cookie ERROR get no answer (rules 6 and 7)") {
  Stranger s;
  EXPECT_EQ(s.AnswerTo(s.Packet().Words(kChunkShutdownComplete, 0, {}).Done()), "none");
  EXPECT_EQ(s.AnswerTo(s.Packet().Words(kChunkCookieAck, 0, {}).Done()), "none");
  EXPECT_EQ(s.AnswerTo(s.Packet().Words(kChunkError, 0, {0x00030008, 1}).Done()), "none");
}

TEST("packets with a wrong checksum, a broken length or no chunk get no answer") {
  Stranger s;
  auto spoilt = s.Packet().Data(1, 0, 0, AsBytesOf("x")).Done();
  spoilt[20] ^= 1;
  EXPECT_EQ(s.AnswerTo(spoilt), "none");
  EXPECT_EQ(s.AnswerTo(s.Packet().Done()), "none");
  auto good = s.Packet().Data(1, 0, 0, AsBytesOf("x")).Done();
  for (size_t length = 0; length < kCommonHeaderBytes; length++) EXPECT_EQ(s.AnswerTo({good.begin(), good.begin() + static_cast<ptrdiff_t>(length)}), "none");
  EXPECT_TRUE(s.pair.server.engine->stats().bad_packets > 0);
}

// Section 8.4 rule 1: a source that no single host can have.
TEST("packets from addresses that are no host's get no answer") {
  Stranger s;
  for (IpAddress source : {Ipv4(224, 0, 0, 1), Ipv4(255, 255, 255, 255), Ipv4(0, 0, 0, 0)}) {
    PacketRoute route = s.pair.FromClient();
    route.remote = source;
    uint64_t before = s.pair.net.packets_sent;
    s.pair.server.Inject(route, s.Packet(0).Init(99, 1).Done());
    s.pair.server.Inject(route, s.Packet().Data(1, 0, 0, AsBytesOf("x")).Done());
    s.pair.net.Settle();
    EXPECT_EQ(s.pair.net.packets_sent, before);
  }
}

TEST("a flood of strangers' packets is answered at a bounded rate, in packets no larger than theirs by much") {
  Stranger s;
  uint64_t sent = s.pair.net.packets_sent, bytes = s.pair.net.bytes_sent, received_bytes = 0;
  for (int i = 0; i < 20'000; i++) {
    auto packet = s.Packet().Words(kChunkHeartbeat, 0, {0x00010008, 1}).Done();
    received_bytes += packet.size();
    s.pair.server.Inject(s.pair.FromClient(), packet);
  }
  s.pair.net.Settle();
  EXPECT_TRUE(s.pair.net.packets_sent - sent <= 2000);
  EXPECT_TRUE(s.pair.net.bytes_sent - bytes <= received_bytes);
}

// Section 8.5: established associations.

struct Enemy {
  Enemy() { pair.Establish(); }
  // The packet comes from the client's address. The association must go on as if nothing had happened.
  void Throw(std::vector<uint8_t> packet) {
    Tap before = std::exchange(pair.tap, [](SimHost&, SimHost&, std::vector<uint8_t>&) { return true; });
    pair.server.Inject(pair.FromClient(), packet);
    pair.net.Settle();
    pair.tap = before;
  }
  PacketBuilder Packet(uint32_t tag) { return PacketBuilder(kClientPort, kServerPort, tag); }
  bool Undisturbed() {
    bool works = Transfer(pair, {MessageOf(1, 3000)}, {MessageOf(2, 3000)});
    return EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "data:3000") && EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "data:3000") &&
           works;
  }

  Pair pair;
};

TEST("a wrong verification tag is ignored, whatever the chunk") {
  Enemy e;
  for (uint32_t tag : {e.pair.tag_to_server + 1, e.pair.tag_to_server ^ 0x80000000u, 1u, e.pair.tag_to_client}) {
    e.Throw(e.Packet(tag).Words(kChunkAbort, 0, {}).Done());
    e.Throw(e.Packet(tag).Words(kChunkShutdown, 0, {e.pair.server_tsn - 1}).Done());
    e.Throw(e.Packet(tag).Words(kChunkShutdownAck, 0, {}).Done());
    e.Throw(e.Packet(tag).Words(kChunkShutdownComplete, 0, {}).Done());
    e.Throw(e.Packet(tag).Data(e.pair.client_tsn, 0, 0, AsBytesOf("forged")).Done());
    e.Throw(e.Packet(tag).Words(kChunkSack, 0, {e.pair.server_tsn + 5, 0, 0}).Done());
    e.Throw(e.Packet(tag).Words(kChunkError, 0, {0x00030008, 1}).Done());
    e.Throw(e.Packet(tag).Words(kChunkCookieAck, 0, {}).Done());
  }
  // The T bit goes with the peer's tag alone (8.5.1 B and C).
  e.Throw(e.Packet(e.pair.tag_to_server).Words(kChunkAbort, 1, {}).Done());
  e.Throw(e.Packet(e.pair.tag_to_server + 1).Words(kChunkAbort, 1, {}).Done());
  e.Throw(e.Packet(e.pair.tag_to_server).Words(kChunkShutdownComplete, 0, {}).Done());
  e.Throw(e.Packet(e.pair.tag_to_client).Words(kChunkShutdownComplete, 1, {}).Done());
  EXPECT_TRUE(e.Undisturbed());
}

// 8.5.1 B.
TEST("an ABORT with our tag, or with the peer's tag and the T bit, ends the association") {
  for (bool reflected : {false, true}) {
    Enemy e;
    e.Throw(e.Packet(reflected ? e.pair.tag_to_client : e.pair.tag_to_server).Words(kChunkAbort, reflected, {}).Done());
    EXPECT_TRUE(Story(e.pair.server.Take(e.pair.server_socket)).starts_with("comm_lost"));
    EXPECT_EQ(e.pair.server.engine->AssociationsOn(1), 0u);
  }
}

TEST("an ABORT's cause is told") {
  Enemy e;
  e.Throw(e.Packet(e.pair.tag_to_server).Words(kChunkAbort, 0, {0x000d0004}).Done());
  EXPECT_EQ(Story(e.pair.server.Take(e.pair.server_socket)), "comm_lost(13)");
}

TEST("a forged ABORT or SHUTDOWN from another address or port has no effect, even with the right tag") {
  Enemy e;
  for (bool other_address : {true, false}) {
    PacketRoute route = e.pair.FromClient();
    if (other_address) route.remote = Ipv4(10, 0, 0, 77);
    uint16_t port = other_address ? kClientPort : 5099;
    e.pair.server.Inject(route, PacketBuilder(port, kServerPort, e.pair.tag_to_server).Words(kChunkAbort, 0, {}).Done());
    e.pair.server.Inject(route, PacketBuilder(port, kServerPort, e.pair.tag_to_server).Words(kChunkShutdown, 0, {e.pair.server_tsn - 1}).Done());
    e.pair.net.Settle();
  }
  EXPECT_TRUE(e.Undisturbed());
}

// An INIT in the name of a peer that is alive must not end its association; only its cookie, echoed, may restart it (section 5.2.2).
TEST("a forged INIT in the peer's name changes nothing") {
  Enemy e;
  for (uint32_t i = 1; i < 50; i++) e.Throw(e.Packet(0).Init(i, i).Done());
  e.pair.net.RunFor(30 * kSecond);
  EXPECT_TRUE(e.Undisturbed());
}

TEST("handshake chunks that do not belong in an established association change nothing") {
  Enemy e;
  e.Throw(e.Packet(e.pair.tag_to_server).Words(kChunkCookieAck, 0, {}).Done());
  e.Throw(e.Packet(e.pair.tag_to_server).Words(kChunkInitAck, 0, {5, 65536, 0x000a000a, 1, 0x00070008, 1}).Done());
  e.Throw(e.Packet(e.pair.tag_to_server).Words(kChunkShutdownComplete, 0, {}).Done());
  e.Throw(e.Packet(e.pair.tag_to_server).Chunk(kChunkCookieEcho, 0, std::vector<uint8_t>(136, 7)).Done());
  e.Throw(e.Packet(e.pair.tag_to_server).Words(kChunkHeartbeatAck, 0, {0x00010008, 1}).Done());
  e.Throw(e.Packet(e.pair.tag_to_server).Words(kChunkError, 0, {0x00030008, 1}).Done());
  EXPECT_TRUE(e.Undisturbed());
}

// The two upper bits of an unknown chunk's type (section 3.2).
TEST("unknown chunks are skipped or stop the packet, and are reported, by their type") {
  struct Case {
    uint8_t type;
    bool stops, reports;
  };
  for (auto [type, stops, reports] : {Case{0x3f, true, false}, Case{0x7f, true, true}, Case{0xbf, false, false}, Case{0xfe, false, true}}) {
    check::Note("type " + std::to_string(type));
    Enemy e;
    bool reported = false;
    e.pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      auto view = ParsePacket(packet);
      if (const ChunkView* error = view->Find(kChunkError); &from == &e.pair.server && error) reported |= error->Word(0) >> 16 == kCauseUnrecognizedChunk;
      return false;
    };
    e.pair.server.Inject(e.pair.FromClient(), e.Packet(e.pair.tag_to_server)
                                                  .Words(type, 0, {0xabcdef})
                                                  .Data(e.pair.client_tsn, 0, 0, AsBytesOf("behind"))
                                                  .Done());
    e.pair.net.RunFor(kSecond);
    EXPECT_EQ(Story(e.pair.server.Take(e.pair.server_socket)), stops ? "" : "data:behind");
    EXPECT_EQ(reported, reports);
  }
}

// The answer carries the information of the HEARTBEAT, byte for byte (section 8.3).
TEST("a HEARTBEAT is answered with the same information") {
  Enemy e;
  std::vector<uint8_t> info = {0, 1, 0, 13, 1, 2, 3, 4, 5, 6, 7, 8, 9}, answer;
  e.pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    auto view = ParsePacket(packet);
    if (const ChunkView* chunk = view->Find(kChunkHeartbeatAck)) answer.assign(chunk->body.begin(), chunk->body.end());
    return true;
  };
  e.pair.server.Inject(e.pair.FromClient(), e.Packet(e.pair.tag_to_server).Chunk(kChunkHeartbeat, 0, info).Done());
  e.pair.net.Settle();
  EXPECT_EQ(answer, info);
  EXPECT_TRUE(e.Undisturbed());
}

TEST("packets whose chunk lengths are wrong are dropped, and the association goes on") {
  Enemy e;
  for (uint32_t length : {0u, 1u, 3u, 200u, 65535u}) {
    auto packet = e.Packet(e.pair.tag_to_server).Data(e.pair.client_tsn + 100, 0, 0, AsBytesOf("wrong length")).Done();
    Store16(packet.data() + kCommonHeaderBytes + 2, length);
    FixChecksum(&packet);
    e.Throw(packet);
  }
  EXPECT_TRUE(e.Undisturbed());
}

}  // namespace
}  // namespace mailport::sctp::test
