import { Events } from '../../sdk/js/src/events.js';
import type { Client, Content, HistoryRecord, Message, OwnMessage, Sending, SystemMessage } from '../../sdk/js/src/index.js';
import { Media } from '../../sdk/js/src/types.js';
import type { Seen } from './seen.js';

/** What a conversation is with. A stranger is somebody who has written without being a friend. */
export type Kind = 'friend' | 'stranger' | 'group' | 'room';

/** A message as it is shown. */
export interface Entry {
  /** Unique in its conversation. */
  key: string;
  who: string;
  content: Content;
  ts: number;
  /** Number in its conversation, of what is stored. */
  n?: number;
  /** Its sender's id of it, if there is one. */
  id?: string;
  /** Of what this page says. */
  sending?: Sending;
  /** Of what this page says: what is to be sent, and why it was not. */
  own?: string | File;
  error?: unknown;
}

export interface Conversation {
  key: string;
  kind: Kind;
  id: string;
  title: string;
  /** By n; behind those what has none. */
  entries: Entry[];
  unread: number;
  /** Of a friend. */
  online: boolean;
  /** Of a group or room. */
  members: string[];
  owner?: string;
  /** What the user has begun to write. */
  draft: string;
  /** What was said last, and its number. */
  recent?: { who: string; content: Content };
  last: number;
  /** When something was said last. */
  touched: number;
  /** Whether the beginning is among the entries, or history is being read. */
  isWhole: boolean;
  isLoading: boolean;
  /** Whether the newest of history is among the entries. */
  isKnown: boolean;
}

export type ModelEvents = {
  /** Conversations are others, or look otherwise. */
  list: [];
  /** Entries of a conversation have come or changed. */
  entries: [Conversation];
  /** Somebody else has said something just now. */
  heard: [Conversation, Entry];
  /** The app itself has. */
  notice: [string];
  /** What is new in a conversation cannot be read. */
  trouble: [Conversation, unknown];
};

/** How many messages a page of history has. */
const page = 50;

/** Where there are more entries in a conversation that nobody looks at, the earliest are forgotten: they can be read again. */
const maxIdle = 500;

/** How much of a title is shown, in characters. */
const maxTitle = 200;

/** Model is what one user sees: conversations and who is there. The network is asked by it alone. */
export class Model extends Events<ModelEvents> {
  readonly conversations = new Map<string, Conversation>();
  opened?: Conversation;
  private drawn = 0;
  private refreshing?: Promise<void>;
  /** What was heard in, and who has come or gone, since lists were asked for. */
  private readonly news = new Set<Conversation>();
  private readonly presences = new Map<string, boolean>();

  constructor(
    readonly client: Client,
    readonly me: string,
    private readonly seen: Seen,
  ) {
    super();
    client.onMessage((m) => this.heard(m));
    client.yourself((m) => this.saidElsewhere(m));
    client.online((id) => this.presence(id, true));
    client.offline((id) => this.presence(id, false));
    client.sys((m) => this.told(m));
    client.on('state', () => this.emit('list')); // nobody's presence is known without a connection
  }

  /** isThere says whether a friend is online, as far as that is known. */
  isThere(c: Conversation): boolean | undefined {
    return this.client.state === 'online' ? c.online : undefined;
  }

  /** refresh reads who and what there is, and what was missed in what is open. */
  refresh(): Promise<void> {
    return (this.refreshing ??= this.readAll().finally(() => (this.refreshing = undefined)));
  }

