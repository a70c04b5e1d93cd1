/** All scripts, by subject. */
import type { Script } from '../script.js';
import { closing, endings, errorStrings } from './closing.js';
import { connecting } from './connecting.js';
import { handoff, ownership } from './controllingProcess.js';
import { events } from './events.js';
import { arithmetic, delivery } from './flowControl.js';
import { adaptation, losses, paths, setUps } from './links.js';
import { listening } from './listening.js';
import { opening, options } from './options.js';
import { peelingOff } from './peelingOff.js';
import { recv } from './recv.js';
import { sending } from './sending.js';

export const subjects: Readonly<Record<string, readonly Script[]>> = {
  'counts and modes': arithmetic,
  'what is delivered': delivery,
  recv,
  handoff,
  ownership,
  closing,
  'the end of an association': endings,
  'error strings': errorStrings,
  sending,
  events,
  listen: listening,
  connect: connecting,
  peeloff: peelingOff,
  options,
  'opening and names': opening,
};

/** Scripts whose ends are on hosts of their own, joined by links that are cut. */
export const betweenHosts: readonly Script[] = [...losses, ...setUps, ...adaptation, ...paths];
