// The system calls of stream sockets, TCP's and local ones: none of them blocks, EINTR is retried, and no peer can make one raise SIGPIPE. 0 or a positive errno,
// unless said otherwise.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include "socket_name.h"
#include "unique_fd.h"

namespace mailport::io {

enum class StreamState { kFresh, kListening, kConnected };

// What the descriptor has come to, before somebody adopts it. EINVAL: it is no socket of TCP, nor a local stream.
int InspectStream(int fd, StreamState* state);

// EINPROGRESS: the outcome shows when the socket becomes writable, by TakeSocketError. EAGAIN: a local listener is full, and is to be asked again.
int ConnectStream(int fd, const SocketName& name);
// Whether a connect that was in progress has its outcome.
bool IsConnectOver(int fd);
// Those that have gone before they were accepted are passed over. EAGAIN: nobody is there.
int AcceptStream(int listener, UniqueFd* out);
// How many bytes; 0 is the peer's end; or a negative errno.
ssize_t ReceiveStream(int fd, const iovec* rooms, size_t count);
// `more`: what fills no segment may wait for more to come, until the direction is shut down.
ssize_t SendStream(int fd, const iovec* parts, size_t count, bool more = false);

// Readiness tells of a connection only when so many bytes have come, or no more will. False: the system cannot do that, the connection has too little memory for it, or
// it has a mark already.
bool RaiseReceiveMark(int fd, int bytes);
void ResetReceiveMark(int fd);

// Something has come that was not received.
bool HasUnread(int fd);
// ReceiveStream would give something at once: bytes, the end, or an error.
bool IsReceivable(int fd);

// Closing resets the connection: what the kernel still has to send is dropped.
void ResetOnClose(int fd);

}  // namespace mailport::io
