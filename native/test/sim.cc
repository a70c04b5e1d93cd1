// The simulated network's events: arrivals by time, engines' deadlines, and what links do.
#include "sim.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "check.h"

namespace mailport::sctp::test {
namespace {

constexpr uint64_t kMaxStepsAtOneTime = 10'000;
const bool kTrace = std::getenv("TRACE") != nullptr;

}  // namespace

IpAddress Ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  IpAddress address;
  address.family = 4;
  address.bytes = {a, b, c, d};
  return address;
}

IpAddress Ipv6(uint8_t last) {
  IpAddress address;
  address.family = 6;
  address.bytes[0] = 0xfd;
  address.bytes[15] = last;
  return address;
}

SimHost::SimHost(SimNetwork& network, std::string name, IpAddress address, uint64_t seed)
    : name(std::move(name)), address(address), network(network), random_(seed) {
  engine = std::make_unique<Engine>(*this);
  engine->SetNow(network.now());
}

// Exactly as large as asked, so that the address sanitizer sees one byte too many.
uint8_t* SimHost::ReservePacket(size_t capacity) {
  reserved_ = std::make_unique<uint8_t[]>(capacity);
  reserved_bytes_ = capacity;
  return reserved_.get();
}

void SimHost::CommitPacket(const PacketRoute& route, size_t length, bool may_be_fragmented) {
  REQUIRE(reserved_ && length <= reserved_bytes_);
  std::vector<uint8_t> packet(reserved_.get(), reserved_.get() + length);
  reserved_.reset();
  std::vector<uint8_t> checked = packet;
  if (error_detection != 0 && Load32(&checked[8]) == 0) FixChecksum(&checked);
  std::string fault = FaultOf(checked);
  if (!fault.empty()) check::Fail(__FILE__, __LINE__, name + " sent a bad packet (" + fault + "): " + Describe(packet));
  network.Send(*this, route, std::move(packet), may_be_fragmented);
}

size_t SimHost::MaxPacketBytes(CarrierId, const IpAddress& remote) {
  for (auto& host : network.hosts_) {
    if (host->Has(remote)) return network.ParamsOf(*this, *host, nullptr).mtu;
  }
  return network.link.mtu;
}

bool SimHost::Has(const IpAddress& wanted) const {
  return address == wanted || std::find(further_addresses.begin(), further_addresses.end(), wanted) != further_addresses.end();
}

bool SimHost::AddressesOf(CarrierId carrier, std::vector<IpAddress>* addresses) {
  if (const auto found = bound_.find(carrier); found != bound_.end()) {
    addresses->push_back(found->second);
    return false;
  }
  addresses->push_back(address);
  addresses->insert(addresses->end(), further_addresses.begin(), further_addresses.end());
  return true;
}

CarrierId SimHost::CarrierTo(std::span<const CarrierId> carriers, const IpAddress& remote) {
  CarrierId any = 0;
  for (const CarrierId carrier : carriers) {
    const auto found = bound_.find(carrier);
    if (found == bound_.end()) return carrier;
    if (found->second.family != remote.family) continue;
    if (std::equal(remote.bytes.begin(), remote.bytes.begin() + 3, found->second.bytes.begin())) return carrier;
    if (any == 0) any = carrier;
  }
  return any;
}

bool SimHost::Deliver(SocketId socket, const Item& item) {
  if (item.kind == ItemKind::kWritable) {
    writable[socket]++;
    return true;
  }
  if (item.kind == ItemKind::kConnectResult) {
    results[socket].emplace_back(item);
    return true;
  }
  if (room == 0) return false;
  if (room != SIZE_MAX) room--;
  items_[socket].emplace_back(item);
  return true;
}

void SimHost::FillRandom(std::span<uint8_t> out) {
  if (random_hook && random_hook(out)) return;
  random_.Fill(out);
}

CarrierId SimHost::CarrierOn(uint16_t udp_port) {
  for (auto& [carrier, port] : udp_ports_)
    if (port == udp_port && !bound_.contains(carrier)) return carrier;
  CarrierId carrier = static_cast<CarrierId>(udp_ports_.size() + 1);
  udp_ports_[carrier] = udp_port;
  return carrier;
}