  private async readAll(): Promise<void> {
    this.news.clear();
    this.presences.clear();
    const [friends, groups, rooms, strangers] = await Promise.all([
      this.client.listFriends(this.me, undefined, true),
      this.client.listGroups(this.me, undefined, true),
      this.client.listRooms(this.me, undefined, true),
      this.client.listStrangers(this.me, undefined, true),
    ]);
    const there = new Set<Conversation>();
    for (const f of friends) there.add(this.take('friend', f.id, { online: this.presences.get(f.id) ?? f.online }, f.recent));
    for (const g of groups) there.add(this.take('group', g.id, { title: g.name, members: g.members, owner: g.owner, touched: g.ts }, g.recent));
    for (const r of rooms) there.add(this.take('room', r.id, { title: r.name, members: r.members, touched: r.ts }));
    for (const s of strangers) there.add(this.take('stranger', s.id, {}, s.recent));
    for (const c of this.conversations.values()) {
      // The list of strangers has an end, and of what has come just now no list may know.
      if (!there.has(c) && c !== this.opened && !this.news.has(c) && (c.kind !== 'stranger' || friends.some((f) => f.id === c.id))) {
        this.conversations.delete(c.key);
      }
      if (c !== this.opened) c.isKnown = false;
    }
    this.looked();
    // What is open may be gone: its own page says so.
    if (this.opened) await this.latest(this.opened).catch((err: unknown) => this.emit('trouble', this.opened!, err));
  }

  /** open shows a conversation, and reads what is new in it. */
  async open(c: Conversation): Promise<void> {
    this.close();
    this.opened = c;
    this.looked();
    if (!c.isKnown) await this.latest(c);
  }

  close(): void {
    const c = this.opened;
    this.opened = undefined;
    if (c && c.entries.length > maxIdle) trim(c);
    this.emit('list');
  }

  /** looked is called when the user looks at what is open. */
  looked(): void {
    for (const c of this.conversations.values()) this.count(c);
    this.emit('list');
  }

  /** earlier reads the page of history before what there is. */
  async earlier(c: Conversation): Promise<void> {
    if (c.isWhole || c.isLoading || !c.isKnown) return;
    await this.read(c, c.entries[0]?.n === undefined ? undefined : c.entries[0].ts);
  }

  private async latest(c: Conversation): Promise<void> {
    if (c.kind !== 'room') return this.read(c, undefined);
    [c.isKnown, c.isWhole] = [true, true];
    this.emit('entries', c);
  }

  private async read(c: Conversation, ts: number | undefined): Promise<void> {
    c.isLoading = true;
    try {
      const records = await this.history(c, ts);
      const isFirst = c.entries[0]?.n === undefined;
      const isGap = ts === undefined && records.length === page && !joins(c, records);
      if (isGap) c.entries = c.entries.filter((e) => e.n === undefined || e.n > (records.at(-1)?.n ?? 0));
      if (ts !== undefined || isFirst || isGap) c.isWhole = records.length < page;
      for (const r of records) this.insert(c, { key: this.keyOf(r.n), who: r.speaker, content: r.content, ts: r.ts, n: r.n, id: r.id });
      c.isKnown = true;
    } finally {
      c.isLoading = false;
    }
    this.count(c);
    this.emit('entries', c);
  }

  private history(c: Conversation, ts: number | undefined): Promise<HistoryRecord[]> {
    switch (c.kind) {
      case 'group':
        return this.client.getGroupChat(c.id, ts, page);
      case 'stranger':
        return this.client.getStrangerChat(this.me, c.id, ts, page);
      default:
        return this.client.getRecentChat(this.me, c.id, ts, page);
    }
  }

  /** say sends a text or a picture. What is said is shown at once, as shown. */
  say(c: Conversation, own: string | File, shown: string = own as string): void {
    const media = typeof own === 'string' ? Media.text : Media.image;
    const to = { friend: 'toFriend', stranger: 'toStranger', group: 'toGroup', room: 'toRoom' } as const;
    const message = this.client[to[c.kind]](c.id);
    const sending = (typeof own === 'string' ? message.text(own) : message.image(own)).ok();
    const entry: Entry = { key: 'own-' + sending.id, who: this.me, content: { media, body: shown }, ts: Date.now(), id: sending.id, sending, own };
    c.entries.push(entry);
    this.touch(c, entry);
    sending.onstate = () => this.emit('entries', c);
    sending.then(
      (s) => {
        c.entries = c.entries.filter((e) => e !== entry);
        this.insert(c, { ...entry, ts: s.ts, n: s.n });
        this.touch(c, { ...entry, ts: s.ts, n: s.n });
        this.emit('entries', c);
      },
      (err: unknown) => {
        entry.error = err;
        this.emit('entries', c);
      },
    );
    this.emit('entries', c);
  }

