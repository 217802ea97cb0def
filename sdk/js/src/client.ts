import { Composer, formOf, type Uploadable } from './composer.js';
import { Connection, type ConnectionEvents, type State } from './connection.js';
import type { IMError } from './errors.js';
import { callOut } from './events.js';
import { serverOf, type Options } from './options.js';
import { Caller, part, query } from './rest.js';
import type { Say, Sending } from './sending.js';
import { Signer, sign } from './sign.js';
import {
  Target,
  type Attributes,
  type Callback,
  type FoundUser,
  type FriendDetail,
  type Friendship,
  type Group,
  type GroupChange,
  type GroupDetail,
  type HistoryRecord,
  type Login,
  type Message,
  type OwnMessage,
  type Passenger,
  type Room,
  type RoomChange,
  type StrangerDetail,
  type SystemMessage,
  type SystemRequest,
  type User,
} from './types.js';

/**
 * Client is one user in one page, and what `ML.im` returns. Calls take the arguments of maxleap-im 3.0.17, and answer its callbacks, with
 * `{}` where there is nothing to say; each returns a promise, too. Whatever it rejects with is an IMError.
 */
export class Client {
  private readonly connection: Connection;
  private readonly rest: Caller;

  constructor(
    private readonly options: Options,
    callback?: (login: Login) => void,
  ) {
    const own = sign(options.clientId ?? '');
    const signer = new Signer(options.signature ?? (() => own));
    const signature = (refused?: string): Promise<string> => signer.signature(refused);
    this.rest = new Caller(serverOf(options), options.appId, signature, options.timeout ?? 10_000);
    this.connection = new Connection(options, signature);
    if (callback) this.connection.on('login', callback);
  }

  // --- The session.

  /** Who is logged in; undefined before. */
  get userId(): string | undefined {
    return this.connection.id;
  }

  get state(): State {
    return this.connection.state;
  }

  /** on calls listener for an event, until what it returns is called. */
  on<E extends keyof ConnectionEvents>(event: E, listener: (...args: ConnectionEvents[E]) => void): () => void {
    return this.connection.on(event, listener);
  }

  onMessage(listener: (m: Message) => void): () => void {
    return this.on('message', listener);
  }

  online(listener: (userId: string) => void): () => void {
    return this.on('online', listener);
  }

  offline(listener: (userId: string) => void): () => void {
    return this.on('offline', listener);
  }

  sys(listener: (m: SystemMessage) => void): () => void {
    return this.on('sys', listener);
  }

  /** yourself listens to what other sessions of this user have said. */
  yourself(listener: (m: OwnMessage) => void): () => void {
    return this.on('yourself', listener);
  }

  /** pause leaves until resume; what is said meanwhile waits. Friends see the user go if this was its last session. */
  pause(): void {
    this.connection.pause();
  }

  resume(): void {
    this.connection.resume();
  }

  /** logout leaves for good, and what waits to be said fails. It is answered when the device, if one was named, gets no more pushes. */
  logout(callback?: Callback<object>): Promise<object> {
    this.connection.logout();
    const { installId, passenger } = this.options;
    const user = this.userId ?? this.options.userId;
    if (installId === undefined || user === undefined || passenger !== undefined) return this.answer(callback, Promise.resolve({}));
    return this.call(callback, 'DELETE', '/ctx' + part(user) + '/installs' + part(installId));
  }

  // --- Messages.

  toFriend(id: string): Composer {
    return this.to(id, Target.friend);
  }

  toGroup(id: string): Composer {
    return this.to(id, Target.group);
  }

  toRoom(id: string): Composer {
    return this.to(id, Target.room);
  }

  toPassenger(id: string): Composer {
    return this.to(id, Target.passenger);
  }

  toStranger(id: string): Composer {
    return this.to(id, Target.stranger);
  }

  private to(id: string, type: Target): Composer {
    return new Composer(
      {
        upload: (data: Uploadable) => this.attachment(data),
        say: (message: Say, sending: Sending) => this.connection.say(message, sending),
      },
      { id: String(id), type }, // old applications have ids that are numbers
    );
  }

  /** attachment uploads a file, and gives its address, and that of its thumbnail if it is a picture. */
  attachment(data: Uploadable, callback?: Callback<string[]>): Promise<string[]> {
    return this.call(callback, 'POST', '/attachment', formOf(data));
  }

  // --- Users.

  userInfo(user: string, callback?: Callback<User>): Promise<User> {
    return this.call(callback, 'GET', '/ctx' + part(user));
  }

  searchUsers(
    size?: number | null,
    skip?: number | null,
    sort?: string | null,
    filters?: Attributes | null,
    callback?: Callback<FoundUser[]>,
  ): Promise<FoundUser[]> {
    return this.search('/ctx', size, skip, sort, filters, callback);
  }