CarrierId SimHost::CarrierAt(const IpAddress& wanted, uint16_t udp_port) {
  for (auto& [carrier, bound] : bound_)
    if (bound == wanted && udp_ports_[carrier] == udp_port) return carrier;
  if (!Has(wanted)) further_addresses.push_back(wanted);
  const CarrierId carrier = static_cast<CarrierId>(udp_ports_.size() + 1);
  udp_ports_[carrier] = udp_port;
  bound_[carrier] = wanted;
  return carrier;
}

SocketId SimHost::OpenAt(const std::vector<IpAddress>& addresses, OpenParams params) {
  for (const IpAddress& each : addresses) {
    const CarrierId carrier = CarrierAt(each, params.port);
    if (params.carrier == 0) params.carrier = carrier;
    else params.further_carriers.push_back(carrier);
  }
  return Open(params);
}

SocketId SimHost::Open(OpenParams params) {
  if (params.carrier == 0) params.carrier = CarrierOn(params.port);
  SocketId socket = 0;
  engine->SetNow(network.now());
  REQUIRE(engine->Open(params, &socket) == 0);
  engine->SetCredit(socket, kUnlimitedCredit);
  return socket;
}

int SimHost::Send(SocketId socket, AssocId assoc, uint32_t stream, Bytes data, uint32_t flags, uint32_t ppid) {
  return engine->Send(socket, {.assoc_id = assoc, .stream = stream, .flags = flags, .ppid = ppid}, data);
}

std::vector<uint32_t> SimHost::Get(SocketId socket, Option option, AssocId assoc) {
  std::vector<uint32_t> values = {99};
  int error = engine->GetOption(socket, option, {assoc, {}, 0}, &values);
  if (error != 0) values.clear();
  return values;
}

void SimHost::Inject(const PacketRoute& from, Bytes packet) {
  auto exact = std::make_unique<uint8_t[]>(packet.size());
  std::copy(packet.begin(), packet.end(), exact.get());
  engine->SetNow(network.now());
  engine->Input(from, Bytes(exact.get(), packet.size()));
}

void SimHost::Crash() {
  engine = std::make_unique<Engine>(*this);
  engine->SetNow(network.now());
  items_.clear();
  results.clear();
  writable.clear();
}

SimNetwork::SimNetwork(uint64_t seed) : random_(seed) {}
SimNetwork::~SimNetwork() = default;

SimHost& SimNetwork::AddHost(std::string name, IpAddress address) {
  hosts_.push_back(std::make_unique<SimHost>(*this, std::move(name), address, random_.Next()));
  return *hosts_.back();
}

void SimNetwork::UseLink(SimHost& from, SimHost& to, const LinkParams& params) { links_[{&from, &to}].params = params; }

// Every direction has a queue of its own; a direction without parameters of its own has the network's.
const LinkParams& SimNetwork::ParamsOf(SimHost& from, SimHost& to, Link** link) {
  auto found = links_.find({&from, &to});
  if (found == links_.end()) return link ? (*link = nullptr, this->link) : this->link;
  if (link) *link = &found->second;
  return found->second.params;
}

