// An established pair over a line of 25 ms each way, with a round trip measured, whose packets a test may lose, hold back and count.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "pair.h"

namespace mailport::sctp::test {

struct SlowLine {
  static constexpr TimeUs kRoundTrip = 50 * kMillisecond;

  explicit SlowLine(uint64_t seed = 1, uint32_t warm_up = 4) : pair(seed) {
    pair.net.link.delay = kRoundTrip / 2;
    for (auto& [host, socket] : {std::pair<SimHost&, SocketId>{pair.client, pair.client_socket}, {pair.server, pair.server_socket}})
      host.Set(socket, Option::kNodelay, 0, {1});
    pair.Establish();
    std::vector<Message> messages;
    for (uint32_t i = 0; i < warm_up; ++i) messages.push_back(MessageOf(i, 1000));
    Transfer(pair, messages, messages);
    pair.net.RunFor(kSecond / 2);  // Not so long that the path counts as idle.
    pair.server.Take(pair.server_socket);
    pair.client.Take(pair.client_socket);
    before = pair.client.engine->stats();
    pair.tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      const bool is_data = &from == &pair.client && HasChunk(packet, kChunkData);
      if (is_data) sent_at.push_back(pair.net.now());
      return !lose || !lose(is_data, packet);
    };
  }
  // Packets to the server overtake each other by up to that time.
  void UseJitter(TimeUs jitter) {
    LinkParams link = pair.net.link;
    link.jitter = jitter;
    pair.net.UseLink(pair.client, pair.server, link);
  }
  // Sends messages of 1,000 bytes, a packet each, all at once.
  void Send(uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      messages.push_back(MessageOf(static_cast<uint32_t>(messages.size()), 1000));
      const auto number = static_cast<uint32_t>(messages.size() - 1);
      REQUIRE(pair.client.Send(pair.client_socket, pair.client_assoc, 0, messages.back().data, 0, number) == 0);
    }
    pair.net.Settle();
  }
  // How long it takes until everything has arrived.
  TimeUs UntilArrived(TimeUs limit = 60 * kSecond) {
    const TimeUs start = pair.net.now();
    auto& items = pair.server.items(pair.server_socket);
    EXPECT_TRUE(pair.net.RunUntil([&] { return items.size() >= messages.size(); }, limit));
    const TimeUs took = pair.net.now() - start;
    ExpectAllArrived(items, messages);
    return took;
  }
  uint64_t Timeouts() const { return pair.client.engine->stats().timeouts - before.timeouts; }
  uint64_t Retransmissions() const { return pair.client.engine->stats().retransmissions - before.retransmissions; }
  uint32_t Window() { return pair.client.Get(pair.client_socket, Option::kPeerAddrInfo, pair.client_assoc).at(1); }

  Pair pair;
  Stats before;
  std::vector<Message> messages;
  std::vector<TimeUs> sent_at;  // The client's packets with data.
  std::function<bool(bool is_data, std::vector<uint8_t>& packet)> lose;
};

}  // namespace mailport::sctp::test
