// A carrier: one UDP socket on the environment's loop, and the count of the sockets that use it. A carrier whose UDP port is the SCTP port carries
// one endpoint, with the sockets peeled off from it. A carrier with a fixed encapsulation port carries every endpoint that asked for that port.
#pragma once

#include <uv.h>

#include <memory>
#include <span>
#include <string>
#include <type_traits>

#include "kept_packets.h"
#include "outgoing_packets.h"
#include "udp_socket.h"
#include "uv_handle.h"

namespace mailport::io {

class Carrier;

class CarrierListener {
 public:
  // Packets may wait on the carrier's socket and, if `has_errors`, ICMP errors. The listener may destroy the carrier during this call.
  virtual void OnReadable(Carrier& carrier, bool has_errors) = 0;

 protected:
  ~CarrierListener() = default;
};

class Carrier {
 public:
  // 0 or a positive errno. The listener must outlive the carrier.
  static int Open(const UdpParams& params, sctp::CarrierId id, bool shared, uv_loop_t* loop, UvHandle<uv_poll_t>::Token token,
                  CarrierListener* listener, std::unique_ptr<Carrier>* carrier);
  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;
  // Polling ends before the descriptor is closed, as uv_poll wants: `poll_` is destroyed before `socket_`.
  ~Carrier() = default;

  // Sends the packets that the kernel takes now. The others wait until the socket is writable; beyond a bound they are lost, as on a network.
  // All `runs` must be for this carrier.
  void Send(std::span<const PacketRun> runs);

  sctp::CarrierId id() const { return id_; }
  const UdpSocket& socket() const { return *socket_; }
  int ResetOptions(const std::string& device) { return socket_->ResetOptions(device); }
  // Opened with a fixed encapsulation port, for several endpoints.
  bool shared() const { return shared_; }
  // Whether the loop stays alive for this carrier.
  void SetReferenced(bool referenced) { poll_.SetReferenced(referenced); }

  // How many open sockets of the stack use this carrier, and how many of those have opened its port. The others were peeled off or accepted.
  unsigned users = 0;
  unsigned openers = 0;

 private:
  Carrier(std::unique_ptr<UdpSocket> socket, sctp::CarrierId id, bool shared, CarrierListener* listener)
      : socket_(std::move(socket)), id_(id), shared_(shared), listener_(listener) {}
  int Poll(bool for_writing);
  void OnPoll(int status, int events);

  std::unique_ptr<UdpSocket> socket_;
  UvHandle<uv_poll_t> poll_;
  sctp::CarrierId id_;
  bool shared_;
  CarrierListener* listener_;
  KeptPackets kept_;
};

static_assert(!std::is_copy_constructible_v<Carrier>);

}  // namespace mailport::io
