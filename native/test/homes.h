// Two hosts with several addresses each, in networks of their own: 10.0.1.1 and 10.0.1.2, 10.0.2.1 and 10.0.2.2, … and one association between them.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "pair.h"

namespace mailport::sctp::test {

struct Homes {
  explicit Homes(size_t client_homes = 2, size_t server_homes = 2, uint64_t seed = 1)
      : net(seed), client(net.AddHost("client", ClientAt(0))), server(net.AddHost("server", ServerAt(0))) {
    for (size_t i = 0; i < client_homes; ++i) client_addresses.push_back(ClientAt(i));
    for (size_t i = 0; i < server_homes; ++i) server_addresses.push_back(ServerAt(i));
    client_socket = client.OpenAt(client_addresses, {.port = kClientPort});
    server_socket = server.OpenAt(server_addresses, {.port = kServerPort});
    EXPECT_EQ(server.engine->Listen(server_socket, kBacklog), 0);
  }
  static IpAddress ClientAt(size_t home) { return Ipv4(10, 0, static_cast<uint8_t>(home + 1), 1); }
  static IpAddress ServerAt(size_t home) { return Ipv4(10, 0, static_cast<uint8_t>(home + 1), 2); }

  int Connect(const std::vector<IpAddress>& to) {
    client.engine->SetNow(net.now());
    return client.engine->Connect(client_socket, to, kServerPort, false, &client_assoc);
  }
  // Connects to the server's first address, and runs until both ends have confirmed all addresses.
  void Establish() {
    REQUIRE(Connect({ServerAt(0)}) == 0);
    REQUIRE(net.RunUntil([&] {
      return client.items(client_socket).size() == server_addresses.size() && server.items(server_socket).size() == client_addresses.size();
    }));
    client_story = Story(client.Take(client_socket));
    auto items = server.Take(server_socket);
    server_assoc = items.at(0).item.assoc_id;
    server_story = Story(items);
    net.RunFor(100 * kMillisecond);
  }
  void Cut(size_t home) { net.Cut(ClientAt(home), ServerAt(home)); }
  void Mend(size_t home) { net.Mend(ClientAt(home), ServerAt(home)); }
  int Say(const std::string& text) { return client.Send(client_socket, client_assoc, 0, AsBytesOf(text)); }
  std::string Heard() { return Story(server.Take(server_socket)); }
  // "address:state" of each address event, which are taken out; "+" for any other item.
  static std::string Changes(std::vector<OwnedItem> items) {
    std::string story;
    for (const OwnedItem& owned : items) {
      story += story.empty() ? "" : " ";
      if (owned.item.kind != ItemKind::kPeerAddrChange) story += Story(Only(owned));
      else story += std::to_string(owned.item.changed.bytes[2]) + ":" + std::to_string(owned.item.state);
    }
    return story;
  }
  // state, cwnd, srtt, rto, mtu …
  static std::vector<uint32_t> PathInfo(SimHost& host, SocketId socket, AssocId assoc, const IpAddress& address, uint16_t port) {
    std::vector<uint32_t> values;
    return host.engine->GetOption(socket, Option::kPeerAddrInfo, OptionKey{assoc, address, port}, &values) == 0 ? values : std::vector<uint32_t>{};
  }
  std::vector<uint32_t> ClientPath(size_t home) { return PathInfo(client, client_socket, client_assoc, ServerAt(home), kServerPort); }

  SimNetwork net;
  SimHost& client;
  SimHost& server;
  std::vector<IpAddress> client_addresses, server_addresses;
  SocketId client_socket = 0, server_socket = 0;
  AssocId client_assoc = 0, server_assoc = 0;
  std::string client_story, server_story;

 private:
  static std::vector<OwnedItem> Only(const OwnedItem& owned) {
    std::vector<OwnedItem> one;
    one.emplace_back(owned.item);
    return one;
  }
};

}  // namespace mailport::sctp::test
