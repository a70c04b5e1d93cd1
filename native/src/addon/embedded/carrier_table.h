// The carriers of one stack that are UDP sockets: which socket may use which UDP socket, and when a UDP socket is closed.
#pragma once

#include <memory>
#include <type_traits>
#include <vector>

#include "../../io/udp_carrier.h"
#include "../../sctp/engine.h"

namespace mailport::addon {

class CarrierTable {
 public:
  using Token = io::UvHandle<uv_poll_t>::Token;

  CarrierTable(uv_loop_t* loop, io::CarrierListener* listener) : loop_(loop), listener_(listener) {}
  CarrierTable(const CarrierTable&) = delete;
  CarrierTable& operator=(const CarrierTable&) = delete;

  // A carrier for one more socket. An existing carrier serves if it may be shared, or if the socket that opened its port is closed and only sockets that
  // were peeled off or accepted, or associations of closed sockets, still use it. Otherwise a new one is opened. 0 or a positive errno. The carrier
  // counts as used only from Use on.
  int Acquire(io::UdpParams params, bool shared, bool over_ip, const Token& token, io::UdpCarrier** carrier);
  // One more, or one less, open socket uses the carrier. `beside`: the socket was peeled off or accepted, and did not open the port.
  void Use(io::Carrier& carrier, bool beside);
  void Release(io::Carrier& carrier, bool beside);
  // Null if there is none.
  io::UdpCarrier* Find(sctp::CarrierId id) const;
  // Neither open sockets nor associations of closed sockets use it.
  static bool IsUnused(const io::Carrier& carrier, const sctp::Engine& engine) {
    return carrier.users == 0 && engine.AssociationsOn(carrier.id()) == 0;
  }
  void Close(const io::Carrier& carrier);
  void CloseUnused(const sctp::Engine& engine);
  void CloseAll();
  bool empty() const { return carriers_.empty(); }
  // Whether open sockets use any of them.
  bool HasUsers() const { return without_users_ < carriers_.size(); }
  // Whether the loop stays alive for the carriers there are. New ones keep it alive.
  void SetReferenced(bool referenced);

 private:
  // The reservation of a port of IP itself. EADDRINUSE also if a carrier here has it for that address.
  int ReserveFor(const io::UdpParams& params, std::shared_ptr<io::ReservedPort>* reserved) const;

  uv_loop_t* loop_;
  io::CarrierListener* listener_;
  std::vector<std::unique_ptr<io::UdpCarrier>> carriers_;  // In the order of their ids.
  size_t without_users_ = 0;
  sctp::CarrierId last_id_ = 0;
};

static_assert(!std::is_copy_constructible_v<CarrierTable>);

}  // namespace mailport::addon
