#include "scheduling_options.h"

#include <algorithm>
#include <cerrno>

#include "association.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

bool HasStream(const Association& association, uint32_t stream) { return stream < association.terms().capabilities.outbound_streams; }

// As on Linux only an association's streams have values, a weight is not 0, and a new scheduler begins with none. Unlike there, a scheduler that would ignore the
// value refuses it.
int SetStreamValue(Association* association, uint32_t stream, uint32_t value) {
  if (association == nullptr || !HasStream(*association, stream) || value > UINT16_MAX) return EINVAL;
  const StreamScheduler& scheduler = association->outbound().scheduler();
  if (!scheduler.HasValues() || (scheduler.scheduler() == Scheduler::kWeighted && value == 0)) return EINVAL;
  association->SetStreamValue(static_cast<uint16_t>(stream), static_cast<uint16_t>(value));
  return 0;
}

int GetStreamValue(const Association* association, uint16_t stream, std::vector<uint32_t>* values) {
  if (association == nullptr || !HasStream(*association, stream)) return EINVAL;
  const StreamScheduler& scheduler = association->outbound().scheduler();
  const uint32_t value = scheduler.HasValues() ? scheduler.Value(stream) : 0;
  *values = {stream, scheduler.scheduler() == Scheduler::kWeighted ? std::max(value, 1u) : value};
  return 0;
}

}  // namespace

bool IsSchedulingOption(Option option) {
  switch (option) {
    case Option::kFragmentInterleave:
    case Option::kInterleavingSupported:
    case Option::kStreamScheduler:
    case Option::kStreamSchedulerValue:
      return true;
    default:
      return false;
  }
}

// As on Linux, interleaving is offered by future associations, or not, whichever association is named, and level 0 takes the offer away. Linux wants the level
// to be set before. Here the offer says all: messages are delivered whole in any case.
int SetSchedulingOption(Socket& socket, Association* association, Option option, std::span<const uint32_t> values) {
  if (values.size() < (option == Option::kStreamSchedulerValue ? 2 : 1)) return EINVAL;
  switch (option) {
    case Option::kFragmentInterleave:
      socket.options.fragment_interleave = values[0] != 0;
      socket.options.interleaving &= socket.options.fragment_interleave;
      return 0;
    case Option::kInterleavingSupported:
      socket.options.interleaving = values[0] != 0;
      return 0;
    case Option::kStreamScheduler: {
      if (values[0] > static_cast<uint32_t>(Scheduler::kRoundRobinPerPacket)) return EINVAL;
      const auto scheduler = static_cast<Scheduler>(values[0]);
      if (association == nullptr) {
        socket.options.assoc.Edit().scheduler = scheduler;
      } else {
        association->Choose(scheduler);
      }
      return 0;
    }
    default:
      return SetStreamValue(association, values[0], values[1]);
  }
}

int GetSchedulingOption(const Socket& socket, const Association* association, Option option, uint16_t stream, std::vector<uint32_t>* values) {
  const SocketOptions& options = socket.options;
  switch (option) {
    case Option::kFragmentInterleave:
      *values = {options.fragment_interleave || options.interleaving ? 1u : 0u};
      return 0;
    case Option::kInterleavingSupported:
      *values = {(association != nullptr ? association->terms().capabilities.interleaving : options.interleaving) ? 1u : 0u};
      return 0;
    case Option::kStreamScheduler:
      *values = {static_cast<uint32_t>(association != nullptr ? association->outbound().scheduler().scheduler() : options.assoc->scheduler)};
      return 0;
    default:
      return GetStreamValue(association, stream, values);
  }
}

}  // namespace mailport::sctp
