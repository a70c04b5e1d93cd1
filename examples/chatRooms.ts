/**
 * The rooms of the chat example. Each room is an actor that passes on what its members say. The registry is an actor that knows the rooms by name: it starts a room
 * for its first member, and ends it after its last. So the number of rooms is at most that of sessions, and names that nobody uses cost nothing.
 */
import {
  type AnySelf,
  type Call,
  type Cast,
  exit,
  type GenServer,
  genServer,
  name,
  type Pid,
  type Ref,
  type Self,
  send,
  spawnHandler,
} from 'mailport';

/** To each member of a room: a line to show. */
export type Said = readonly [tag: 'said', line: string];

export type RoomMessage =
  | readonly [tag: 'join', member: Pid<Said>, nick: string]
  | readonly [tag: 'leave', member: Pid<Said>]
  | readonly [tag: 'say', member: Pid<Said>, text: string];

type Enter = readonly [tag: 'enter', room: string, member: Pid<Said>, nick: string];

/** `call(self, rooms, ['enter', ...])` takes the caller from the room where it is to another one, and answers with that room. */
export const rooms = name<Call<Enter, Pid<RoomMessage>> | Cast<never>>('rooms');

interface Room {
  readonly name: string;
  readonly pid: Pid<RoomMessage>;
  members: number;
}

interface State {
  readonly rooms: Map<string, Room>;
  /** Where each member is, and how we hear of its end. */
  readonly places: Map<Pid, { readonly room: Room; readonly ref: Ref }>;
}

const registry: GenServer<State, Enter, Pid<RoomMessage>> = {
  init: () => ['ok', { rooms: new Map(), places: new Map() }],
  handleCall: ([, roomName, member, nick], _from, state, self) => {
    leave(state, member, self);
    const room = state.rooms.get(roomName) ?? open(state, roomName, self);
    room.members += 1;
    state.places.set(member, { room, ref: self.monitor(member) });
    send(room.pid, ['join', member, nick]);
    return ['reply', room.pid, state];
  },
  handleInfo: (message, state, self) => {
    if (message[0] === 'DOWN') leave(state, message[3] as Pid<Said>, self);
    return ['noreply', state];
  },
};

function open({ rooms }: State, roomName: string, self: AnySelf): Room {
  // Linked: a room that fails ends the registry, and with it the other rooms and the sessions, which start anew together.
  const pid = spawnHandler<RoomMessage>({ init: runRoom }, { label: `room ${roomName}`, link: self });
  const room = { name: roomName, pid, members: 0 };
  rooms.set(roomName, room);
  return room;
}

function leave({ rooms, places }: State, member: Pid<Said>, self: Pick<Self, 'demonitor'>): void {
  const place = places.get(member);
  if (place === undefined) return;
  const { room, ref } = place;
  places.delete(member);
  self.demonitor(ref, { flush: true });
  send(room.pid, ['leave', member]);
  room.members -= 1;
  if (room.members > 0) return;
  rooms.delete(room.name);
  // Not a failure, so the link passes nothing on.
  exit(room.pid, 'normal');
}

/** A room: it sends, and never waits for a member. Whoever reads slowly has the lines in a mailbox of limited length, and holds nobody up. */
function runRoom(): (message: RoomMessage) => void {
  const nicks = new Map<Pid<Said>, string>();
  const tellAll = (line: string): void => {
    for (const member of nicks.keys()) send(member, ['said', line]);
  };
  return ([tag, member, text]) => {
    if (tag === 'join') {
      tellAll(`* ${text} has come\n`);
      nicks.set(member, text);
      send(member, ['said', `* here are: ${[...nicks.values()].join(', ')}\n`]);
    } else if (tag === 'say') {
      tellAll(`${nicks.get(member)}: ${text}\n`);
    } else {
      const nick = nicks.get(member);
      nicks.delete(member);
      tellAll(`* ${nick} has gone\n`);
    }
  };
}

/** Starts the registry under its name, as a child of a supervisor. */
export const startRooms = (parent: AnySelf): Promise<Pid> => genServer.startLink(parent, registry, { name: rooms });
