// Arguments in, call of the stack, result out. Nothing here waits or calls JavaScript.
#include "sctp_binding.h"

#include <cerrno>
#include <initializer_list>
#include <vector>

#include "../io/socket_address.h"
#include "arguments.h"
#include "record_words.h"

namespace mailport::addon {

namespace {

constexpr size_t kMaxConnectAddresses = 255;  // CN-33.
constexpr size_t kMaxOptionWords = 32;
constexpr size_t kMaxStreams = 65535;
constexpr size_t kMaxDeviceBytes = 15;  // IFNAMSIZ less its end.
constexpr size_t kMaxPathBytes = 4095;  // PATH_MAX less its end.
// As many as may be connected to.
constexpr size_t kMaxBindAddresses = 255;

// Of one call of sendMany.
constexpr size_t kMaxSends = 1024;

Napi::Value Failure(Napi::Env env, int error) { return Napi::Number::New(env, -error); }
Napi::Value Failure(const Napi::CallbackInfo& info) { return Failure(info.Env(), EINVAL); }

// What is not given stays as it is.
bool ReadOptionalText(const Napi::Value& value, size_t most, std::string* out) {
  return value.IsUndefined() || ReadText(value, most, out);
}

// The address of a key, and its port, from two arguments, which may be missing.
bool ReadKeyAddress(const Napi::Value& address, const Napi::Value& port, sctp::OptionKey* key) {
  return address.IsUndefined() || (ReadAddress(address, &key->address) && ReadNumber(port, &key->port));
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

Napi::Array Formatted(Napi::Env env, const std::vector<sctp::IpAddress>& addresses) {
  auto result = Napi::Array::New(env, addresses.size());
  for (uint32_t i = 0; i < addresses.size(); i++) (void)result.Set(i, io::FormatAddress(addresses[i]));
  return result;
}

bool ReadBytes(Napi::Env env, napi_value value, sctp::Bytes* out) {
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok || type != napi_uint8_array) return false;
  *out = {static_cast<const uint8_t*>(data), length};
  return true;
}

// `payloads`: an array of Uint8Array. `words`: a Uint32Array with SendWord::kWords for each of them, or more. The payloads stay JavaScript's.
bool ReadSendRequests(const Napi::Value& words, const Napi::Value& payloads, std::vector<sctp::SendRequest>* out) {
  if (!words.IsTypedArray() || words.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array || !payloads.IsArray()) return false;
  const auto array = payloads.As<Napi::Array>();
  const uint32_t count = array.Length();
  if (count > kMaxSends) return false;
  // All of them before any memory is looked at: an element may be a getter, which may do anything.
  std::vector<napi_value> elements(count);
  for (uint32_t i = 0; i < count; i++) elements[i] = Element(array, i);
  const auto numbers = words.As<Napi::Uint32Array>();
  if (numbers.ElementLength() < count * SendWord::kWords) return false;
  out->resize(count);
  for (uint32_t i = 0; i < count; i++) {
    if (!ReadBytes(array.Env(), elements[i], &(*out)[i].data)) return false;
    const uint32_t* at = numbers.Data() + i * SendWord::kWords;
    (*out)[i].params = {at[SendWord::kAssocId],     at[SendWord::kStream], at[SendWord::kFlags], at[SendWord::kPpid], at[SendWord::kContext],
                        at[SendWord::kTimeToLive], at[SendWord::kUseDefaults] != 0};
  }
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

napi_value SctpBinding::Send(napi_env env, napi_callback_info info) {
  constexpr size_t kArguments = 9;
  napi_value arguments[kArguments];
  size_t count = kArguments;
  void* stack = nullptr;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &stack);
  const int error = static_cast<SctpBinding*>(stack)->SendMessage(env, arguments);
  napi_value result = nullptr;
  napi_create_int32(env, -error, &result);
  return result;
}

int SctpBinding::SendMessage(napi_env env, const napi_value* arguments) {
  if (stack_->ended()) return EINVAL;
  uint32_t socket = 0;
  sctp::SendParams params;
  uint32_t* const numbers[] = {&socket,      &params.assoc_id, &params.stream,         &params.flags,
                               &params.ppid, &params.context,  &params.time_to_live_ms};
  constexpr size_t kNumbers = std::size(numbers);
  constexpr size_t kNumbersBesideDefaults = 3;
  if (napi_get_value_bool(env, arguments[kNumbers], &params.use_defaults) != napi_ok) return EINVAL;
  // Every argument read costs about as much as the engine's part of a small send.
  const size_t wanted = params.use_defaults ? kNumbersBesideDefaults : kNumbers;
  for (size_t i = 0; i < wanted; i++) {
    if (napi_get_value_uint32(env, arguments[i], numbers[i]) != napi_ok) return EINVAL;
  }
  sctp::Bytes data;
  return ReadBytes(env, arguments[kNumbers + 1], &data) ? stack_->Send(socket, params, data) : EINVAL;
}

Napi::Value SctpBinding::SendMany(const Info& info) {
  uint32_t socket = 0;
  std::vector<sctp::SendRequest> requests;
  if (!ReadNumbers(info, {&socket}) || !ReadSendRequests(info[1], info[2], &requests)) return Failure(info);
  const sctp::SendsTaken taken = stack_->SendMany(socket, requests);
  if (taken.error != 0) info[1].As<Napi::Uint32Array>()[taken.count * SendWord::kWords + SendWord::kError] = static_cast<uint32_t>(taken.error);
  return Napi::Number::New(info.Env(), static_cast<double>(taken.count));
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

Napi::Value SctpBinding::SetOption(const Info& info) {
  uint32_t socket = 0;
  uint32_t option = 0;
  sctp::OptionKey key;
  std::vector<uint32_t> values;
  if (!ReadNumbers(info, {&socket, &option, &key.assoc}) || !addon::ReadNumbers(info[3], kMaxOptionWords, &values) ||
      !ReadKeyAddress(info[4], info[5], &key)) {
    return Failure(info);
  }
  return Failure(info.Env(), stack_->SetOption(socket, static_cast<sctp::Option>(option), key, values));
}

Napi::Value SctpBinding::GetOption(const Info& info) {
  uint32_t socket = 0;
  uint32_t option = 0;
  sctp::OptionKey key;
  if (!ReadNumbers(info, {&socket, &option, &key.assoc}) || !ReadKeyAddress(info[3], info[4], &key)) return Failure(info);
  std::vector<uint32_t> values;
  const int error = stack_->GetOption(socket, static_cast<sctp::Option>(option), key, &values);
  if (error != 0) return Failure(info.Env(), error);
  auto result = Napi::Array::New(info.Env(), values.size());
  for (uint32_t i = 0; i < values.size(); i++) (void)result.Set(i, Napi::Number::New(info.Env(), values[i]));
  return result;
}

Napi::Value SctpBinding::SockName(const Info& info) {
  uint32_t socket = 0;
  if (!ReadNumbers(info, {&socket})) return Failure(info);
  BoundName name;
  if (const int error = stack_->SockName(socket, &name); error != 0) return Failure(info.Env(), error);
  auto result = Napi::Object::New(info.Env());
  (void)result.Set("addresses", Formatted(info.Env(), name.addresses));
  (void)result.Set("port", name.port);
  (void)result.Set("udpPort", name.udp_port);
  return result;
}

Napi::Value SctpBinding::LocalNames(const Info& info) {
  uint32_t socket = 0;
  uint32_t assoc = 0;
  if (!ReadNumbers(info, {&socket, &assoc})) return Failure(info);
  std::vector<sctp::IpAddress> addresses;
  if (const int error = stack_->LocalNames(socket, assoc, &addresses); error != 0) return Failure(info.Env(), error);
  return Formatted(info.Env(), addresses);
}

Napi::Value SctpBinding::PeerNames(const Info& info) {
  uint32_t socket = 0;
  uint32_t assoc = 0;
  if (!ReadNumbers(info, {&socket, &assoc})) return Failure(info);
  std::vector<sctp::PeerName> names;
  const int error = stack_->PeerNames(socket, assoc, &names);
  if (error != 0) return Failure(info.Env(), error);
  auto result = Napi::Array::New(info.Env(), names.size());
  for (uint32_t i = 0; i < names.size(); i++) {
    auto name = Napi::Object::New(info.Env());
    (void)name.Set("assocId", names[i].assoc_id);
    (void)name.Set("address", io::FormatAddress(names[i].address));
    (void)name.Set("port", names[i].port);
    (void)result.Set(i, name);
  }
  return result;
}

Napi::Value SctpBinding::FindAssociation(const Info& info) {
  uint32_t socket = 0;
  sctp::IpAddress address;
  uint16_t port = 0;
  const bool readable = ReadNumbers(info, {&socket}) && ReadAddress(info[1], &address) && ReadNumber(info[2], &port);
  return Napi::Number::New(info.Env(), readable ? stack_->FindAssociation(socket, address, port) : 0);
}

Napi::Value SctpBinding::QueuedBytes(const Info& info) {
  uint32_t socket = 0;
  size_t in = 0;
  size_t out = 0;
  if (ReadNumbers(info, {&socket})) stack_->QueuedBytes(socket, &in, &out);
  auto result = Napi::Array::New(info.Env(), 2);
  (void)result.Set(0u, Napi::Number::New(info.Env(), static_cast<double>(in)));
  (void)result.Set(1u, Napi::Number::New(info.Env(), static_cast<double>(out)));
  return result;
}

Napi::Value SctpBinding::Stats(const Info& info) {
  auto result = Napi::Object::New(info.Env());
  if (stack_->ended()) return result;
  for (const auto& [name, value] : stack_->Stats()) (void)result.Set(name, Napi::Number::New(info.Env(), static_cast<double>(value)));
  return result;
}

}  // namespace mailport::addon