  /** again sends what was not sent, as a new message. */
  again(c: Conversation, entry: Entry): void {
    c.entries = c.entries.filter((e) => e !== entry);
    if (entry.own !== undefined) this.say(c, entry.own, entry.content.body as string);
  }

  async befriend(id: string): Promise<Conversation> {
    await this.client.addFriend(this.me, id);
    const c = this.take('friend', id);
    this.unknown(c);
    return c;
  }

  async found(kind: 'group' | 'room', name: string, members: string[]): Promise<Conversation> {
    const all = [this.me, ...members.filter((m) => m !== this.me)];
    const id = kind === 'group' ? await this.client.addGroup({ owner: this.me, name, members: all }) : await this.client.addRoom({ name, members: all });
    const c = this.take(kind, id, { title: name, members: all });
    this.unknown(c);
    return c;
  }

  /** invite adds members to a group or room. */
  async invite(c: Conversation, members: string[]): Promise<void> {
    await (c.kind === 'group' ? this.client.addGroupMembers(c.id, { members }) : this.client.addRoomMembers(c.id, { members }));
    await this.changed();
  }

  /** leave ends being a member of a group or room. */
  async leave(c: Conversation): Promise<void> {
    const members = [this.me];
    await (c.kind === 'group' ? this.client.rmGroupMembers(c.id, { members }) : this.client.rmRoomMembers(c.id, { members }));
    this.close();
    await this.changed();
  }

  /** changed refreshes after a change of ours: a refresh that began before may not know of it. */
  private async changed(): Promise<void> {
    await this.refreshing?.catch(() => undefined);
    await this.refresh();
  }

  private heard(m: Message): void {
    const kind = kinds[m.from.type];
    if (!kind) return; // passengers talk to those who serve them, not here
    const id = kind === 'group' || kind === 'room' ? (m.from.gid ?? m.to.id) : m.from.id;
    const isUnknown = !this.conversations.has(kind + ':' + id);
    const c = this.take(kind, id);
    if (isUnknown) this.unknown(c);
    if (isAgain(c, m.from.id, m)) return;
    const entry: Entry = { key: this.keyOf(m.n), who: m.from.id, content: m.content, ts: m.ts, n: m.n, id: m.id };
    if (kind === 'room') c.unread++;
    this.arrived(c, entry);
    this.emit('heard', c, entry);
  }

  private saidElsewhere(m: OwnMessage): void {
    const kind = kinds[m.to.type];
    if (!kind) return;
    const c = this.take(kind, m.to.id);
    if (isAgain(c, this.me, m)) return;
    this.arrived(c, { key: this.keyOf(m.n), who: this.me, content: m.content, ts: m.ts, n: m.n, id: m.id });
  }

  private arrived(c: Conversation, entry: Entry): void {
    // What is not known yet is read when it is opened.
    if (c.kind === 'room' || c.isKnown || c === this.opened) this.insert(c, entry);
    if (c !== this.opened && c.entries.length > 2 * maxIdle) trim(c);
    this.touch(c, entry);
    this.emit('entries', c);
  }

  /** touch notes that this was said last. */
  private touch(c: Conversation, entry: Entry): void {
    c.touched = Math.max(c.touched, entry.ts);
    c.recent = { who: entry.who, content: entry.content };
    c.last = Math.max(c.last, entry.n ?? 0);
    if (entry.who === this.me) this.seen.saw(c.key, entry.n ?? 0); // whoever answers has read
    this.count(c);
    this.emit('list');
  }

