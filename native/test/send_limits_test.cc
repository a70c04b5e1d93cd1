// Data that peers do not acknowledge is kept for each association up to its send buffer, and for all associations together up to a limit of the socket and
// of the engine, dead sockets' data included. Without the limits, peers that read nothing made a server keep as many send buffers as it let peers come.
#include <algorithm>
#include <cerrno>
#include <map>
#include <string>
#include <vector>

#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr size_t kMiB = size_t{1} << 20;
constexpr uint32_t kBuffer = 512 * 1024;
constexpr size_t kMessage = 10'000;

struct Reader {
  SocketId socket = 0;
  AssocId assoc = 0;  // The server's id.
};

// A server that sends, and peers that read nothing until they are told to.
struct Sending {
  Sending() {
    pair.net.link.mtu = 65'504;
    pair.server.Set(pair.server_socket, Option::kSndbuf, 0, {kBuffer});
  }
  Reader Connect(uint16_t port, uint16_t server_port = kServerPort) {
    Reader reader{.socket = pair.client.Open(port)};
    pair.client.Set(reader.socket, Option::kRecbuf, 0, {kMessage});
    AssocId assoc = 0;
    REQUIRE(pair.client.engine->Connect(reader.socket, {&pair.server.address, 1}, server_port, false, &assoc) == 0);
    pair.net.RunFor(kSecond / 10);
    pair.client.Take(reader.socket);
    pair.client.engine->SetCredit(reader.socket, 0);
    reader.assoc = pair.server.engine->FindAssociation(server_port == kServerPort ? pair.server_socket : other, pair.client.address, port);
    REQUIRE(reader.assoc != 0);
    return reader;
  }
  void OpenOther() {
    other = pair.server.Open(8);
    REQUIRE(pair.server.engine->Listen(other, kBacklog) == 0);
  }
  int Send(SocketId socket, const Reader& reader, size_t size = kMessage) {
    return pair.server.Send(socket, reader.assoc, 0, std::vector<uint8_t>(size, 'x'));
  }
  // Sends as much as is taken, until nothing moves any more.
  size_t Fill(SocketId socket, const Reader& reader, size_t size = kMessage) {
    size_t sent = 0;
    for (int quiet = 0; quiet < 2; quiet++) {
      while (Send(socket, reader, size) == 0) {
        sent += size;
        quiet = 0;
      }
      pair.net.RunFor(kSecond);
    }
    return sent;
  }
  uint64_t Kept(SocketId socket, AssocId assoc = 0) { return Words(socket, assoc, 0); }
  uint64_t Leaving() { return Words(0, 0, 2); }
  uint64_t Words(SocketId socket, AssocId assoc, size_t at) {
    const std::vector<uint32_t> words = pair.server.Get(socket, Option::kSending, assoc);
    return uint64_t{words.at(at)} << 32 | words.at(at + 1);
  }
  int Told(SocketId socket) { return std::exchange(pair.server.writable[socket], 0); }
  void Read(const Reader& reader) {
    pair.client.engine->SetCredit(reader.socket, kUnlimitedCredit);
    pair.client.engine->Drain(reader.socket);
  }
  size_t Taken(const Reader& reader) {
    size_t bytes = 0;
    for (const OwnedItem& item : pair.client.Take(reader.socket)) bytes += item.item.kind == ItemKind::kData ? item.bytes.size() : 0;
    return bytes;
  }

  Pair pair;
  SocketId other = 0;
};

TEST("messages to peers that read nothing stay below the limit of the socket, each peer has a share of it, and all of them arrive once the peers read") {
  for (const size_t size : {size_t{20}, kMessage}) {
    check::Note("size " + std::to_string(size));
    Sending it;
    const SocketId server = it.pair.server_socket;
    constexpr size_t kLimit = 2 * kMiB;
    EXPECT_EQ(it.pair.server.Set(server, Option::kMaxSending, 0, {kLimit}), 0);
    EXPECT_EQ(it.pair.server.Get(server, Option::kMaxSending).at(0), kLimit);
    std::vector<Reader> readers(20);
    std::map<SocketId, size_t> sent;
    for (size_t i = 0; i < readers.size(); i++) readers[i] = it.Connect(static_cast<uint16_t>(6000 + i));
    for (const Reader& reader : readers) sent[reader.socket] = it.Fill(server, reader, size);
    EXPECT_TRUE(it.Kept(server) > kLimit / 2);
    EXPECT_TRUE(it.Kept(server) <= kLimit);
    EXPECT_EQ(it.Kept(0), it.Kept(server));
    // The peer that came last has its share.
    EXPECT_TRUE(it.Kept(server, readers.back().assoc) >= kLimit / 2 / readers.size() / 2);
    EXPECT_EQ(it.Send(server, readers.back(), size), EAGAIN);
    it.Told(server);
    for (const Reader& reader : readers) it.Read(reader);
    for (const Reader& reader : readers) {
      size_t taken = 0;
      EXPECT_TRUE(it.pair.net.RunUntil([&] { return (taken += it.Taken(reader)) == sent[reader.socket]; }));
    }
    it.pair.net.RunFor(kSecond);
    EXPECT_EQ(it.Kept(server), 0u);
    EXPECT_EQ(it.Told(server), 20);  // Each association was refused once at least, and is told once.
    EXPECT_FALSE(it.pair.server.engine->NeedsFlush());
  }
}

