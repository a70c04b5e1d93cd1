// The engine's host (sctp/host.h) on the loop of one JavaScript environment: brings packets and the time to the engine, and takes packets and items
// away. It knows carriers, and nothing of the sockets that the stack has opened. It ends with the environment, not with the JavaScript object.
#pragma once

#include <napi.h>
#include <uv.h>

#include <memory>
#include <string>
#include <type_traits>
#include <unordered_map>

#include "../../io/outgoing_packets.h"
#include "../../io/port_unreachable.h"
#include "../../io/received_datagrams.h"
#include "../../io/route_mtu.h"
#include "../../io/uv_handle.h"
#include "../../sctp/engine.h"
#include "../delivery.h"
#include "../stack_loop.h"
#include "carrier_table.h"

namespace mailport::addon {

class EngineHost final : public sctp::Host, public ItemSource, private io::CarrierListener, private StackLoop::Listener {
 public:
  // Null if the environment has no loop to offer; ended() if the loop gave no handles: the hook for the environment's end still refers
  // to such a one. `stack` becomes the callback's `this`.
  static std::unique_ptr<EngineHost> Create(Napi::Env env, Napi::Object stack, Napi::Function on_batch);
  EngineHost(const EngineHost&) = delete;
  EngineHost& operator=(const EngineHost&) = delete;
  ~EngineHost() override = default;

  // The engine for calls that change something: it knows the time, and what a call leaves to do is done before the loop next waits.
  sctp::Engine& EngineForCall();
  // The engine for questions.
  const sctp::Engine& engine() const { return engine_; }
  Delivery& delivery() { return delivery_; }
  // The environment is ending: no call may reach the engine.
  bool ended() const { return delivery_.ended(); }

  // A carrier for one more socket, see CarrierTable::Acquire.
  int AcquireCarrier(const io::UdpParams& params, bool shared, io::Carrier** carrier);
  void UseCarrier(io::Carrier* carrier, bool beside) { carriers_.Use(carrier, beside); }
  // Closes the carrier at once if nothing uses it any more, so that its port is free; what there is to say to peers is said before.
  void ReleaseCarrier(io::Carrier* carrier, bool beside);
  // Aborts all associations, and their packets leave before this returns.
  void AbortAll();

  void FillRandom(std::span<uint8_t> out) override;

 private:
  EngineHost(Napi::Env env, uv_loop_t* loop, Napi::Object stack, Napi::Function on_batch);
  int CreateHandles();

  // sctp::Host
  uint8_t* ReservePacket(size_t capacity) override;
  void CommitPacket(const sctp::PacketRoute& route, size_t length) override;
  size_t MaxPacketBytes(sctp::CarrierId carrier, const sctp::IpAddress& remote) override;
  bool Deliver(sctp::SocketId socket, const sctp::Item& item) override;
  // ItemSource
  void DeliverHeld(sctp::SocketId socket) override;
  void DeliverRefused() override;
  void OnCollected(bool empty) override;
  void OnHandedOver(bool last) override;
  // io::CarrierListener
  void OnReadable(io::Carrier& carrier, bool has_errors) override;
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
  void ReadErrors(io::Carrier& carrier, unsigned* budget);
  void FlushAndSend(bool turn_ends);
  void SendPackets();
  void UpdateLiveness();
  void ArmTimer();

  StackLoop loop_;
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
  std::unordered_map<std::string, io::RouteMtu> route_mtus_;  // By the network namespace of carriers.
  CarrierTable carriers_;
  io::UvHandle<uv_timer_t> timer_;
  sctp::Engine engine_;  // Last: it may call the host until it is destroyed.
};

static_assert(!std::is_copy_constructible_v<EngineHost>);

}  // namespace mailport::addon
