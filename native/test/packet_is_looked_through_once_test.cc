// Whether an ABORT follows used to be looked for once for each SHUTDOWN ACK: 16,000 of them in a packet cost 128 million looks at chunks. With that, this test
// would not come back in time.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

TEST("a thousand packets with 16,000 SHUTDOWN ACKs each, out of place, disturb nobody") {
  Pair pair;
  pair.Establish();
  PacketBuilder builder(kServerPort, kClientPort, pair.tag_to_client);
  for (int i = 0; i < 16'000; ++i) builder.Chunk(kChunkShutdownAck, 0, {});
  const std::vector<uint8_t> packet = builder.Done();
  for (int i = 0; i < 1000; ++i) pair.client.Inject(pair.FromServer(), packet);
  EXPECT_TRUE(WorksBothWays(pair));
}

}  // namespace
}  // namespace mailport::sctp::test
