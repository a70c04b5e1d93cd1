// The object's methods but for those that it has in common with TCP. Sending is in binding_sends.cc.
#include "binding.h"

#include <utility>

namespace mailport::addon {

UdpBinding::UdpBinding(Napi::Object object, std::unique_ptr<UdpStack> stack) : InetBinding(std::move(stack)) {
  Define(object, "name", Napi::String::New(object.Env(), "kernel"));
  DefineMethod<&UdpBinding::Open>(object, "open");
  DefineMethod<&UdpBinding::Bind>(object, "bind");
  DefineMethod<&UdpBinding::Connect>(object, "connect");
  DefineMethod<&UdpBinding::Close>(object, "close");
  DefineMethod<&UdpBinding::SetOption>(object, "setOption");
  DefineMethod<&UdpBinding::GetOption>(object, "getOption");
  DefineMethod<&UdpBinding::SetRawOption>(object, "setRawOption");
  DefineMethod<&UdpBinding::GetRawOption>(object, "getRawOption");
  DefineMethod<&UdpBinding::SockName>(object, "sockname");
  DefineMethod<&UdpBinding::PeerName>(object, "peername");
  DefineMethod<&UdpBinding::QueuedBytes>(object, "queuedBytes");
  DefineMethod<&UdpBinding::Stats>(object, "stats");
  DefineHot(object, "sendMany", SendMany);
  DefineHot(object, "setCredit", SetCredit);
  DefineHot(object, "drain", Drain);
}

Napi::Value UdpBinding::Close(const Info& info) {
  uint32_t socket = 0;
  return ReadNumbers(info, {&socket}) ? Failure(info, stack_->Close(socket)) : Failure(info);
}

}  // namespace mailport::addon
