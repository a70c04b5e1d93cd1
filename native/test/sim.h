// A network of engines inside one program: a clock of its own, links that lose, repeat, reorder, spoil, delay and bound packets, and
// hosts that collect what their engines deliver. One seed decides everything.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "engine.h"
#include "packets.h"
#include "random.h"

namespace mailport::sctp::test {

constexpr TimeUs kMillisecond = 1000;
constexpr TimeUs kSecond = 1000 * kMillisecond;

class SimHost;
class SimNetwork;

// An item whose data stays.
struct OwnedItem {
  Item item;  // `data` points into `bytes`.
  std::vector<uint8_t> bytes;

  explicit OwnedItem(const Item& from) : item(from), bytes(from.data.begin(), from.data.end()) { item.data = bytes; }
  OwnedItem(OwnedItem&& from) noexcept : item(from.item), bytes(std::move(from.bytes)) { item.data = bytes; }
  OwnedItem& operator=(OwnedItem&& from) noexcept {
    item = from.item;
    bytes = std::move(from.bytes);
    item.data = bytes;
    return *this;
  }
  bool IsChange(AssocState state) const { return item.kind == ItemKind::kAssocChange && item.state == static_cast<uint32_t>(state); }
  std::string Text() const { return {bytes.begin(), bytes.end()}; }
};

// How one direction between two hosts treats packets.
struct LinkParams {
  TimeUs delay = kMillisecond;
  TimeUs jitter = 0;              // Up to this much more, drawn anew for every packet: packets overtake each other.
  double loss = 0, duplicate = 0, corrupt = 0;
  double reorder = 0;             // Chance of being held back by four delays.
  uint64_t bytes_per_second = 0;  // 0: unbounded.
  size_t queue_bytes = 256 * 1024;
  size_t mtu = 1452;              // Of the first link: the sender knows of it, and fragments what may be longer.
  // Of a link behind it. A longer packet that may not be fragmented is lost. Whoever loses it may tell its sender; `told_mtu`: a number of his own.
  size_t path_mtu = SIZE_MAX;
  bool tells_too_big = false;
  size_t told_mtu = 0;
};

// True lets the packet pass (changed, perhaps).
using Tap = std::function<bool(SimHost& from, SimHost& to, std::vector<uint8_t>& packet)>;

class SimHost : public Host {
 public:
  SimHost(SimNetwork& network, std::string name, IpAddress address, uint64_t seed);

  uint8_t* ReservePacket(size_t capacity) override;
  void CommitPacket(const PacketRoute& route, size_t length, bool may_be_fragmented) override;
  size_t MaxPacketBytes(CarrierId carrier, const IpAddress& remote) override;
  size_t FirstPacketBytes(CarrierId carrier, const IpAddress& remote) override { return std::min(first_packet_bytes, MaxPacketBytes(carrier, remote)); }
  uint32_t ErrorDetectionMethod(CarrierId) override { return error_detection; }
  bool AddressesOf(CarrierId carrier, std::vector<IpAddress>* addresses) override;
  // The one in the network of `remote` (its first 24 bits), if there is one. IPv6 carriers carry IPv6 alone.
  CarrierId CarrierTo(std::span<const CarrierId> carriers, const IpAddress& remote) override;
  bool Deliver(SocketId socket, const Item& item) override;
  void FillRandom(std::span<uint8_t> out) override;

  // A carrier bound to the UDP port `params.port` (or the one there is) and a socket on it, credit unlimited.
  SocketId Open(OpenParams params);
  SocketId Open(uint16_t port) { return Open(OpenParams{.port = port}); }
  CarrierId CarrierOn(uint16_t udp_port);
  // The same, bound to that address, which becomes one of the host's.
  CarrierId CarrierAt(const IpAddress& address, uint16_t udp_port);
  // A socket that is bound to these addresses.
  SocketId OpenAt(const std::vector<IpAddress>& addresses, OpenParams params);
  bool Has(const IpAddress& address) const;
  std::vector<OwnedItem>& items(SocketId socket) { return items_[socket]; }
  // Takes the items out.
  std::vector<OwnedItem> Take(SocketId socket) { return std::exchange(items_[socket], {}); }
  int Send(SocketId socket, AssocId assoc, uint32_t stream, Bytes data, uint32_t flags = 0, uint32_t ppid = 0);
  std::vector<uint32_t> Get(SocketId socket, Option option, AssocId assoc = 0);
  int Set(SocketId socket, Option option, AssocId assoc, std::initializer_list<uint32_t> values) {
    return engine->SetOption(socket, option, {assoc, {}, 0}, std::span(values.begin(), values.size()));
  }
  // A packet comes in at once, from wherever the test says.
  void Inject(const PacketRoute& from, Bytes packet);
  // The process dies: nothing more is sent, everything is forgotten, and a new engine starts on the same carriers.
  void Crash();

