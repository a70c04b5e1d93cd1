// The send buffer used to be the socket's: one peer that read nothing silenced all others. RFC 6458 section 8.1.10 counts it for each association.
#include <cerrno>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kBuffer = 32 * 1024;

// A socket with two associations: to a peer that reads nothing, and to one that reads.
struct Shared {
  Shared() {
    pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {kBuffer});
    pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {kBuffer});
    pair.Establish();
    pair.server.engine->SetCredit(pair.server_socket, 0);
    other = pair.server.Open(8);
    REQUIRE(pair.server.engine->Listen(other, kBacklog) == 0);
    REQUIRE(pair.client.engine->Connect(pair.client_socket, {&pair.server.address, 1}, 8, false, &reading) == 0);
    pair.net.RunFor(kSecond);
    pair.server.Take(other);
    pair.client.Take(pair.client_socket);
  }
  // How often the socket was told of room since the last call.
  int Told() { return std::exchange(pair.client.writable[pair.client_socket], 0); }
  int Send(AssocId assoc, size_t bytes = 1000) {
    return pair.client.Send(pair.client_socket, assoc, 0, std::vector<uint8_t>(bytes, 'x'));
  }
  // Sends until there is no more room, and the peer takes no more.
  size_t Fill(AssocId assoc) {
    size_t sent = 0;
    for (int quiet = 0; quiet < 3; quiet++) {
      while (Send(assoc) == 0) {
        ++sent;
        quiet = 0;
      }
      pair.net.RunFor(kSecond);
    }
    return sent;
  }

  Pair pair;
  SocketId other = 0;
  AssocId reading = 0;
};

TEST("an association whose peer reads nothing leaves the others of its socket their room") {
  Shared it;
  it.Fill(it.pair.client_assoc);
  EXPECT_EQ(it.Send(it.pair.client_assoc), EAGAIN);
  for (int i = 0; i < 200; i++) {
    REQUIRE(it.Send(it.reading) == 0);
    it.pair.net.RunFor(kSecond);
  }
  EXPECT_EQ(it.pair.server.Take(it.other).size(), 200u);
  EXPECT_EQ(it.Send(it.pair.client_assoc), EAGAIN);
}

TEST("each association is told of its own room, once for each refusal, when half of it is free") {
  Shared it;
  it.Fill(it.pair.client_assoc);
  it.Told();
  while (it.Send(it.reading) == 0) {
  }
  EXPECT_EQ(it.Send(it.reading), EAGAIN);
  it.pair.net.RunFor(kSecond);
  EXPECT_EQ(it.Told(), 1);
  it.pair.server.engine->SetCredit(it.pair.server_socket, kUnlimitedCredit);
  it.pair.server.engine->Drain(it.pair.server_socket);
  it.pair.net.RunFor(100 * kSecond);
  EXPECT_EQ(it.Told(), 1);
  EXPECT_EQ(it.Send(it.pair.client_assoc), 0);
}

TEST("of a buffer of megabytes 128 KiB have to be free, and not half: what passes all others must not wait for that") {
  Pair pair;
  pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {4 << 20});
  pair.Establish();
  const auto fill = [&] {
    size_t bytes = 0;
    for (const std::vector<uint8_t> data(16 * 1024, 'x'); pair.client.Send(pair.client_socket, pair.client_assoc, 0, data) == 0;) bytes += data.size();
    return bytes;
  };
  REQUIRE(fill() > 3u << 20);
  for (int i = 0; i < 1000 && pair.client.writable[pair.client_socket] == 0; ++i) pair.net.RunFor(1000);
  const size_t room = fill();
  EXPECT_TRUE(room >= 64 * 1024 && room <= 256 * 1024);
}

TEST("a sender that waits hears of it when its association ends, or its buffer grows") {
  Shared it;
  it.Fill(it.pair.client_assoc);
  it.Told();
  it.pair.client.Set(it.pair.client_socket, Option::kSndbuf, 0, {4 * kBuffer});
  EXPECT_EQ(it.Told(), 1);
  it.Fill(it.pair.client_assoc);
  it.Told();
  it.pair.server.engine->Close(it.pair.server_socket, true);
  it.pair.net.RunFor(kSecond);
  EXPECT_EQ(it.Told(), 1);
  EXPECT_EQ(it.Send(it.pair.client_assoc), EPIPE);
}

// 512 Ki messages of one byte used to take some 50 MB that no buffer counted.
TEST("the cost of a message beside its payload counts in the send buffer") {
  Shared it;
  size_t sent = 0;
  while (it.Send(it.pair.client_assoc, 1) == 0) ++sent;
  EXPECT_TRUE(sent > kBuffer / 64 && sent < kBuffer / 32);
}

}  // namespace
}  // namespace mailport::sctp::test
