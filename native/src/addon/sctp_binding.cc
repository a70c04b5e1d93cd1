// The object's methods, and those about sockets and associations: arguments in, call of the stack, result out.
// Sending is in sctp_binding_sends.cc, options, names and numbers in sctp_binding_queries.cc.
#include "sctp_binding.h"

#include <utility>
#include <vector>

namespace mailport::addon {

namespace {

constexpr size_t kMaxConnectAddresses = 255;  // CN-33.
constexpr size_t kMaxStreams = 65535;
constexpr size_t kMaxDeviceBytes = 15;  // IFNAMSIZ less its end.
constexpr size_t kMaxPathBytes = 4095;  // PATH_MAX less its end.
// As many as may be connected to.
constexpr size_t kMaxBindAddresses = 255;

// What is not given stays as it is.
bool ReadOptionalText(const Napi::Value& value, size_t most, std::string* out) {
  return value.IsUndefined() || ReadText(value, most, out);
}

bool ReadOpenRequest(const Napi::Object& object, OpenRequest* out) {
  uint32_t family = 0;
  const bool readable =
      ReadNumber(Property(object, "port"), &out->port) && ReadNumber(Property(object, "encapsPort"), &out->encaps_port) &&
      ReadNumber(Property(object, "remoteEncapsPort"), &out->remote_encaps_port) && ReadNumber(Property(object, "family"), &family) &&
      ReadNumber(Property(object, "recbuf"), &out->recbuf) && ReadBoolean(Property(object, "oneToOne"), &out->one_to_one) &&
      ReadBoolean(Property(object, "ipv6Only"), &out->ipv6_only) &&
      ReadAddresses(Property(object, "addresses"), kMaxBindAddresses, &out->addresses) &&
      (Property(object, "reuseaddr").IsUndefined() || ReadBoolean(Property(object, "reuseaddr"), &out->reuse_address)) &&
      ReadOptionalText(Property(object, "bindToDevice"), kMaxDeviceBytes, &out->device) &&
      ReadOptionalText(Property(object, "netns"), kMaxPathBytes, &out->network_namespace) &&
      (Property(object, "overIp").IsUndefined() || ReadBoolean(Property(object, "overIp"), &out->over_ip)) &&
      (Property(object, "carriers").IsUndefined() || ReadNumbers(Property(object, "carriers"), kMaxBindAddresses, &out->carriers));
  if (!readable || (family != 4 && family != 6)) return false;
  out->family = static_cast<uint8_t>(family);
  out->ipv6_only = out->ipv6_only && family == 6;
  return true;
}

}  // namespace

SctpBinding::SctpBinding(Napi::Object object, std::unique_ptr<SctpStack> stack) : StackBinding(std::move(stack)) {
  Define(object, "name", Napi::String::New(object.Env(), stack_->name()));
  Define(object, "takesRuns", Napi::Boolean::New(object.Env(), stack_->takes_runs()));
  DefineMethod<&SctpBinding::Open>(object, "open");
  DefineMethod<&SctpBinding::Listen>(object, "listen");
  DefineMethod<&SctpBinding::Connect>(object, "connect");
  DefineMethod<&SctpBinding::Unwatch>(object, "unwatch");
  DefineHot(object, "setCredit", SetCredit);
  DefineHot(object, "drain", Drain);
  DefineMethod<&SctpBinding::Accept>(object, "accept");
  DefineMethod<&SctpBinding::Bindx>(object, "bindx");
  DefineMethod<&SctpBinding::ResetStreams>(object, "resetStreams");
  DefineMethod<&SctpBinding::ResetAssociation>(object, "resetAssociation");
  DefineMethod<&SctpBinding::AddStreams>(object, "addStreams");
  DefineMethod<&SctpBinding::PeelOff>(object, "peeloff");
  DefineMethod<&SctpBinding::Close>(object, "close");
  DefineMethod<&SctpBinding::SetOption>(object, "setOption");
  DefineMethod<&SctpBinding::GetOption>(object, "getOption");
  DefineMethod<&SctpBinding::SockName>(object, "sockname");
  DefineMethod<&SctpBinding::LocalNames>(object, "localNames");
  DefineMethod<&SctpBinding::PeerNames>(object, "peernames");
  DefineMethod<&SctpBinding::FindAssociation>(object, "findAssociation");
  DefineMethod<&SctpBinding::QueuedBytes>(object, "queuedBytes");
  DefineMethod<&SctpBinding::Stats>(object, "stats");
  DefineMethod<&SctpBinding::SendMany>(object, "sendMany");
  DefineHot(object, "send", Send);
  DefineMethod<&SctpBinding::OpenCarrier>(object, "openCarrier");
  DefineMethod<&SctpBinding::CloseCarrier>(object, "closeCarrier");
  DefineMethod<&SctpBinding::CarrierStats>(object, "carrierStats");
  DefineHot(object, "input", Input);
}

Napi::Value SctpBinding::Open(const Info& info) {
  OpenRequest request;
  if (stack_->ended() || !info[0].IsObject() || !ReadOpenRequest(info[0].As<Napi::Object>(), &request)) return Failure(info);
  sctp::SocketId socket = 0;
  const int error = stack_->Open(request, &socket);
  return NumberOrFailure(info, error, socket);
}

Napi::Value SctpBinding::Listen(const Info& info) {
  uint32_t socket = 0;
  uint32_t backlog = 0;
  if (!ReadNumbers(info, {&socket, &backlog})) return Failure(info);
  return Failure(info, stack_->Listen(socket, backlog));
}

Napi::Value SctpBinding::Connect(const Info& info) {
  uint32_t socket = 0;
  std::vector<sctp::IpAddress> addresses;
  uint16_t port = 0;
  bool watch = false;
  const bool readable = ReadNumbers(info, {&socket}) && ReadAddresses(info[1], kMaxConnectAddresses, &addresses) &&
                        ReadNumber(info[2], &port) && ReadBoolean(info[3], &watch);
  if (!readable || addresses.empty()) return Failure(info);
  sctp::AssocId assoc = 0;
  const int error = stack_->Connect(socket, addresses, port, watch, &assoc);
  return NumberOrFailure(info, error, assoc);
}

Napi::Value SctpBinding::Unwatch(const Info& info) {
  uint32_t socket = 0;
  uint32_t assoc = 0;
  if (ReadNumbers(info, {&socket, &assoc})) stack_->Unwatch(socket, assoc);
  return info.Env().Undefined();
}

Napi::Value SctpBinding::PeelOff(const Info& info) {
  uint32_t socket = 0;
  uint32_t assoc = 0;
  if (!ReadNumbers(info, {&socket, &assoc})) return Failure(info);
  sctp::SocketId peeled = 0;
  const int error = stack_->PeelOff(socket, assoc, &peeled);
  return NumberOrFailure(info, error, peeled);
}

Napi::Value SctpBinding::Accept(const Info& info) {
  uint32_t socket = 0;
  if (!ReadNumbers(info, {&socket})) return Failure(info);
  sctp::SocketId accepted = 0;
  const int error = stack_->Accept(socket, &accepted);
  return NumberOrFailure(info, error, accepted);
}

Napi::Value SctpBinding::Bindx(const Info& info) {
  uint32_t socket = 0;
  std::vector<sctp::IpAddress> addresses;
  bool add = false;
  if (!ReadNumbers(info, {&socket}) || !ReadAddresses(info[1], kMaxBindAddresses, &addresses) || !ReadBoolean(info[2], &add)) {
    return Failure(info);
  }
  return Failure(info, stack_->Bindx(socket, addresses, add));
}

Napi::Value SctpBinding::ResetStreams(const Info& info) {
  uint32_t socket = 0;
  uint32_t assoc = 0;
  uint32_t directions = 0;
  std::vector<uint32_t> streams;
  if (!ReadNumbers(info, {&socket, &assoc, &directions}) || !addon::ReadNumbers(info[3], kMaxStreams, &streams)) return Failure(info);
  return Failure(info, stack_->ResetStreams(socket, assoc, directions, streams));
}

Napi::Value SctpBinding::ResetAssociation(const Info& info) {
  uint32_t socket = 0;
  uint32_t assoc = 0;
  if (!ReadNumbers(info, {&socket, &assoc})) return Failure(info);
  return Failure(info, stack_->ResetAssociation(socket, assoc));
}

Napi::Value SctpBinding::AddStreams(const Info& info) {
  uint32_t socket = 0;
  uint32_t assoc = 0;
  uint16_t inbound = 0;
  uint16_t outbound = 0;
  if (!ReadNumbers(info, {&socket, &assoc}) || !ReadNumber(info[2], &inbound) || !ReadNumber(info[3], &outbound)) return Failure(info);
  return Failure(info, stack_->AddStreams(socket, assoc, inbound, outbound));
}

Napi::Value SctpBinding::Close(const Info& info) {
  uint32_t socket = 0;
  bool abort = false;
  if (!ReadNumbers(info, {&socket}) || !ReadBoolean(info[1], &abort)) return Failure(info);
  return Failure(info, stack_->Close(socket, abort));
}

}  // namespace mailport::addon
