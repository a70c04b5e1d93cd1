// The module: `embeddedSctp(onBatch)`. What it makes belongs to the JavaScript environment that loaded it, and nothing is process-global.
//
// How an environment ends: Node calls each stack's cleanup hook (Environment::Shutdown), which aborts associations and closes the libuv
// handles; the hook is done when the last handle's close callback has run; only then are this instance and its stacks destroyed.
// process.exit() in the main thread runs no hooks, so that peers hear of the end from a listener for the process's 'exit' event.
#include <napi.h>

#include <memory>
#include <vector>

#include "arguments.h"
#include "sctp_stack.h"

namespace mailport::addon {

class Module : public Napi::Addon<Module> {
 public:
  Module(Napi::Env env, Napi::Object exports) {
    DefineAddon(exports, {InstanceMethod("embeddedSctp", &Module::EmbeddedSctp, napi_enumerable)});
    ListenForExit(env);
  }

 private:
  Napi::Value EmbeddedSctp(const Napi::CallbackInfo& info) {
    if (!info[0].IsFunction()) {
      Napi::TypeError::New(info.Env(), "embeddedSctp: onBatch must be a function").ThrowAsJavaScriptException();
      return info.Env().Undefined();
    }
    const auto object = Napi::Object::New(info.Env());
    std::unique_ptr<SctpStack> stack = SctpStack::Create(info.Env(), object, info[0].As<Napi::Function>());
    const bool usable = stack != nullptr && stack->usable();
    if (stack != nullptr) stacks_.push_back(std::move(stack));
    if (!usable) {
      Napi::Error::New(info.Env(), "embeddedSctp: this environment has no event loop to run on").ThrowAsJavaScriptException();
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
    for (const auto& stack : static_cast<Module*>(info.Data())->stacks_) stack->AbortAll();
  }

  std::vector<std::unique_ptr<SctpStack>> stacks_;
};

NODE_API_ADDON(Module)

}  // namespace mailport::addon
