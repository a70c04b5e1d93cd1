// Two ends of which the client sends messages that need not arrive.
#pragma once

#include "pair.h"

namespace mailport::sctp::test {

constexpr uint32_t kTtl = kFlagPrTtl, kRtx = kFlagPrRtx, kPrio = kFlagPrPrio;

struct Partial : Pair {
  explicit Partial(uint64_t seed = 1, bool client_offers = true, bool server_offers = true) : Pair(seed) {
    client.Set(client_socket, Option::kPrSupported, 0, {client_offers});
    server.Set(server_socket, Option::kPrSupported, 0, {server_offers});
    client.Set(client_socket, Option::kNodelay, 0, {1});
  }
  int Send(const std::string& text, uint32_t flags, uint32_t limit, uint32_t stream = 0) {
    SendParams params;
    params.assoc_id = client_assoc, params.stream = stream, params.flags = flags, params.time_to_live_ms = limit;
    return client.engine->Send(client_socket, params, AsBytesOf(text));
  }
  // Nothing more passes from the client to the server, or everything again.
  void Cut() {
    tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>&) { return &from != &client; };
  }
  void Mend() { tap = nullptr; }
  std::string ServerStory() { return Story(server.Take(server_socket)); }
  std::string ClientStory() { return Story(client.Take(client_socket)); }
  std::vector<uint32_t> Counts() { return client.Get(client_socket, Option::kPrAssocStatus, client_assoc); }
  bool Agreed() {
    const auto here = client.Get(client_socket, Option::kPrSupported, client_assoc), there = server.Get(server_socket, Option::kPrSupported, server_assoc);
    REQUIRE(here.size() == 1 && here == there);
    return here[0] != 0;
  }
  bool IsDrained() {
    size_t in = 0, out = 0;
    client.engine->QueuedBytes(client_socket, &in, &out);
    return out == 0 && client.Get(client_socket, Option::kStatus, client_assoc).at(2) == 0;
  }
};

}  // namespace mailport::sctp::test
