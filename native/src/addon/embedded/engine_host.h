// The engine's host (sctp/host.h) on the loop of one JavaScript environment: brings packets and the time to the engine, and takes packets and items
// away. It knows carriers, and nothing of the sockets that the stack has opened. It ends with the environment, not with the JavaScript object.
#pragma once

#include <napi.h>
#include <uv.h>

#include <memory>
#include <string>
#include <type_traits>
#include <unordered_map>

#include "../../io/host_addresses.h"
#include "../../io/outgoing_packets.h"
#include "../../io/port_unreachable.h"
#include "../../io/received_datagrams.h"
#include "../../io/route_mtu.h"
#include "../../io/uv_handle.h"
#include "../../sctp/engine.h"
#include "../delivery.h"
#include "../stack_loop.h"
#include "carrier_table.h"
#include "datagram_carriers.h"

namespace mailport::addon {

class EngineHost final : public sctp::Host, public ItemSource, private io::CarrierListener, private StackLoop::Listener {
 public:
  // Null if the environment has no loop to offer; ended() if the loop gave no handles: the hook for the environment's end still refers
  // to such a one. `stack` becomes the callback's `this`.
  static std::unique_ptr<EngineHost> Create(Napi::Env env, Napi::Object stack, Napi::Function on_batch, BusyWait& busy_wait);
  // A host whose time and turns are its caller's, and whose random numbers come from a seed: for simulations. It has carriers of JavaScript's alone, does not
  // keep the loop alive, and ends with its owner.
  static std::unique_ptr<EngineHost> CreateStepped(Napi::Env env, Napi::Object stack, uint64_t seed);
  EngineHost(const EngineHost&) = delete;
  EngineHost& operator=(const EngineHost&) = delete;
  ~EngineHost() override = default;

  // The engine for calls that change something: it knows the time, and what a call leaves to do is done before the loop next waits.
  sctp::Engine& EngineForCall();
  // The engine for questions.
  const sctp::Engine& engine() const { return engine_; }
  Delivery& delivery() { return delivery_; }
  // Null: the host is stepped.
  BusyWait* busy_wait() const { return loop_.busy_wait(); }
  // The environment is ending: no call may reach the engine.
  bool ended() const { return delivery_.ended(); }

  // A carrier for one more socket, see CarrierTable::Acquire.
  int AcquireCarrier(const io::UdpParams& params, bool shared, bool over_ip, io::UdpCarrier** carrier);
  // The carrier was acquired in vain.
  void DropCarrier(const io::Carrier& carrier) {
    if (!DatagramCarriers::Has(carrier.id()) && carriers_.IsUnused(carrier, engine_)) carriers_.Close(carrier);
  }
  void UseCarrier(io::Carrier& carrier, bool beside);
  // Closes the carrier at once if nothing uses it any more, so that its port is free; what there is to say to peers is said before.
  void ReleaseCarrier(io::Carrier& carrier, bool beside);
  DatagramCarriers& datagrams() { return datagrams_; }
  // Aborts all associations, and their packets leave before this returns; those that JavaScript carries only in OnProcessExit.
  void AbortAll();
  void OnProcessExit();

  void FillRandom(std::span<uint8_t> out) override;

  // Of a stepped host. Everything happens at this time from now on; time does not go back.
  void SetTime(sctp::TimeUs now);
  // What is due happens, and packets that JavaScript has brought are read. How many records the batch has then; to be called again until there are none, and
  // NextStep is later than now.
  size_t Step(Napi::Env env);
  sctp::TimeUs NextStep() const;

 private:
  EngineHost(Napi::Env env, Napi::Object stack, uint64_t seed);
  EngineHost(Napi::Env env, uv_loop_t* loop, Napi::Object stack, Napi::Function on_batch, BusyWait& busy_wait);
  int CreateHandles();

