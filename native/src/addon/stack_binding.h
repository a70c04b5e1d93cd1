// What the JavaScript objects that stand for stacks have in common. Failures are negative errno values; arguments of a wrong type are EINVAL. Nothing here waits or
// calls JavaScript.
#pragma once

#include <napi.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <utility>

#include "arguments.h"
#include "results.h"

namespace mailport::addon {

// `Binding`: the class that derives from this one. It must live until the environment's end.
template <typename Binding, typename Stack>
class StackBinding {
 public:
  StackBinding(const StackBinding&) = delete;
  StackBinding& operator=(const StackBinding&) = delete;

  bool usable() const { return !stack_->ended(); }
  void OnProcessExit() { stack_->OnProcessExit(); }

 protected:
  using Info = Napi::CallbackInfo;

  explicit StackBinding(std::unique_ptr<Stack> stack) : stack_(std::move(stack)) {}
  ~StackBinding() = default;

  static void Define(Napi::Object object, const char* name, const Napi::Value& value) {
    object.DefineProperty(Napi::PropertyDescriptor::Value(name, value, napi_enumerable));
  }
  template <auto method>
  void DefineMethod(Napi::Object object, const char* name) {
    Define(object, name, Napi::Function::New<Call<method>>(object.Env(), name, static_cast<Binding*>(this)));
  }
  // A method that is called for every message: Node-API itself, without the wrappers' cost.
  void DefineHot(Napi::Object object, const char* name, napi_callback callback) {
    napi_value function = nullptr;
    const auto status = napi_create_function(object.Env(), name, NAPI_AUTO_LENGTH, callback, static_cast<Binding*>(this), &function);
    if (status == napi_ok) Define(object, name, Napi::Value(object.Env(), function));
  }

  static Napi::Value Failure(const Info& info, int error = EINVAL) { return Napi::Number::New(info.Env(), -error); }
  // What a call has made, or why it failed.
  static Napi::Value NumberOrFailure(const Info& info, int error, uint32_t made) {
    return error == 0 ? Napi::Number::New(info.Env(), made) : Failure(info, error);
  }
  // Reads the first arguments as whole numbers of 32 bits. False too if the environment is ending.
  bool ReadNumbers(const Info& info, std::initializer_list<uint32_t*> numbers) const {
    if (stack_->ended()) return false;
    size_t index = 0;
    for (uint32_t* number : numbers) {
      if (!ReadNumber(info[index++], number)) return false;
    }
    return true;
  }

  static napi_value SetCredit(napi_env env, napi_callback_info info) {
    std::array<napi_value, 3> arguments;
    const StackBinding* binding = Arguments(env, info, &arguments);
    Stack& stack = *binding->stack_;
    uint32_t socket = 0;
    sctp::Credit credit;
    const bool readable = napi_get_value_uint32(env, arguments[0], &socket) == napi_ok &&
                          napi_get_value_uint32(env, arguments[1], &credit.items) == napi_ok &&
                          napi_get_value_uint32(env, arguments[2], &credit.bytes) == napi_ok;
    if (readable && !stack.ended()) stack.SetCredit(socket, credit);
    return nullptr;
  }

  static napi_value Drain(napi_env env, napi_callback_info info) {
    std::array<napi_value, 1> arguments;
    const StackBinding* binding = Arguments(env, info, &arguments);
    Stack& stack = *binding->stack_;
    uint32_t socket = 0;
    const bool readable = napi_get_value_uint32(env, arguments[0], &socket) == napi_ok && !stack.ended();
    napi_value result = nullptr;
    napi_create_uint32(env, readable ? static_cast<uint32_t>(stack.Drain(env, socket)) : 0, &result);
    return result;
  }

  // Of a hot method: reads its arguments; those that are missing are undefined.
  template <size_t kCount>
  static Binding* Arguments(napi_env env, napi_callback_info info, std::array<napi_value, kCount>* arguments) {
    size_t count = kCount;
    void* binding = nullptr;
    napi_get_cb_info(env, info, &count, arguments->data(), nullptr, &binding);
    return static_cast<Binding*>(binding);
  }

  Napi::Value QueuedBytes(const Info& info) {
    uint32_t socket = 0;
    size_t in = 0;
    size_t out = 0;
    if (ReadNumbers(info, {&socket})) stack_->QueuedBytes(socket, &in, &out);
    return QueuedBytesValue(info.Env(), in, out);
  }
  Napi::Value Stats(const Info& info) { return CountersValue(info.Env(), stack_->ended() ? Counters() : stack_->Stats()); }

  std::unique_ptr<Stack> stack_;

 private:
  template <auto method>
  static Napi::Value Call(const Info& info) {
    auto* binding = static_cast<Binding*>(info.Data());
    return (binding->*method)(info);
  }
};

}  // namespace mailport::addon
