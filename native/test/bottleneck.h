// Associations that send as much as they can over one line with a rate, a queue and random loss: what each delivers, and how long packets wait in the queue.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "pair.h"

namespace mailport::sctp::test {

struct LineOf {
  double mbit = 100;
  TimeUs round_trip = 50 * kMillisecond;
  double queue_in_bdp = 1;  // The queue, in what is on its way in a round trip.
  double loss = 0;
  uint64_t seed = 1;

  double bytes_per_second() const { return mbit * 125'000; }
  double bdp_bytes() const { return bytes_per_second() * static_cast<double>(round_trip) / kSecond; }
};

class Bottleneck {
 public:
  static constexpr size_t kMessageBytes = 1'400;

  explicit Bottleneck(const LineOf& line)
      : line_(line), net(line.seed), client(net.AddHost("client", Ipv4(10, 0, 0, 1))), server(net.AddHost("server", Ipv4(10, 0, 0, 2))) {
    LinkParams link;
    link.delay = line.round_trip / 2;
    link.bytes_per_second = static_cast<uint64_t>(line.bytes_per_second());
    link.queue_bytes = static_cast<size_t>(line.bdp_bytes() * line.queue_in_bdp);
    link.loss = line.loss;
    net.UseLink(client, server, link);
    // Acknowledgements come one after the other, as on a line, and are not lost.
    link.loss = 0;
    link.queue_bytes = 1 << 20;
    net.UseLink(server, client, link);
    server_socket_ = server.Open(kServerPort);
    server.Set(server_socket_, Option::kRecbuf, 0, {16 << 20});
    EXPECT_EQ(server.engine->Listen(server_socket_, kBacklog), 0);
    net.app = [this] { Turn(); };
  }

  // A further association; gives its number. `bytes_per_second`: of the application, 0 as much as it can.
  size_t Add(CongestionControl control, uint64_t bytes_per_second = 0) {
    Flow flow;
    flow.socket = client.Open(static_cast<uint16_t>(kClientPort + flows_.size()));
    client.Set(flow.socket, Option::kCongestionControl, 0, {static_cast<uint32_t>(control)});
    client.Set(flow.socket, Option::kSndbuf, 0, {16 << 20});
    client.Set(flow.socket, Option::kNodelay, 0, {1});
    const IpAddress target = server.address;
    client.engine->SetNow(net.now());
    REQUIRE(client.engine->Connect(flow.socket, {&target, 1}, kServerPort, false, &flow.assoc) == 0);
    flow.bytes_per_second = bytes_per_second;
    flow.since = net.now();
    flows_.push_back(flow);
    net.RunFor(2 * line_.round_trip);
    flows_.back().runs = true;
    return flows_.size() - 1;
  }
  void Pause(size_t flow, bool pauses) { flows_[flow].runs = !pauses, flows_[flow].since = net.now(), flows_[flow].sent = 0; }

  // Bytes of payload that arrive in a while, by flow. Payload of all flows in `share` of the line's rate.
  struct Result {
    std::vector<double> bytes;
    double share = 0;
    TimeUs queue_mean = 0, queue_p95 = 0, queue_most = 0;
    double lost = 0;  // Of all packets.
  };
  Result Run(TimeUs duration) {
    for (Flow& flow : flows_) flow.arrived = 0;
    queue_.clear();
    const uint64_t sent = net.packets_sent, lost = net.packets_lost;
    const TimeUs end = net.now() + duration;
    while (net.now() < end) {
      net.RunFor(kMillisecond);
      queue_.push_back(net.QueueOf(client, server));
    }
    Result result;
    double all = 0;
    for (const Flow& flow : flows_) {
      result.bytes.push_back(static_cast<double>(flow.arrived));
      all += static_cast<double>(flow.arrived);
    }
    result.share = all / (line_.bytes_per_second() * static_cast<double>(duration) / kSecond);
    std::sort(queue_.begin(), queue_.end());
    for (const TimeUs each : queue_) result.queue_mean += each / queue_.size();
    result.queue_p95 = queue_[queue_.size() * 95 / 100];
    result.queue_most = queue_.back();
    result.lost = static_cast<double>(net.packets_lost - lost) / static_cast<double>(net.packets_sent - sent);
    return result;
  }
  size_t Cwnd(size_t flow) { return client.Get(flows_[flow].socket, Option::kPeerAddrInfo, flows_[flow].assoc).at(1); }

 private:
  struct Flow {
    SocketId socket = 0;
    AssocId assoc = 0;
    uint64_t bytes_per_second = 0, sent = 0, arrived = 0;
    TimeUs since = 0;
    bool runs = false;
  };

  void Turn() {
    for (Flow& flow : flows_) {
      if (!flow.runs) continue;
      const uint64_t most = flow.bytes_per_second == 0 ? UINT64_MAX : flow.bytes_per_second * (net.now() - flow.since) / kSecond;
      while (flow.sent < most && client.Send(flow.socket, flow.assoc, 0, data_) == 0) flow.sent += data_.size();
    }
    for (const OwnedItem& owned : server.Take(server_socket_)) {
      if (owned.item.kind != ItemKind::kData) continue;
      const size_t flow = owned.item.peer_port - kClientPort;
      flows_[flow].arrived += owned.bytes.size();
    }
  }

  LineOf line_;

 public:
  SimNetwork net;
  SimHost& client;
  SimHost& server;

 private:
  SocketId server_socket_ = 0;
  std::vector<Flow> flows_;
  std::vector<TimeUs> queue_;
  const std::vector<uint8_t> data_ = std::vector<uint8_t>(kMessageBytes, 'b');
};

}  // namespace mailport::sctp::test
