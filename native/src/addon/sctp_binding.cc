// The object's methods, and those about sockets and associations: arguments in, call of the stack, result out. Nothing here waits or calls JavaScript.
// Sending is in sctp_binding_sends.cc, options, names and numbers in sctp_binding_queries.cc.
#include "sctp_binding.h"

#include <cerrno>
#include <initializer_list>
#include <vector>

#include "arguments.h"

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
      ReadOptionalText(Property(object, "netns"), kMaxPathBytes, &out->network_namespace);
  if (!readable || (family != 4 && family != 6)) return false;
  out->family = static_cast<uint8_t>(family);
  out->ipv6_only = out->ipv6_only && family == 6;
  return true;
}

}  // namespace

SctpBinding::SctpBinding(Napi::Env env, Napi::Object object, std::unique_ptr<SctpStack> stack) : stack_(std::move(stack)) {
  DefineMethods(env, object);
}

template <Napi::Value (SctpBinding::*method)(const Napi::CallbackInfo&)>
Napi::Value SctpBinding::Call(const Info& info) {
  return (static_cast<SctpBinding*>(info.Data())->*method)(info);
}

void SctpBinding::DefineMethods(Napi::Env env, Napi::Object object) {
  const auto define = [&](const char* name, const Napi::Value& value) {
    object.DefineProperty(Napi::PropertyDescriptor::Value(name, value, napi_enumerable));
  };
  define("name", Napi::String::New(env, stack_->name()));
  define("takesRuns", Napi::Boolean::New(env, stack_->takes_runs()));
  define("open", Napi::Function::New<Call<&SctpBinding::Open>>(env, "open", this));
  define("listen", Napi::Function::New<Call<&SctpBinding::Listen>>(env, "listen", this));
  define("connect", Napi::Function::New<Call<&SctpBinding::Connect>>(env, "connect", this));
  define("unwatch", Napi::Function::New<Call<&SctpBinding::Unwatch>>(env, "unwatch", this));
  define("setCredit", Napi::Function::New<Call<&SctpBinding::SetCredit>>(env, "setCredit", this));
  define("drain", Napi::Function::New<Call<&SctpBinding::Drain>>(env, "drain", this));
  define("accept", Napi::Function::New<Call<&SctpBinding::Accept>>(env, "accept", this));
  define("bindx", Napi::Function::New<Call<&SctpBinding::Bindx>>(env, "bindx", this));
  define("resetStreams", Napi::Function::New<Call<&SctpBinding::ResetStreams>>(env, "resetStreams", this));
  define("resetAssociation", Napi::Function::New<Call<&SctpBinding::ResetAssociation>>(env, "resetAssociation", this));
  define("addStreams", Napi::Function::New<Call<&SctpBinding::AddStreams>>(env, "addStreams", this));
  define("peeloff", Napi::Function::New<Call<&SctpBinding::PeelOff>>(env, "peeloff", this));
  define("close", Napi::Function::New<Call<&SctpBinding::Close>>(env, "close", this));
  define("setOption", Napi::Function::New<Call<&SctpBinding::SetOption>>(env, "setOption", this));
  define("getOption", Napi::Function::New<Call<&SctpBinding::GetOption>>(env, "getOption", this));
  define("sockname", Napi::Function::New<Call<&SctpBinding::SockName>>(env, "sockname", this));
  define("localNames", Napi::Function::New<Call<&SctpBinding::LocalNames>>(env, "localNames", this));
  define("peernames", Napi::Function::New<Call<&SctpBinding::PeerNames>>(env, "peernames", this));
  define("findAssociation", Napi::Function::New<Call<&SctpBinding::FindAssociation>>(env, "findAssociation", this));
  define("queuedBytes", Napi::Function::New<Call<&SctpBinding::QueuedBytes>>(env, "queuedBytes", this));
  define("stats", Napi::Function::New<Call<&SctpBinding::Stats>>(env, "stats", this));
  define("sendMany", Napi::Function::New<Call<&SctpBinding::SendMany>>(env, "sendMany", this));
  napi_value send = nullptr;
  if (napi_create_function(env, "send", NAPI_AUTO_LENGTH, Send, this, &send) == napi_ok) define("send", Napi::Value(env, send));
}

bool SctpBinding::ReadNumbers(const Info& info, std::initializer_list<uint32_t*> numbers) const {
  if (stack_->ended()) return false;
  size_t index = 0;
  for (uint32_t* number : numbers) {
    if (!ReadNumber(info[index++], number)) return false;
  }
  return true;
}

Napi::Value SctpBinding::Failure(Napi::Env env, int error) { return Napi::Number::New(env, -error); }

