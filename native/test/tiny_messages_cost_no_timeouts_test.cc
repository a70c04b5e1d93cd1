// Many tiny messages to a slow reader cost more to hold than their payload. A sender that counts payload alone overruns the receiver; the receiver drops,
// and each window costs a retransmission timeout.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

TEST("tiny messages to a slow reader cost no timeouts") {
  Pair pair;
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, 0);
  std::vector<Message> messages;
  for (uint32_t i = 0; i < 60'000; i++) messages.push_back(MessageOf(i, 5));
  Sender sender(pair.client, pair.client_socket, pair.client_assoc, messages);
  pair.net.app = [&] { sender.Pump(); };
  for (int i = 0; i < 1000 && pair.server.items(pair.server_socket).size() < messages.size(); i++) {
    pair.net.RunFor(kMillisecond);
    pair.server.engine->SetCredit(pair.server_socket, 200);
    pair.server.engine->Drain(pair.server_socket);
  }
  ExpectAllArrived(pair.server.items(pair.server_socket), messages);
  EXPECT_EQ(pair.client.engine->stats().timeouts, 0u);
}

}  // namespace
}  // namespace mailport::sctp::test
