// The addresses of this host: which there are, asked again every second, and which one the kernel would send from to somewhere.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "../sctp/types.h"

namespace mailport::io {

class HostAddresses {
 public:
  // `network_namespace`: whose interfaces; empty: those of the process's own.
  explicit HostAddresses(std::string network_namespace) : network_namespace_(std::move(network_namespace)) {}
  HostAddresses(const HostAddresses&) = delete;
  HostAddresses& operator=(const HostAddresses&) = delete;

  // The addresses of interfaces that are up, in the kernel's order. `now` in microseconds.
  const std::vector<sctp::IpAddress>& All(sctp::TimeUs now);

 private:
  std::string network_namespace_;
  std::vector<sctp::IpAddress> addresses_;
  sctp::TimeUs asked_at_ = 0;
  bool asked_ = false;
};

static_assert(!std::is_copy_constructible_v<HostAddresses>);

// The source address of packets to `remote`, by the kernel's routes; "no address" if there is no route. Nothing is sent.
sctp::IpAddress SourceTo(const sctp::IpAddress& remote, const std::string& network_namespace);

}  // namespace mailport::io
