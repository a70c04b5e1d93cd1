#include "delivery.h"

#include <algorithm>
#include <chrono>

namespace mailport::addon {

namespace {

// Bounds of one turn, after which other handles of the loop have theirs. Actors that have run for a millisecond wait for the loop, and what comes
// before they go on grows old in their mailboxes: the garbage collector moves it, and mailboxes grow and shrink. So a turn is shorter than that.
constexpr unsigned kCallsPerTurn = 16;
constexpr std::chrono::microseconds kTurn{500};

}  // namespace

Delivery::Delivery(Napi::Env env, Napi::Object stack, Napi::Function on_batch, const char* resource, RecordBatch::Memory memory)
    : batch_(env, memory) {
  callback_.emplace(env, stack, on_batch, resource);
  batch_.DefineOn(stack);
}

Delivery::Delivery(Napi::Env env, Napi::Object stack) : batch_(env, RecordBatch::Memory::kSlab) { batch_.DefineOn(stack); }

void Delivery::Open() {
  batch_.Clear();
  open_ = true;
}

void Delivery::EndTurn(ItemSource& source) {
  const auto end = std::chrono::steady_clock::now() + kTurn;
  for (unsigned calls = 1;; calls++) {
    Collect(source);
    source.OnCollected(batch_.empty());
    if (batch_.empty()) break;
    CallJavaScript();
    if (ended_) break;
    const bool last = calls == kCallsPerTurn || std::chrono::steady_clock::now() >= end;
    source.OnHandedOver(last);
    if (last) break;
    Open();
  }
  open_ = false;
}

size_t Delivery::Fill(Napi::Env env, ItemSource& source) {
  Collect(source);
  source.OnCollected(batch_.empty());
  open_ = false;
  batch_.PublishLarge(env);
  return batch_.count();
}

void Delivery::HandOver() {
  if (!batch_.empty()) CallJavaScript();
  open_ = false;
}

size_t Delivery::Drain(Napi::Env env, sctp::SocketId socket, ItemSource& source) {
  if (in_callback_) return 0;
  Open();
  CollectUrgent(socket);
  source.DeliverHeld(socket);
  source.ReadMore(socket);
  open_ = false;
  batch_.PublishLarge(env);
  return batch_.count();
}

void Delivery::WantDrain(sctp::SocketId socket, DrainMark* mark) {
  if (mark->round_ == round_) return;
  mark->round_ = round_;
  wants_drain_.push_back(socket);
}

void Delivery::Forget(sctp::SocketId socket) {
  std::erase(wants_drain_, socket);
  std::erase_if(urgent_, [socket](const Urgent& urgent) { return urgent.socket == socket; });
}

void Delivery::End() {
  ended_ = true;
  if (callback_) callback_->End();
}

void Delivery::Collect(ItemSource& source) {
  CollectUrgent(0);
  draining_.swap(wants_drain_);
  round_++;
  for (const sctp::SocketId socket : draining_) source.DeliverHeld(socket);
  draining_.clear();
  source.DeliverRefused();
}

void Delivery::CollectUrgent(sctp::SocketId only) {
  std::erase_if(urgent_, [&](const Urgent& urgent) {
    return (only == 0 || urgent.socket == only) && batch_.Add(urgent.words);
  });
}

bool Delivery::HasUrgent(sctp::SocketId socket) const {
  return std::any_of(urgent_.begin(), urgent_.end(), [socket](const Urgent& urgent) { return urgent.socket == socket; });
}

void Delivery::CallJavaScript() {
  open_ = false;
  in_callback_ = true;
  const bool called = callback_ && callback_->Call(
      batch_.count(), [this](Napi::Env env) { batch_.PublishLarge(env); },
      [this](Napi::Env env) {
        in_callback_ = false;
        batch_.Clear();
        batch_.PublishLarge(env);
      });
  if (called) return;
  in_callback_ = false;
  batch_.Clear();
}

}  // namespace mailport::addon
