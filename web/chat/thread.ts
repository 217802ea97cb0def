import { avatar } from './avatar.js';
import { Composer, isComposing } from './composer.js';
import { ask } from './dialog.js';
import { el, icon, iconButton, put, said } from './dom.js';
import { clock, date, day, moment, problem, t } from './i18n.js';
import { alerted, body } from './media.js';
import type { Conversation, Entry, Model } from './model.js';
import { split } from './sidebar.js';
import { VirtualList, type Row } from './virtual.js';

/** Messages of one speaker that follow within this time stand together, in milliseconds. */
const together = 5 * 60_000;

/** A line is a message, with what stands above it: where the conversation begins, the date, and who speaks. */
type Line = Row & { entry: Entry; isBeginning: boolean; isNewDay: boolean; isFirst: boolean };

/** Thread is a conversation: what was said, and what to say. */
export class Thread {
  readonly element = el('section', { class: 'thread' });
  private readonly list: VirtualList<Line>;
  private readonly composer: Composer;
  private readonly latest = el('button', { class: 'latest', type: 'button', hidden: true, on: { click: () => this.list.toEnd() } }, icon('down'), t.latest);
  private readonly empty = el('p', { class: 'empty' });
  private readonly notes = el('div', { class: 'notes' });
  private readonly status = el('span', { class: 'status' });
  private readonly stop: () => void;

  constructor(
    private readonly model: Model,
    private readonly c: Conversation,
    private readonly leave: () => void,
  ) {
    const isMany = c.kind === 'group' || c.kind === 'room';
    this.list = new VirtualList<Line>((line) => this.line(line), c.title);
    this.list.onTop = () => void this.read(model.earlier(c));
    this.list.onEnd = (isThere) => (this.latest.hidden = isThere);
    this.composer = new Composer(
      (text) => (model.say(c, text), this.list.toEnd()),
      (file) => (model.say(c, file, URL.createObjectURL(file)), this.list.toEnd()),
      (what) => put(this.notes, what && alerted(what)),
      c.draft,
      (draft) => (c.draft = draft),
    );
    put(
      this.element,
      el(
        'header', {},
        iconButton('back', t.back, leave, 'back'),
        avatar(c.title, c.kind),
        el('div', { class: 'who' }, el('h2', {}, said(c.title)), this.status),
        isMany && iconButton('users', t.members, () => this.members()),
      ),
      el('div', { class: 'said' }, this.list.element, this.empty, this.latest),
      this.notes,
      this.composer.element,
    );
    this.element.addEventListener('keydown', (e) => {
      const isForOthers = isComposing(e) || document.querySelector(':popover-open') !== null;
      if (e.key === 'Escape' && !isForOthers) leave();
    });
    const stops = [model.on('entries', (of) => of === c && this.show()), model.on('list', () => this.head()), model.on('trouble', (of, err) => of === c && this.failed(err))];
    this.stop = () => stops.forEach((s) => s());
    this.show();
    this.head();
  }

  /** opened is to be called when it is in the document. */
  opened(): void {
    this.list.toEnd();
    this.composer.focus();
    void this.read(this.model.open(this.c));
  }

  close(): void {
    this.stop();
  }

  /** read waits for what is read, and says so if it is not. */
  private async read(reading: Promise<void>): Promise<void> {
    try {
      await reading;
      if (this.notes.querySelector('.link')) put(this.notes);
    } catch (err) {
      this.failed(err);
    }
  }

  private failed(err: unknown): void {
    const again = (): void => void this.read(this.c.isKnown ? this.model.earlier(this.c) : this.model.open(this.c));
    put(this.notes, alerted(`${t.historyFailed} ${problem(err)}`), el('button', { class: 'link', type: 'button', textContent: t.again, on: { click: again } }));
  }

  private head(): void {
    const { kind, members } = this.c;
    const isThere = this.model.isThere(this.c);
    this.status.textContent = kind === 'friend' ? (isThere === undefined ? '' : isThere ? t.online : t.offline) : kind === 'stranger' ? t.stranger : t.membersOf(members.length);
    this.status.classList.toggle('online', isThere === true);
  }

  private show(): void {
    const { entries, isWhole, kind } = this.c;
    let before: Entry | undefined;
    const lines = entries.map((entry): Line => {
      const isNewDay = !before || day(entry.ts) !== day(before.ts);
      const isFirst = isNewDay || before?.who !== entry.who || entry.ts - before.ts > together;
      const isBeginning = !before && isWhole;
      before = entry;
      return { key: entry.key, version: [entry.sending?.state, isBeginning, isNewDay, isFirst].join(), entry, isBeginning, isNewDay, isFirst };
    });
    this.list.set(lines);
    this.empty.hidden = entries.length > 0 || !isWhole;
    this.empty.textContent = kind === 'room' ? t.roomLive : t.beginning;
  }

  private line({ entry, isBeginning, isNewDay, isFirst }: Line): HTMLElement {
    const isMine = entry.who === this.model.me;
    const name = isMine ? t.you : entry.who;
    return el(
      'div', { class: 'message' + (isMine ? ' mine' : '') + (isFirst ? ' first' : '') },
      isBeginning && el('p', { class: 'day', textContent: this.c.kind === 'room' ? t.roomLive : t.beginning }),
      isNewDay && el('p', { class: 'day' }, el('span', { textContent: date(entry.ts) })),
      el(
        'div', { class: 'row' },
        !isMine && isFirst && avatar(entry.who),
        el(
          'div', { class: 'content' },
          el('div', { class: isFirst ? 'by' : 'hidden' }, el('strong', {}, said(name)), el('time', { dateTime: new Date(entry.ts).toISOString(), textContent: clock(entry.ts) })),
          el('div', { class: 'bubble', title: moment(entry.ts) }, body(entry.content, name, entry.sending !== undefined)),
          this.fate(entry),
        ),
      ),
    );
  }

  /** fate says where a message of this page is, until it has come to its end. */
  private fate(entry: Entry): HTMLElement | null {
    const { sending, own } = entry;
    if (!sending || sending.state === 'stored' || sending.state === 'accepted') return null;
    if (sending.state !== 'failed') {
      const isUpload = sending.state === 'waiting' && own instanceof File && this.model.client.state === 'online';
      return el('div', { class: 'fate', textContent: isUpload ? t.uploading : sending.state === 'sent' ? t.sending : t.waiting });
    }
    const again = el('button', { class: 'link', type: 'button', textContent: t.again, on: { click: () => this.model.again(this.c, entry) } });
    return el('div', { class: 'fate failed', attrs: { role: 'alert' } }, `${t.failed} ${problem(entry.error)} `, again);
  }

  /** members shows who is in a group or room. */
  private members(): void {
    const { members, owner, kind } = this.c;
    const isOwner = kind === 'group' && owner === this.model.me;
    ask({
      title: t.members,
      about: el('ul', { class: 'members', tabIndex: 0, attrs: { 'aria-label': t.members } }, ...members.map((m) => el('li', {}, avatar(m), said(m), m === owner && el('span', { class: 'hint', textContent: t.owner })))),
      fields: [{ label: t.moreMembers, hint: t.membersHint, isRequired: true }],
      ok: t.add,
      done: async ([names]) => this.model.invite(this.c, split(names)),
      other: isOwner ? undefined : { label: t.exit, done: async () => (await this.model.leave(this.c), this.leave()) },
    });
  }
}
