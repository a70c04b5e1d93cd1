// One engine on one JavaScript environment's loop: it brings packets, time and calls to the engine and takes packets and items away.
// Everything happens on the loop's thread. It ends with the environment (Shutdown), not with the JavaScript object.
#pragma once

#include <napi.h>
#include <uv.h>

#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "../io/packet_batch.h"
#include "../io/port_unreachable.h"
#include "../io/receive_batch.h"
#include "../io/route_mtu.h"
#include "../io/uv_handle.h"
#include "../sctp/engine.h"
#include "batch_callback.h"
#include "carrier_table.h"
#include "record_batch.h"

namespace mailport::addon {

// What the addon knows of an open socket besides the engine.
struct OpenSocket {
  io::Carrier* carrier;
  uint16_t port;
  // Options that are kept and change nothing: kReuseAddr, kRecvTos, kRecvTclass, kRecvTtl, those that are on.
  std::set<sctp::Option> kept_options;
  bool beside = false;  // Uses the port of the socket that it was peeled off or accepted from.
  bool wants_drain = false;  // Is in Environment::wants_drain_.
};

class Environment final : public sctp::Host, private io::CarrierListener {
 public:
  // Null if the environment has no loop to offer; ended() if the loop gave no handles: the hook for the environment's end still refers
  // to such a one. `stack` becomes the callback's `this`.
  static std::unique_ptr<Environment> Create(Napi::Env env, Napi::Object stack, Napi::Function on_batch);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() override = default;

  // The engine for a call from JavaScript: it knows the time, and what the call leaves to do is done before the loop next waits.
  sctp::Engine& EngineForCall();
  const sctp::Engine& engine() const { return engine_; }
  // The environment is ending: no call may reach the engine.
  bool ended() const { return ended_; }

  int OpenSocketOn(const io::UdpParams& params, bool shared, sctp::OpenParams open, sctp::SocketId* socket);
  int PeelOff(sctp::SocketId socket, sctp::AssocId assoc, sctp::SocketId* peeled);
  int Accept(sctp::SocketId socket, sctp::SocketId* accepted);
  int Close(sctp::SocketId socket, bool abort);
  void SetCredit(sctp::SocketId socket, sctp::Credit credit);
  // Moves what the socket may deliver into the batch; how many records. 0 inside the batch callback, whose records are still in use:
  // they come with a batch of their own.
  size_t Drain(Napi::Env env, sctp::SocketId socket);
  // Aborts all associations, and their packets leave before this returns.
  void AbortAll();
  // Null if it is not open.
  OpenSocket* Find(sctp::SocketId socket);

 private:
  Environment(Napi::Env env, uv_loop_t* loop, Napi::Object stack, Napi::Function on_batch);
  int CreateHandles(uv_loop_t* loop);
  static void OnCleanup(napi_async_cleanup_hook_handle hook, void* environment);
  void Shutdown();

  uint8_t* ReservePacket(size_t capacity) override;
  void CommitPacket(const sctp::PacketRoute& route, size_t length) override;
  size_t MaxPacketBytes(sctp::CarrierId carrier, const sctp::IpAddress& remote) override;
  bool Deliver(sctp::SocketId socket, const sctp::Item& item) override;
  void FillRandom(std::span<uint8_t> out) override;
  void OnReadable(io::Carrier& carrier, bool has_errors) override;

  // The engine has made a socket beside `parent`.
  void AddBeside(const OpenSocket& parent, sctp::SocketId socket);
  void OnPrepare();
  void OnTimer();
  // A turn: packets, deadlines or calls go in between, then EndTurn sends what they gave reason to and hands over what they delivered.
  void BeginTurn();
  void EndTurn();
  void TellTime();
  void BeginCollecting();
  void Collect();
  void CollectUrgent(sctp::SocketId only);
  bool HasDeliveries() const;
  // Reads what ICMP says of the carrier's packets, as long as `budget` lasts, and takes from it.
  void ReadErrors(io::Carrier& carrier, unsigned* budget);
  void FlushAndSend(bool turn_ends);
  void SendPackets();
  void CallJavaScript();
  void UpdateIdle();
  void UpdateLiveness();
  void ArmTimer();

  struct Urgent {
    sctp::SocketId socket;
    sctp::Item item;
  };

  // Released when the last libuv handle is closed: the environment may go on ending then.
  CarrierTable::Token token_;
  sctp::TimeUs now_ = 0;
  bool knows_time_ = false;    // Of this iteration of the loop.
  bool has_work_ = false;      // A call has been made since the last turn ended.
  bool collecting_ = false;    // The batch takes items.
  bool in_callback_ = false;   // The batch is being read by JavaScript.
  bool ended_ = false;
  bool referenced_ = true;     // Carriers keep the loop alive.
  sctp::TimeUs linger_until_ = sctp::kNever;
  uint64_t seen_progress_ = 0;  // Of the associations of closed sockets.
  sctp::TimeUs armed_for_ = sctp::kNever;  // When the timer fires; never later than the engine's next deadline.

  BatchCallback callback_;
  RecordBatch batch_;
  io::PacketBatch packets_;
  io::ReceiveBatch received_;
  io::ErrorBatch errors_;
  std::unordered_map<std::string, io::RouteMtu> route_mtus_;  // By the network namespace of carriers.
  std::vector<Urgent> urgent_;  // Items that must be taken although the batch takes none.
  std::vector<sctp::SocketId> wants_drain_;
  std::unordered_map<sctp::SocketId, OpenSocket> sockets_;
  CarrierTable carriers_;
  io::UvHandle<uv_prepare_t> prepare_;
  io::UvHandle<uv_idle_t> idle_;
  io::UvHandle<uv_timer_t> timer_;
  sctp::Engine engine_;  // Last: it may call the host until it is destroyed.
};

static_assert(!std::is_copy_constructible_v<Environment>);

}  // namespace mailport::addon
