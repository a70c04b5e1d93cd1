// The embedded engine as an SctpStack. This class has the open sockets and makes every call on them; the engine's host brings the engine together
// with carriers, time and batches, and knows nothing of sockets.
#pragma once

#include <memory>
#include <set>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../busy_wait.h"
#include "../sctp_stack.h"
#include "engine_host.h"

namespace mailport::addon {

// What the stack knows of an open socket besides the engine.
struct OpenSocket {
  std::vector<io::Carrier*> carriers;  // One for each address that the socket is bound to.
  uint16_t port;
  uint8_t family;
  // Options that are kept and change nothing: kReuseAddr, kRecvTos, kRecvTclass, kRecvTtl, those that are on.
  std::set<sctp::Option> kept_options;
  bool beside = false;  // Uses the port of the socket that it was peeled off or accepted from.
  DrainMark drain_mark;
  BusyPoll busy_poll = {};
};

class EmbeddedStack final : public SteppedStack {
 public:
  // `object` becomes the callback's `this`, and gets the batch's properties. Null if the environment has no loop to offer.
  static std::unique_ptr<SctpStack> Create(Napi::Env env, Napi::Object object, Napi::Function on_batch, BusyWait& busy_wait);

  // A stack for simulations, see EngineHost::CreateStepped.
  static std::unique_ptr<SteppedStack> CreateStepped(Napi::Env env, Napi::Object object, uint64_t seed);

  const char* name() const override { return "embedded"; }
  bool ended() const override { return host_->ended(); }
  void OnProcessExit() override { host_->OnProcessExit(); }

  int Open(const OpenRequest& request, sctp::SocketId* socket) override;
  int Listen(sctp::SocketId socket, uint32_t backlog) override;
  int Connect(sctp::SocketId socket, const std::vector<sctp::IpAddress>& addresses, uint16_t port, bool watch,
              sctp::AssocId* assoc) override;
  void Unwatch(sctp::SocketId socket, sctp::AssocId assoc) override;
  int Send(sctp::SocketId socket, const sctp::SendParams& params, sctp::Bytes data) override;
  void SetCredit(sctp::SocketId socket, sctp::Credit credit) override;
  size_t Drain(Napi::Env env, sctp::SocketId socket) override;
  int Accept(sctp::SocketId socket, sctp::SocketId* accepted) override;
  int Bindx(sctp::SocketId socket, const std::vector<sctp::IpAddress>& addresses, bool add) override;
  int ResetStreams(sctp::SocketId socket, sctp::AssocId assoc, uint32_t directions, const std::vector<uint32_t>& streams) override;
  int ResetAssociation(sctp::SocketId socket, sctp::AssocId assoc) override;
  int AddStreams(sctp::SocketId socket, sctp::AssocId assoc, uint16_t inbound, uint16_t outbound) override;
  int PeelOff(sctp::SocketId socket, sctp::AssocId assoc, sctp::SocketId* peeled) override;
  int Close(sctp::SocketId socket, bool abort) override;
  int SetOption(sctp::SocketId socket, sctp::Option option, const sctp::OptionKey& key, const std::vector<uint32_t>& values) override;
  int GetOption(sctp::SocketId socket, sctp::Option option, const sctp::OptionKey& key, std::vector<uint32_t>* values) override;
  int SockName(sctp::SocketId socket, BoundName* name) override;
  int LocalNames(sctp::SocketId socket, sctp::AssocId assoc, std::vector<sctp::IpAddress>* addresses) override;
  int PeerNames(sctp::SocketId socket, sctp::AssocId assoc, std::vector<sctp::PeerName>* names) override;
  sctp::AssocId FindAssociation(sctp::SocketId socket, const sctp::IpAddress& peer, uint16_t port) override;
  void QueuedBytes(sctp::SocketId socket, size_t* in, size_t* out) override;
  Counters Stats() override;
  // datagrams.cc
  int OpenCarrier(CarrierRequest request, sctp::CarrierId* carrier) override;
  int CloseCarrier(sctp::CarrierId carrier, bool even_if_used) override;
  int Input(sctp::CarrierId carrier, const PacketOrigin& origin, sctp::Bytes packet) override;
  Counters CarrierStats(sctp::CarrierId carrier) override;
  // Of a stepped stack.
  void SetTime(sctp::TimeUs now) override { host_->SetTime(now); }
  size_t Step(Napi::Env env) override { return host_->Step(env); }
  sctp::TimeUs NextStep() const override { return host_->NextStep(); }
  int Refused(sctp::CarrierId carrier, const PacketOrigin& by, sctp::Bytes packet) override;
  int TooBig(sctp::CarrierId carrier, const PacketOrigin& to, sctp::Bytes packet, size_t bytes) override;

 private:
  explicit EmbeddedStack(std::unique_ptr<EngineHost> host) : host_(std::move(host)) {}

  // Null if it is not open.
  OpenSocket* Find(sctp::SocketId socket);
  // A carrier for each address, all with one UDP port. Those acquired before an error are dropped.
  int AcquireCarriers(const OpenRequest& request, std::vector<io::Carrier*>* carriers);
  // At random, of the dynamic ports of RFC 6335 section 6.
  uint16_t DynamicPort();
  void DropCarriers(const std::vector<io::Carrier*>& carriers);
  // Opens the socket on its carriers, with a free port if none is asked for.
  int OpenOnCarriers(const std::vector<io::Carrier*>& carriers, sctp::OpenParams* params, sctp::SocketId* socket);
  // datagrams.cc
  int FindDatagramCarriers(const OpenRequest& request, std::vector<io::Carrier*>* carriers);
  // homes.cc
  int AddHomes(sctp::SocketId socket, OpenSocket* open, const std::vector<sctp::IpAddress>& addresses);
  int RemoveHomes(sctp::SocketId socket, OpenSocket* open, const std::vector<sctp::IpAddress>& addresses);
  // The engine has made a socket beside `parent`.
  void AddBeside(const OpenSocket& parent, sctp::SocketId socket);
  // options.cc
  int SetCarrierOption(const OpenSocket& open, sctp::Option option, const std::vector<uint32_t>& values);

  std::unique_ptr<EngineHost> host_;
  std::unordered_map<sctp::SocketId, OpenSocket> sockets_;
};

static_assert(!std::is_copy_constructible_v<EmbeddedStack>);

}  // namespace mailport::addon
