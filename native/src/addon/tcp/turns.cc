// The turns of the loop: Readiness tells which sockets are ready, they are read under credit, and what was delivered is handed over.
#include "stack.h"

namespace mailport::addon {

namespace {

// Wake-ups in a row that read the busy socket without a look at the others.
constexpr unsigned kBusyReads = 16;

}  // namespace

void TcpStack::OnReadiness() {
  loop_.NoteTraffic();
  round_++;
  const uint64_t read_before = read_bytes_;
  delivery_.BeginTurn();
  if (!ReadBusy()) CollectEvents();
  delivery_.EndTurn(*this);
  FlushDirty();
  round_++;
  GatherBulk(read_bytes_ - read_before);
}

void TcpStack::CollectEvents() {
  io::Readiness::Event events[io::Readiness::kEvents];
  const size_t count = readiness_.Collect(events);
  NoteBusy(count == 1 ? FindAny(events[0].id) : nullptr);
  for (size_t i = 0; i < count; i++) OnEvent(events[i]);
}

// A socket is busy that was the only one that was ready, twice in a row.
void TcpStack::NoteBusy(TcpSocket* only) {
  const bool is_quiet = only == nullptr || only->state != State::kConnected || only->closing != nullptr;
  busy_again_ = !is_quiet && only->id == busy_;
  busy_ = is_quiet ? 0 : only->id;
  busy_reads_ = 0;
  // A socket that is watched for writing too stays ready, so the loop would wake once more for each read.
  if (!busy_again_ || !only->watches_writing || only->is_blocked) return;
  only->watches_writing = false;
  if (readiness_.Watch(only->fd.get(), only->id, false, true) != 0) busy_again_ = false;
}

// The loop has most likely woken for the busy socket, so that is read without asking which socket is ready. What is left wakes the loop again at once.
bool TcpStack::ReadBusy() {
  if (!busy_again_ || busy_reads_ == kBusyReads) return false;
  TcpSocket* socket = Find(busy_);
  if (socket == nullptr || socket->at_end || socket->peer_ended || socket->is_ready || !socket->credit.IsLeft()) return false;
  const uint64_t before = read_bytes_;
  socket->readable = true;
  socket->told_in_round = round_;
  Read(*socket);
  busy_reads_++;
  if (read_bytes_ != before) return true;
  busy_again_ = false;
  return false;
}

void TcpStack::OnEvent(const io::Readiness::Event& event) {
  TcpSocket* socket = FindAny(event.id);
  if (socket == nullptr) return;
  switch (socket->state) {
    case State::kFresh:
      return;
    case State::kListening:
      if (event.readable && std::exchange(socket->wants_accept, false)) {
        delivery_.DeliverUrgent(socket->id, TcpRecord(TcpKind::kAcceptable));
      }
      return;
    case State::kConnecting:
      if (event.writable) FinishConnect(*socket);
      return;
    case State::kConnected:
      break;
  }
  if (event.readable && !socket->at_end) {
    socket->readable = true;
    socket->told_in_round = round_;
    socket->peer_ended = socket->peer_ended || event.ended;
    MarkReady(*socket);
  }
  if (event.writable && socket->is_blocked) {
    socket->is_blocked = false;
    Flush(*socket);
  }
}

// Runs before the loop waits, whatever JavaScript did in this iteration.
void TcpStack::OnPrepare() {
  if (!unwatched_.empty()) EndUnwatched();
  if (delivery_.HasWork() || !ready_.empty()) {
    delivery_.BeginTurn();
    delivery_.EndTurn(*this);
  }
  FlushDirty();
  round_++;
  loop_.SetAwake(delivery_.HasWork() || !ready_.empty());
}

void TcpStack::OnHandedOver(bool) { FlushDirty(); }

}  // namespace mailport::addon
