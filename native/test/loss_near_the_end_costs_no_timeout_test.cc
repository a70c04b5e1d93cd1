// A loss near the end of the data: too few packets follow for three reports. Without early retransmit (RFC 5827) only T3, a second later, would mend the
// loss.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

TEST("the last but one of few packets is sent again without a timeout") {
  for (const uint32_t count : {2u, 3u, 4u}) {
    check::Note(std::to_string(count) + " packets");
    Pair pair;
    pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
    pair.Establish();
    std::vector<Message> messages;
    for (uint32_t i = 0; i < count; i++) messages.push_back(MessageOf(i, 1400));
    uint32_t data_packets = 0;
    pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      return &from != &pair.client || !HasChunk(packet, kChunkData) || ++data_packets != count - 1;
    };
    for (uint32_t i = 0; i < count; i++)
      EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, messages[i].stream, messages[i].data, 0, i), 0);
    pair.net.RunFor(kSecond / 2);
    ExpectAllArrived(pair.server.items(pair.server_socket), messages);
    EXPECT_EQ(pair.client.engine->stats().timeouts, 0u);
  }
}

// Packets used to be counted by the bytes that a packet may have. On a wide path a few small ones then counted as one, and any reordering as a loss.
TEST("small packets on a wide path count as they were sent: with five, one that is overtaken is not sent again") {
  for (const size_t mtu : {size_t{1452}, size_t{65504}}) {
    check::Note("packets of " + std::to_string(mtu));
    Pair pair;
    pair.net.link.mtu = mtu;
    pair.client.Set(pair.client_socket, Option::kNodelay, 0, {1});
    pair.Establish();
    uint32_t data_packets = 0;
    std::vector<uint8_t> held;
    bool reported = false;
    pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      reported |= &from == &pair.server && HasChunk(packet, kChunkSack);
      if (&from != &pair.client || !HasChunk(packet, kChunkData) || ++data_packets != 2) return true;
      held = packet;
      return false;
    };
    std::vector<Message> messages;
    for (uint32_t i = 0; i < 5; i++) {
      messages.push_back(MessageOf(i, 50));
      EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, messages[i].data, 0, i), 0);
      pair.net.Settle();
    }
    EXPECT_EQ(data_packets, 5u);
    // The other packets overtake this one: one report, and then it is there.
    pair.net.RunFor(kMillisecond + kMillisecond / 4);
    EXPECT_TRUE(reported);
    pair.server.Inject(pair.FromClient(), held);
    pair.net.RunFor(kSecond / 2);
    ExpectAllArrived(pair.server.items(pair.server_socket), messages);
    EXPECT_EQ(pair.client.engine->stats().retransmissions, 0u);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
