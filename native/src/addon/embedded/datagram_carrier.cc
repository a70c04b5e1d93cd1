#include "datagram_carrier.h"

#include <algorithm>

#include "../../io/socket_address.h"

namespace mailport::addon {

DatagramCarrier::DatagramCarrier(sctp::CarrierId id, CarrierRequest request) : Carrier(id, true), request_(std::move(request)) {
  const auto& addresses = request_.addresses;
  ipv6_only_ = std::none_of(addresses.begin(), addresses.end(), [](const auto& address) { return address.family == 4; });
  family_ = std::any_of(addresses.begin(), addresses.end(), [](const auto& address) { return address.family == 6; }) ? 6 : 4;
  bound_ = request_.any ? io::AnyAddress(family_) : addresses.front();
}

void DatagramCarrier::Send(std::span<const io::PacketRun> runs) {
  if (closed_) return;
  for (const io::PacketRun& run : runs) {
    for (size_t offset = 0; offset < run.length; offset += run.segment_bytes)
      to_network_.Add(run.route, {run.data + offset, std::min(run.segment_bytes, run.length - offset)}, run.may_be_fragmented);
  }
}

void DatagramCarrier::Close() {
  closed_ = true;
  to_network_.Clear();
  to_engine_.Clear();
}

}  // namespace mailport::addon
