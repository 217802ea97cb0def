// The shapes of docs/protocol.md, sections 5, 6 and 13.

import type { IMError } from './errors.js';

/** Targets of messages (`to.type`), and where one comes from (`from.type`). */
export const Target = { friend: 0, group: 1, room: 2, passenger: 3, stranger: 4 } as const;
export type Target = (typeof Target)[keyof typeof Target];

/** What a body is. */
export const Media = { text: 0, image: 1, audio: 2, video: 3 } as const;
export type Media = (typeof Media)[keyof typeof Media];

/** Values of attributes keep their types. */
export type Attributes = Record<string, unknown>;

export interface Content {
  media: Media;
  /** Text, or for media what `attachment` answered: the address of the file, and of its thumbnail if it has one. */
  body: unknown;
}

export interface Message {
  from: { id: string; type: Target; /** Group or room. */ gid?: string };
  to: { id: string; type: Target };
  content: Content;
  /** Milliseconds since 1970, by the server. */
  ts: number;
  /** Number in its conversation, of what is stored. */
  n?: number;
  /** Its sender's, if it gave one. */
  id?: string;
  remark?: string;
}

/** What another session of the same user has said. */
export type OwnMessage = Omit<Message, 'from'>;

export interface SystemMessage {
  content: Content;
  ts: number;
  to?: { id: string; type: Target };
  remark?: string;
}

/** A message in history. */
export interface HistoryRecord {
  speaker: string;
  content: Content;
  ts: number;
  n?: number;
  id?: string;
  remark?: string;
}

export interface User {
  id: string;
  sessions: number;
  installs: string[];
  friends: string[];
  groups: string[];
  rooms: string[];
  attributes: Attributes;
  ts: number;
}

export interface FriendDetail {
  id: string;
  online: boolean;
  recent?: HistoryRecord;
}

export interface StrangerDetail extends FriendDetail {
  ts: number;
}

export interface Friendship {
  id: string;
  from: string;
  to: string;
  ts: number;
  ns?: string;
  online?: boolean;
}

export interface Room {
  id: string;
  name?: string;
  members: string[];
  attributes: Attributes;
  ts: number;
}

export interface Group extends Room {
  owner: string;
}

export interface GroupDetail extends Group {
  recent?: HistoryRecord;
}

export interface FoundUser {
  id: string;
  online: boolean;
  ts: number;
  attributes: Attributes;
}

export interface Passenger extends Attributes {
  id?: string;
}

export interface RoomChange {
  name?: string;
  members?: string[];
  attributes?: Attributes;
}

export interface GroupChange extends RoomChange {
  owner?: string;
}

export interface SystemRequest {
  content: Content;
  remark?: string;
  push?: Record<string, unknown>;
}

/** What an accepted login answers, or a refused one. */
export interface Login {
  success: boolean;
  id?: string;
  /** A code of docs/protocol.md, section 4, or Local.unsigned. */
  error?: number;
}

/** What became of a message. */
export interface Sent {
  /** The message's id, under which it may be sent again. */
  id: string;
  /** The server's time. */
  ts: number;
  /** Its number in the conversation, if that is stored. */
  n?: number;
  /** Whether it was stored before, by an earlier attempt. */
  duplicate?: boolean;
}

/** Both ways to be answered: the callback of the old SDK, and a promise where there is none. */
export type Callback<T> = (err: IMError | null, result?: T) => void;
