// The states before an association is up, COOKIE-WAIT and COOKIE-ECHOED: packets that do not belong there, messages that were queued there, and the facts
// of these states that must not be carried over.
#include <cerrno>
#include <functional>

#include "handshake.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kCookieWait = 2, kCookieEchoed = 3;  // As Option::kStatus tells them.
constexpr uint32_t kStaleCookie = 0x00030008;

// A call that stays in a state. The packet that would end the state is lost, until the call's timer sends it again.
struct Waiting {
  explicit Waiting(uint32_t state) : state(state) {
    const uint8_t lost = state == kCookieWait ? kChunkInit : kChunkCookieEcho;
    bool seen = false;
    pair.tap = [&seen, lost](SimHost&, SimHost&, std::vector<uint8_t>& packet) { return !(HasChunk(packet, lost) && (seen = true)); };
    REQUIRE(pair.Connect() == 0);
    REQUIRE(pair.net.RunUntil([&] { return seen; }));
    pair.tap = nullptr;
    REQUIRE(StateNow() == state);
  }
  uint32_t StateNow() {
    const auto words = pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc);
    return words.empty() ? 0 : words[0];
  }
  PacketBuilder Packet(uint32_t tag) { return PacketBuilder(kServerPort, kClientPort, tag); }
  std::vector<std::vector<uint8_t>> Throw(Bytes packet) { return AnswersOf(pair, pair.client, pair.FromServer(), packet); }
  // Expects that the packet changed nothing: the call is in the same state, and no event came.
  void ExpectUnmoved(const char* what) {
    check::Note(what);
    EXPECT_EQ(StateNow(), state);
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "");
  }
  void ExpectItComesUp() {
    check::Note("");
    pair.net.RunFor(20 * kSecond);
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up");
    const auto at_server = pair.server.Take(pair.server_socket);
    REQUIRE(Story(at_server) == "comm_up");
    pair.server_assoc = at_server[0].item.assoc_id;
    WorksBothWays(pair);
  }

  const uint32_t state;
  Pair pair;
};

struct Thrown {
  const char* what;
  std::function<std::vector<uint8_t>(PacketBuilder)> packet;
};

const std::vector<Thrown>& EveryChunk() {
  static const std::vector<Thrown> all = {
      {"DATA", [](PacketBuilder p) { return p.Data(1, 0, 0, AsBytesOf("x")).Done(); }},
      {"INIT ACK without a cookie", [](PacketBuilder p) { return p.Words(kChunkInitAck, 0, {5, 65536, 0x000a000a, 1}).Done(); }},
      {"INIT ACK", [](PacketBuilder p) { return p.Words(kChunkInitAck, 0, {5, 65536, 0x000a000a, 1, 0x00070008, 1}).Done(); }},
      {"SACK", [](PacketBuilder p) { return p.Words(kChunkSack, 0, {1, 65536, 0}).Done(); }},
      {"HEARTBEAT", [](PacketBuilder p) { return p.Words(kChunkHeartbeat, 0, {0x00010008, 1}).Done(); }},
      {"HEARTBEAT ACK", [](PacketBuilder p) { return p.Words(kChunkHeartbeatAck, 0, {0x0001000c, 0, 0}).Done(); }},
      {"ABORT", [](PacketBuilder p) { return p.Words(kChunkAbort, 0, {}).Done(); }},
      {"ABORT with the T bit", [](PacketBuilder p) { return p.Words(kChunkAbort, 1, {}).Done(); }},
      {"SHUTDOWN", [](PacketBuilder p) { return p.Words(kChunkShutdown, 0, {1}).Done(); }},
      {"SHUTDOWN ACK", [](PacketBuilder p) { return p.Words(kChunkShutdownAck, 0, {}).Done(); }},
      {"SHUTDOWN COMPLETE", [](PacketBuilder p) { return p.Words(kChunkShutdownComplete, 0, {}).Done(); }},
      {"SHUTDOWN COMPLETE with the T bit", [](PacketBuilder p) { return p.Words(kChunkShutdownComplete, 1, {}).Done(); }},
      {"a stale cookie", [](PacketBuilder p) { return p.Words(kChunkError, 0, {kStaleCookie, 1}).Done(); }},
      {"another ERROR", [](PacketBuilder p) { return p.Words(kChunkError, 0, {0x00080004}).Done(); }},
      {"a cookie of nobody's", [](PacketBuilder p) { return p.Chunk(kChunkCookieEcho, 0, std::vector<uint8_t>(136, 7)).Done(); }},
      {"COOKIE ACK", [](PacketBuilder p) { return p.Words(kChunkCookieAck, 0, {}).Done(); }},
      {"ECNE", [](PacketBuilder p) { return p.Words(12, 0, {1}).Done(); }},
      {"CWR", [](PacketBuilder p) { return p.Words(13, 0, {1}).Done(); }},
      {"an unknown chunk", [](PacketBuilder p) { return p.Words(0xfe, 0, {1}).Done(); }},
      {"an unknown chunk, and INIT ACK",
       [](PacketBuilder p) {
         return p.Words(0xbe, 0, {1}).Words(kChunkInitAck, 0, {5, 65536, 0x000a000a, 1, 0x00070008, 1}).Done();
       }},
  };
  return all;
}