  const std::string name;
  const IpAddress address;
  std::vector<IpAddress> further_addresses;
  SimNetwork& network;
  std::unique_ptr<Engine> engine;
  size_t first_packet_bytes = SIZE_MAX;                 // See Host::FirstPacketBytes: no more than that.
  uint32_t error_detection = 0;                         // See Host::ErrorDetectionMethod.
  size_t room = SIZE_MAX;                               // Items that Deliver still takes.
  std::function<bool(std::span<uint8_t>)> random_hook;  // Fills the bytes and gives true, or leaves them to the seed.
  std::map<SocketId, int> writable;                     // How many kWritable came.
  std::map<SocketId, std::vector<OwnedItem>> results;   // kConnectResult

 private:
  friend class SimNetwork;
  std::map<SocketId, std::vector<OwnedItem>> items_;
  std::map<CarrierId, uint16_t> udp_ports_;
  std::map<CarrierId, IpAddress> bound_;  // Carriers that are not here have all addresses.
  std::unique_ptr<uint8_t[]> reserved_;
  size_t reserved_bytes_ = 0;
  Random random_;
};

class SimNetwork {
 public:
  explicit SimNetwork(uint64_t seed);
  ~SimNetwork();

  SimHost& AddHost(std::string name, IpAddress address);
  // Parameters of all links without their own.
  LinkParams link;
  void UseLink(SimHost& from, SimHost& to, const LinkParams& params);
  // How long a packet that entered the link now would wait for its rate.
  TimeUs QueueOf(SimHost& from, SimHost& to) { return std::max(links_[{&from, &to}].free_at, now_) - now_; }
  // No packet passes between these addresses, either way, until it is mended.
  void Cut(const IpAddress& a, const IpAddress& b) { cuts_.push_back({a, b}); }
  void Mend(const IpAddress& a, const IpAddress& b) { std::erase(cuts_, std::pair(a, b)); }
  Tap tap;
  // Packets that left between two addresses, whether or not they arrive.
  std::function<void(const IpAddress& from, const IpAddress& to, Bytes packet)> watch;
  std::function<void()> app;  // The applications' turn in every step, before engines flush.

  TimeUs now() const { return now_; }
  // Lets everything due at the present time happen, without moving the clock.
  void Settle();
  void RunFor(TimeUs duration);
  // The machine sleeps: time goes by, and what is due meanwhile happens too late.
  void Sleep(TimeUs duration) { now_ += duration; }
  // False if `done` did not come about within `limit`.
  bool RunUntil(const std::function<bool()>& done, TimeUs limit = 600 * kSecond);
  Random& random() { return random_; }
  uint64_t packets_sent = 0, bytes_sent = 0, packets_lost = 0, packets_too_big = 0;

 private:
  friend class SimHost;
  struct Link {
    LinkParams params;
    TimeUs free_at = 0;  // When the queued packets have left.
  };
  struct Arrival {
    TimeUs time;
    uint64_t order;
    SimHost* to;
    PacketRoute route;
    std::vector<uint8_t> packet;
    size_t too_big = 0;  // A message about a packet of `to`: only such of so many bytes pass.
    bool operator>(const Arrival& other) const { return time != other.time ? time > other.time : order > other.order; }
  };

  void Send(SimHost& from, const PacketRoute& route, std::vector<uint8_t> packet, bool may_be_fragmented);
  void Schedule(SimHost& to, const PacketRoute& route, std::vector<uint8_t> packet, const LinkParams& params, TimeUs extra);
  const LinkParams& ParamsOf(SimHost& from, SimHost& to, Link** link);
  TimeUs NextTime() const;
  bool Step(TimeUs limit);

  TimeUs now_ = 1000 * kSecond;
  uint64_t order_ = 0;
  uint64_t idle_steps_ = 0;
  Random random_;
  std::vector<std::pair<IpAddress, IpAddress>> cuts_;
  std::vector<std::unique_ptr<SimHost>> hosts_;
  std::map<std::pair<SimHost*, SimHost*>, Link> links_;
  std::priority_queue<Arrival, std::vector<Arrival>, std::greater<>> arrivals_;
};

IpAddress Ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
IpAddress Ipv6(uint8_t last);  // Of a network of one's own, fd00::/8.

}  // namespace mailport::sctp::test
