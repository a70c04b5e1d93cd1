// One UDP socket on the environment's loop, and what uses it. With UDP port = SCTP port it carries one endpoint (and what was peeled off
// from it); with a fixed encapsulation port, all endpoints of the stack that asked for that port.
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
  // Packets wait on the carrier's socket, or may; and ICMP errors, if `has_errors`. The carrier may be destroyed from within.
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

  // Sends now what the kernel takes. What it does not take waits for the socket to be writable; beyond a bound it is lost, as on a
  // network. Runs of other carriers must not be among `runs`.
  void Send(std::span<const PacketRun> runs);

  sctp::CarrierId id() const { return id_; }
  const UdpSocket& socket() const { return *socket_; }
  int ResetOptions(const std::string& device) { return socket_->ResetOptions(device); }
  // Opened with a fixed encapsulation port, for several endpoints.
  bool shared() const { return shared_; }
  // Whether the loop stays alive for this carrier.
  void SetReferenced(bool referenced) { poll_.SetReferenced(referenced); }

  // Open sockets of the stack that are carried, and how many of them have opened the port; the others were peeled off or accepted.
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
