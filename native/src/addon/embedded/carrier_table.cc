// Sharing and closing of carriers.
#include "carrier_table.h"

#include <algorithm>
#include <cerrno>

namespace mailport::addon {

int CarrierTable::Acquire(io::UdpParams params, bool shared, bool over_ip, const Token& token, io::UdpCarrier** out) {
  for (const auto& carrier : carriers_) {
    const bool same = carrier->port() == params.port && carrier->family() == params.family && carrier->address() == params.address &&
                      carrier->ipv6_only() == params.ipv6_only &&
                      (carrier->socket()->over_ip() != nullptr) == over_ip && carrier->network_namespace() == params.network_namespace &&
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
  if (over_ip) {
    if (const int error = ReserveFor(params, &params.over_ip); error != 0) return error;
  }
  std::unique_ptr<io::UdpCarrier> carrier;
  const int error = io::UdpCarrier::Open(params, last_id_ + 1, shared, loop_, token, listener_, &carrier);
  if (error != 0) return error;
  last_id_++;
  *out = carrier.get();
  carriers_.push_back(std::move(carrier));
  without_users_++;
  return 0;
}

int CarrierTable::ReserveFor(const io::UdpParams& params, std::shared_ptr<io::ReservedPort>* reserved) const {
  for (const auto& carrier : carriers_) {
    const auto& present = carrier->socket()->over_ip();
    if (present == nullptr || carrier->port() != params.port || carrier->network_namespace() != params.network_namespace) continue;
    const bool clashes = carrier->address().IsAny() || params.address.IsAny() || carrier->address() == params.address;
    if (carrier->family() == params.family && clashes) return EADDRINUSE;
    *reserved = present;
  }
  return *reserved != nullptr ? 0 : io::ReservedPort::Reserve(params.port, params.network_namespace, reserved);
}

void CarrierTable::Use(io::Carrier& carrier, bool beside) {
  if (carrier.users++ == 0) without_users_--;
  if (!beside) carrier.openers++;
}

void CarrierTable::Release(io::Carrier& carrier, bool beside) {
  if (--carrier.users == 0) without_users_++;
  if (!beside) carrier.openers--;
}

io::UdpCarrier* CarrierTable::Find(sctp::CarrierId id) const {
  const auto found = std::lower_bound(carriers_.begin(), carriers_.end(), id,
                                      [](const auto& carrier, sctp::CarrierId wanted) { return carrier->id() < wanted; });
  return found != carriers_.end() && (*found)->id() == id ? found->get() : nullptr;
}

void CarrierTable::CloseUnused(const sctp::Engine& engine) {
  if (without_users_ == 0) return;
  without_users_ -= std::erase_if(carriers_, [&](const auto& carrier) { return IsUnused(*carrier, engine); });
}

void CarrierTable::Close(const io::Carrier& carrier) {
  without_users_ -= std::erase_if(carriers_, [&](const auto& each) { return each.get() == &carrier; });
}

void CarrierTable::CloseAll() {
  carriers_.clear();
  without_users_ = 0;
}

void CarrierTable::SetReferenced(bool referenced) {
  for (const auto& carrier : carriers_) carrier->SetReferenced(referenced);
}

}  // namespace mailport::addon
