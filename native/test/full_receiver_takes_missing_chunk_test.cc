// A receiver full of messages that all wait for one lost chunk refused that chunk as well, for ever.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kBuffer = 2304;
constexpr uint32_t kChunks = 400;  // Charged with their overhead, these chunks are many times the buffer.

TEST("the chunk that everything waits for is taken however full the receiver is") {
  Pair pair;
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {kBuffer});
  pair.Establish();
  const auto inject = [&](uint32_t number) {
    pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server)
                                              .Data(pair.client_tsn + number, 0, static_cast<uint16_t>(number), AsBytesOf("x"))
                                              .Done());
  };
  // Every third chunk arrives. Then all holes but the first are filled.
  for (uint32_t i = 3; i < kChunks; i += 3) inject(i);
  for (uint32_t i = 1; i < kChunks; i++) inject(i);
  EXPECT_TRUE(pair.server.items(pair.server_socket).empty());
  inject(0);
  EXPECT_TRUE(pair.server.items(pair.server_socket).size() > kBuffer / 128);
  // Chunks that did not fit come again, as from any sender.
  for (uint32_t i = 1; i < kChunks; i++) inject(i);
  EXPECT_EQ(pair.server.items(pair.server_socket).size(), kChunks);
}

TEST("a receiver whose reader is away stays bounded, whatever the peer sends and in whichever order") {
  Pair pair;
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {kBuffer});
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, 0);
  const std::vector<uint8_t> payload(1000, 'x');
  const auto inject = [&](uint32_t number) {
    pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server)
                                              .Data(pair.client_tsn + number, 0, static_cast<uint16_t>(number), payload)
                                              .Done());
  };
  for (uint32_t i = 5; i < 5000; i += 5) inject(i);
  for (uint32_t i = 0; i < 5000; i++) inject(i);
  size_t in = 0, out = 0;
  pair.server.engine->QueuedBytes(pair.server_socket, &in, &out);
  EXPECT_TRUE(in <= 16 * kBuffer);
}

}  // namespace
}  // namespace mailport::sctp::test
