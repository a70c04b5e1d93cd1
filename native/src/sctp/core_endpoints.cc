// The endpoints of an engine, by their carriers and ports.
#include <algorithm>

#include "association.h"
#include "core.h"
#include "endpoint.h"

namespace mailport::sctp {

namespace {

uint64_t HomeKey(CarrierId carrier, uint16_t port) { return static_cast<uint64_t>(carrier) << 16 | port; }

}  // namespace

Endpoint* Core::FindEndpoint(CarrierId carrier, uint16_t port) const {
  const auto found = by_home.find(HomeKey(carrier, port));
  return found == by_home.end() ? nullptr : found->second;
}

Endpoint* Core::EndpointFor(const OpenParams& params) {
  std::vector<CarrierId> carriers{params.carrier};
  carriers.insert(carriers.end(), params.further_carriers.begin(), params.further_carriers.end());
  Endpoint* endpoint = nullptr;
  for (const CarrierId carrier : carriers) {
    Endpoint* const present = FindEndpoint(carrier, params.port);
    if (present == nullptr) continue;
    if (!present->bound_sockets.empty() || (endpoint != nullptr && present != endpoint)) return nullptr;
    endpoint = present;
  }
  if (endpoint == nullptr) {
    auto made = std::make_unique<Endpoint>(*this, params.port);
    endpoint = made.get();
    endpoints[endpoint] = std::move(made);
  }
  // What an earlier socket has left there may still use addresses that this one is not bound to.
  for (const CarrierId home : std::vector(endpoint->homes_))
    if (std::find(carriers.begin(), carriers.end(), home) == carriers.end()) RemoveHome(*endpoint, home);
  for (const CarrierId carrier : carriers) AddHome(*endpoint, carrier);
  return endpoint;
}

bool Core::AddHome(Endpoint& endpoint, CarrierId carrier) {
  Endpoint*& present = by_home[HomeKey(carrier, endpoint.port)];
  if (present != nullptr && present != &endpoint) return false;
  const bool is_new = present == nullptr;
  present = &endpoint;
  const auto has = [carrier](const std::vector<CarrierId>& list) { return std::find(list.begin(), list.end(), carrier) != list.end(); };
  std::erase(endpoint.left_homes_, carrier);
  if (!has(endpoint.homes_)) endpoint.homes_.push_back(carrier);
  if (is_new && !endpoint.peers.empty()) associations_on[carrier] += endpoint.peers.size();
  return true;
}

void Core::RemoveHome(Endpoint& endpoint, CarrierId carrier) {
  if (std::erase(endpoint.homes_, carrier) == 0) return;
  if (endpoint.peers.empty()) {
    by_home.erase(HomeKey(carrier, endpoint.port));
  } else {
    endpoint.left_homes_.push_back(carrier);
  }
}

void Core::CountAssociation(const Endpoint& endpoint, bool has_come) {
  const auto count = [&](CarrierId carrier) {
    const auto found = associations_on.try_emplace(carrier, 0).first;
    found->second += has_come ? 1 : -1;
    if (found->second == 0) associations_on.erase(found);
  };
  for (const CarrierId home : endpoint.homes_) count(home);
  for (const CarrierId home : endpoint.left_homes_) count(home);
}

void Core::DropEndpointIfUnused(Endpoint& endpoint) {
  if (endpoint.peers.empty()) {
    for (const CarrierId home : endpoint.left_homes_) by_home.erase(HomeKey(home, endpoint.port));
    endpoint.left_homes_.clear();
  }
  if (!endpoint.unused()) return;
  // Buried associations may still name the endpoint.
  for (const auto& association : graveyard_)
    if (&association->endpoint == &endpoint) return;
  for (const CarrierId home : endpoint.homes_) by_home.erase(HomeKey(home, endpoint.port));
  endpoints.erase(&endpoint);
}

}  // namespace mailport::sctp
