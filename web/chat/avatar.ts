import { el, icon } from './dom.js';
import type { Kind } from './model.js';

/** How many colours style.css has for avatars. */
const colours = 6;

/** avatar stands for a user, a group or a room, by the first letter of the name and a colour that goes with it. */
export function avatar(name: string, kind: Kind = 'friend'): HTMLElement {
  let hash = 0;
  for (const c of name) hash = (hash * 131 + c.codePointAt(0)!) % 65_521;
  const shown = kind === 'group' ? icon('users') : kind === 'room' ? icon('door') : (/[\p{L}\p{N}]/u.exec(name)?.[0].toUpperCase() ?? '?');
  return el('span', { class: `avatar ${kind} colour-${hash % colours}`, attrs: { 'aria-hidden': 'true' } }, shown);
}