  // sctp::Host
  uint8_t* ReservePacket(size_t capacity) override;
  void CommitPacket(const sctp::PacketRoute& route, size_t length, bool may_be_fragmented) override;
  size_t MaxPacketBytes(sctp::CarrierId carrier, const sctp::IpAddress& remote) override;
  size_t FirstPacketBytes(sctp::CarrierId carrier, const sctp::IpAddress& remote) override;
  bool AddressesOf(sctp::CarrierId carrier, std::vector<sctp::IpAddress>* addresses) override;
  sctp::CarrierId CarrierTo(std::span<const sctp::CarrierId> carriers, const sctp::IpAddress& remote) override;
  bool Deliver(sctp::SocketId socket, const sctp::Item& item) override;
  // 1 (SCTP over DTLS) if what carries the packets has an integrity check of its own.
  uint32_t ErrorDetectionMethod(sctp::CarrierId carrier) override;
  // ItemSource
  void DeliverHeld(sctp::SocketId socket) override;
  void DeliverRefused() override;
  void OnCollected(bool empty) override;
  void OnHandedOver(bool last) override;
  // io::CarrierListener
  void OnReadable(io::UdpCarrier& carrier, bool has_errors) override;
  void OnTooBig(io::UdpCarrier& carrier, const io::TooBig& packet) override;
  // StackLoop::Listener
  void OnPrepare() override;
  void OnEnvironmentEnd() override;

  void OnTimer();
  // A turn: packets, deadlines or calls go in between, then EndTurn sends what they gave reason to and hands over what they delivered.
  void BeginTurn();
  void EndTurn();
  void TellTime();
  bool HasDeliveries() const;
  // Reads what ICMP says of the carrier's packets, as long as `budget` lasts, and takes from it.
  void ReadErrors(io::UdpCarrier& carrier);
  // Tells the engine of packets that were too big.
  void TellTooBig();
  void TellTooBig(const io::TooBig& packet, size_t mtu);
  io::RouteMtu& RoutesOf(const io::Carrier* carrier);
  static size_t OverCarrier(const io::Carrier* carrier, size_t over_udp);
  // Null if there is none.
  io::Carrier* FindCarrier(sctp::CarrierId id) const;
  // Gives the engine packets that JavaScript has brought, up to a bound.
  void ReadDatagrams();
  // Puts packets that JavaScript carries into the open batch, as far as it has room.
  void DeliverPackets();
  void FlushAndSend(bool turn_ends);
  void SendPackets();
  void UpdateLiveness();
  void StayForDatagrams(bool stay);
  void ArmTimer();

  StackLoop loop_;
  bool is_stepped_ = false;
  uint64_t seed_ = 0;  // Of a stepped host.
  sctp::TimeUs now_ = 0;
  bool knows_time_ = false;  // Of this iteration of the loop.
  bool has_work_ = false;    // A call has been made since the last turn ended.
  bool referenced_ = true;   // Carriers keep the loop alive.
  sctp::TimeUs linger_until_ = sctp::kNever;
  uint64_t seen_progress_ = 0;             // Of the associations of closed sockets.
  sctp::TimeUs armed_for_ = sctp::kNever;  // When the timer fires; never later than the engine's next deadline.

  Delivery delivery_;
  io::OutgoingPackets packets_;
  io::ReceivedDatagrams received_;
  io::ReceivedErrors errors_;
  unsigned errors_put_off_ = 0;
  std::vector<io::TooBig> too_big_;  // By the host itself, since the last turn began.
  std::unordered_map<std::string, io::RouteMtu> route_mtus_;  // By the network namespace of carriers.
  std::unordered_map<std::string, io::HostAddresses> host_addresses_;  // Likewise.
  CarrierTable carriers_;
  DatagramCarriers datagrams_;
  bool stays_for_datagrams_ = false;  // The loop stays alive for them: they have no handles of their own.
  io::UvHandle<uv_timer_t> timer_;
  sctp::Engine engine_;  // Last: it may call the host until it is destroyed.
};

static_assert(!std::is_copy_constructible_v<EngineHost>);

}  // namespace mailport::addon