  /** count counts what is unread. What is looked at is not. */
  private count(c: Conversation): void {
    if (c === this.opened && !document.hidden) {
      this.seen.saw(c.key, c.last);
      c.unread = 0;
    } else if (c.kind !== 'room') c.unread = Math.max(0, c.last - this.seen.upTo(c.key));
  }

  private told(m: SystemMessage): void {
    this.emit('notice', typeof m.content.body === 'string' ? m.content.body : JSON.stringify(m.content.body));
  }

  private presence(id: string, online: boolean): void {
    this.presences.set(id, online);
    const c = this.conversations.get('friend:' + id);
    if (!c) return this.unknown();
    c.online = online;
    this.emit('list');
  }

  /** unknown reads of whom or what this is the first sign: others have made friends with us, or us a member. */
  private unknown(c?: Conversation): void {
    void this.changed().catch(() => undefined); // which is told when everything is read
    if (c) this.news.add(c);
  }

  /** insert puts an entry in its place, once. */
  private insert(c: Conversation, entry: Entry): void {
    const { entries } = c;
    if (entry.n === undefined) return void entries.push(entry);
    let [at, end] = [0, entries.length];
    while (at < end) {
      const middle = (at + end) >> 1;
      if (isBefore(entries[middle]!, entry.n)) at = middle + 1;
      else end = middle;
    }
    if (entries[at]?.n === entry.n) return;
    // What this page has said may come back before its acknowledgement does.
    const own = entry.id === undefined ? -1 : entries.findLastIndex((e, i) => i >= at && e.n === undefined && e.sending?.id === entry.id && e.who === entry.who);
    if (own >= 0) entry = { ...entries.splice(own, 1)[0]!, ts: entry.ts, n: entry.n };
    entries.splice(at, 0, entry);
  }

  private keyOf(n: number | undefined): string {
    return n === undefined ? 'live-' + ++this.drawn : 'n-' + n;
  }

  /** take returns a conversation, with what is said of it. */
  private take(kind: Kind, id: string, is: Partial<Conversation> = {}, recent?: HistoryRecord): Conversation {
    const key = kind + ':' + id;
    let c = this.conversations.get(key);
    if (!c) {
      c = { key, kind, id, title: id, entries: [], unread: 0, online: false, members: [], draft: '', last: 0, touched: 0, isWhole: false, isLoading: false, isKnown: false };
      this.conversations.set(key, c);
    }
    const { title, touched, ...rest } = is;
    Object.assign(c, rest);
    // A name is an attribute, and those may be anything.
    if (typeof title === 'string' && title !== '') c.title = title.slice(0, maxTitle);
    c.touched = Math.max(c.touched, touched ?? 0, recent?.ts ?? 0);
    if (recent && (recent.n ?? 0) >= c.last) {
      c.last = recent.n ?? 0;
      c.recent = { who: recent.speaker, content: recent.content };
      if (recent.speaker === this.me) this.seen.saw(key, c.last);
    }
    return c;
  }
}

/** trim forgets what was said long ago. What is on its way stands at the end. */
function trim(c: Conversation): void {
  c.entries = c.entries.slice(-maxIdle);
  c.isWhole = c.kind === 'room';
}

/** isAgain reports whether a message without a number has been heard before: rooms, which store nothing, do not know a repeat. */
function isAgain(c: Conversation, who: string, m: { n?: number; id?: string }): boolean {
  return m.n === undefined && m.id !== undefined && c.entries.some((e) => e.id === m.id && e.who === who);
}

/** joins reports whether records overlap with what there is, or follow it at once. */
function joins(c: Conversation, records: HistoryRecord[]): boolean {
  const first = records[0]?.n;
  const isNothing = c.entries[0]?.n === undefined;
  return isNothing || first === undefined || c.entries.some((e) => e.n === first || e.n === first - 1);
}

/** What has no number yet stands behind all that has one. */
function isBefore(e: Entry, n: number): boolean {
  return e.n !== undefined && e.n < n;
}

const kinds: Record<number, Kind> = { 0: 'friend', 1: 'group', 2: 'room', 4: 'stranger' };
