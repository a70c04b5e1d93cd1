// The edges of periods: an event that is due happens at its very microsecond, not one before and not one after.
#include "tx/outbound.h"
#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr size_t kState = 0;         // Index in the values of Option::kStatus.
constexpr size_t kWindow = 1;        // Index in the values of Option::kPeerAddrInfo.
constexpr size_t kRto = 3;
constexpr uint32_t kEstablished = 4;
constexpr TimeUs kMicrosecond = 1;

uint32_t StateOf(Pair& pair) {
  const auto status = pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc);
  return status.empty() ? 0 : status.at(kState);
}

// RFC 9260 section 6.2.
TEST("a single packet is acknowledged when the delay is over") {
  Pair pair;
  pair.server.Set(pair.server_socket, Option::kDelayedAck, 0, {123});
  pair.Establish();
  TimeUs arrived = 0, acknowledged = 0;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    // The client would not take a SACK of what it has not sent.
    if (&from != &pair.server || !HasChunk(packet, kChunkSack)) return true;
    acknowledged = pair.net.now();
    return false;
  };
  pair.net.app = [&] {
    if (arrived == 0 && !pair.server.items(pair.server_socket).empty()) arrived = pair.net.now();
  };
  // Made by hand: our own sender asks for an acknowledgement without delay. The very first one is acknowledged at once.
  uint16_t number = 0;
  for (const TimeUs delay : {TimeUs{0}, 123 * kMillisecond}) {
    pair.server.Take(pair.server_socket);
    arrived = 0;
    PacketBuilder packet(kClientPort, kServerPort, pair.tag_to_server);
    pair.server.Inject(pair.FromClient(), packet.Data(pair.client_tsn + number, 0, number, AsBytesOf("x")).Done());
    ++number;
    pair.net.RunFor(kSecond / 2);
    EXPECT_EQ(acknowledged - arrived, delay);
  }
}

TEST("autoclose comes its seconds after the last message, sent or received") {
  for (const bool received : {false, true}) {
    Pair pair;
    pair.client.Set(pair.client_socket, Option::kAutoclose, 0, {5});
    pair.net.link.delay = 0;
    pair.Establish();
    pair.net.RunFor(3 * kSecond);
    if (received)
      EXPECT_EQ(pair.server.Send(pair.server_socket, pair.server_assoc, 0, AsBytesOf("x")), 0);
    else
      EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("x")), 0);
    pair.net.Settle();
    pair.net.RunFor(5 * kSecond - kMicrosecond);
    EXPECT_EQ(StateOf(pair), kEstablished);
    pair.net.RunFor(kMicrosecond);
    EXPECT_TRUE(StateOf(pair) != kEstablished);
  }
}

// SD-17.
TEST("a message is dropped that has waited for its whole lifetime, and sent if a microsecond is left") {
  struct Sink : OutboundSink {
    void OnSendFailed(const FailedSend&) override { ++failed; }
    int failed = 0;
  };
  for (const TimeUs left : {0u, 1u}) {
    Sink sink;
    SegmentPool pool;
    Outbound outbound(pool);
    outbound.Reset(1, 100'000);
    outbound.Push({.time_to_live_ms = 500}, AsBytesOf("short of breath"), kSecond);
    size_t released = 0;
    const size_t bytes = outbound.NextNewBytes(1000, kSecond + 500 * kMillisecond - left, sink, &released);
    EXPECT_EQ(bytes, left == 0 ? 0u : 15u);
    EXPECT_EQ(released, left == 0 ? 15u : 0u);
    EXPECT_EQ(sink.failed, left == 0 ? 1 : 0);
  }
}

// The interval, and an RTO with half of it at random on either side; only when nothing has been sent for the interval (section 8.3).
TEST("a HEARTBEAT leaves between its interval and half an RTO, and that and a further RTO, after the last one") {
  Pair pair;
  pair.Establish();
  pair.client.Set(pair.client_socket, Option::kPeerAddrParams, pair.client_assoc, {7000, 0, 0, 0, 1});
  std::vector<TimeUs> beats{pair.net.now()};
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    if (&from == &pair.client && HasChunk(packet, kChunkHeartbeat)) beats.push_back(pair.net.now());
    return true;
  };
  pair.net.RunFor(200 * kSecond);
  REQUIRE(beats.size() > 20);
  for (size_t i = 1; i < beats.size(); i++) {
    const TimeUs rto = i <= 2 ? 3 * kSecond : kSecond;  // The second HEARTBEAT was timed before the first had measured the way.
    const TimeUs gap = beats[i] - beats[i - 1];
    EXPECT_TRUE(gap >= 7 * kSecond + rto / 2 && gap < 7 * kSecond + rto / 2 + rto);
  }
}

// Section 7.2.1.
TEST("the window shrinks when nothing was sent for more than an RTO, not for an RTO") {
  for (const TimeUs beyond : {0u, 1u}) {
    Pair pair;
    pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
    pair.client.Set(pair.client_socket, Option::kPeerAddrParams, 0, {0, 0, 0, 0, 2});  // No HEARTBEATs.
    pair.Establish();
    TimeUs last_sent = 0;
    pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>&) {
      if (&from == &pair.client) last_sent = pair.net.now();
      return true;
    };
    std::vector<Message> messages;
    for (uint32_t i = 0; i < 200; i++) messages.push_back(MessageOf(i, 1000));
    Transfer(pair, messages, {});
    pair.net.RunFor(kMillisecond);
    const auto info = [&] { return pair.client.Get(pair.client_socket, Option::kPeerAddrInfo, pair.client_assoc); };
    const uint32_t window = info().at(kWindow);
    REQUIRE(window > 10'000);
    pair.net.RunFor(last_sent + info().at(kRto) * kMillisecond + beyond - pair.net.now());
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("again")), 0);
    pair.net.Settle();
    EXPECT_EQ(info().at(kWindow), beyond == 0 ? window : window / 2);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
