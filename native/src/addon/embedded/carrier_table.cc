// Sharing and closing of carriers.
#include "carrier_table.h"

#include <algorithm>

namespace mailport::addon {

int CarrierTable::Acquire(const io::UdpParams& params, bool shared, const Token& token, io::Carrier** out) {
  for (const auto& carrier : carriers_) {
    const io::UdpSocket& socket = carrier->socket();
    const bool same = socket.port() == params.port && socket.family() == params.family && socket.address() == params.address &&
                      socket.ipv6_only() == params.ipv6_only && socket.network_namespace() == params.network_namespace &&
                      carrier->shared() == shared;
    // The socket that opened the port is closed. What it leaves there does not stand in the way of the next one.
    if (same && (shared || carrier->openers == 0)) {
      if (carrier->openers == 0) {
        if (const int error = carrier->ResetOptions(params.device); error != 0) return error;
      }
      *out = carrier.get();
      return 0;
    }
  }
  std::unique_ptr<io::Carrier> carrier;
  const int error = io::Carrier::Open(params, last_id_ + 1, shared, loop_, token, listener_, &carrier);
  if (error != 0) return error;
  last_id_++;
  *out = carrier.get();
  carriers_.push_back(std::move(carrier));
  without_users_++;
  return 0;
}

void CarrierTable::Use(io::Carrier* carrier, bool beside) {
  if (carrier->users++ == 0) without_users_--;
  if (!beside) carrier->openers++;
}

void CarrierTable::Release(io::Carrier* carrier, bool beside) {
  if (--carrier->users == 0) without_users_++;
  if (!beside) carrier->openers--;
}

io::Carrier* CarrierTable::Find(sctp::CarrierId id) {
  const auto found = std::lower_bound(carriers_.begin(), carriers_.end(), id,
                                      [](const std::unique_ptr<io::Carrier>& carrier, sctp::CarrierId wanted) { return carrier->id() < wanted; });
  return found != carriers_.end() && (*found)->id() == id ? found->get() : nullptr;
}

void CarrierTable::CloseUnused(const sctp::Engine& engine) {
  if (without_users_ == 0) return;
  without_users_ -= std::erase_if(carriers_, [&](const auto& carrier) { return IsUnused(*carrier, engine); });
}

void CarrierTable::Close(io::Carrier* carrier) {
  without_users_ -= std::erase_if(carriers_, [&](const auto& each) { return each.get() == carrier; });
}

void CarrierTable::CloseAll() {
  carriers_.clear();
  without_users_ = 0;
}

void CarrierTable::SetReferenced(bool referenced) {
  for (const auto& carrier : carriers_) carrier->SetReferenced(referenced);
}

void CarrierTable::Send(std::span<const io::PacketRun> runs) {
  while (!runs.empty()) {
    const sctp::CarrierId id = runs.front().route.carrier;
    size_t count = 1;
    while (count < runs.size() && runs[count].route.carrier == id) count++;
    // Packets for a carrier that is gone are lost, as on a network.
    if (io::Carrier* carrier = Find(id); carrier != nullptr) carrier->Send(runs.first(count));
    runs = runs.subspan(count);
  }
}

}  // namespace mailport::addon
