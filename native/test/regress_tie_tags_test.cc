// The cookie for a peer that seems to begin again held the tags of its old association, for whoever had sent that INIT to read.
#include <algorithm>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

bool Contains(const std::vector<uint8_t>& packet, uint32_t word) {
  std::array<uint8_t, 4> bytes;
  Store32(bytes.data(), word);
  return std::search(packet.begin(), packet.end(), bytes.begin(), bytes.end()) != packet.end();
}

// RFC 9260 section 14.2: tie-tags are random numbers, so as not to reveal the verification tags. With UDP below, whoever shares the peer's
// address, as behind one NAT, can send its INIT and read the answer.
TEST("the answer to an INIT for an established association shows none of its tags") {
  Pair pair;
  pair.Establish();
  const uint32_t tag_to_server = pair.tag_to_server, tag_to_client = pair.tag_to_client;  // The pair notes those of every INIT ACK.
  for (int i = 0; i < 2; i++) {
    const auto answers = AnswersTo(pair, PacketBuilder(kClientPort, kServerPort, 0).Init(99, 1).Done());
    REQUIRE(answers.size() == 1 && HasChunk(answers[0], kChunkInitAck));
    EXPECT_FALSE(Contains(answers[0], tag_to_server));
    EXPECT_FALSE(Contains(answers[0], tag_to_client));
  }
  WorksBothWays(pair);
}

}  // namespace
}  // namespace mailport::sctp::test
