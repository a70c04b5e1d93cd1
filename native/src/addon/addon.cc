// The module: `embeddedSctp(onBatch)`, `steppedSctp(seed)`, `kernelSctp(onBatch)`, `kernelTcp(onBatch)` and `kernelUdp(onBatch)`, which make stacks,
// `kernelSctpStatus()`, and `setBusyWait(µs)` and `busyWaits()`.
// What it makes belongs to the JavaScript environment that loaded it, and nothing is process-global.
//
// How an environment ends: Node calls the cleanup hook of each stack (StackLoop), which ends associations and closes the libuv
// handles; the hook is done when the last handle's close callback has run; only then are this instance and its stacks destroyed.
// process.exit() in the main thread runs no hooks, so that peers hear of the end from a listener for the process's 'exit' event.
#include <napi.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../kernel_sctp/socket.h"
#include "arguments.h"
#include "busy_wait.h"
#include "embedded/stack.h"
#include "kernel/stack.h"
#include "sctp_binding.h"
#include "stepped_binding.h"
#include "tcp/binding.h"
#include "tcp/stack.h"
#include "udp/binding.h"
#include "udp/stack.h"

namespace mailport::addon {

class Module : public Napi::Addon<Module> {
 public:
  Module(Napi::Env env, Napi::Object exports) : busy_wait_(std::make_unique<BusyWait>(env)) {
    DefineAddon(exports, {InstanceMethod("embeddedSctp", &Module::EmbeddedSctp, napi_enumerable),
                          InstanceMethod("steppedSctp", &Module::SteppedSctp, napi_enumerable),
                          InstanceMethod("kernelSctp", &Module::KernelSctp, napi_enumerable),
                          InstanceMethod("kernelTcp", &Module::KernelTcp, napi_enumerable),
                          InstanceMethod("kernelUdp", &Module::KernelUdp, napi_enumerable),
                          InstanceMethod("kernelSctpStatus", &Module::KernelSctpStatus, napi_enumerable),
                          InstanceMethod("setBusyWait", &Module::SetBusyWait, napi_enumerable),
                          InstanceMethod("busyWaits", &Module::BusyWaits, napi_enumerable)});
    ListenForExit(env);
  }

 private:
  Napi::Value EmbeddedSctp(const Napi::CallbackInfo& info) {
    return MakeStack<SctpBinding>(info, "embeddedSctp", EmbeddedStack::Create, sctp_stacks_);
  }
  Napi::Value SteppedSctp(const Napi::CallbackInfo& info) {
    uint32_t seed = 0;
    const auto object = Napi::Object::New(info.Env());
    if (!ReadNumber(info[0], &seed)) {
      Napi::TypeError::New(info.Env(), "steppedSctp: seed must be a whole number of 32 bits").ThrowAsJavaScriptException();
      return info.Env().Undefined();
    }
    SteppedBinding::Attach(object, EmbeddedStack::CreateStepped(info.Env(), object, seed));
    return object;
  }
  Napi::Value KernelSctp(const Napi::CallbackInfo& info) {
    return MakeStack<SctpBinding>(info, "kernelSctp", KernelStack::Create, sctp_stacks_);
  }
  Napi::Value KernelTcp(const Napi::CallbackInfo& info) { return MakeStack<TcpBinding>(info, "kernelTcp", TcpStack::Create, tcp_stacks_); }
  Napi::Value KernelUdp(const Napi::CallbackInfo& info) { return MakeStack<UdpBinding>(info, "kernelUdp", UdpStack::Create, udp_stacks_); }
  Napi::Value KernelSctpStatus(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), -kernel_sctp::Socket::Probe());
  }

  Napi::Value SetBusyWait(const Napi::CallbackInfo& info) {
    uint32_t microseconds = 0;
    if (ReadNumber(info[0], &microseconds)) busy_wait_->SetLimit(uint64_t{microseconds} * 1000);
    return info.Env().Undefined();
  }
  Napi::Value BusyWaits(const Napi::CallbackInfo& info) {
    const BusyWait::Counters counters = busy_wait_->counters();
    auto result = Napi::Object::New(info.Env());
    (void)result.Set("waits", Napi::Number::New(info.Env(), static_cast<double>(counters.waits)));
    (void)result.Set("inVain", Napi::Number::New(info.Env(), static_cast<double>(counters.in_vain)));
    (void)result.Set("polls", Napi::Number::New(info.Env(), static_cast<double>(counters.polls)));
    (void)result.Set("pollsInVain", Napi::Number::New(info.Env(), static_cast<double>(counters.polls_in_vain)));
    return result;
  }

  // `create`: makes the stack for an environment, an object, a callback and the environment's BusyWait, or null. The binding joins those of its kind in `bindings`.
  template <typename Binding, typename Create>
  Napi::Value MakeStack(const Napi::CallbackInfo& info, const std::string& function, Create create,
                        std::vector<std::unique_ptr<Binding>>& bindings) {
    if (!info[0].IsFunction()) {
      Napi::TypeError::New(info.Env(), function + ": onBatch must be a function").ThrowAsJavaScriptException();
      return info.Env().Undefined();
    }
    const auto object = Napi::Object::New(info.Env());
    auto stack = create(info.Env(), object, info[0].As<Napi::Function>(), *busy_wait_);
    bool usable = false;
    if (stack != nullptr) {
      bindings.push_back(std::make_unique<Binding>(object, std::move(stack)));
      usable = bindings.back()->usable();
    }
    if (!usable) {
      Napi::Error::New(info.Env(), function + ": this environment has no event loop to run on").ThrowAsJavaScriptException();
      return info.Env().Undefined();
    }
    return object;
  }

  void ListenForExit(Napi::Env env) {
    const Napi::Value process = Property(env.Global(), "process");
    if (!process.IsObject()) return;
    const Napi::Value once = Property(process.As<Napi::Object>(), "once");
    if (!once.IsFunction()) return;
    (void)once.As<Napi::Function>().Call(process, {Napi::String::New(env, "exit"), Napi::Function::New<OnExit>(env, "", this)});
  }

  static void OnExit(const Napi::CallbackInfo& info) {
    const auto* module = static_cast<Module*>(info.Data());
    for (const auto& stack : module->sctp_stacks_) stack->OnProcessExit();
    for (const auto& stack : module->tcp_stacks_) stack->OnProcessExit();
  }

  std::unique_ptr<BusyWait> busy_wait_;
  std::vector<std::unique_ptr<SctpBinding>> sctp_stacks_;
  std::vector<std::unique_ptr<TcpBinding>> tcp_stacks_;
  std::vector<std::unique_ptr<UdpBinding>> udp_stacks_;
};

NODE_API_ADDON(Module)

}  // namespace mailport::addon
