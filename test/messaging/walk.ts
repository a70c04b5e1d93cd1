/** Traces that take every step of a model's graph at least once: one walk from the initial state, which goes to the nearest step not taken yet, again and again. */
import { Coding } from './explore.js';
import { type Bounds, corrected, init, kinds, type State, type Step, steps } from './model.js';

interface Edge {
  readonly step: Step;
  readonly to: number;
  isTaken: boolean;
}

/** A step of the walk, the state after it, and whether the walk takes it for the first time: a trace that ends here ends as none before. */
export interface Walked {
  readonly step: Step;
  readonly state: State;
  readonly isNew: boolean;
}

export function walk(bounds: Bounds): Walked[] {
  const coding = new Coding(bounds);
  const graph = graphOf(bounds, coding);
  const walked: Walked[] = [];
  let at = coding.encode(init(bounds));
  for (let way = wayToNew(graph, at); way !== undefined; way = wayToNew(graph, at)) {
    for (const edge of way) {
      walked.push({ step: edge.step, state: coding.decode(edge.to), isNew: !edge.isTaken });
      edge.isTaken = true;
      at = edge.to;
    }
  }
  return walked;
}

/** The steps of each state that can be reached. */
function graphOf(bounds: Bounds, coding: Coding): Map<number, Edge[]> {
  const graph = new Map<number, Edge[]>();
  const waiting = [coding.encode(init(bounds))];
  for (let code = waiting.pop(); code !== undefined; code = waiting.pop()) {
    if (graph.has(code)) continue;
    const edges: Edge[] = [];
    steps(coding.decode(code), bounds, corrected, (step, { state }) => {
      const to = coding.encode(state);
      edges.push({ step, to, isTaken: false });
      waiting.push(to);
    });
    // Steps that end much are taken last, so that the walk has less to build anew.
    edges.sort((one, other) => kinds.indexOf(other.step.kind) - kinds.indexOf(one.step.kind));
    graph.set(code, edges);
  }
  return graph;
}

/** The shortest way from a state whose last step has not been taken; undefined if all have been. */
function wayToNew(graph: ReadonlyMap<number, readonly Edge[]>, from: number): Edge[] | undefined {
  const cameBy = new Map<number, { readonly from: number; readonly edge: Edge } | undefined>([[from, undefined]]);
  const waiting = [from];
  for (let next = 0; next < waiting.length; next += 1) {
    const at = waiting[next]!;
    for (const edge of graph.get(at)!) {
      if (!edge.isTaken) {
        const way = [edge];
        for (let back = cameBy.get(at); back !== undefined; back = cameBy.get(back.from)) way.unshift(back.edge);
        return way;
      }
      if (!cameBy.has(edge.to)) {
        cameBy.set(edge.to, { from: at, edge });
        waiting.push(edge.to);
      }
    }
  }
  return undefined;
}
