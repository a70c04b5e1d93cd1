// What makes the congestion control of a path begin anew (RFC 9260 section 7.2.5), and the first window by family (7.2.1).
#include "pair.h"
#include "path.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kFirstWindow = 4404;

uint32_t Window(Pair& pair) { return pair.client.Get(pair.client_socket, Option::kPeerAddrInfo, pair.client_assoc).at(1); }

// A pair whose client's window has grown.
struct Grown : Pair {
  Grown() {
    Establish();
    std::vector<Message> messages;
    for (uint32_t i = 0; i < 50; ++i) messages.push_back(MessageOf(i, 20'000));
    Transfer(*this, messages, {});
    EXPECT_TRUE(Window(*this) > 2 * kFirstWindow);
    server.Take(server_socket);
  }
};

TEST("packets that are marked in another way begin with the first window again, on that carrier alone") {
  Grown pair;
  const uint32_t before = Window(pair);
  pair.client.engine->OnMarkingChanged(99);
  EXPECT_EQ(Window(pair), before);
  pair.client.engine->OnMarkingChanged(1);
  EXPECT_EQ(Window(pair), kFirstWindow);
  WorksBothWays(pair);
}

TEST("an association whose peer reaches it at another of its addresses begins with the first window again") {
  Grown pair;
  const uint32_t before = Window(pair);
  const auto packet = PacketBuilder(kServerPort, kClientPort, pair.tag_to_client).Words(kChunkHeartbeat, 0, {0x00010008, 1}).Done();
  PacketRoute route = pair.FromServer();
  pair.client.Inject(route, packet);
  EXPECT_EQ(Window(pair), before);
  route.local = Ipv4(10, 0, 0, 77);
  pair.client.Inject(route, packet);
  EXPECT_EQ(Window(pair), kFirstWindow);
}

TEST("the first window on a path of IPv6 is 4344 bytes") {
  IpAddress address;
  address.family = 6;
  address.bytes = {0x20, 1};
  Path six(PacketRoute{.carrier = 1, .local = {}, .remote = address, .remote_udp_port = 1}, 1452, RtoInfo{});
  EXPECT_EQ(six.cwnd(), 4344u);
  Path four(PacketRoute{.carrier = 1, .local = {}, .remote = Ipv4(10, 0, 0, 1), .remote_udp_port = 1}, 1452, RtoInfo{});
  EXPECT_EQ(four.cwnd(), 4404u);
}

}  // namespace
}  // namespace mailport::sctp::test
