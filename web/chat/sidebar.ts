import { avatar } from './avatar.js';
import { ask } from './dialog.js';
import { el, iconButton, put, said } from './dom.js';
import { lately, t } from './i18n.js';
import { namePattern } from './login.js';
import { short } from './media.js';
import type { Conversation, Kind, Model } from './model.js';

/** Sidebar lists conversations, and begins new ones. */
export class Sidebar {
  readonly element = el('nav', { class: 'sidebar', attrs: { 'aria-label': t.conversations } });
  private readonly lists = new Map<Kind, HTMLElement>();
  /** While a button is pressed it has to stay, or there is no click; what changes meanwhile is shown after it. */
  private isPressed = false;
  private isStale = false;

  constructor(
    private readonly model: Model,
    private readonly open: (c: Conversation) => void,
  ) {
    put(
      this.element,
      this.section('friend', t.friends, t.addFriend, () => this.befriend()),
      this.section('group', t.groups, t.newGroup, () => this.found('group', t.newGroup)),
      this.section('room', t.rooms, t.newRoom, () => this.found('room', t.newRoom)),
    );
    model.on('list', () => this.show());
    this.element.addEventListener('pointerdown', () => (this.isPressed = true));
    for (const end of ['pointerup', 'pointercancel'] as const) addEventListener(end, () => setTimeout(() => this.released()));
    this.show();
  }

  /** focus goes to a conversation in the list. */
  focus(c: Conversation): void {
    this.element.querySelector<HTMLElement>(`[data-key="${CSS.escape(c.key)}"]`)?.focus();
  }

  private section(kind: Kind, title: string, add: string, begin: () => void): HTMLElement {
    const list = el('ul', { attrs: { 'aria-labelledby': 'list-' + kind } });
    this.lists.set(kind, list);
    return el('section', {}, el('header', {}, el('h2', { id: 'list-' + kind, textContent: title }), iconButton('plus', add, begin)), list);
  }

  private released(): void {
    this.isPressed = false;
    if (this.isStale) this.show();
  }

  private show(): void {
    this.isStale = this.isPressed;
    if (this.isStale) return;
    const all = [...this.model.conversations.values()].sort((a, b) => b.touched - a.touched || a.title.localeCompare(b.title));
    const none: Partial<Record<Kind, string>> = { friend: t.noFriends, group: t.noGroups, room: t.noRooms };
    for (const [kind, list] of this.lists) {
      const of = all.filter((c) => c.kind === kind || (kind === 'friend' && c.kind === 'stranger'));
      const focused = list.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset['key'] : undefined;
      put(list, ...(of.length > 0 ? of.map((c) => this.item(c)) : [el('li', { class: 'hint', textContent: none[kind] ?? '' })]));
      if (focused !== undefined) list.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    }
  }

  private item(c: Conversation): HTMLElement {
    const isMany = c.kind === 'group' || c.kind === 'room';
    const isThere = this.model.isThere(c);
    const state = c.kind === 'friend' && isThere !== undefined ? (isThere ? t.online : t.offline) : '';
    const last = c.recent && short(c.recent.content);
    const who = c.recent && (c.recent.who === this.model.me ? t.you : isMany ? c.recent.who : undefined);
    const button = el(
      'button', { class: 'conversation', type: 'button', attrs: { 'aria-current': c === this.model.opened && 'true' }, on: { click: () => this.open(c) } },
      el('span', { class: 'face' }, avatar(c.title, c.kind), isThere && el('span', { class: 'dot' })),
      el(
        'span', { class: 'about' },
        el('span', { class: 'upper' }, said(c.title, 'title'), c.recent && el('time', { textContent: lately(c.touched) })),
        el(
          'span', { class: 'lower' },
          el('span', { class: 'recent' }, last !== undefined ? said(who === undefined ? last : t.says(who, last)) : isMany ? t.membersOf(c.members.length) : c.kind === 'friend' ? state : t.stranger),
          c.unread > 0 && el('span', { class: 'unread' }, el('span', { attrs: { 'aria-hidden': 'true' }, textContent: c.unread > 99 ? '99+' : String(c.unread) }), el('span', { class: 'hidden', textContent: t.unread(c.unread) })),
        ),
      ),
      state !== '' && last !== undefined && el('span', { class: 'hidden', textContent: state }),
    );
    button.dataset['key'] = c.key;
    return el('li', {}, button);
  }

  private befriend(): void {
    ask({
      title: t.addFriend,
      fields: [{ label: t.friendName, isRequired: true, pattern: namePattern, title: t.namePattern }],
      ok: t.add,
      done: async ([name]) => this.open(await this.model.befriend(name ?? '')),
    });
  }

  private found(kind: 'group' | 'room', title: string): void {
    ask({
      title,
      fields: [{ label: t.title, isRequired: true }, { label: t.members, hint: t.membersHint }],
      ok: t.create,
      done: async ([name, members]) => this.open(await this.model.found(kind, name ?? '', split(members))),
    });
  }
}

/** split takes names apart, with whatever stands between them. */
export function split(names = ''): string[] {
  return names.split(/[,，、;；\s]+/).filter((n) => n !== '');
}
