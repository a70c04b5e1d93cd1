// A message larger than the window must get through, whichever socket reads it, and whenever the socket begins to read (RFC 9260 section 6.9).
#include "pair.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kBuffer = 16 * 1024;

TEST("a message larger than the window goes on when its socket reads, and when another one does after a peeloff") {
  for (const bool peel : {false, true}) {
    Pair pair;
    pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {kBuffer});
    pair.Establish();
    pair.server.engine->SetCredit(pair.server_socket, 0);
    const std::vector<Message> messages{MessageOf(0, 8 * kBuffer)};
    Sender sender(pair.client, pair.client_socket, pair.client_assoc, messages);
    pair.net.app = [&] { sender.Pump(); };
    pair.net.RunFor(30 * kSecond);
    SocketId reader = pair.server_socket;
    if (peel) {
      REQUIRE(pair.server.engine->PeelOff(pair.server_socket, pair.server_assoc, &reader) == 0);
    }
    EXPECT_TRUE(pair.server.items(reader).empty());
    pair.server.engine->SetCredit(reader, 1);
    pair.server.engine->Drain(reader);
    EXPECT_TRUE(pair.net.RunUntil([&] { return pair.server.items(reader).size() == 1; }, 200 * kSecond));
    ExpectAllArrived(pair.server.items(reader), messages);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