  listFriends(user: string, callback?: Callback<string[]>, withDetail?: false): Promise<string[]>;
  listFriends(user: string, callback: Callback<FriendDetail[]> | undefined, withDetail: true): Promise<FriendDetail[]>;
  listFriends(user: string, callback?: Callback<never>, withDetail?: boolean): Promise<unknown[]> {
    return this.list('/ctx' + part(user) + '/friends', withDetail, callback);
  }

  addFriend(user: string, friend: string, callback?: Callback<Friendship>): Promise<Friendship> {
    return this.call(callback, 'POST', '/ctx' + part(user) + '/friends' + part(friend));
  }

  rmFriend(user: string, friend: string, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'DELETE', '/ctx' + part(user) + '/friends' + part(friend));
  }

  getFriendshipInfo(user: string, friend: string, callback?: Callback<Friendship>): Promise<Friendship> {
    return this.call(callback, 'GET', '/ctx' + part(user) + '/friends' + part(friend));
  }

  /** getRecentChat gives up to size records before ts (ms), oldest first. */
  getRecentChat(user: string, friend: string, ts?: number | null, size?: number | null, callback?: Callback<HistoryRecord[]>): Promise<HistoryRecord[]> {
    return this.history('/ctx' + part(user) + '/friends' + part(friend), { ts, limit: size }, callback);
  }

  listStrangers(user: string, callback?: Callback<string[]>, withDetail?: false): Promise<string[]>;
  listStrangers(user: string, callback: Callback<StrangerDetail[]> | undefined, withDetail: true): Promise<StrangerDetail[]>;
  listStrangers(user: string, callback?: Callback<never>, withDetail?: boolean): Promise<unknown[]> {
    return this.list('/ctx' + part(user) + '/strangers', withDetail, callback);
  }

  getStrangerChat(user: string, stranger: string, ts?: number | null, size?: number | null, callback?: Callback<HistoryRecord[]>): Promise<HistoryRecord[]> {
    return this.history('/ctx' + part(user) + '/strangers' + part(stranger), { ts, limit: size }, callback);
  }

  // --- Groups.

  listGroups(user: string, callback?: Callback<string[]>, withDetail?: false): Promise<string[]>;
  listGroups(user: string, callback: Callback<GroupDetail[]> | undefined, withDetail: true): Promise<GroupDetail[]>;
  listGroups(user: string, callback?: Callback<never>, withDetail?: boolean): Promise<unknown[]> {
    return this.list('/ctx' + part(user) + '/groups', withDetail, callback);
  }

  addGroup(data: GroupChange & { owner: string }, callback?: Callback<string>): Promise<string> {
    return this.call(callback, 'POST', '/groups', data);
  }

  getGroup(id: string, callback?: Callback<Group>): Promise<Group> {
    return this.call(callback, 'GET', '/groups' + part(id));
  }

  updateGroup(id: string, data: GroupChange, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'PUT', '/groups' + part(id), data);
  }

  rmGroup(id: string, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'DELETE', '/groups' + part(id));
  }

  addGroupMembers(id: string, data: { members: string[] }, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'POST', '/groups' + part(id) + '/members', data);
  }

  rmGroupMembers(id: string, data: { members: string[] }, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'DELETE', '/groups' + part(id) + '/members', data);
  }

  getGroupChat(id: string, ts?: number | null, size?: number | null, callback?: Callback<HistoryRecord[]>): Promise<HistoryRecord[]> {
    return this.history('/groups' + part(id), { ts, limit: size }, callback);
  }

  searchGroups(size?: number | null, skip?: number | null, sort?: string | null, filters?: Attributes | null, callback?: Callback<Group[]>): Promise<Group[]> {
    return this.search('/groups', size, skip, sort, filters, callback);
  }

  // --- Rooms.

  listRooms(user: string, callback?: Callback<string[]>, withDetail?: false): Promise<string[]>;
  listRooms(user: string, callback: Callback<Room[]> | undefined, withDetail: true): Promise<Room[]>;
  listRooms(user: string, callback?: Callback<never>, withDetail?: boolean): Promise<unknown[]> {
    return this.list('/ctx' + part(user) + '/rooms', withDetail, callback);
  }

  addRoom(data: RoomChange, callback?: Callback<string>): Promise<string> {
    return this.call(callback, 'POST', '/rooms', data);
  }

  getRoom(id: string, callback?: Callback<Room>): Promise<Room> {
    return this.call(callback, 'GET', '/rooms' + part(id));
  }

  updateRoom(id: string, data: RoomChange, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'PUT', '/rooms' + part(id), data);
  }

  rmRoom(id: string, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'DELETE', '/rooms' + part(id));
  }

  addRoomMembers(id: string, data: { members: string[] }, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'POST', '/rooms' + part(id) + '/members', data);
  }

  rmRoomMembers(id: string, data: { members: string[] }, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'DELETE', '/rooms' + part(id) + '/members', data);
  }

  searchRooms(size?: number | null, skip?: number | null, sort?: string | null, filters?: Attributes | null, callback?: Callback<Room[]>): Promise<Room[]> {
    return this.search('/rooms', size, skip, sort, filters, callback);
  }

  // --- Attributes: set merges, cover replaces all, rm takes all away.

  getUserAttributes(id: string, callback?: Callback<Attributes>): Promise<Attributes> {
    return this.call(callback, 'GET', '/ctx' + part(id) + '/attributes');
  }

  getUserOneAttribute(id: string, name: string, callback?: Callback<unknown>): Promise<unknown> {
    return this.call(callback, 'GET', '/ctx' + part(id) + '/attributes' + part(name));
  }

  setUserAttributes(id: string, data: Attributes, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'POST', '/ctx' + part(id) + '/attributes', data);
  }

  coverSetUserAttributes(id: string, data: Attributes, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'PUT', '/ctx' + part(id) + '/attributes', data);
  }

  rmUserAttributes(id: string, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'DELETE', '/ctx' + part(id) + '/attributes');
  }

  getGroupAttributes(id: string, callback?: Callback<Attributes>): Promise<Attributes> {
    return this.call(callback, 'GET', '/groups' + part(id) + '/attributes');
  }

  getGroupOneAttribute(id: string, name: string, callback?: Callback<unknown>): Promise<unknown> {
    return this.call(callback, 'GET', '/groups' + part(id) + '/attributes' + part(name));
  }

  setGroupAttributes(id: string, data: Attributes, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'POST', '/groups' + part(id) + '/attributes', data);
  }

  coverSetGroupAttributes(id: string, data: Attributes, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'PUT', '/groups' + part(id) + '/attributes', data);
  }

  rmGroupAttributes(id: string, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'DELETE', '/groups' + part(id) + '/attributes');
  }

  getRoomAttributes(id: string, callback?: Callback<Attributes>): Promise<Attributes> {
    return this.call(callback, 'GET', '/rooms' + part(id) + '/attributes');
  }

  getRoomOneAttribute(id: string, name: string, callback?: Callback<unknown>): Promise<unknown> {
    return this.call(callback, 'GET', '/rooms' + part(id) + '/attributes' + part(name));
  }

  setRoomAttributes(id: string, data: Attributes, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'POST', '/rooms' + part(id) + '/attributes', data);
  }

  coverSetRoomAttributes(id: string, data: Attributes, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'PUT', '/rooms' + part(id) + '/attributes', data);
  }

  rmRoomAttributes(id: string, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'DELETE', '/rooms' + part(id) + '/attributes');
  }

  // --- Passengers.

  addOrModifyPassenger(data: Passenger, callback?: Callback<string>): Promise<string> {
    return this.call(callback, 'POST', '/passengers', data);
  }

  getPassenger(id: string, callback?: Callback<Attributes>): Promise<Attributes> {
    return this.call(callback, 'GET', '/passengers' + part(id));
  }

  getPassengerRecentChat(
    id: string,
    user: string,
    ts?: number | null,
    size?: number | null,
    callback?: Callback<HistoryRecord[]>,
  ): Promise<HistoryRecord[]> {
    return this.call(callback, 'GET', '/passengers' + part(id) + '/chats' + part(user) + query({ ts, limit: size }));
  }

  // --- System messages.

  sysToAll(data: SystemRequest, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'POST', '/system', data);
  }

  sysToUser(id: string, data: SystemRequest, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'POST', '/system' + part(id), data);
  }

  sysToGroup(id: string, data: SystemRequest, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'POST', '/system' + part(id) + '?group', data);
  }

  sysToRoom(id: string, data: SystemRequest, callback?: Callback<object>): Promise<object> {
    return this.call(callback, 'POST', '/system' + part(id) + '?room', data);
  }

  // --- How calls are made.

  private list<T>(path: string, withDetail: boolean | undefined, callback: Callback<T> | undefined): Promise<T> {
    return this.call(callback, 'GET', path + (withDetail ? '?detail' : ''));
  }

  private history(path: string, bounds: Record<string, unknown>, callback?: Callback<HistoryRecord[]>): Promise<HistoryRecord[]> {
    return this.call(callback, 'GET', path + '/chats' + query(bounds));
  }

  private search<T>(
    path: string,
    size: number | null | undefined,
    skip: number | null | undefined,
    sort: string | null | undefined,
    filters: Attributes | null | undefined,
    callback: Callback<T> | undefined,
  ): Promise<T> {
    return this.call(callback, 'GET', path + query({ _skip: skip ?? 0, _limit: size, _sort: sort, ...filters }));
  }

  private call<T>(callback: Callback<T> | undefined, method: string, path: string, body?: unknown): Promise<T> {
    return this.answer(callback, this.rest.call<T>(method, path, body));
  }

  /** answer lets a callback have the answer too. Who gave one need not look at the promise. */
  private answer<T>(callback: Callback<T> | undefined, answer: Promise<T>): Promise<T> {
    if (callback) {
      answer.then(
        (result) => callOut(() => callback(null, result)),
        (err: IMError) => callOut(() => callback(err)),
      );
    }
    return answer;
  }
}
