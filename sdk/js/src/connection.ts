import { io, type Socket } from 'socket.io-client';

import { IMError, Local, errorOf } from './errors.js';
import { Events } from './events.js';
import { identityOf, serverOf, type Options } from './options.js';
import type { Answer, Say, Sending } from './sending.js';
import type { Login, Message, OwnMessage, SystemMessage } from './types.js';

/**
 * connecting: there is no session yet, or none any more, and one is being tried for. online: logged in. paused: as the application wants
 * it. refused: the login was, and is not tried again. closed: logged out, or sent away.
 */
export type State = 'connecting' | 'online' | 'paused' | 'refused' | 'closed';

export type ConnectionEvents = {
  login: [Login];
  state: [State];
  message: [Message];
  yourself: [OwnMessage];
  sys: [SystemMessage];
  online: [string];
  offline: [string];
  online_x: [string];
  offline_x: [string];
};

/** How many messages may wait for a connection; the next is refused. */
const maxWaiting = 1000;

/** The longest message, in bytes: the server ends a session that sends 1,000,000, and with it what stands behind that. */
const maxBytes = 999_000;

/** How long after a refusal that passes (5013, 5014) a message is tried again, in milliseconds: as much again at random. */
const retryDelay = 1000;

/** Between attempts to connect, in milliseconds: half as much more or less, at random. */
const firstDelay = 1000;
const lastDelay = 20_000;

/** A message that is not answered yet, and how often it was sent. */
interface Unanswered {
  message: Say;
  attempts: number;
}

/** Connection is the session of one user, over whichever sockets. */
export class Connection extends Events<ConnectionEvents> {
  state: State = 'connecting';
  /** Of who is, or was, logged in. */
  id?: string;

  private readonly socket: Socket;
  /** In the order of saying. */
  private readonly pending = new Map<Sending, Unanswered>();
  /** The signature of the login that is being tried, and one that was refused, while another one is tried. */
  private signature = '';
  private refused?: string;
  /** How long, in milliseconds, the next attempt waits at first. */
  private delay = firstDelay;

  constructor(
    private readonly options: Options,
    /** Gives another signature than the one that was refused, if there is one. */
    private readonly sign: (refused?: string) => Promise<string>,
  ) {
    super();
    this.socket = io(serverOf(options) + '/chat', {
      forceNew: true, // each is a user of its own
      autoConnect: false,
      transports: options.transports ?? ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelay: firstDelay,
      reconnectionDelayMax: lastDelay,
      randomizationFactor: 0.5,
      timeout: this.patience,
      auth: (give) => void this.credentials().then(give, (err: unknown) => this.isUnsigned(err)),
    });
    this.listen();
    this.socket.connect();
  }

  /** say sends a message as soon as there is a session, and again until it is answered. */
  say(message: Say, sending: Sending): void {
    if (this.state === 'closed' || this.state === 'refused') {
      return sending.fails(new IMError(Local.cancelled, 'nobody is logged in'));
    }
    if (this.pending.size >= maxWaiting) return sending.fails(new IMError(5014, 'too many messages wait'));
    const copy = asSent(message);
    if (copy instanceof IMError) return sending.fails(copy);
    const waiting = { message: copy, attempts: 0 };
    this.pending.set(sending, waiting);
    this.send(sending, waiting);
  }

  /** pause leaves; what is not answered yet waits. */
  pause(): void {
    if (this.state === 'online' || this.state === 'connecting') this.leave('paused');
  }

  /** resume comes back, after pause, and also after a refusal or logout. */
  resume(): void {
    if (this.state === 'online' || this.state === 'connecting') return;
    this.becomes('connecting');
    this.socket.connect();
  }

  /** logout leaves; what is not answered yet fails. */
  logout(): void {
    this.end('closed', new IMError(Local.cancelled, 'logged out'));
  }

  private get patience(): number {
    return this.options.timeout ?? 10_000;
  }

  private async credentials(): Promise<Record<string, unknown>> {
    this.signature = await this.sign(this.refused);
    return { app: this.options.appId, sign: this.signature, ...identityOf(this.options, this.id) };
  }

