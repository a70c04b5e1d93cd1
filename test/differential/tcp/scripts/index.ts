/** All scripts, by subject. */
import type { Script } from '../script.js';
import { connects, options } from './connecting.js';
import { counts, endings, owners } from './endings.js';
import { halfClose } from './halfClose.js';
import { handoff } from './handoff.js';
import { accepts, listens } from './listening.js';
import { framing, lines, switches } from './packets.js';
import { receiving } from './receiving.js';
import { sending } from './sending.js';
import { traces } from './traces.js';

export const subjects: Readonly<Record<string, readonly Script[]>> = {
  'reference traces': traces,
  'packets and their headers': framing,
  lines,
  'modes that change': switches,
  'recv and unrecv': receiving,
  send: sending,
  'half close': halfClose,
  'the end of a connection': endings,
  'the end of an owner': owners,
  'counts and modes': counts,
  handoff,
  listen: listens,
  accept: accepts,
  connect: connects,
  options,
};