Napi::Value SctpBinding::Open(const Info& info) {
  OpenRequest request;
  if (stack_->ended() || !info[0].IsObject() || !ReadOpenRequest(info[0].As<Napi::Object>(), &request)) return Failure(info);
  sctp::SocketId socket = 0;
  const int error = stack_->Open(request, &socket);
  return error == 0 ? Napi::Number::New(info.Env(), socket) : Failure(info.Env(), error);
}

Napi::Value SctpBinding::Listen(const Info& info) {
  uint32_t socket = 0;
  uint32_t backlog = 0;
  if (!ReadNumbers(info, {&socket, &backlog})) return Failure(info);
  return Failure(info.Env(), stack_->Listen(socket, backlog));
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
  return error == 0 ? Napi::Number::New(info.Env(), assoc) : Failure(info.Env(), error);
}

Napi::Value SctpBinding::Unwatch(const Info& info) {
  uint32_t socket = 0;
  uint32_t assoc = 0;
  if (ReadNumbers(info, {&socket, &assoc})) stack_->Unwatch(socket, assoc);
  return info.Env().Undefined();
}

Napi::Value SctpBinding::SetCredit(const Info& info) {
  uint32_t socket = 0;
  sctp::Credit credit;
  if (ReadNumbers(info, {&socket, &credit.items, &credit.bytes})) stack_->SetCredit(socket, credit);
  return info.Env().Undefined();
}

Napi::Value SctpBinding::Drain(const Info& info) {
  uint32_t socket = 0;
  if (!ReadNumbers(info, {&socket})) return Napi::Number::New(info.Env(), 0);
  return Napi::Number::New(info.Env(), static_cast<double>(stack_->Drain(info.Env(), socket)));
}

Napi::Value SctpBinding::PeelOff(const Info& info) {
  uint32_t socket = 0;
  uint32_t assoc = 0;
  if (!ReadNumbers(info, {&socket, &assoc})) return Failure(info);
  sctp::SocketId peeled = 0;
  const int error = stack_->PeelOff(socket, assoc, &peeled);
  return error == 0 ? Napi::Number::New(info.Env(), peeled) : Failure(info.Env(), error);
}

Napi::Value SctpBinding::Accept(const Info& info) {
  uint32_t socket = 0;
  if (!ReadNumbers(info, {&socket})) return Failure(info);
  sctp::SocketId accepted = 0;
  const int error = stack_->Accept(socket, &accepted);
  return error == 0 ? Napi::Number::New(info.Env(), accepted) : Failure(info.Env(), error);
}

Napi::Value SctpBinding::Bindx(const Info& info) {
  uint32_t socket = 0;
  std::vector<sctp::IpAddress> addresses;
  bool add = false;
  if (!ReadNumbers(info, {&socket}) || !ReadAddresses(info[1], kMaxBindAddresses, &addresses) || !ReadBoolean(info[2], &add)) {
    return Failure(info);
  }
  return Failure(info.Env(), stack_->Bindx(socket, addresses, add));
}

Napi::Value SctpBinding::ResetStreams(const Info& info) {
  uint32_t socket = 0;
  uint32_t assoc = 0;
  uint32_t directions = 0;
  std::vector<uint32_t> streams;
  if (!ReadNumbers(info, {&socket, &assoc, &directions}) || !addon::ReadNumbers(info[3], kMaxStreams, &streams)) return Failure(info);
  return Failure(info.Env(), stack_->ResetStreams(socket, assoc, directions, streams));
}

Napi::Value SctpBinding::ResetAssociation(const Info& info) {
  uint32_t socket = 0;
  uint32_t assoc = 0;
  if (!ReadNumbers(info, {&socket, &assoc})) return Failure(info);
  return Failure(info.Env(), stack_->ResetAssociation(socket, assoc));
}

Napi::Value SctpBinding::AddStreams(const Info& info) {
  uint32_t socket = 0;
  uint32_t assoc = 0;
  uint16_t inbound = 0;
  uint16_t outbound = 0;
  if (!ReadNumbers(info, {&socket, &assoc}) || !ReadNumber(info[2], &inbound) || !ReadNumber(info[3], &outbound)) return Failure(info);
  return Failure(info.Env(), stack_->AddStreams(socket, assoc, inbound, outbound));
}

Napi::Value SctpBinding::Close(const Info& info) {
  uint32_t socket = 0;
  bool abort = false;
  if (!ReadNumbers(info, {&socket}) || !ReadBoolean(info[1], &abort)) return Failure(info);
  return Failure(info.Env(), stack_->Close(socket, abort));
}

}  // namespace mailport::addon