void SimNetwork::Send(SimHost& from, const PacketRoute& route, std::vector<uint8_t> packet, bool may_be_fragmented) {
  packets_sent++;
  bytes_sent += packet.size();
  const auto bound = from.bound_.find(route.carrier);
  const IpAddress source = route.local.family != 0 ? route.local : bound != from.bound_.end() ? bound->second : from.address;
  if (watch) watch(source, route.remote, packet);
  auto to = std::find_if(hosts_.begin(), hosts_.end(), [&](auto& host) { return host->Has(route.remote); });
  if (kTrace)
    std::printf("    %10.6f %s %s\n", static_cast<double>(now_) / 1e6 - 1000, from.name.c_str(), Describe(packet).c_str());
  if (to == hosts_.end()) return;
  SimHost& target = **to;
  for (const auto& [a, b] : cuts_)
    if ((a == source && b == route.remote) || (b == source && a == route.remote)) return;
  if (tap && !tap(from, target, packet)) {
    if (kTrace) std::printf("               (dropped by the test)\n");
    return;
  }
  Link* own = nullptr;
  const LinkParams& params = ParamsOf(from, target, &own);
  if (packet.size() > params.mtu && !may_be_fragmented)
    check::Fail(__FILE__, __LINE__, from.name + " sent " + std::to_string(packet.size()) + " bytes where " + std::to_string(params.mtu) + " fit");

  if (packet.size() > params.path_mtu && !may_be_fragmented) {
    packets_too_big++;
    if (kTrace) std::printf("               (too big)\n");
    const size_t told = params.told_mtu != 0 ? params.told_mtu : params.path_mtu;
    packet.resize(kCommonHeaderBytes);
    if (params.tells_too_big) arrivals_.push({now_ + params.delay, order_++, &from, route, std::move(packet), told});
    return;
  }

  PacketRoute arriving;
  arriving.local = route.remote;
  arriving.remote = source;
  arriving.remote_udp_port = from.udp_ports_[route.carrier];
  for (auto& [carrier, port] : target.udp_ports_)
    if (port == route.remote_udp_port && (!target.bound_.contains(carrier) || target.bound_[carrier] == route.remote)) arriving.carrier = carrier;
  if (arriving.carrier == 0) return;  // No such UDP port.

  if (random_.Chance(params.loss)) {
    packets_lost++;
    if (kTrace) std::printf("               (lost)\n");
    return;
  }
  TimeUs queueing = 0;
  if (params.bytes_per_second != 0) {
    if (own == nullptr) own = &(links_[{&from, &target}] = {params, 0});
    TimeUs backlog = own->free_at > now_ ? own->free_at - now_ : 0;
    if (backlog * params.bytes_per_second / kSecond + packet.size() > params.queue_bytes) {
      packets_lost++;
      return;
    }
    own->free_at = now_ + backlog + packet.size() * kSecond / params.bytes_per_second;
    queueing = own->free_at - now_;
  }
  if (random_.Chance(params.corrupt)) packet[random_.Below(packet.size())] ^= static_cast<uint8_t>(1 + random_.Below(255));
  if (random_.Chance(params.duplicate)) Schedule(target, arriving, packet, params, queueing);
  Schedule(target, arriving, std::move(packet), params, queueing);
}

void SimNetwork::Schedule(SimHost& to, const PacketRoute& route, std::vector<uint8_t> packet, const LinkParams& params, TimeUs extra) {
  TimeUs time = now_ + params.delay + extra;
  if (params.jitter != 0) time += random_.Below(params.jitter);
  if (random_.Chance(params.reorder)) time += 4 * params.delay;
  arrivals_.push({time, order_++, &to, route, std::move(packet), 0});
}

TimeUs SimNetwork::NextTime() const {
  TimeUs next = arrivals_.empty() ? kNever : arrivals_.top().time;
  for (auto& host : hosts_) next = std::min(next, host->engine->NextDeadline());
  return next;
}

// Runs one turn of every host at the next time something happens, the present included. False: nothing happens up to `limit`, where the clock is.
bool SimNetwork::Step(TimeUs limit) {
  TimeUs next = std::max(NextTime(), now_);
  if (next > limit) {
    now_ = limit;
    for (auto& host : hosts_) host->engine->SetNow(now_);
    return false;
  }
  idle_steps_ = next == now_ ? idle_steps_ + 1 : 0;
  if (idle_steps_ > kMaxStepsAtOneTime) {
    check::Fail(__FILE__, __LINE__, "time stands still: an engine's deadline has passed and stays");
    throw check::Abandoned{};
  }
  now_ = next;
  for (auto& host : hosts_) host->engine->SetNow(now_);
  while (!arrivals_.empty() && arrivals_.top().time <= now_) {
    Arrival arrival = std::move(const_cast<Arrival&>(arrivals_.top()));
    arrivals_.pop();
    if (arrival.too_big != 0) {
      arrival.to->engine->OnTooBig(arrival.route, arrival.packet, arrival.too_big);
    } else {
      arrival.to->Inject(arrival.route, arrival.packet);
    }
  }
  for (auto& host : hosts_)
    if (host->engine->NextDeadline() <= now_) host->engine->RunTimers();
  if (app) app();
  for (auto& host : hosts_) host->engine->Flush();
  return true;
}

void SimNetwork::Settle() {
  for (auto& host : hosts_) host->engine->SetNow(now_);
  if (app) app();
  for (auto& host : hosts_) host->engine->Flush();
  while (NextTime() <= now_) Step(now_);
}

void SimNetwork::RunFor(TimeUs duration) {
  TimeUs limit = now_ + duration;
  Settle();
  while (Step(limit)) {
  }
}

bool SimNetwork::RunUntil(const std::function<bool()>& done, TimeUs limit) {
  TimeUs last = now_ + limit;
  Settle();
  while (!done())
    if (!Step(last)) return done();
  return true;
}

}  // namespace mailport::sctp::test