TEST("no more than one message passes the limit, whatever its size") {
  Sending it;
  const SocketId server = it.pair.server_socket;
  constexpr size_t kLimit = 65'536;
  EXPECT_EQ(it.pair.server.Set(server, Option::kMaxSending, 0, {kLimit - 1}), EINVAL);
  EXPECT_EQ(it.pair.server.Set(server, Option::kMaxSending, 0, {kLimit}), 0);
  std::vector<Reader> readers;
  for (uint16_t i = 0; i < 10; i++) readers.push_back(it.Connect(static_cast<uint16_t>(6000 + i)));
  EXPECT_EQ(it.Send(server, readers[0], kBuffer), 0);
  for (const Reader& reader : readers) EXPECT_EQ(it.Send(server, reader, 1), EAGAIN);
  EXPECT_TRUE(it.Kept(server) < kBuffer + 1024);
  it.Told(server);
  it.pair.client.engine->Close(readers[0].socket, true);
  it.pair.net.RunFor(kSecond);
  // The association that has ended, and the nine that waited for nothing but its room.
  EXPECT_EQ(it.Told(server), 10);
  EXPECT_EQ(it.Kept(server), 0u);
  EXPECT_EQ(it.Send(server, readers[1], 1), 0);
}

TEST("a sender of another socket, which keeps nothing, waits for the engine's limit and hears when there is room") {
  Sending it;
  const SocketId server = it.pair.server_socket;
  it.OpenOther();
  EXPECT_EQ(it.pair.server.Set(0, Option::kMaxSendingOfAll, 0, {65'535}), EINVAL);
  EXPECT_EQ(it.pair.server.Set(0, Option::kMaxSendingOfAll, 0, {65'536}), 0);
  EXPECT_EQ(it.pair.server.Get(0, Option::kMaxSendingOfAll).at(0), 65'536u);
  const Reader greedy = it.Connect(6001), modest = it.Connect(6002, 8);
  EXPECT_EQ(it.Send(server, greedy, kBuffer), 0);
  EXPECT_EQ(it.Send(it.other, modest, 100), EAGAIN);
  it.pair.net.RunFor(10 * kSecond);
  EXPECT_EQ(it.Told(it.other), 0);
  it.Read(greedy);
  it.pair.net.RunFor(10 * kSecond);
  EXPECT_EQ(it.Taken(greedy), size_t{kBuffer});
  EXPECT_EQ(it.Told(it.other), 1);
  EXPECT_EQ(it.Send(it.other, modest, 100), 0);
}

TEST("only what is given back is room: who sends has nobody looked at") {
  Sending it;
  const SocketId server = it.pair.server_socket;
  EXPECT_EQ(it.pair.server.Set(server, Option::kMaxSending, 0, {65'536}), 0);
  const Reader first = it.Connect(6001), second = it.Connect(6002);
  it.Fill(server, first, 1000);
  EXPECT_EQ(it.Send(server, first, 1000), EAGAIN);
  EXPECT_FALSE(it.pair.server.engine->OwesSendRoom());
  EXPECT_EQ(it.Send(server, second, 1000), 0);
  EXPECT_FALSE(it.pair.server.engine->OwesSendRoom());
}

TEST("a limit that is raised is room for those that wait") {
  for (const bool of_all : {true, false}) {
    Sending it;
    const SocketId server = it.pair.server_socket;
    const auto limit = [&](uint32_t bytes) {
      return it.pair.server.Set(of_all ? 0 : server, of_all ? Option::kMaxSendingOfAll : Option::kMaxSending, 0, {bytes});
    };
    EXPECT_EQ(limit(65'536), 0);
    const Reader greedy = it.Connect(6001), modest = it.Connect(6002);
    EXPECT_EQ(it.Send(server, greedy, kBuffer), 0);
    EXPECT_EQ(it.Send(server, modest, 100), EAGAIN);
    it.Told(server);
    EXPECT_EQ(limit(4 * kMiB), 0);
    it.pair.net.RunFor(kSecond);
    EXPECT_EQ(it.Told(server), 1);
    EXPECT_EQ(it.Send(server, modest, 100), 0);
  }
}

// By the time that there is room again, the sender has nothing left to be acknowledged, so no event of its own would tell it.
TEST("a sender that waited for its own buffer, and found the limit reached when that was empty, hears of room") {
  Sending it;
  const SocketId server = it.pair.server_socket;
  it.OpenOther();
  it.pair.server.Set(it.other, Option::kSndbuf, 0, {20'000});
  EXPECT_EQ(it.pair.server.Set(0, Option::kMaxSendingOfAll, 0, {262'144}), 0);
  const Reader greedy = it.Connect(6001), modest = it.Connect(6002, 8);
  it.Fill(it.other, modest);
  EXPECT_EQ(it.Send(it.other, modest), EAGAIN);
  EXPECT_EQ(it.Send(server, greedy, kBuffer), 0);
  it.Told(it.other);
  it.Read(modest);
  it.pair.net.RunFor(10 * kSecond);
  EXPECT_EQ(it.Kept(it.other), 0u);
  EXPECT_EQ(it.Told(it.other), 0);
  it.pair.client.engine->Close(greedy.socket, true);
  it.pair.net.RunFor(kSecond);
  EXPECT_EQ(it.Told(it.other), 1);
}

// Many waiting senders are told some at a time, and nobody is forgotten when the first ones do not use their room.
TEST("everybody who waits is told, in turns of which none is long") {
  Sending it;
  const SocketId server = it.pair.server_socket;
  EXPECT_EQ(it.pair.server.Set(0, Option::kMaxSendingOfAll, 0, {65'536}), 0);
  const Reader greedy = it.Connect(6000);
  std::vector<Reader> waiting;
  for (uint16_t i = 1; i <= 200; i++) waiting.push_back(it.Connect(static_cast<uint16_t>(6000 + i)));
  EXPECT_EQ(it.Send(server, greedy, kBuffer), 0);
  it.pair.net.RunFor(kSecond);
  for (const Reader& reader : waiting) EXPECT_EQ(it.Send(server, reader, 100), EAGAIN);
  it.Told(server);
  REQUIRE(it.pair.server.Send(server, greedy.assoc, 0, {}, kFlagAbort) == 0);
  for (const int told : {64, 64, 64, 8}) {
    EXPECT_TRUE(it.pair.server.engine->OwesSendRoom());
    it.pair.server.engine->Flush();
    EXPECT_EQ(it.Told(server), told);
  }
  EXPECT_FALSE(it.pair.server.engine->OwesSendRoom());
}

TEST("peeling off takes along what is kept, and what closed sockets have left is the engine's until it has been taken or its association ends") {
  Sending it;
  const SocketId server = it.pair.server_socket;
  EXPECT_EQ(it.pair.server.Set(server, Option::kMaxSending, 0, {100 * kMiB}), 0);
  const Reader first = it.Connect(6001), second = it.Connect(6002);
  it.Fill(server, first);
  it.Fill(server, second, 100);
  const uint64_t of_first = it.Kept(server, first.assoc), all = it.Kept(server);
  EXPECT_TRUE(of_first > kBuffer / 2 && of_first < all);
  SocketId peeled = 0;
  REQUIRE(it.pair.server.engine->PeelOff(server, first.assoc, &peeled) == 0);
  EXPECT_EQ(it.pair.server.Get(peeled, Option::kMaxSending).at(0), 100 * kMiB);
  EXPECT_EQ(it.Kept(peeled), of_first);
  EXPECT_EQ(it.Kept(server), all - of_first);
  EXPECT_EQ(it.Kept(0), all);
  EXPECT_EQ(it.Leaving(), 0u);
  it.pair.server.engine->Close(peeled, false);
  EXPECT_EQ(it.Kept(0), all);
  EXPECT_EQ(it.Leaving(), of_first);
  it.Read(first);
  it.pair.net.RunFor(10 * kSecond);
  EXPECT_EQ(it.Leaving(), 0u);
  EXPECT_EQ(it.Kept(0), all - of_first);
  it.pair.server.engine->Close(server, true);
  EXPECT_EQ(it.Kept(0), 0u);
}

// Peers come, ask and read nothing, and the server closes their sockets. The unsent rest would be kept for minutes each.
TEST("unsent messages of closed sockets are bounded: the peer that has taken nothing for longest is given up") {
  Sending it;
  const SocketId server = it.pair.server_socket;
  EXPECT_EQ(it.pair.server.Set(0, Option::kMaxSendingOfAll, 0, {8 * kMiB}), 0);
  const auto close_with_rest = [&](const Reader& reader) {
    SocketId peeled = 0;
    REQUIRE(it.pair.server.engine->PeelOff(server, reader.assoc, &peeled) == 0);
    for (int i = 0; i < 30; i++) it.Send(peeled, reader);
    it.pair.server.engine->Close(peeled, false);
    it.pair.net.RunFor(kSecond / 10);
  };
  const Reader honest = it.Connect(6000);
  close_with_rest(honest);
  for (uint16_t i = 1; i <= 30; i++) {
    close_with_rest(it.Connect(static_cast<uint16_t>(6000 + i)));
    // The honest peer takes a message now and then.
    it.pair.client.engine->SetCredit(honest.socket, 1);
    it.pair.client.engine->Drain(honest.socket);
    it.pair.net.RunFor(kSecond);
    EXPECT_TRUE(it.Leaving() <= 2 * kMiB);
    EXPECT_EQ(it.Leaving(), it.Kept(0));
  }
  EXPECT_TRUE(it.Leaving() > kMiB);
  const size_t left = it.pair.server.engine->stats().associations;
  EXPECT_TRUE(left >= 4 && left < 10);
  it.Read(honest);
  it.pair.net.RunFor(10 * kSecond);
  EXPECT_EQ(it.Taken(honest), 30 * kMessage);
}

}  // namespace
}  // namespace mailport::sctp::test
