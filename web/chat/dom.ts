// Elements are made here, and text becomes text nodes alone: nothing that anybody says is ever markup.

type Child = Node | string | null | undefined | false;

type Props<E> = {
  class?: string;
  /** Attributes that are not properties: role, aria-*, data-*. */
  attrs?: Record<string, string | boolean | undefined>;
  on?: { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };
} & Partial<Omit<E, 'style' | 'children' | 'attributes'>>;

/** el makes an element. */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props<HTMLElementTagNameMap[K]> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  const { class: className, attrs, on, ...rest } = props;
  if (className) e.className = className;
  Object.assign(e, rest);
  for (const [name, value] of Object.entries(attrs ?? {})) {
    if (value === true) e.setAttribute(name, '');
    else if (value !== false && value !== undefined) e.setAttribute(name, value);
  }
  for (const [event, listener] of Object.entries(on ?? {})) e.addEventListener(event, listener as EventListener);
  e.append(...children.filter(isThere));
  return e;
}

/** put replaces all that is in an element. */
export function put(e: Element, ...children: Child[]): void {
  e.replaceChildren(...children.filter(isThere));
}

function isThere(c: Child): c is Node | string {
  return c !== null && c !== undefined && c !== false;
}

/** said is what somebody wrote: its direction is its own, and ends with it. */
export function said(text: string, className = ''): HTMLElement {
  return el('bdi', { class: className, textContent: text });
}

const svg = 'http://www.w3.org/2000/svg';

export type Icon = keyof typeof paths;

/** icon draws one of the paths below. */
export function icon(name: Icon): SVGElement {
  const s = document.createElementNS(svg, 'svg');
  s.setAttribute('viewBox', '0 0 24 24');
  s.setAttribute('aria-hidden', 'true');
  s.classList.add('icon');
  const p = document.createElementNS(svg, 'path');
  p.setAttribute('d', paths[name]);
  s.append(p);
  return s;
}

const paths = {
  send: 'M4 12 20 4l-5 16-3.5-6.5zM20 4l-8.5 9.5',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M9 9.5a1 1 0 1 1-2 0 1 1 0 0 1 2 0',
  smile: 'M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18M9 10h.01M15 10h.01M8.5 14.5c2 2 5 2 7 0',
  plus: 'M12 5v14M5 12h14',
  back: 'M15 5l-7 7 7 7',
  down: 'M12 5v14M6 13l6 6 6-6',
  users: 'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6M3 19c0-3 3-5 6-5s6 2 6 5M16 5.5a3 3 0 0 1 0 5.5M17.5 14.5c2 .6 3.5 2.2 3.5 4.5',
  door: 'M6 21V4h9v17M15 6h3v15M4 21h16M12 12v1',
  leave: 'M14 4h5v16h-5M10 8l-4 4 4 4M6 12h10',
  chat: 'M5 5h14v11h-8l-4 4v-4H5z',
};

/** iconButton is a button that shows an icon and says what it does. */
export function iconButton(name: Icon, label: string, click: () => void, className = ''): HTMLButtonElement {
  return el('button', { class: 'plain ' + className, type: 'button', title: label, attrs: { 'aria-label': label }, on: { click } }, icon(name));
}
