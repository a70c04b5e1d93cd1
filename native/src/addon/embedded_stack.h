// The embedded engine as a Stack: calls go to the engine, or to the environment where they concern carriers and batches.
#pragma once

#include <memory>
#include <type_traits>

#include "environment.h"
#include "stack.h"

namespace mailport::addon {

class EmbeddedStack final : public Stack {
 public:
  // `object` becomes the callback's `this`, and gets the batch's properties. Null if the environment has no loop to offer.
  static std::unique_ptr<Stack> Create(Napi::Env env, Napi::Object object, Napi::Function on_batch);

  const char* name() const override { return "embedded"; }
  bool ended() const override { return environment_->ended(); }
  void OnProcessExit() override { environment_->AbortAll(); }

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

 private:
  // embedded_options.cc
  int SetCarrierOption(const OpenSocket& open, sctp::Option option, const std::vector<uint32_t>& values);
  int FindKey(sctp::SocketId socket, const sctp::OptionKey& key, sctp::AssocId* assoc);

  explicit EmbeddedStack(std::unique_ptr<Environment> environment) : environment_(std::move(environment)) {}

  int NotSupported(sctp::SocketId socket) const;

  std::unique_ptr<Environment> environment_;
};

static_assert(!std::is_copy_constructible_v<EmbeddedStack>);

}  // namespace mailport::addon
