// Each state of an association gets each chunk, and each chunk under each tag that matters. The tests expect the answers, the state afterwards, and the
// events of the owner (RFC 9260 sections 5.2, 8.5.1, 9.2, and the state diagram of section 4). No other answer and no other event may come.
#include "subject.h"

namespace mailport::sctp::test {
namespace {

using Maker = PacketBuilder (*)(Subject&);
using Stories = std::array<const char*, kStates>;

// In the order of State; "" is silence: no answer, no event, the same state.
void Expect(const char* what, Maker make, const Stories& stories) {
  for (int state = 0; state < kStates; ++state) {
    check::Note(std::string(what) + " in " + kStateNames[state]);
    Subject subject(static_cast<State>(state));
    PacketBuilder packet = make(subject);
    EXPECT_EQ(subject.Get(packet), stories[state]);
    if (subject.StateName() == "gone") EXPECT_EQ(subject.pair.client.engine->stats().queued_out_bytes, 0u);
  }
}

constexpr Stories kSilence{"", "", "", "", "", "", ""};

// Only these states take DATA (section 6). An end that has sent SHUTDOWN sends it again with each acknowledgement (section 9.2).
TEST("DATA is taken in established, shutdown_pending and shutdown_sent, and discarded in every other state") {
  Expect("DATA", [](Subject& s) { return s.Packet().Data(s.pair.server_tsn, 0, 0, AsBytesOf("x")); },
         {"", "", "SACK, data:x", "SACK, data:x", "SHUTDOWN SACK, data:x", "", ""});
  Expect("DATA that has come before", [](Subject& s) { return s.Packet().Data(s.pair.server_tsn - 1, 0, 0, AsBytesOf("x")); },
         {"", "", "SACK", "SACK", "SHUTDOWN SACK", "", ""});
  Expect("DATA on a stream that there is not", [](Subject& s) { return s.Packet().Data(s.pair.server_tsn, 999, 0, AsBytesOf("x")); },
         {"", "", "ERROR SACK", "ERROR SACK", "ERROR SHUTDOWN SACK", "", ""});
  Expect("DATA without data", [](Subject& s) { return s.Packet().Data(s.pair.server_tsn, 0, 0, {}); },
         {"", "", "ABORT, gone, comm_lost(9)", "ABORT, gone, comm_lost(9) send_failed:sent", "ABORT, gone, comm_lost(9)", "", ""});
  Expect("DATA under the tag of the other direction",
         [](Subject& s) { return s.Packet(s.pair.tag_to_server).Data(s.pair.server_tsn, 0, 0, AsBytesOf("x")); }, kSilence);
}

// Sections 5.2.1, 5.2.2 and 9.2. The INIT ACK goes under the tag that the INIT gave.
TEST("INIT is answered in every state, and changes none; with another tag than 0 it is discarded") {
  Expect("INIT", [](Subject& s) { return s.Packet(0).Init(77, 5); },
         {"INIT_ACK!", "INIT_ACK!", "INIT_ACK!", "INIT_ACK!", "INIT_ACK!", "INIT_ACK!", "SHUTDOWN_ACK"});
  Expect("INIT under a tag", [](Subject& s) { return s.Packet().Init(77, 5); }, kSilence);
  Expect("INIT with company", [](Subject& s) { return s.Packet(0).Init(77, 5).Words(kChunkHeartbeat, 0, {0x00010008, 1}); }, kSilence);
}

// Section 5.2.3.
TEST("INIT ACK counts in cookie_wait alone") {
  Expect("INIT ACK", [](Subject& s) { return s.Packet().Words(kChunkInitAck, 0, {0x77, 65536, 0x000a000a, 5, 0x00070008, 1}); },
         {"COOKIE_ECHO!, cookie_echoed", "", "", "", "", "", ""});
  Expect("INIT ACK without a cookie", [](Subject& s) { return s.Packet().Words(kChunkInitAck, 0, {0x77, 65536, 0x000a000a, 5}); },
         {"ABORT!, gone, cant_assoc(2)", "", "", "", "", "", ""});
  Expect("INIT ACK under no tag", [](Subject& s) { return s.Packet(0).Words(kChunkInitAck, 0, {0x77, 65536, 0x000a000a, 5, 0x00070008, 1}); },
         kSilence);
}

// Sections 5.1.5, 5.2.4 (a cookie that is not ours is thrown away) and 5.2.5.
TEST("COOKIE ACK counts in cookie_echoed alone, a cookie that is not ours nowhere") {
  Expect("COOKIE ACK", [](Subject& s) { return s.Packet().Words(kChunkCookieAck, 0, {}); },
         {"", "established, comm_up", "", "", "", "", ""});
  Expect("COOKIE ACK under no tag", [](Subject& s) { return s.Packet(0).Words(kChunkCookieAck, 0, {}); }, kSilence);
  Expect("COOKIE ECHO", [](Subject& s) { return s.Packet().Chunk(kChunkCookieEcho, 0, std::vector<uint8_t>(136, 7)); }, kSilence);
}

TEST("SACK counts where data can be outstanding, and what it acknowledges lets a shutdown go on; one for what was never sent ends the association") {
  Expect("SACK of nothing", [](Subject& s) { return s.Packet().Words(kChunkSack, 0, {s.pair.client_tsn - 1, 65536, 0}); }, kSilence);
  // In some states one message is under way, and in established none (section 12.4).
  Expect("SACK of one", [](Subject& s) { return s.Packet().Words(kChunkSack, 0, {s.pair.client_tsn, 65536, 0}); },
         {"", "", "ABORT, gone, comm_lost(13)", "SHUTDOWN, shutdown_sent", "", "SHUTDOWN_ACK, shutdown_ack_sent", ""});
  Expect("SACK of two", [](Subject& s) { return s.Packet().Words(kChunkSack, 0, {s.pair.client_tsn + 1, 65536, 0}); },
         {"", "", "ABORT, gone, comm_lost(13)", "ABORT, gone, comm_lost(13) send_failed:sent", "", "ABORT, gone, comm_lost(13) send_failed:sent", ""});
  Expect("SACK of a second one in a gap block",
         [](Subject& s) { return s.Packet().Words(kChunkSack, 0, {s.pair.client_tsn - 1, 65536, 0x00010000, 0x00010002}); },
         {"", "", "ABORT, gone, comm_lost(13)", "ABORT, gone, comm_lost(13) send_failed:sent", "", "ABORT, gone, comm_lost(13) send_failed:sent", ""});
  // What it says besides does not count: the message is reported as one that may not have come.
  Expect("SACK of one, and of a third one in a gap block",
         [](Subject& s) { return s.Packet().Words(kChunkSack, 0, {s.pair.client_tsn, 65536, 0x00010000, 0x00020002}); },
         {"", "", "ABORT, gone, comm_lost(13)", "ABORT, gone, comm_lost(13) send_failed:sent", "", "ABORT, gone, comm_lost(13) send_failed:sent", ""});
  Expect("SACK with an empty block",
         [](Subject& s) { return s.Packet().Words(kChunkSack, 0, {s.pair.client_tsn - 1, 65536, 0x00010000, 0x00090002}); }, kSilence);
  Expect("SACK that is cut off", [](Subject& s) { return s.Packet().Words(kChunkSack, 0, {s.pair.client_tsn, 65536, 0x00010000}); }, kSilence);
  Expect("SACK without its duplicate", [](Subject& s) { return s.Packet().Words(kChunkSack, 0, {s.pair.client_tsn, 65536, 1}); }, kSilence);
  Expect("SACK whose header is cut off",
         [](Subject& s) {
           std::vector<uint8_t> body(11);
           Store32(&body[0], s.pair.client_tsn);
           return s.Packet().Chunk(kChunkSack, 0, body);
         },
         kSilence);
  Expect("SACK with a block and a duplicate",
         [](Subject& s) { return s.Packet().Words(kChunkSack, 0, {s.pair.client_tsn - 1, 65536, 0x00010001, 0x00010001, 1}); },
         {"", "", "ABORT, gone, comm_lost(13)", "", "", "", ""});
}

TEST("HEARTBEAT is answered once the peer's tag is known; an answer that nobody asked for is nothing") {
  Expect("HEARTBEAT", [](Subject& s) { return s.Packet().Words(kChunkHeartbeat, 0, {0x00010008, 1}); },
         {"", "HEARTBEAT_ACK", "HEARTBEAT_ACK", "HEARTBEAT_ACK", "HEARTBEAT_ACK", "HEARTBEAT_ACK", "HEARTBEAT_ACK"});
  Expect("HEARTBEAT ACK", [](Subject& s) { return s.Packet().Words(kChunkHeartbeatAck, 0, {0x00010008, 1}); }, kSilence);
}

// An ABORT carries our tag, or with the T bit the peer's (section 8.5.1 B and C). In cookie_wait the peer's tag is not known yet.
TEST("ABORT ends every state under our tag, with the T bit under the peer's, and under no other") {
  Expect("ABORT", [](Subject& s) { return s.Packet().Words(kChunkAbort, 0, {}); },
         {"gone, cant_assoc", "gone, cant_assoc", "gone, comm_lost", "gone, comm_lost send_failed:sent", "gone, comm_lost",
          "gone, comm_lost send_failed:sent", "gone, comm_lost"});
  Expect("ABORT with a cause", [](Subject& s) { return s.Packet().Words(kChunkAbort, 0, {0x000c0004}); },
         {"gone, cant_assoc(12)", "gone, cant_assoc(12)", "gone, comm_lost(12)", "gone, comm_lost(12) send_failed:sent", "gone, comm_lost(12)",
          "gone, comm_lost(12) send_failed:sent", "gone, comm_lost(12)"});
  // The peer has forgotten us. In shutdown_ack_sent the peer had everything, and its SHUTDOWN COMPLETE was lost.
  Expect("ABORT/T under the peer's tag", [](Subject& s) { return s.Packet(s.pair.tag_to_server).Words(kChunkAbort, kTagReflected, {}); },
         {"", "gone, cant_assoc", "gone, comm_lost", "gone, comm_lost send_failed:sent", "gone, comm_lost",
          "gone, comm_lost send_failed:sent", "gone, shutdown_comp"});
  Expect("ABORT/T under ours", [](Subject& s) { return s.Packet().Words(kChunkAbort, kTagReflected, {}); }, kSilence);
  Expect("ABORT under the peer's tag", [](Subject& s) { return s.Packet(s.pair.tag_to_server).Words(kChunkAbort, 0, {}); }, kSilence);
  Expect("ABORT/T under no tag", [](Subject& s) { return s.Packet(0).Words(kChunkAbort, kTagReflected, {}); }, kSilence);
  Expect("ABORT under no tag", [](Subject& s) { return s.Packet(0).Words(kChunkAbort, 0, {}); }, kSilence);
}

// Section 9.2.
TEST("SHUTDOWN moves the states that the diagram says, as far as what is outstanding allows") {
  Expect("SHUTDOWN", [](Subject& s) { return s.Packet().Words(kChunkShutdown, 0, {s.pair.client_tsn - 1}); },
         {"", "", "SHUTDOWN_ACK, shutdown_ack_sent, shutdown_event", "shutdown_received, shutdown_event", "SHUTDOWN_ACK, shutdown_ack_sent", "",
          "SHUTDOWN_ACK"});
  Expect("SHUTDOWN that acknowledges all", [](Subject& s) { return s.Packet().Words(kChunkShutdown, 0, {s.pair.client_tsn}); },
         {"", "", "SHUTDOWN_ACK, shutdown_ack_sent, shutdown_event", "SHUTDOWN_ACK, shutdown_ack_sent, shutdown_event",
          "SHUTDOWN_ACK, shutdown_ack_sent", "SHUTDOWN_ACK, shutdown_ack_sent", "SHUTDOWN_ACK"});
  Expect("SHUTDOWN that acknowledges what was never sent", [](Subject& s) { return s.Packet().Words(kChunkShutdown, 0, {s.pair.client_tsn + 9}); },
         {"", "", "SHUTDOWN_ACK, shutdown_ack_sent, shutdown_event", "shutdown_received, shutdown_event", "SHUTDOWN_ACK, shutdown_ack_sent", "",
          "SHUTDOWN_ACK"});
  Expect("SHUTDOWN that is cut off", [](Subject& s) { return s.Packet().Words(kChunkShutdown, 0, {}); }, kSilence);
  Expect("SHUTDOWN under no tag", [](Subject& s) { return s.Packet(0).Words(kChunkShutdown, 0, {s.pair.client_tsn}); }, kSilence);
}

// While setting up, a SHUTDOWN ACK is out of the blue, and is answered under its own tag (sections 8.5.1 E and 9.2).
TEST("SHUTDOWN ACK ends shutdown_sent and shutdown_ack_sent, and is answered while setting up") {
  Expect("SHUTDOWN ACK", [](Subject& s) { return s.Packet().Words(kChunkShutdownAck, 0, {}); },
         {"SHUTDOWN_COMPLETE/1!", "SHUTDOWN_COMPLETE/1!", "", "", "SHUTDOWN_COMPLETE, gone, shutdown_comp", "",
          "SHUTDOWN_COMPLETE, gone, shutdown_comp"});
  // Section 9.2: the tag is the one of an association before this one. What stands beside the SHUTDOWN ACK is that association's, too.
  constexpr Stories late{"SHUTDOWN_COMPLETE/1!", "SHUTDOWN_COMPLETE/1!", "", "", "", "", ""};
  Expect("SHUTDOWN ACK under a former tag", [](Subject& s) { return s.Packet(0x1234).Words(kChunkShutdownAck, 0, {}); }, late);
  Expect("SHUTDOWN ACK behind an ERROR, under a former tag",
         [](Subject& s) { return s.Packet(0x1234).Words(kChunkError, 0, {0x000a0004}).Words(kChunkShutdownAck, 0, {}); }, late);
  Expect("SHUTDOWN ACK and ABORT under a former tag",
         [](Subject& s) { return s.Packet(0x1234).Words(kChunkError, 0, {0x000a0004}).Words(kChunkShutdownAck, 0, {}).Words(kChunkAbort, 0, {}); }, kSilence);
  Expect("SHUTDOWN ACK under no tag", [](Subject& s) { return s.Packet(0).Words(kChunkShutdownAck, 0, {}); }, kSilence);
}

// Section 8.5.1 C.
TEST("SHUTDOWN COMPLETE ends shutdown_ack_sent alone") {
  constexpr Stories ends{"", "", "", "", "", "", "gone, shutdown_comp"};
  Expect("SHUTDOWN COMPLETE", [](Subject& s) { return s.Packet().Words(kChunkShutdownComplete, 0, {}); }, ends);
  Expect("SHUTDOWN COMPLETE/T under the peer's tag",
         [](Subject& s) { return s.Packet(s.pair.tag_to_server).Words(kChunkShutdownComplete, kTagReflected, {}); }, ends);
  Expect("SHUTDOWN COMPLETE/T under ours", [](Subject& s) { return s.Packet().Words(kChunkShutdownComplete, kTagReflected, {}); }, kSilence);
  Expect("SHUTDOWN COMPLETE/T under no tag", [](Subject& s) { return s.Packet(0).Words(kChunkShutdownComplete, kTagReflected, {}); }, kSilence);
}

TEST("ERROR is told to the owner once there is an association, and a stale cookie counts in cookie_echoed alone") {
  Expect("ERROR", [](Subject& s) { return s.Packet().Words(kChunkError, 0, {0x00060008, 1}); },
         {"", "", "remote_error", "remote_error", "remote_error", "remote_error", "remote_error"});
  Expect("ERROR, stale cookie", [](Subject& s) { return s.Packet().Words(kChunkError, 0, {0x00030008, 1}); },
         {"", "INIT!, cookie_wait", "", "", "", "", ""});
  Expect("ERROR, stale cookie without its measure", [](Subject& s) { return s.Packet().Words(kChunkError, 0, {0x00030004}); }, kSilence);
}

// An unknown chunk, and a HEARTBEAT behind it that shows whether the rest is read.
PacketBuilder Unknown(Subject& s, uint8_t type) { return s.Packet().Words(type, 0, {}).Words(kChunkHeartbeat, 0, {0x00010008, 1}); }

// Section 3.2; nothing of ECN was agreed on.
TEST("unknown chunks: the two upper bits say whether they are reported, and whether what follows counts") {
  Expect("00", [](Subject& s) { return Unknown(s, 0x3f); }, kSilence);
  Expect("01", [](Subject& s) { return Unknown(s, 0x7f); }, {"", "", "ERROR", "ERROR", "ERROR", "ERROR", "ERROR"});
  Expect("10", [](Subject& s) { return Unknown(s, 0xbf); },
         {"", "HEARTBEAT_ACK", "HEARTBEAT_ACK", "HEARTBEAT_ACK", "HEARTBEAT_ACK", "HEARTBEAT_ACK", "HEARTBEAT_ACK"});
  Expect("11", [](Subject& s) { return Unknown(s, 0xff); },
         {"", "HEARTBEAT_ACK", "ERROR HEARTBEAT_ACK", "ERROR HEARTBEAT_ACK", "ERROR HEARTBEAT_ACK", "ERROR HEARTBEAT_ACK", "ERROR HEARTBEAT_ACK"});
  Expect("ECNE", [](Subject& s) { return s.Packet().Words(12, 0, {1}); }, kSilence);
  Expect("CWR", [](Subject& s) { return s.Packet().Words(13, 0, {1}); }, kSilence);
}

}  // namespace
}  // namespace mailport::sctp::test
