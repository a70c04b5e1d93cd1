// A carrier whose packets JavaScript brings to their receivers: over datagrams of any kind. Packets wait in a queue for each direction, because JavaScript is
// never called in the middle of the engine's work, nor the engine in the middle of JavaScript's.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "../../io/carrier.h"
#include "../../io/packet_queue.h"
#include "../carrier_request.h"

namespace mailport::addon {

class DatagramCarrier final : public io::Carrier {
 public:
  // What waits here for the next turn. As much as the kernel is asked to keep for a UDP socket.
  static constexpr size_t kQueueBytes = 2 * 1024 * 1024;

  DatagramCarrier(sctp::CarrierId id, CarrierRequest request);

  void Send(std::span<const io::PacketRun> runs) override;
  const sctp::IpAddress& address() const override { return bound_; }
  uint16_t port() const override { return request_.port; }
  uint8_t family() const override { return family_; }
  bool ipv6_only() const override { return ipv6_only_; }
  const std::string& network_namespace() const override { return no_namespace_; }
  // A queue of small packets holds half of its bytes, roughly.
  size_t receive_buffer_bytes() const override { return kQueueBytes / 2; }

  const CarrierRequest& request() const { return request_; }
  // The addresses of the host that this is bound to.
  const std::vector<sctp::IpAddress>& addresses() const { return request_.addresses; }
  io::PacketQueue& to_network() { return to_network_; }
  io::PacketQueue& to_engine() { return to_engine_; }
  // Nothing leaves or comes any more. The carrier stays as long as sockets or associations use it.
  void Close();
  bool closed() const { return closed_; }

 private:
  CarrierRequest request_;
  sctp::IpAddress bound_;
  uint8_t family_;
  bool ipv6_only_;
  std::string no_namespace_;
  io::PacketQueue to_network_{kQueueBytes};
  io::PacketQueue to_engine_{kQueueBytes};
  bool closed_ = false;
};

static_assert(!std::is_copy_constructible_v<DatagramCarrier>);

}  // namespace mailport::addon
