// When an association whose end has begun is given up, to the microsecond; and that an association whose socket is closed takes all that its peer sends.
#include <functional>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

// The client. The test speaks for the server, and notes when the client's ABORT leaves.
struct Ending {
  Ending() {
    pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {65536});
    pair.Establish();
    tag = pair.tag_to_client;
    pair.tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      if (&from == &pair.client && HasChunk(packet, kChunkAbort)) aborted = pair.net.now();
      return false;
    };
  }
  void Send(size_t bytes) { EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, std::vector<uint8_t>(bytes)), 0); }
  void Eof() { EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagEof), 0); }
  void Close() { EXPECT_EQ(pair.client.engine->Close(pair.client_socket, false), 0); }
  void Get(PacketBuilder packet) {
    pair.client.Inject(pair.FromServer(), packet.Done());
    pair.net.Settle();
  }
  PacketBuilder Packet() { return PacketBuilder(kServerPort, kClientPort, tag); }
  bool Gone() { return pair.client.engine->AssociationsOn(1) == 0; }
  // The peer does `something` each `period` until the association is gone. Gives the time from now until the ABORT.
  TimeUs TimeUntilAbort(TimeUs period, const std::function<void()>& something) {
    const TimeUs start = pair.net.now();
    while (!Gone() && pair.net.now() - start < 3600 * kSecond) {
      something();
      pair.net.RunFor(period);
    }
    return aborted - start;
  }

  Pair pair;
  TimeUs aborted = 0;
  uint32_t tag = 0;
};

// Section 9.2's T5.
TEST("a shutdown that the peer's data puts off ends five minutes after the SHUTDOWN, and after five RTO.Max if that is longer") {
  for (const auto& [rto_max_ms, limit] : {std::pair{60'000u, 300 * kSecond}, {500u, 300 * kSecond}, {70'000u, 350 * kSecond}}) {
    check::Note("RTO.Max " + std::to_string(rto_max_ms));
    Ending ending;
    const uint32_t least = std::min(rto_max_ms, 500u);
    ending.pair.client.Set(ending.pair.client_socket, Option::kRtoInfo, ending.pair.client_assoc, {least, rto_max_ms, least});
    ending.pair.client.Set(ending.pair.client_socket, Option::kAssocInfo, ending.pair.client_assoc, {1000, 0, 0, 0, 0});
    ending.Eof();
    ending.pair.net.Settle();
    uint32_t tsn = ending.pair.server_tsn;
    const auto talk = [&] { ending.Get(ending.Packet().Data(tsn, 0, static_cast<uint16_t>(tsn - ending.pair.server_tsn), AsBytesOf("on"))), ++tsn; };
    EXPECT_EQ(ending.TimeUntilAbort(kSecond, talk), limit);
  }
}

TEST("a shutdown whose peer sends nothing ends after five RTO.Max, and after five more for each time that it has sent something") {
  for (const bool sends : {false, true}) {
    Ending ending;
    ending.pair.client.Set(ending.pair.client_socket, Option::kRtoInfo, ending.pair.client_assoc, {1000, 2000, 1000});
    ending.pair.client.Set(ending.pair.client_socket, Option::kAssocInfo, ending.pair.client_assoc, {1000, 0, 0, 0, 0});
    ending.Eof();
    ending.pair.net.Settle();
    bool first = sends;
    EXPECT_EQ(ending.TimeUntilAbort(kSecond, [&] {
      if (std::exchange(first, false)) ending.Get(ending.Packet().Data(ending.pair.server_tsn, 0, 0, AsBytesOf("once")));
    }), (sends ? 20 : 10) * kSecond);
  }
}

TEST("messages of a closed socket are given up five minutes after its peer took something, and ten after the peer's SHUTDOWN") {
  const struct {
    const char* what;
    bool takes, shuts_down;
    TimeUs limit;
  } cases[] = {{"takes nothing", false, false, 300 * kSecond}, {"shuts down and takes nothing", false, true, 300 * kSecond},
               {"shuts down and takes a little", true, true, 600 * kSecond}};
  for (const auto& [what, takes, shuts_down, limit] : cases) {
    check::Note(what);
    Ending ending;
    for (int i = 0; i < 20; ++i) ending.Send(1000);
    ending.pair.net.Settle();
    uint32_t acknowledged = ending.pair.client_tsn - 1;
    if (shuts_down) ending.Get(ending.Packet().Words(kChunkShutdown, 0, {acknowledged}));
    ending.Close();
    int seconds = 0;
    EXPECT_EQ(ending.TimeUntilAbort(kSecond, [&] {
      if (takes && ++seconds % 200 == 0) ++acknowledged;
      ending.Get(ending.Packet().Words(kChunkSack, 0, {acknowledged, 0, 0}));
    }), limit);
  }
}

// The association's owner is gone, and nobody may be told anything.
TEST("an association whose socket is closed takes whatever its peer sends, and ends as any other") {
  const std::pair<const char*, std::function<PacketBuilder(Ending&)>> packets[] = {
      {"DATA", [](Ending& e) { return e.Packet().Data(e.pair.server_tsn, 0, 0, AsBytesOf("x")); }},
      {"half a message", [](Ending& e) { return e.Packet().Data(e.pair.server_tsn, 0, 0, AsBytesOf("x"), kDataBegin); }},
      {"DATA that leaves a hole", [](Ending& e) { return e.Packet().Data(e.pair.server_tsn + 3, 0, 3, AsBytesOf("x")); }},
      {"DATA on a stream that there is not", [](Ending& e) { return e.Packet().Data(e.pair.server_tsn, 999, 0, AsBytesOf("x")); }},
      {"a SACK", [](Ending& e) { return e.Packet().Words(kChunkSack, 0, {e.pair.client_tsn, 65536, 0}); }},
      {"a HEARTBEAT", [](Ending& e) { return e.Packet().Words(kChunkHeartbeat, 0, {0x00010008, 1}); }},
      {"an ERROR", [](Ending& e) { return e.Packet().Words(kChunkError, 0, {0x00060008, 1}); }},
      {"an unknown chunk", [](Ending& e) { return e.Packet().Words(0xfe, 0, {1}); }},
      {"a SHUTDOWN", [](Ending& e) { return e.Packet().Words(kChunkShutdown, 0, {e.pair.client_tsn - 1}); }},
      {"an INIT", [](Ending&) { return PacketBuilder(kServerPort, kClientPort, 0).Init(77, 5); }},
  };
  for (const bool listens : {true, false}) {
    for (const auto& [what, make] : packets) {
      check::Note(what);
      Ending ending;
      for (int i = 0; i < 3; ++i) ending.Send(1000);
      ending.pair.net.Settle();
      ending.Close();
      SocketId again = 0;
      if (listens) {
        again = ending.pair.client.Open(kClientPort);
        ending.pair.client.engine->Listen(again, kBacklog);
      }
      for (int i = 0; i < 3; ++i) ending.Get(make(ending));
      EXPECT_FALSE(ending.Gone());
      EXPECT_EQ(Story(ending.pair.client.Take(ending.pair.client_socket)), "");
      ending.Get(ending.Packet().Words(kChunkAbort, 0, {}));
      EXPECT_TRUE(ending.Gone());
      EXPECT_EQ(Story(ending.pair.client.Take(ending.pair.client_socket)), "");
      if (listens) EXPECT_EQ(Story(ending.pair.client.Take(again)), "");
    }
  }
}

}  // namespace
}  // namespace mailport::sctp::test