// Tag 0 stands for the tag of a peer that has not answered yet, so a blind ABORT with the T bit must not count by it (section 8.5).
TEST("no chunk of somebody who does not know the call's tag moves it, whatever its flags") {
  for (const uint32_t state : {kCookieWait, kCookieEchoed}) {
    Waiting call(state);
    for (const uint32_t tag : {0u, 1u, call.pair.tag_to_client + 1, call.pair.tag_to_server + 1})
      for (const Thrown& thrown : EveryChunk()) {
        call.Throw(thrown.packet(call.Packet(tag)));
        call.ExpectUnmoved(thrown.what);
      }
    call.ExpectItComesUp();
  }
}

TEST("a chunk that does not belong in the state moves nothing, even with the right tag") {
  for (const uint32_t state : {kCookieWait, kCookieEchoed}) {
    Waiting call(state);
    for (const Thrown& thrown : EveryChunk()) {
      const std::string_view what = thrown.what;
      // These chunks do belong there.
      if (what == "ABORT" || (state == kCookieWait && what.starts_with("INIT ACK"))) continue;
      if (state == kCookieEchoed && (what == "COOKIE ACK" || what == "a stale cookie")) continue;
      call.Throw(thrown.packet(call.Packet(call.pair.tag_to_client)));
      call.ExpectUnmoved(thrown.what);
    }
    call.ExpectItComesUp();
  }
}

// In COOKIE-ECHOED the call knows the peer's tag, and the peer may have forgotten the call (section 8.5.1 B).
TEST("an ABORT that belongs ends the call: with its tag, or with the peer's and the T bit once that is known") {
  for (const uint32_t state : {kCookieWait, kCookieEchoed})
    for (const bool reflected : {false, true}) {
      if (state == kCookieWait && reflected) continue;
      Waiting call(state);
      const uint32_t tag = reflected ? call.pair.tag_to_server : call.pair.tag_to_client;
      call.Throw(call.Packet(tag).Words(kChunkAbort, reflected, {0x00040004}).Done());
      EXPECT_EQ(Story(call.pair.client.Take(call.pair.client_socket)), "cant_assoc(4)");
      EXPECT_EQ(call.pair.client.engine->AssociationsOn(1), 0u);
    }
}

// The call begins again, and forgets all that it knew of the peer (section 5.2.6).
TEST("after a stale cookie the peer's former tag counts no more, and the call comes up with a new cookie") {
  Waiting call(kCookieEchoed);
  const uint32_t former = call.pair.tag_to_server;
  call.Throw(call.Packet(call.pair.tag_to_client).Words(kChunkError, 0, {kStaleCookie, 1000}).Done());
  EXPECT_EQ(call.StateNow(), kCookieWait);
  call.Throw(call.Packet(former).Words(kChunkAbort, 1, {}).Done());
  call.Throw(call.Packet(former).Words(kChunkShutdownComplete, 1, {}).Done());
  call.Throw(call.Packet(call.pair.tag_to_client).Words(kChunkCookieAck, 0, {}).Done());
  call.Throw(call.Packet(call.pair.tag_to_client).Words(kChunkError, 0, {kStaleCookie, 1000}).Done());
  EXPECT_EQ(call.StateNow(), kCookieWait);
  call.ExpectItComesUp();
}

// The first INIT ACK agrees on more streams than the second (SD-10, EV-15).
TEST("messages that were queued for streams that are not agreed on come back as failed, in order, and their room is free again") {
  for (const bool stale : {false, true}) {
    check::Note(stale ? "after a stale cookie" : "");
    Waiting call(stale ? kCookieEchoed : kCookieWait);
    Pair& pair = call.pair;
    const auto send = [&](uint32_t stream, const char* text) {
      EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, stream, AsBytesOf(text)), 0);
    };
    send(9, "a");
    send(3, "b");
    send(4, "c");
    send(9, "d");
    pair.server.Set(pair.server_socket, Option::kInitMsg, 0, {10, 4, 0, 0});
    if (stale) call.Throw(call.Packet(pair.tag_to_client).Words(kChunkError, 0, {kStaleCookie, 1000}).Done());
    pair.net.RunFor(20 * kSecond);
    const auto items = pair.client.Take(pair.client_socket);
    EXPECT_EQ(Story(items), "send_failed:unsent send_failed:unsent send_failed:unsent comm_up");
    REQUIRE(items.size() == 4);
    EXPECT_EQ(items[0].Text() + items[1].Text() + items[2].Text(), "acd");
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "comm_up data:b");
    size_t in = 0, out = 1;
    pair.client.engine->QueuedBytes(pair.client_socket, &in, &out);
    EXPECT_EQ(out, 0u);
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 4, AsBytesOf("e")), EINVAL);
    send(3, "f");
    pair.net.RunFor(kSecond);
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "data:f");
  }
}

// An event uses up a count of `active`, so an adaptation event must not come of itself (RFC 5061 section 4.2.6; EV-1).
TEST("an adaptation event has a cause: the peer has set an indication") {
  for (const bool set : {false, true}) {
    Pair pair;
    for (const auto& [host, socket] : {std::pair{&pair.client, pair.client_socket}, std::pair{&pair.server, pair.server_socket}}) {
      host->Set(socket, Option::kEvents, 0, {2 | 128});
    }
    if (set) pair.client.Set(pair.client_socket, Option::kAdaptation, 0, {7});
    REQUIRE(pair.Connect() == 0);
    pair.net.RunFor(kSecond);
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "comm_up");
    EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), set ? "comm_up adaptation:7" : "comm_up");
  }
}

}  // namespace
}  // namespace mailport::sctp::test
