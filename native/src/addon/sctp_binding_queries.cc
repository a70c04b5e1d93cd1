// Options, names of sockets and associations, and numbers.
#include <vector>

#include "../io/socket_address.h"
#include "sctp_binding.h"

namespace mailport::addon {

namespace {

constexpr size_t kMaxOptionWords = 32;

// The address of a key, and its port, from two arguments, which may be missing.
bool ReadKeyAddress(const Napi::Value& address, const Napi::Value& port, sctp::OptionKey* key) {
  return address.IsUndefined() || (ReadAddress(address, &key->address) && ReadNumber(port, &key->port));
}

Napi::Array Formatted(Napi::Env env, const std::vector<sctp::IpAddress>& addresses) {
  auto result = Napi::Array::New(env, addresses.size());
  for (uint32_t i = 0; i < addresses.size(); i++) (void)result.Set(i, io::FormatAddress(addresses[i]));
  return result;
}

}  // namespace

Napi::Value SctpBinding::SetOption(const Info& info) {
  uint32_t socket = 0;
  uint32_t option = 0;
  sctp::OptionKey key;
  std::vector<uint32_t> values;
  if (!ReadNumbers(info, {&socket, &option, &key.assoc}) || !addon::ReadNumbers(info[3], kMaxOptionWords, &values) ||
      !ReadKeyAddress(info[4], info[5], &key)) {
    return Failure(info);
  }
  return Failure(info, stack_->SetOption(socket, static_cast<sctp::Option>(option), key, values));
}

Napi::Value SctpBinding::GetOption(const Info& info) {
  uint32_t socket = 0;
  uint32_t option = 0;
  sctp::OptionKey key;
  if (!ReadNumbers(info, {&socket, &option, &key.assoc}) || !ReadKeyAddress(info[3], info[4], &key)) return Failure(info);
  if (!info[5].IsUndefined() && !ReadNumber(info[5], &key.stream)) return Failure(info);
  std::vector<uint32_t> values;
  const int error = stack_->GetOption(socket, static_cast<sctp::Option>(option), key, &values);
  return error == 0 ? NumbersValue(info.Env(), values) : Failure(info, error);
}

Napi::Value SctpBinding::SockName(const Info& info) {
  uint32_t socket = 0;
  if (!ReadNumbers(info, {&socket})) return Failure(info);
  BoundName name;
  if (const int error = stack_->SockName(socket, &name); error != 0) return Failure(info, error);
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
  if (const int error = stack_->LocalNames(socket, assoc, &addresses); error != 0) return Failure(info, error);
  return Formatted(info.Env(), addresses);
}

Napi::Value SctpBinding::PeerNames(const Info& info) {
  uint32_t socket = 0;
  uint32_t assoc = 0;
  if (!ReadNumbers(info, {&socket, &assoc})) return Failure(info);
  std::vector<sctp::PeerName> names;
  const int error = stack_->PeerNames(socket, assoc, &names);
  if (error != 0) return Failure(info, error);
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

}  // namespace mailport::addon
