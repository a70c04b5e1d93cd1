// The calls that stacks of TCP and of UDP have in common: InetStack of native/contract/inet.ts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../io/inet_option.h"
#include "../io/inet_socket.h"
#include "../io/socket_name.h"
#include "stack_binding.h"

namespace mailport::addon {

template <typename Binding, typename Stack>
class InetBinding : public StackBinding<Binding, Stack> {
 protected:
  using Base = StackBinding<Binding, Stack>;
  using typename Base::Info;
  using Base::Failure;
  using Base::ReadNumbers;
  using Base::stack_;

  explicit InetBinding(std::unique_ptr<Stack> stack) : Base(std::move(stack)) {}
  ~InetBinding() = default;

  // The first argument, a socket, and the two behind it, an address and port.
  bool ReadSocketAndName(const Info& info, uint32_t* socket, std::string* address, uint16_t* port) const {
    return ReadNumbers(info, {socket}) && ReadLatin1(info[1], kMaxAddressBytes, address) && ReadNumber(info[2], port);
  }

  Napi::Value Open(const Info& info) {
    io::InetParams params;
    if (stack_->ended() || !info[0].IsObject() || !ReadParams(info[0].template As<Napi::Object>(), &params)) return Failure(info);
    sctp::SocketId socket = 0;
    const int error = stack_->Open(params, &socket);
    return Base::NumberOrFailure(info, error, socket);
  }

  Napi::Value Bind(const Info& info) {
    uint32_t socket = 0;
    std::string address;
    uint16_t port = 0;
    if (!ReadSocketAndName(info, &socket, &address, &port)) return Failure(info);
    return Failure(info, stack_->Bind(socket, address, port));
  }

  Napi::Value Connect(const Info& info) {
    uint32_t socket = 0;
    std::string address;
    uint16_t port = 0;
    if (!ReadSocketAndName(info, &socket, &address, &port)) return Failure(info);
    return Failure(info, stack_->Connect(socket, address, port));
  }

  Napi::Value SetOption(const Info& info) {
    uint32_t socket = 0;
    uint32_t option = 0;
    std::vector<uint32_t> values;
    if (!ReadNumbers(info, {&socket, &option}) || !addon::ReadNumbers(info[2], kMaxOptionWords, &values)) return Failure(info);
    return Failure(info, stack_->SetOption(socket, static_cast<io::InetOption>(option), values));
  }

  Napi::Value GetOption(const Info& info) {
    uint32_t socket = 0;
    uint32_t option = 0;
    if (!ReadNumbers(info, {&socket, &option})) return Failure(info);
    std::vector<uint32_t> values;
    const int error = stack_->GetOption(socket, static_cast<io::InetOption>(option), &values);
    return error == 0 ? NumbersValue(info.Env(), values) : Failure(info, error);
  }

  Napi::Value SetRawOption(const Info& info) {
    RawOption option;
    sctp::Bytes value;
    if (!ReadRawOption(info, &option) || !ReadBytes(info.Env(), info[3], &value) || value.size() > kMaxRawBytes) return Failure(info);
    return Failure(info, stack_->SetRawOption(option.socket, option.level, option.name, value));
  }

  Napi::Value GetRawOption(const Info& info) {
    RawOption option;
    uint32_t bytes = 0;
    if (!ReadRawOption(info, &option) || !ReadNumber(info[3], kMaxRawBytes, &bytes)) return Failure(info);
    std::vector<uint8_t> value(bytes);
    const int error = stack_->GetRawOption(option.socket, option.level, option.name, &value);
    if (error != 0) return Failure(info, error);
    return Napi::Buffer<uint8_t>::Copy(info.Env(), value.data(), value.size());
  }

  Napi::Value SockName(const Info& info) {
    uint32_t socket = 0;
    io::SocketName name;
    if (!ReadNumbers(info, {&socket})) return Failure(info);
    const int error = stack_->SockName(socket, &name);
    return error == 0 ? NameValue(info.Env(), name) : Failure(info, error);
  }

  Napi::Value PeerName(const Info& info) {
    uint32_t socket = 0;
    io::SocketName name;
    if (!ReadNumbers(info, {&socket})) return Failure(info);
    const int error = stack_->PeerName(socket, &name);
    return error == 0 ? NameValue(info.Env(), name) : Failure(info, error);
  }

 private:
  static constexpr size_t kMaxNamespaceBytes = 4095;  // PATH_MAX less its end.
  static constexpr size_t kMaxAddressBytes = 128;     // Longer than any address with the name of its scope, or any path of a local socket.
  static constexpr size_t kMaxOptionWords = 16;
  static constexpr size_t kMaxRawBytes = 64 * 1024;

  struct RawOption {
    uint32_t socket;
    int level;
    int name;
  };

  bool ReadRawOption(const Info& info, RawOption* out) const {
    uint32_t level = 0;
    uint32_t name = 0;
    if (!ReadNumbers(info, {&out->socket, &level, &name}) || level > INT32_MAX || name > INT32_MAX) return false;
    out->level = static_cast<int>(level);
    out->name = static_cast<int>(name);
    return true;
  }

  static bool ReadFamily(const Napi::Value& value, io::InetFamily* out) {
    uint32_t family = 0;
    if (!ReadNumber(value, &family)) return false;
    *out = static_cast<io::InetFamily>(family);
    return *out == io::InetFamily::kLocal || *out == io::InetFamily::kIpv4 || *out == io::InetFamily::kIpv6;
  }

  static bool ReadParams(const Napi::Object& object, io::InetParams* out) {
    if (!ReadFamily(Property(object, "family"), &out->family)) return false;
    const Napi::Value name = Property(object, "netns");
    if (!name.IsUndefined() && !ReadText(name, kMaxNamespaceBytes, &out->network_namespace)) return false;
    const Napi::Value adopted = Property(object, "fd");
    uint32_t fd = 0;
    if (adopted.IsUndefined()) return true;
    if (!ReadNumber(adopted, INT32_MAX, &fd)) return false;
    out->adopted = static_cast<int>(fd);
    return true;
  }
};

}  // namespace mailport::addon