  private listen(): void {
    const { socket } = this;
    socket.on('login', (res: Login) => (res.success ? this.isLoggedIn(res) : this.isTurnedDown(res)));
    socket.on('message', (m: Message) => this.emit('message', m));
    socket.on('yourself', (m: OwnMessage) => this.emit('yourself', m));
    socket.on('sys', (m: SystemMessage) => this.emit('sys', m));
    for (const event of ['online', 'offline', 'online_x', 'offline_x'] as const) socket.on(event, (id: string) => this.emit(event, id));
    socket.on('disconnect', (reason) => this.isCut(reason === 'io server disconnect'));
    // The library bounds its delays when it has drawn them, so that in the end all clients of a server that is away would keep step.
    socket.io.on('reconnect_attempt', () => socket.io.reconnectionDelayMax(lastDelay * (0.5 + Math.random())));
  }

  private isLoggedIn(res: Login): void {
    this.refused = undefined;
    this.waits(firstDelay);
    this.id = res.id;
    this.state = 'online';
    // First what has waited, then what listeners say.
    for (const [sending, waiting] of [...this.pending]) this.send(sending, waiting);
    this.emit('state', 'online');
    this.emit('login', res);
  }

  private isTurnedDown(res: Login): void {
    if (res.error === 5003 && this.options.signature) {
      const isFirst = this.refused === undefined;
      this.refused = this.signature; // it may be one of a key that is gone: isCut tries another
      if (isFirst) return;
    }
    this.end('refused', errorOf(res.error));
    this.emit('login', res);
  }

  private isUnsigned(err: unknown): void {
    if (this.state !== 'connecting') return; // nobody waits for it any more
    this.end('refused', err);
    this.emit('login', { success: false, error: Local.unsigned });
  }

  /** isCut is told that the session has ended. Unless it was the server's word, the library connects again. */
  private isCut(byServer: boolean): void {
    for (const sending of this.pending.keys()) sending.becomes('waiting');
    this.socket.sendBuffer = []; // said to a server that had fallen silent: the next login says it
    if (this.state !== 'online' && this.state !== 'connecting') return; // by ourselves
    if (!byServer) {
      // The library waits longer each time it cannot connect, but not when it can and nobody is let in.
      if (this.state === 'connecting') this.waits(Math.min(2 * this.delay, lastDelay));
      return this.becomes('connecting');
    }
    if (this.state === 'connecting' && this.refused !== undefined) return void this.socket.connect();
    this.end('closed', new IMError(Local.cancelled, 'sent away'));
  }

  /** leave ends the session by ourselves. */
  private leave(state: State): void {
    const isNew = this.state !== state;
    this.state = state;
    this.socket.disconnect();
    if (isNew) this.emit('state', state);
  }

  private end(state: 'refused' | 'closed', why: unknown): void {
    const given = [...this.pending.keys()];
    this.pending.clear();
    this.leave(state);
    for (const sending of given) sending.fails(why);
  }

  private send(sending: Sending, waiting: Unanswered): void {
    if (this.state !== 'online' || sending.state === 'sent') return;
    const attempt = ++waiting.attempts;
    sending.becomes('sent');
    this.socket.timeout(this.patience).emit('say', waiting.message, (err: Error | null, answer?: Answer) => {
      if (!this.pending.has(sending)) return;
      if (err === null && answer && (answer.success || !errorOf(answer.error).temporary)) {
        this.pending.delete(sending);
        return sending.answered(answer);
      }
      if (attempt !== waiting.attempts || this.state !== 'online') return; // it was sent again, or the next login will
      sending.becomes('waiting');
      setTimeout(() => this.pending.has(sending) && this.send(sending, waiting), retryDelay * (1 + Math.random()));
    });
  }

  private waits(delay: number): void {
    this.delay = delay;
    this.socket.io.reconnectionDelay(delay);
  }

  private becomes(state: State): void {
    if (this.state === state) return;
    this.state = state;
    this.emit('state', state);
  }
}

/** asSent is a message as the server will read it, whenever that is, or why it cannot be sent. */
function asSent(message: Say): Say | IMError {
  try {
    const text = JSON.stringify(message);
    return new TextEncoder().encode(text).length > maxBytes ? errorOf(5010) : (JSON.parse(text) as Say);
  } catch (cause) {
    return new IMError(5001, 'no JSON', { cause });
  }
}
