// Fragments are cut to the peer's window as well as to the path: on a path as wide as loopback's a single fragment could fill the window.
#include <algorithm>
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

TEST("a fragment is at most an eighth of the window that the peer began with") {
  constexpr uint32_t kWindow = 128 * 1024;
  Pair pair;
  pair.net.link.mtu = 65504;
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {kWindow});
  pair.Establish();
  size_t largest = 0;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    const auto view = ParsePacket(packet);
    if (&from == &pair.client && view)
      for (const ChunkView& chunk : view->chunks)
        if (chunk.type == kChunkData) largest = std::max(largest, chunk.whole.size());
    return true;
  };
  Transfer(pair, {MessageOf(1, 200'000)}, {});
  EXPECT_TRUE(largest > kWindow / 16 && largest <= kWindow / 8 + kDataHeaderBytes);
}

// Only a message that the path cannot carry in one piece is refused (RFC 6458 section 8.1.11).
TEST("with disable_fragments the peer's window refuses nothing that fits the path, and nothing is cut") {
  constexpr uint32_t kWindow = 128 * 1024;
  constexpr size_t kFragmentationPoint = 6;  // Index in the values of Option::kStatus.
  Pair pair;
  pair.net.link.mtu = 65504;
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {kWindow});
  pair.client.Set(pair.client_socket, Option::kDisableFragments, 0, {1});
  pair.Establish();
  const size_t point = 65504 - kCommonHeaderBytes - kDataHeaderBytes;
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc).at(kFragmentationPoint), point);
  Wire wire(pair);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, std::vector<uint8_t>(point + 1)), EMSGSIZE);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, MessageOf(1, point).data), 0);
  pair.net.RunFor(kSecond);
  const auto items = pair.server.Take(pair.server_socket);
  REQUIRE(items.size() == 1);
  EXPECT_EQ(items[0].bytes.size(), point);
  EXPECT_EQ(wire.Count(kChunkData), 1);
  // Without disable_fragments the same message is cut, and the values of the status do not change.
  EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kDisableFragments, 0, {0}), 0);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, MessageOf(1, point).data), 0);
  pair.net.RunFor(kSecond);
  EXPECT_TRUE(wire.Count(kChunkData) > 4);
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc).at(kFragmentationPoint), point);
}

// A peer's buffer may be smaller than the path's packets: the message goes when the buffer is empty.
TEST("with disable_fragments a message larger than the peer's window arrives all the same") {
  Pair pair;
  pair.net.link.mtu = 65504;
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {16 * 1024});
  pair.client.Set(pair.client_socket, Option::kDisableFragments, 0, {1});
  pair.Establish();
  std::vector<Message> messages;
  for (uint32_t i = 0; i < 5; i++) messages.push_back(MessageOf(i, 40'000));
  Transfer(pair, messages, {}, 60 * kSecond);
}

}  // namespace
}  // namespace mailport::sctp::test
