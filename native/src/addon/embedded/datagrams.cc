// Carriers that JavaScript opens, closes and brings packets for.
#include <algorithm>
#include <cerrno>

#include "../../io/port_unreachable.h"
#include "../../sctp/packet/wire.h"
#include "stack.h"

namespace mailport::addon {

namespace {

// The least path MTU that can be set by hand. An INIT ACK with its cookie fits.
constexpr uint32_t kLeastMtu = 512;

}  // namespace

int EmbeddedStack::OpenCarrier(CarrierRequest request, sctp::CarrierId* carrier) {
  if (request.addresses.empty() || request.mtu < kLeastMtu || request.mtu > io::PacketQueue::kMaxPacketBytes) return EINVAL;
  const DatagramCarrier* opened = host_->datagrams().Open(std::move(request));
  if (opened == nullptr) return ENFILE;
  *carrier = opened->id();
  return 0;
}

int EmbeddedStack::CloseCarrier(sctp::CarrierId id, bool even_if_used) {
  DatagramCarrier* const carrier = host_->datagrams().Find(id);
  if (carrier == nullptr || carrier->closed()) return EBADF;
  if (!even_if_used && (carrier->users != 0 || host_->engine().AssociationsOn(id) != 0)) return EBUSY;
  host_->datagrams().Close(*carrier, host_->engine());
  return 0;
}

int EmbeddedStack::FindDatagramCarriers(const OpenRequest& request, std::vector<io::Carrier*>* carriers) {
  for (const sctp::CarrierId id : request.carriers) {
    DatagramCarrier* const carrier = host_->datagrams().Find(id);
    if (carrier == nullptr || carrier->closed()) return EBADF;
    if (std::find(carriers->begin(), carriers->end(), carrier) != carriers->end()) return EINVAL;
    carriers->push_back(carrier);
  }
  return 0;
}

int EmbeddedStack::Input(sctp::CarrierId id, const PacketOrigin& origin, sctp::Bytes packet) {
  DatagramCarrier* const carrier = host_->datagrams().Find(id);
  if (carrier == nullptr || carrier->closed()) return EBADF;
  sctp::PacketRoute from{id, origin.local, origin.remote, origin.remote_port};
  if (from.remote.family == 0) from.remote = carrier->request().remote;
  if (!carrier->CanReach(from.remote)) return EAFNOSUPPORT;
  // Without a port of its own the sender is known by its SCTP port, which is also where packets go that name no other (RFC 6951).
  if (from.remote_udp_port == 0 && packet.size() >= 2) from.remote_udp_port = sctp::Load16(packet.data());
  host_->datagrams().Input(*carrier, from, packet);
  return 0;
}

int EmbeddedStack::Refused(sctp::CarrierId carrier, const PacketOrigin& by, sctp::Bytes packet) {
  std::array<uint8_t, io::PortUnreachable::kAbortBytes> abort;
  return io::ComposeAbort(packet, &abort) ? Input(carrier, by, abort) : EINVAL;
}

int EmbeddedStack::TooBig(sctp::CarrierId carrier, const PacketOrigin& to, sctp::Bytes packet, size_t bytes) {
  host_->EngineForCall().OnTooBig({carrier, {}, to.remote, to.remote_port}, packet, bytes);
  return 0;
}

Counters EmbeddedStack::CarrierStats(sctp::CarrierId id) {
  DatagramCarrier* const carrier = host_->datagrams().Find(id);
  if (carrier == nullptr) return {};
  return {
      {"packetsIn", carrier->to_engine().taken()},
      {"packetsInLost", carrier->to_engine().lost()},
      {"packetsOut", carrier->to_network().taken()},
      {"packetsOutLost", carrier->to_network().lost()},
  };
}

}  // namespace mailport::addon
