// Requests to reset tens of thousands of streams at once, which wait or wait to be told: what they cost and hold (RFC 6525).
#include <chrono>

#include "reconfig.h"

namespace mailport::sctp::test {
namespace {

struct Lists : Reconfiguring {
  Lists() : Reconfiguring({.outbound = 65535, .most_inbound = 65535}), list(60'000) {
    Establish();
    for (size_t i = 0; i < 30'000; ++i) Store16(&list[2 * i], static_cast<uint32_t>(2 * i));
    net.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
  }
  void Tell(Bytes packet) {
    server.engine->SetNow(net.now());
    server.Inject(FromClient(), packet);
    server.engine->Flush();
  }
  // What the server takes for chunks of data that are not the next ones.
  std::chrono::nanoseconds TimeOfData() {
    PacketBuilder packet(kClientPort, kServerPort, tag_to_server);
    const uint8_t byte = 1;
    for (uint32_t i = 0; i < 70; ++i) packet.Data(client_tsn + 20 + i, 65'001, 0, {&byte, 1});
    const auto bytes = packet.Done();
    const auto since = std::chrono::steady_clock::now();
    for (int i = 0; i < 1'000; ++i) Tell(bytes);
    return std::chrono::steady_clock::now() - since;
  }
  uint32_t Held() { return server.Get(server_socket, Option::kHeld).at(1); }

  std::vector<uint8_t> list;
};

TEST("§5.2.2 E2: a list of 30,000 streams that waits is charged, each stream once, and asked of each chunk of data that comes meanwhile in a few steps") {
  Lists lists;
  // Every stream twice.
  for (size_t i = 0; i < 15'000; ++i) Store16(&lists.list[2 * (15'000 + i)], static_cast<uint32_t>(2 * i));
  ReconfigParam request = lists.Request(kParamResetOutgoing, 0, lists.list);
  request.last_tsn = lists.client_tsn;
  lists.Tell(lists.Packet({request}));
  EXPECT_TRUE(lists.Held() >= 2 * 15'000 && lists.Held() <= 4 * 15'000 + 1'000);
  // When each went through the list, chunks behind it took fifty times as long as without a list.
  Lists without;
  EXPECT_TRUE(lists.TimeOfData() < 10 * without.TimeOfData());
  lists.server.Take(lists.server_socket);
  // What is in the list waits for the reset, and what is not comes.
  lists.Tell(PacketBuilder(kClientPort, kServerPort, lists.tag_to_server).Data(lists.client_tsn + 1, 2, 0, AsBytesOf("listed")).Data(lists.client_tsn + 2, 3, 0, AsBytesOf("other")).Done());
  EXPECT_EQ(Story(lists.server.Take(lists.server_socket)), "data:other");
  lists.Tell(PacketBuilder(kClientPort, kServerPort, lists.tag_to_server).Data(lists.client_tsn, 2, 0, AsBytesOf("before")).Done());
  const auto items = lists.server.Take(lists.server_socket);
  EXPECT_EQ(items.size(), 2u);
  EXPECT_EQ(Story(items).substr(0, 20), "data:before reset(in");
  lists.Tell(PacketBuilder(kClientPort, kServerPort, lists.tag_to_server).Data(lists.client_tsn + 1, 2, 0, AsBytesOf("listed")).Done());
  EXPECT_EQ(Story(lists.server.Take(lists.server_socket)), "data:listed");
}

TEST("lists of 30,000 streams that nobody reads of are held up to a number, and count") {
  Lists lists;
  lists.server.engine->SetCredit(lists.server_socket, 0);
  for (uint32_t number = 0; number < 400; ++number) lists.Tell(lists.Packet({lists.Request(kParamResetOutgoing, number, lists.list)}));
  EXPECT_TRUE(lists.Held() >= 256 * 60'000 && lists.Held() <= 257 * 61'000);
}

}  // namespace
}  // namespace mailport::sctp::test
