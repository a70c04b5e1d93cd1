// The network of a crowd: every association has an address of its own at each end, and the two differ in their first byte alone.
#include "crowd.h"

#include <utility>

namespace mailport::sctp::test {
namespace {

constexpr uint8_t kServers = 11, kClients = 12;
constexpr CarrierId kCarrier = 1;

IpAddress AddressOf(uint8_t network, uint32_t number) {
  IpAddress address;
  address.family = 4;
  address.bytes = {network, static_cast<uint8_t>(number >> 16), static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)};
  return address;
}

IpAddress OtherEndOf(IpAddress address) {
  address.bytes[0] = address.bytes[0] == kServers ? kClients : kServers;
  return address;
}

}  // namespace

CrowdHost::CrowdHost(Crowd& crowd, uint64_t seed) : engine(*this), crowd_(crowd), random_(seed), reserved_(size_t{1} << 16) {
  engine.SetNow(crowd.now);
  REQUIRE(engine.Open({.carrier = kCarrier, .port = Crowd::kPort}, &socket) == 0);
  engine.SetCredit(socket, kUnlimitedCredit);
}

uint8_t* CrowdHost::ReservePacket(size_t capacity) {
  REQUIRE(capacity <= reserved_.size());
  return reserved_.data();
}

void CrowdHost::CommitPacket(const PacketRoute& route, size_t length, bool) {
  ++crowd_.packets;
  if (is_off) return;
  Crowd::Wire& wire = crowd_.leaving_;
  CrowdHost& to = this == &crowd_.client ? crowd_.server : crowd_.client;
  const PacketRoute seen{kCarrier, route.remote, OtherEndOf(route.remote), Crowd::kPort};
  wire.packets.push_back({&to, seen, wire.bytes.size(), length});
  wire.bytes.insert(wire.bytes.end(), reserved_.begin(), reserved_.begin() + static_cast<ptrdiff_t>(length));
}

bool CrowdHost::Deliver(SocketId, const Item& item) {
  if (item.kind == ItemKind::kData) {
    ++messages;
    if (answers) to_answer.push_back(item.assoc_id);
  } else if (item.kind == ItemKind::kAssocChange && item.state == static_cast<uint32_t>(AssocState::kCommUp)) {
    assocs.push_back(item.assoc_id);
  } else if (item.kind == ItemKind::kAssocChange) {
    ++ended;
  }
  return true;
}

Crowd::Crowd(uint64_t seed) : client(*this, seed), server(*this, seed + 1) { REQUIRE(server.engine.Listen(server.socket, 5) == 0); }

void Crowd::Establish(size_t count) {
  // In parts, so that no limit on strangers is reached.
  constexpr size_t kPart = 100;
  const size_t wanted = client.assocs.size() + count;
  while (client.assocs.size() < wanted) {
    const size_t part = std::min(kPart, wanted - client.assocs.size());
    for (size_t i = 0; i < part; ++i) {
      const IpAddress target = AddressOf(kServers, called_++);
      AssocId assoc = 0;
      REQUIRE(client.engine.Connect(client.socket, {&target, 1}, kPort, false, &assoc) == 0);
    }
    const size_t up = client.assocs.size() + part;
    Settle();
    REQUIRE(client.assocs.size() == up && server.assocs.size() == up);
    now += 10'000;
  }
}

void Crowd::RoundFromClient(Bytes data) {
  for (const AssocId assoc : client.assocs) REQUIRE(client.engine.Send(client.socket, {.assoc_id = assoc}, data) == 0);
  Settle();
}

void Crowd::Turn() {
  for (CrowdHost* host : {&client, &server}) {
    host->engine.SetNow(now);
    if (host->engine.NextDeadline() <= now) host->engine.RunTimers();
  }
  std::swap(leaving_, arriving_);
  for (const Packet& packet : arriving_.packets)
    if (!packet.to->is_off) packet.to->engine.Input(packet.route, {arriving_.bytes.data() + packet.begin, packet.length});
  arriving_.packets.clear();
  arriving_.bytes.clear();
  for (CrowdHost* host : {&client, &server}) {
    for (const AssocId assoc : host->to_answer) host->engine.Send(host->socket, {.assoc_id = assoc}, std::array<uint8_t, 64>{});
    host->to_answer.clear();
    host->engine.Flush();
  }
}

void Crowd::Settle() {
  do {
    Turn();
  } while (!leaving_.packets.empty());
}

void Crowd::TrimNetwork() {
  leaving_ = {};
  arriving_ = {};
  for (CrowdHost* host : {&client, &server}) {
    host->to_answer.shrink_to_fit();
    host->assocs.shrink_to_fit();
  }
}

void Crowd::RunFor(TimeUs duration, TimeUs step) {
  for (const TimeUs end = now + duration; now < end;) {
    now += step;
    Settle();
  }
}

}  // namespace mailport::sctp::test
