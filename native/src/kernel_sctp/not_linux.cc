// Systems whose kernel has no SCTP, or none that this folder knows: every call fails, and JavaScript sees ENOTSUP.
#if !defined(__linux__)

#include <cerrno>

#include "assembly.h"
#include "socket.h"

namespace mailport::kernel_sctp {

int Socket::Probe() { return ENOTSUP; }
int Socket::Open(const SocketParams&, std::unique_ptr<Socket>*) { return ENOTSUP; }
Socket::~Socket() = default;
int Socket::Listen(uint32_t) { return ENOTSUP; }
int Socket::Accept(std::unique_ptr<Socket>*) { return ENOTSUP; }
int Socket::Bindx(std::span<const sctp::IpAddress>, bool) { return ENOTSUP; }
int Socket::ResetStreams(sctp::AssocId, uint32_t, std::span<const uint32_t>) { return ENOTSUP; }
int Socket::ResetAssociation(sctp::AssocId) { return ENOTSUP; }
int Socket::AddStreams(sctp::AssocId, uint16_t, uint16_t) { return ENOTSUP; }
int Socket::Connect(std::span<const sctp::IpAddress>, uint16_t, sctp::AssocId*) { return ENOTSUP; }
int Socket::PeelOff(sctp::AssocId, int, std::unique_ptr<Socket>*) { return ENOTSUP; }
void Socket::AbortOnClose() {}
void Socket::LeavePort() {}
void Socket::AbortAndClose() {}
void Socket::ClearError() {}
bool Socket::IsWritable() const { return false; }
int Socket::SetOption(sctp::Option, const sctp::OptionKey&, std::span<const uint32_t>) { return ENOTSUP; }
int Socket::GetOption(sctp::Option, const sctp::OptionKey&, std::vector<uint32_t>*) const { return ENOTSUP; }
int Socket::SockName(std::vector<sctp::IpAddress>*, uint16_t*) const { return ENOTSUP; }
int Socket::LocalNames(sctp::AssocId, std::vector<sctp::IpAddress>*) const { return ENOTSUP; }
int Socket::PeerNames(sctp::AssocId, std::vector<sctp::PeerName>*) const { return ENOTSUP; }
sctp::AssocId Socket::FindAssociation(const sctp::IpAddress&, uint16_t) const { return 0; }
bool Socket::HasAssociation(sctp::AssocId) const { return false; }
void Socket::QueuedBytes(size_t* in, size_t* out) const { *in = *out = 0; }
bool Socket::IsShared() const { return false; }
size_t Socket::BufferBytes() const { return 0; }
size_t Socket::QueuedBytes() const { return 0; }
bool Socket::IsDry(sctp::AssocId) const { return true; }
int Socket::Send(const sctp::SendParams&, sctp::Bytes) { return ENOTSUP; }
sctp::SendsTaken Socket::SendMany(std::span<const sctp::SendRequest>) { return {0, ENOTSUP, 0}; }

Assembly::Outcome Assembly::Take(const Part&, sctp::Item*) { return Outcome::kEnd; }
bool Assembly::Drop(sctp::AssocId) { return false; }
void Assembly::Move(sctp::AssocId, Assembly*) {}

}  // namespace mailport::kernel_sctp

#endif
