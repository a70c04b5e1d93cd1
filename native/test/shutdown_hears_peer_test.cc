// An end that has sent its SHUTDOWN waits for a peer that is there (RFC 9260 section 9.2): any packet of the peer shows that.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

// A pair whose client has sent a SHUTDOWN. Nothing of the server arrives but what the test says.
struct Leaving : Pair {
  Leaving() {
    Establish();
    for (int i = 0; i < 20; ++i) Transfer(*this, {MessageOf(1, 100)}, {MessageOf(2, 100)});  // RTO is RTO.min.
    net.RunFor(kSecond);
    client.Take(client_socket);
    tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      if (&from == &client && HasChunk(packet, kChunkShutdown)) times.push_back(net.now());
      return false;
    };
    EXPECT_EQ(client.Send(client_socket, client_assoc, 0, {}, kFlagEof), 0);
    net.Settle();
    EXPECT_EQ(times.size(), 1u);
  }
  void Hear() { client.Inject(FromServer(), PacketBuilder(kServerPort, kClientPort, tag_to_client).Words(kChunkHeartbeat, 0, {0x00010008, 1}).Done()); }

  std::vector<TimeUs> times;
};

// A HEARTBEAT shows that the peer has not had the SHUTDOWN. If it restarted T2, that could wait as long as HEARTBEATs come.
TEST("data of the peer restarts T2, and a packet without data does not") {
  for (const bool has_data : {false, true}) {
    Leaving pair;
    const TimeUs left = pair.times[0];
    pair.net.RunFor(600 * kMillisecond);
    if (has_data) {
      pair.client.Inject(pair.FromServer(),
                         PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Data(pair.server_tsn + 20, 0, 20, AsBytesOf("x")).Done());
      pair.net.Settle();
      REQUIRE(pair.times.size() == 2);  // At once (section 9.2).
    } else {
      pair.Hear();
    }
    const size_t before = pair.times.size();
    pair.net.RunFor((has_data ? 1000 : 400) * kMillisecond - 1);
    EXPECT_EQ(pair.times.size(), before);
    pair.net.RunFor(1);
    REQUIRE(pair.times.size() == before + 1);
    EXPECT_EQ(pair.times.back() - left, (has_data ? 1600 : 1000) * kMillisecond);
  }
}

TEST("a packet of the peer clears the count of the SHUTDOWNs that were sent again") {
  for (const bool is_heard : {false, true}) {
    Leaving pair;
    EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kAssocInfo, pair.client_assoc, {2, 0, 0, 0, 0}), 0);
    pair.net.RunFor(4 * kSecond);  // Two timeouts, after 1 s and 3 s.
    EXPECT_EQ(pair.times.size(), 3u);
    if (is_heard) pair.Hear();
    pair.net.RunFor(6 * kSecond);
    EXPECT_EQ(pair.client.engine->AssociationsOn(1), is_heard ? 1u : 0u);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
