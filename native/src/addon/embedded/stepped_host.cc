// A host without a loop: its caller tells the time, and makes the turns.
#include <algorithm>

#include "engine_host.h"

namespace mailport::addon {

namespace {

constexpr size_t kOutgoingBytes = 128 * 1024;
// Packets of one step, after which what they brought is handed over.
constexpr unsigned kPacketsPerStep = 512;

}  // namespace

std::unique_ptr<EngineHost> EngineHost::CreateStepped(Napi::Env env, Napi::Object stack, uint64_t seed) {
  return std::unique_ptr<EngineHost>(new EngineHost(env, stack, seed));
}

// The engine draws random numbers while it is made: what they depend on is set before.
EngineHost::EngineHost(Napi::Env env, Napi::Object stack, uint64_t seed)
    : loop_(nullptr), is_stepped_(true), seed_(seed), delivery_(env, stack), packets_(kOutgoingBytes), carriers_(nullptr, this), engine_(*this) {}

void EngineHost::SetTime(sctp::TimeUs now) {
  now_ = std::max(now_, now);
  TellTime();
}

size_t EngineHost::Step(Napi::Env env) {
  BeginTurn();
  if (engine_.NextDeadline() <= now_) engine_.RunTimers();
  datagrams_.TakeInput(kPacketsPerStep, [this](const sctp::PacketRoute& from, sctp::Bytes packet) {
    engine_.Input(from, packet);
    return !delivery_.WantsHandover();
  });
  has_work_ = false;
  datagrams_.AreUsed(engine_);  // Forgets those that have been closed.
  return delivery_.Fill(env, *this);
}

sctp::TimeUs EngineHost::NextStep() const { return has_work_ || HasDeliveries() ? now_ : engine_.NextDeadline(); }

}  // namespace mailport::addon
