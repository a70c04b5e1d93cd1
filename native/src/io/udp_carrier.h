// A carrier that is one UDP socket on the environment's loop.
#pragma once

#include <uv.h>

#include <memory>
#include <span>
#include <string>
#include <type_traits>

#include "carrier.h"
#include "kept_packets.h"
#include "udp_socket.h"
#include "uv_handle.h"

namespace mailport::io {

class UdpCarrier;

class CarrierListener {
 public:
  // Packets may wait on the carrier's socket and, if `has_errors`, ICMP errors. The listener may destroy the carrier during this call.
  virtual void OnReadable(UdpCarrier& carrier, bool has_errors) = 0;
  // The host itself could not send a packet because of its size. The listener may only take a note of that.
  virtual void OnTooBig(UdpCarrier& carrier, const TooBig& packet) = 0;

 protected:
  ~CarrierListener() = default;
};

class UdpCarrier final : public Carrier {
 public:
  // 0 or a positive errno. The listener must outlive the carrier. `shared`: opened with a fixed encapsulation port, for several endpoints.
  static int Open(const UdpParams& params, sctp::CarrierId id, bool shared, uv_loop_t* loop, UvHandle<uv_poll_t>::Token token,
                  CarrierListener* listener, std::unique_ptr<UdpCarrier>* carrier);
  // Polling ends before the descriptor is closed, as uv_poll wants: `poll_` is destroyed before `socket_`.
  ~UdpCarrier() override = default;

  // Sends the packets that the kernel takes now. The others wait until the socket is writable; beyond a bound they are lost.
  void Send(std::span<const PacketRun> runs) override;

  const sctp::IpAddress& address() const override { return socket_->address(); }
  uint16_t port() const override { return socket_->port(); }
  uint8_t family() const override { return socket_->family(); }
  bool ipv6_only() const override { return socket_->ipv6_only(); }
  const std::string& network_namespace() const override { return socket_->network_namespace(); }
  size_t receive_buffer_bytes() const override { return socket_->receive_buffer_bytes(); }
  const UdpSocket* socket() const override { return socket_.get(); }

  int ResetOptions(const std::string& device) { return socket_->ResetOptions(device); }
  // Whether the loop stays alive for this carrier.
  void SetReferenced(bool referenced) { poll_.SetReferenced(referenced); }

 private:
  UdpCarrier(std::unique_ptr<UdpSocket> socket, sctp::CarrierId id, bool shared, CarrierListener* listener)
      : Carrier(id, shared), socket_(std::move(socket)), listener_(listener) {}
  int Poll(bool for_writing);
  void OnPoll(int status, int events);
  bool SendNow(std::span<const PacketRun> runs, SendPosition* position);

  std::unique_ptr<UdpSocket> socket_;
  UvHandle<uv_poll_t> poll_;
  CarrierListener* listener_;
  KeptPackets kept_;
};

static_assert(!std::is_copy_constructible_v<UdpCarrier>);

}  // namespace mailport::io
