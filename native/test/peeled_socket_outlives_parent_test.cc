// A peeled-off socket that outlived both its association and its parent used to name an endpoint that was gone.
#include "pair.h"

namespace mailport::sctp::test {
namespace {

TEST("a peeled socket may be used and closed after its association ended and its parent closed") {
  Pair pair;
  pair.Establish();
  SocketId peeled = 0;
  REQUIRE(pair.server.engine->PeelOff(pair.server_socket, pair.server_assoc, &peeled) == 0);
  EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagAbort), 0);
  pair.net.RunFor(kSecond);
  EXPECT_EQ(pair.server.engine->Close(pair.server_socket, false), 0);
  pair.net.RunFor(kSecond);
  AssocId assoc = 0;
  EXPECT_TRUE(pair.server.engine->Connect(peeled, {&pair.client.address, 1}, kClientPort, false, &assoc) != 0);
  EXPECT_EQ(pair.server.engine->Close(peeled, false), 0);
  // The port is free, and works.
  pair.server_socket = pair.server.Open(kServerPort);
  pair.server.engine->Listen(pair.server_socket, kBacklog);
  pair.client.Take(pair.client_socket);
  pair.Establish();
  WorksBothWays(pair);
}

}  // namespace
}  // namespace mailport::sctp::test
