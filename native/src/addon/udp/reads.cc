// Reading under credit: the kernel writes datagrams into the slab of the open batch, and each becomes a record there. What an exact credit, or a full batch,
// leaves over of datagrams that the kernel has joined waits at the socket.
#include <algorithm>
#include <cerrno>

#include "stack.h"

namespace mailport::addon {

namespace {

// Datagrams that one Drain reads; the caller comes again.
constexpr unsigned kDatagramsPerDrain = 1024;

static_assert(io::kMaxPathBytes + 1 <= io::DatagramReader::kMaxHeadroom);

// Words of the sender, and what is told of the datagram beside its bytes; not those that say where the payload is.
void WriteWords(const io::SocketName& from, const io::Ancillary& ancillary, bool truncated, size_t path_bytes, uint32_t* words) {
  words[RecordWord::kFamily] = static_cast<uint32_t>(io::FamilyOf(from));
  words[RecordWord::kPort] = io::PortOf(from);
  io::WriteWords(from, words + RecordWord::kAddress, words + RecordWord::kScopeId);
  words[UdpWord::kFlags] = ancillary.flags | (truncated ? static_cast<uint32_t>(io::DatagramFlag::kTruncated) : 0);
  words[UdpWord::kPathLength] = static_cast<uint32_t>(path_bytes);
  if (ancillary.flags == 0) return;
  words[UdpWord::kTos] = ancillary.tos;
  words[UdpWord::kTtl] = ancillary.ttl;
  words[UdpWord::kTclass] = ancillary.tclass;
  words[UdpWord::kIfIndex] = ancillary.interface;
  std::copy(ancillary.destination.begin(), ancillary.destination.end(), words + UdpWord::kDestination);
}

void CopyWords(const RecordBatch::Words& from, uint32_t* to) {
  std::copy(from.begin() + RecordWord::kFamily, from.begin() + RecordWord::kOffset, to + RecordWord::kFamily);
  std::copy(from.begin() + UdpWord::kFlags, from.end(), to + UdpWord::kFlags);
}

constexpr uint32_t kDataKind = static_cast<uint32_t>(UdpKind::kData);

}  // namespace

void UdpStack::Read(UdpSocket& socket, unsigned budget) {
  while (budget > 0 && socket.MayRead() && !delivery_.WantsHandover()) {
    RecordBatch* batch = delivery_.BatchFor(socket.id);
    if (batch == nullptr) break;
    io::DatagramReader::Request request;
    request.fd = socket.fd();
    request.buffer_bytes = socket.has_gro() ? io::DatagramReader::kMaxOfSeveral : socket.buffer_bytes;
    request.slot_bytes = std::min(socket.slot_size.bytes(), request.buffer_bytes);
    request.headroom = socket.family == io::InetFamily::kLocal ? io::DatagramReader::kMaxHeadroom : 0;
    request.slots = batch->free_memory().data();
    request.count = MayAsk(socket, *batch, budget, request.headroom + request.slot_bytes);
    request.with_ancillary = socket.has_ancillary();
    if (request.count == 0) break;
    read_calls_++;
    const int error = reader_.Receive(request);
    if (error == EAGAIN || error == EWOULDBLOCK) break;
    if (error != 0) {
      TakeError(socket, *batch, error);
      break;
    }
    const unsigned taken = TakeReceived(socket, *batch, request);
    budget -= std::min(taken, budget);
    // After a single one, the poll tells more cheaply than another call whether there are more.
    if (reader_.count() < request.count || request.count == 1) break;
  }
  LookAtPoll(socket);
}

unsigned UdpStack::MayAsk(const UdpSocket& socket, const RecordBatch& batch, unsigned budget, size_t slot_bytes) const {
  // Where the kernel joins datagrams, each that is read may be many. What the credit leaves over of them has to be held.
  const unsigned may_deliver = std::max(std::min(budget, socket.credit.items) / socket.joined, 1u);
  unsigned most = std::min(may_deliver, socket.read_ahead.count());
  if (socket.credit.bytes != sctp::kUnlimitedCredit) most = std::min<size_t>(most, socket.credit.bytes / slot_bytes + 1);
  // The slab always has room for one more when the batch does not want to be handed over.
  return std::min<size_t>(most, batch.bytes_before_handover() / slot_bytes + 1);
}

unsigned UdpStack::TakeReceived(UdpSocket& socket, RecordBatch& batch, const io::DatagramReader::Request& request) {
  const unsigned count = reader_.count();
  // Before records are written: payloads that are copied go behind the slots.
  batch.UseMemory(count * (request.headroom + request.slot_bytes));
  unsigned taken = 0;
  unsigned joined = 1;
  size_t longest = 0;
  for (unsigned i = 0; i < count; i++) {
    longest = std::max(longest, reader_.length(i));
    // Others may have sent before the socket was connected (UC-3).
    if (socket.peer && !io::SameName(reader_.from(i), *socket.peer)) continue;
    const unsigned pieces = TakeDatagram(socket, batch, i);
    taken += pieces;
    joined = std::max(joined, pieces);
  }
  socket.joined = joined;
  socket.read_ahead.Note(request.count, count);
  socket.slot_size.Note(longest);
  return taken;
}

unsigned UdpStack::TakeDatagram(UdpSocket& socket, RecordBatch& batch, unsigned index) {
  const io::SocketName& from = reader_.from(index);
  io::Ancillary ancillary;
  size_t segment_bytes = 0;
  if (socket.has_ancillary()) reader_.ReadAncillary(index, &ancillary, &segment_bytes);
  uint8_t* bytes = reader_.bytes(index);
  size_t length = reader_.length(index);
  Datagram datagram{from, ancillary, {bytes, length}, 0, reader_.in_slot(index), reader_.truncated(index)};
  if (segment_bytes != 0 && segment_bytes < length) return TakeJoined(socket, batch, datagram, segment_bytes);
  if (socket.family == io::InetFamily::kLocal) {
    const std::string_view path = io::PathOf(from);
    datagram.path_bytes = path.size();
    datagram.payload = {bytes - path.size(), path.size() + length};
    std::copy(path.begin(), path.end(), bytes - path.size());
  } else if (length > socket.buffer_bytes) {
    // Where the kernel may join datagrams it is given more room.
    datagram.payload = datagram.payload.first(socket.buffer_bytes);
    datagram.truncated = true;
  }
  Take(socket, batch, datagram);
  return 1;
}

// Each of those that the kernel has joined is cut by itself.
unsigned UdpStack::TakeJoined(UdpSocket& socket, RecordBatch& batch, const Datagram& whole, size_t segment_bytes) {
  unsigned pieces = 0;
  for (sctp::Bytes rest = whole.payload; !rest.empty(); pieces++) {
    const sctp::Bytes piece = rest.first(std::min(segment_bytes, rest.size()));
    rest = rest.subspan(piece.size());
    const bool cut = piece.size() > socket.buffer_bytes;
    Take(socket, batch, {whole.from, whole.ancillary, cut ? piece.first(socket.buffer_bytes) : piece, 0, whole.in_slab, cut});
  }
  return pieces;
}

// Delivers a datagram, or holds it.
void UdpStack::Take(UdpSocket& socket, RecordBatch& batch, const Datagram& datagram) {
  const size_t data_bytes = datagram.payload.size() - datagram.path_bytes;
  uint32_t* words = nullptr;
  if (datagram.truncated) truncated_++;
  if (socket.MayRead()) {
    words = datagram.in_slab ? batch.AddInPlace(socket.id, kDataKind, datagram.payload) : batch.Add(socket.id, kDataKind, datagram.payload);
  }
  if (words != nullptr) {
    socket.credit.Spend(data_bytes);
  } else {
    if (socket.credit.IsLeft()) delivery_.WantDrain(socket.id, &socket.drain_mark);
    socket.held_bytes += datagram.payload.size();
    socket.held.push_back({datagram.from, {}, {datagram.payload.begin(), datagram.payload.end()}, data_bytes});
    words = socket.held.back().words.data();
  }
  WriteWords(datagram.from, datagram.ancillary, datagram.truncated, datagram.path_bytes, words);
}

void UdpStack::TakeError(UdpSocket& socket, RecordBatch& batch, int error) {
  socket.NoteSent(0, true);
  uint32_t* words = batch.AddInPlace(socket.id, static_cast<uint32_t>(UdpKind::kError), batch.free_memory().first(0));
  if (words == nullptr) return;
  words[RecordWord::kFamily] = 0;
  words[UdpWord::kFlags] = 0;
  words[UdpWord::kError] = static_cast<uint32_t>(error);
}

void UdpStack::DeliverHeld(sctp::SocketId id) {
  UdpSocket* socket = Find(id);
  if (socket == nullptr) return;
  RecordBatch* batch = delivery_.BatchFor(id);
  while (!socket->held.empty() && socket->credit.IsLeft()) {
    const UdpSocket::Held& held = socket->held.front();
    uint32_t* to = batch == nullptr ? nullptr : batch->Add(id, kDataKind, held.payload);
    if (to == nullptr) {
      delivery_.WantDrain(id, &socket->drain_mark);
      return;
    }
    CopyWords(held.words, to);
    socket->credit.Spend(held.data_bytes);
    socket->held_bytes -= held.payload.size();
    socket->held.pop_front();
  }
  LookAtPoll(*socket);
}

void UdpStack::ReadMore(sctp::SocketId id) {
  if (UdpSocket* socket = Find(id); socket != nullptr) Read(*socket, kDatagramsPerDrain);
}

}  // namespace mailport::addon
