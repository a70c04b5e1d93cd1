// With 1,008 gaps, one duplicate byte used to draw an acknowledgement of 4 KB. An answer is a few times its packet at most, whatever the peer sent before.
#include <algorithm>
#include <string>
#include <vector>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr size_t kMost = 4;           // Times the packet that is answered, as long as its headers are no more than some tens of bytes.
constexpr size_t kHeaderBytes = 28;   // IP and UDP.

// A pair on a path as wide as loopback, whose client is silent; the test speaks for it.
struct Puppet {
  Puppet() {
    pair.net.link.mtu = 65'504;
    pair.Establish();
    // Nobody would answer the HEARTBEATs of an end that only receives.
    pair.server.Set(pair.server_socket, Option::kPeerAddrParams, pair.server_assoc, {0, 0, 0, 0, 2});
    pair.tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      if (&from == &pair.server) answers.push_back(packet);
      return false;
    };
  }
  // The answers to one packet with these chunks of `size` bytes.
  std::vector<std::vector<uint8_t>> Send(const std::vector<uint32_t>& numbers, size_t size = 1) {
    PacketBuilder packet(kClientPort, kServerPort, pair.tag_to_server);
    for (const uint32_t number : numbers) {
      packet.Data(pair.client_tsn + number, 0, 0, std::vector<uint8_t>(size, 'x'), kDataBegin | kDataEnd | kDataUnordered);
    }
    const std::vector<uint8_t> bytes = packet.Done();
    sent_bytes = bytes.size() + kHeaderBytes;
    answers.clear();
    pair.server.Inject(pair.FromClient(), bytes);
    pair.net.RunFor(kSecond);
    return answers;
  }
  size_t Answered() const {
    size_t bytes = 0;
    for (const auto& answer : answers) bytes += answer.size() + kHeaderBytes;
    return bytes;
  }
  size_t Blocks() const {
    for (const auto& answer : answers)
      for (const ChunkView& chunk : ChunksOf(answer))
        if (chunk.type == kChunkSack) return chunk.Word(8) >> 16;
    return 0;
  }

  Pair pair;
  std::vector<std::vector<uint8_t>> answers;
  size_t sent_bytes = 0;
};

TEST("an acknowledgement is no more than a few times what it answers, however many gaps there are") {
  Puppet p;
  for (uint32_t n = 1; n < 3000; n += 2) {
    p.Send({n});
    REQUIRE(p.Answered() <= kMost * p.sent_bytes);
  }
  for (const std::vector<uint32_t>& again : {std::vector<uint32_t>{1}, {1, 3}, {2999}, {1, 1, 1, 1, 1}}) {
    REQUIRE(p.Send(again).size() == 1);
    EXPECT_TRUE(p.Answered() <= kMost * p.sent_bytes);
    // The answer has at least the first gaps, which the peer is to fill.
    EXPECT_TRUE(p.Blocks() > 0);
  }
  // Many bytes at once, as on a fast path, are answered with all gaps.
  p.Send({1, 3}, 8000);
  EXPECT_EQ(p.Blocks(), 1500u);
  EXPECT_TRUE(p.Answered() <= kMost * p.sent_bytes);
}

TEST("an acknowledgement that a reader causes names all gaps") {
  Puppet p;
  p.pair.server.engine->SetCredit(p.pair.server_socket, 0);
  for (uint32_t n = 0; n < 200; n++) p.Send({n}, 2000);
  for (uint32_t n = 201; n < 801; n += 2) p.Send({n});
  p.answers.clear();
  p.pair.server.engine->SetCredit(p.pair.server_socket, kUnlimitedCredit);
  p.pair.server.engine->Drain(p.pair.server_socket);
  p.pair.net.RunFor(kSecond);
  EXPECT_EQ(p.Blocks(), 300u);
}

}  // namespace
}  // namespace mailport::sctp::test
