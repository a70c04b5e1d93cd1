// The items that a socket delivers, field by field, whether they waited in the queue or not, and the cost of waiting; the window that the socket's
// descriptor allows; and the words in which a socket tells of an association.
#include <string>

#include "rx/inbound.h"
#include "pair.h"

namespace mailport::sctp::test {
namespace {

using Values = std::vector<uint32_t>;

std::string Fields(const Item& item) {
  std::string text;
  for (const uint32_t field : {static_cast<uint32_t>(item.kind), item.assoc_id, uint32_t{item.peer_port}, item.stream, item.ssn, item.flags, item.ppid, item.tsn, item.cum_tsn})
    text += std::to_string(field) + " ";
  return text + std::to_string(item.peer.bytes[3]) + " " + std::string(item.data.begin(), item.data.end());
}

// MS-10.
TEST("a message has its stream, numbers and sender, at once or from the queue, and after its association has ended") {
  for (const int way : {0, 1, 2}) {
    check::Note(way == 0 ? "at once" : way == 1 ? "from the queue" : "after the end");
    Pair pair;
    pair.Establish();
    if (way != 0) pair.server.engine->SetCredit(pair.server_socket, 0);
    const uint32_t tsn = pair.client_tsn;
    pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server)
                                              .Data(tsn, 3, 0, AsBytesOf("a"), kDataBegin | kDataEnd, 11)
                                              .Data(tsn + 1, 3, 1, AsBytesOf("b"), kDataBegin | kDataEnd, 12)
                                              .Data(tsn + 2, 4, 9, AsBytesOf("c"), kDataBegin | kDataEnd | kDataUnordered, 13)
                                              .Done());
    if (way == 2) pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Chunk(kChunkAbort, 0, {}).Done());
    pair.server.engine->SetCredit(pair.server_socket, kUnlimitedCredit);
    pair.server.engine->Drain(pair.server_socket);
    const auto items = pair.server.Take(pair.server_socket);
    REQUIRE(items.size() == (way == 2 ? 4u : 3u));
    const std::string who = "0 " + std::to_string(pair.server_assoc) + " 5000 ";
    EXPECT_EQ(Fields(items[0].item), who + "3 0 0 11 " + std::to_string(tsn) + " 0 1 a");
    EXPECT_EQ(Fields(items[1].item), who + "3 1 0 12 " + std::to_string(tsn + 1) + " 0 1 b");
    EXPECT_EQ(Fields(items[2].item), who + "4 9 1 13 " + std::to_string(tsn + 2) + " " + std::to_string(tsn + 2) + " 1 c");
  }
}

TEST("items that wait are charged with their cost: a place and an allocation, and for an event also its content") {
  Pair pair;
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, 0);
  const auto held = [&] { return pair.server.Get(pair.server_socket, Option::kHeld).at(1); };
  const uint32_t before = held();
  pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Words(kChunkError, 0, {0x00060008, 7}).Done());
  const size_t event = Inbound::kQueuedOverheadBytes + 8 + sizeof(Item) + 32;
  EXPECT_EQ(held() - before, event);
  EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kHeld, pair.server_assoc).at(1), held());
  EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kHeld), (Values{0, held(), 0, 0}));
  pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Chunk(kChunkAbort, 0, {}).Done());
  const size_t end = Inbound::kQueuedOverheadBytes + sizeof(Item) + 32;
  EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kHeld), (Values{0, static_cast<uint32_t>(event + end), 0, static_cast<uint32_t>(event + end)}));
  for (const size_t left : {end, size_t{0}}) {
    pair.server.engine->SetCredit(pair.server_socket, 1);
    pair.server.engine->Drain(pair.server_socket);
    EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kHeld), (Values{0, static_cast<uint32_t>(left), 0, static_cast<uint32_t>(left)}));
  }
  EXPECT_EQ(Story(pair.server.Take(pair.server_socket)), "remote_error comm_lost");
}

TEST("a window is the option's, no more than the descriptor has room for, and no less than 1,500") {
  const struct {
    size_t room;
    uint32_t option, window;
  } lines[] = {{0, 20'000, 20'000}, {1, 20'000, 1500}, {1500, 20'000, 1500}, {1501, 20'000, 1501}, {19'999, 20'000, 19'999}, {20'001, 20'000, 20'000}, {0, 1, 2304}};
  for (const auto& line : lines) {
    check::Note(std::to_string(line.room) + " and " + std::to_string(line.option));
    Pair pair;
    const SocketId socket = pair.client.Open({.port = 5001, .max_window_bytes = static_cast<uint32_t>(line.room)});
    EXPECT_EQ(pair.client.Set(socket, Option::kRecbuf, 0, {line.option}), 0);
    Wire wire(pair);
    AssocId assoc = 0;
    REQUIRE(pair.client.engine->Connect(socket, {&pair.server.address, 1}, kServerPort, false, &assoc) == 0);
    pair.net.RunFor(kSecond);
    const std::vector<ChunkView> chunks = ChunksOf(wire.packets.at(0).second);
    REQUIRE(chunks.size() == 1 && chunks[0].type == kChunkInit);
    EXPECT_EQ(chunks[0].Word(4), line.window);
    EXPECT_EQ(pair.client.Get(socket, Option::kAssocInfo, assoc).at(3), line.window);
  }
}

// The data on its way, the data missing, and the path's numbers in milliseconds and bytes (RFC 6458 section 8.2.1).
TEST("status counts chunks on their way and chunks that are missing, and the path's numbers are those it goes by") {
  Pair pair;
  pair.Establish();
  const auto status = [&](SimHost& host, SocketId socket, AssocId assoc) { return host.Get(socket, Option::kStatus, assoc); };
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("x")), 0);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 1, AsBytesOf("yy")), 0);
  pair.net.Settle();
  Values sent = status(pair.client, pair.client_socket, pair.client_assoc);
  EXPECT_EQ(sent.at(1), 512u * 1024 - 3 - 2 * 32);
  EXPECT_EQ(sent.at(2), 2u);
  EXPECT_EQ(sent.at(3), 0u);
  EXPECT_EQ(sent.at(8), 4404u);
  EXPECT_EQ(sent.at(9), 0u);
  EXPECT_EQ(sent.at(10), 3000u);
  pair.net.RunFor(kSecond);
  sent = status(pair.client, pair.client_socket, pair.client_assoc);
  EXPECT_EQ(sent.at(1), 512u * 1024);
  EXPECT_EQ(sent.at(2), 0u);
  EXPECT_EQ(sent.at(9), 2u);  // There and back; a second packet is acknowledged at once.
  EXPECT_EQ(sent.at(10), 1000u);
  pair.server.Inject(pair.FromClient(), PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Data(pair.client_tsn + 5, 2, 0, AsBytesOf("z")).Done());
  EXPECT_EQ(status(pair.server, pair.server_socket, pair.server_assoc).at(3), 3u);
}

}  // namespace
}  // namespace mailport::sctp::test
