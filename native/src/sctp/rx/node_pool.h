// Nodes of maps of one kind that are not needed any more, for the next ones. So what comes and goes all the time costs no allocation.
#pragma once

#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace mailport::sctp {

template <typename Map>
class NodePool {
 public:
  using Key = typename Map::key_type;

  // A new element of the map. `hint`: the place behind it.
  typename Map::iterator Add(Map& map, typename Map::const_iterator hint, Key key) {
    if (free_.empty()) return map.try_emplace(hint, key);
    Node node = std::move(free_.back());
    free_.pop_back();
    node.key() = key;
    return map.insert(hint, std::move(node));
  }
  typename Map::iterator Erase(Map& map, typename Map::iterator at) {
    if (free_.size() == kMost) return map.erase(at);
    const auto next = std::next(at);
    free_.push_back(map.extract(at));
    free_.back().mapped() = {};
    return next;
  }

  static constexpr size_t kMost = 64;

 private:
  using Node = typename Map::node_type;

  std::vector<Node> free_;
};

}  // namespace mailport::sctp
