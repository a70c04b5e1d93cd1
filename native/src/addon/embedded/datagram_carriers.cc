#include "datagram_carriers.h"

namespace mailport::addon {

DatagramCarrier* DatagramCarriers::Open(CarrierRequest request) {
  if (last_ == UINT32_MAX) return nullptr;
  last_++;
  return carriers_.emplace(last_, std::make_unique<DatagramCarrier>(last_, std::move(request))).first->second.get();
}

DatagramCarrier* DatagramCarriers::Find(sctp::CarrierId id) const {
  const auto found = carriers_.find(id);
  return found == carriers_.end() ? nullptr : found->second.get();
}

void DatagramCarriers::Close(DatagramCarrier& carrier, const sctp::Engine& engine) {
  carrier.Close();
  if (carrier.users != 0) return;
  left_.insert(carrier.id());
  AreUsed(engine);
}

void DatagramCarriers::Use(io::Carrier& carrier, bool beside) {
  if (carrier.users++ == 0) {
    used_++;
    left_.erase(carrier.id());
  }
  if (!beside) carrier.openers++;
}

void DatagramCarriers::Release(io::Carrier& carrier, bool beside) {
  if (!beside) carrier.openers--;
  if (--carrier.users != 0) return;
  used_--;
  left_.insert(carrier.id());
}

bool DatagramCarriers::AreUsed(const sctp::Engine& engine) {
  bool used = used_ != 0;
  for (auto id = left_.begin(); id != left_.end();) {
    const auto found = carriers_.find(*id);
    if (engine.AssociationsOn(*id) != 0) {
      // Over a carrier that is closed no association comes nearer to its end.
      used |= !found->second->closed();
      ++id;
      continue;
    }
    if (found->second->closed()) carriers_.erase(found);
    id = left_.erase(id);
  }
  return used;
}

void DatagramCarriers::Input(DatagramCarrier& carrier, const sctp::PacketRoute& from, sctp::Bytes packet) {
  io::PacketQueue& queue = carrier.to_engine();
  const bool was_empty = queue.empty();
  queue.Add(from, packet);
  if (was_empty && !queue.empty()) input_.push_back(carrier.id());
}

void DatagramCarriers::Send(DatagramCarrier& carrier, std::span<const io::PacketRun> runs) {
  io::PacketQueue& queue = carrier.to_network();
  const bool was_empty = queue.empty();
  carrier.Send(runs);
  if (was_empty && !queue.empty()) output_.push_back(carrier.id());
}

}  // namespace mailport::addon
