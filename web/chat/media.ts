import { Media, type Content } from '../../sdk/js/src/types.js';
import { el, said } from './dom.js';
import { problem, t } from './i18n.js';

/** How much of a text is shown before somebody asks for the rest: characters, and lines. */
const maxShown = 2000;
const maxLines = 30;

/** The path of a file (docs/protocol.md, 6.8). */
const file = /^\/attachment\/[0-9a-f]{8}\/[0-9a-f]{8}(\.sm)?(\.[a-z0-9]+)?$/;

/** How much of a text stands in a list, in characters. */
const maxShort = 100;

/** body shows what a message has. Only this page's own may have a file that is not at the server yet. */
export function body({ media, body: what }: Content, who: string, isOwn: boolean): HTMLElement {
  if (media !== Media.image && media !== Media.audio && media !== Media.video) return text(textOf(what));
  const [original, small] = (Array.isArray(what) ? (what as unknown[]) : [what]).map((a) => here(a, isOwn));
  if (original === undefined) return el('div', {}, el('p', { class: 'hint', textContent: t.elsewhere }), text(textOf(what)));
  if (media === Media.image) return picture(original, small ?? original, who);
  return el(media === Media.audio ? 'audio' : 'video', { controls: true, preload: 'none', src: original, on: { error: (e) => (e.currentTarget as Element).replaceWith(gone()) } });
}

/** short is a line of what a message has. */
export function short({ media, body: what }: Content): string {
  const names: Record<number, string> = { [Media.image]: t.picture, [Media.audio]: t.sound, [Media.video]: t.video };
  return names[media] ?? textOf(what).slice(0, maxShort);
}

function textOf(what: unknown): string {
  return typeof what === 'string' ? what : (JSON.stringify(what) ?? '');
}

function text(all: string): HTMLElement {
  const part = beginning(all);
  const shown = said(part, 'text');
  if (part === all) return shown;
  let isWhole = false;
  const button = el('button', { class: 'link', type: 'button', textContent: t.more, on: { click: () => turn() } });
  const turn = (): void => {
    isWhole = !isWhole;
    shown.textContent = isWhole ? all : part;
    button.textContent = isWhole ? t.less : t.more;
  };
  return el('div', {}, shown, button);
}

/** beginning is a text without what is beyond the bounds. No character is cut in two. */
function beginning(all: string): string {
  const lines = all.slice(0, maxShown).split('\n', maxLines).join('\n');
  if (lines === all) return all;
  return lines.replace(/[\uD800-\uDBFF]$/, '') + '…';
}

function picture(original: string, small: string, who: string): HTMLElement {
  const img = el('img', { src: small, alt: t.pictureOf(who), decoding: 'async' });
  const shown = original.startsWith('blob:') ? img : el('a', { href: original, target: '_blank', rel: 'noopener noreferrer' }, img);
  img.addEventListener('error', () => shown.replaceWith(gone()));
  return el('div', { class: 'picture' }, shown);
}

function gone(): HTMLElement {
  return el('p', { class: 'hint', textContent: t.gone });
}

/**
 * here is where a file is to be fetched: from this server, whichever of its names whoever sent it knew it by, or what this page is about to send.
 * Nothing else is ever fetched; undefined = it is no such file.
 */
function here(address: unknown, isOwn: boolean): string | undefined {
  if (typeof address !== 'string' || !URL.canParse(address)) return undefined;
  const { protocol, origin, pathname } = new URL(address);
  if (protocol === 'blob:') return isOwn && origin === location.origin ? address : undefined;
  return /^https?:$/.test(protocol) && file.test(pathname) ? location.origin + pathname : undefined;
}

/** alerted says something that is wrong, where it is. */
export function alerted(what: string): HTMLElement {
  return el('p', { class: 'trouble', attrs: { role: 'alert' }, textContent: what });
}

/** trouble says what is wrong. */
export function trouble(err: unknown): HTMLElement {
  return alerted(problem(err));
}
