// Associations of closed sockets that still have data to send: how many bytes they keep, and whose peer has taken nothing for longest.
#pragma once

#include <cstddef>
#include <list>

namespace mailport::sctp {

class Association;

class Leaving {
 public:
  using Place = std::list<Association*>::iterator;

  Place Add(Association& association) { return list_.insert(list_.end(), &association); }
  void Remove(Place place) { list_.erase(place); }
  // The peer has taken data.
  void Refresh(Place place) { list_.splice(list_.end(), list_, place); }
  void Change(size_t before, size_t now) { bytes_ += now - before; }

  size_t bytes() const { return bytes_; }
  // Null if there is none.
  Association* Stalest() const { return list_.empty() ? nullptr : list_.front(); }

 private:
  std::list<Association*> list_;
  size_t bytes_ = 0;
};

}  // namespace mailport::sctp
