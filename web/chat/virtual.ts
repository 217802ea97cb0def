import { el } from './dom.js';

/** Row is what a VirtualList shows: key tells it from others, and version that it looks otherwise than before. */
export interface Row {
  key: string;
  version: string;
}

/** Anchor is a row that is seen, and how far its bottom is from the top of the view: what comes above it may be of any height. */
interface Anchor {
  key: string;
  bottom: number;
}

/** How far beyond what is seen rows are made, in pixels, and how high one is until it was measured. */
const beyond = 600;
const guess = 56;

/** How near to the end counts as at the end, and how much a height may differ from itself, in pixels. */
const near = 40;
const same = 0.5;

/** How often rows are chosen anew because those that were chosen turned out to be of other heights. */
const maxTries = 4;

/**
 * VirtualList shows rows of which only those near what is seen are in the document. It stays at the end as long as it is there, and what is
 * seen stays where it is when rows come before it or change their height.
 */
export class VirtualList<R extends Row> {
  readonly element: HTMLElement;
  /** Called when the beginning comes near. */
  onTop?: () => void;
  /** Called when it is scrolled: whether to the end, or nearly. */
  onEnd?: (isThere: boolean) => void;

  private rows: R[] = [];
  private readonly heights = new Map<string, number>();
  private readonly shown = new Map<string, { element: HTMLElement; version: string }>();
  private readonly inner = el('div', { class: 'rows', attrs: { role: 'list' } });
  private readonly resized = new ResizeObserver((all) => this.measured(all));
  private isAtEnd = true;
  private anchor?: Anchor;
  /** Where it was last, to tell who scrolls up from what grows below. */
  private top = 0;
  private due = 0;

  constructor(
    private readonly render: (row: R) => HTMLElement,
    label: string,
  ) {
    this.element = el('div', { class: 'list', tabIndex: 0, attrs: { role: 'region', 'aria-label': label } }, this.inner);
    this.element.addEventListener('scroll', () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.draw(this.anchor)).observe(this.element);
  }

  /** set shows these rows. */
  set(rows: R[]): void {
    const anchor = this.seen();
    this.rows = rows;
    this.draw(anchor);
  }

  /** toEnd goes to the end, and stays there. */
  toEnd(): void {
    this.isAtEnd = true;
    this.draw();
    this.onEnd?.(true);
  }

  private height(row: R): number {
    return this.heights.get(row.key) ?? guess;
  }

  private total(rows: R[]): number {
    return rows.reduce((sum, r) => sum + this.height(r), 0);
  }

  private scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    const left = scrollHeight - scrollTop - clientHeight;
    // Whoever scrolls up leaves the end, however slowly; whatever grows there leaves nobody behind.
    this.isAtEnd = scrollTop < this.top ? left < 1 : this.isAtEnd || left < near;
    this.top = scrollTop;
    this.anchor = this.seen();
    this.onEnd?.(this.isAtEnd || left < near);
    if (scrollTop < beyond) this.onTop?.();
    if (!this.due) this.due = requestAnimationFrame(() => this.draw(this.seen()));
  }

  /** draw puts those rows into the document that are to be there, with anchor where it was. */
  private draw(anchor?: Anchor): void {
    if (this.due) cancelAnimationFrame(this.due);
    this.due = 0;
    const view = this.element.clientHeight;
    if (view === 0) return;
    let top: number, range: { first: number; last: number };
    let tries = 0;
    do {
      top = this.wanted(view, anchor);
      range = this.range(top, view);
      this.place(range.first, range.last);
    } while (this.measure() && ++tries < maxTries);
    this.inner.style.paddingTop = this.total(this.rows.slice(0, range.first)) + 'px';
    this.inner.style.paddingBottom = this.total(this.rows.slice(range.last)) + 'px';
    if (this.isAtEnd) this.element.scrollTop = this.element.scrollHeight;
    else if (anchor) this.element.scrollTop = this.wanted(view, anchor);
    this.top = this.element.scrollTop;
    this.anchor = this.seen();
  }

  /** wanted is where the view begins. */
  private wanted(view: number, anchor: Anchor | undefined): number {
    if (this.isAtEnd) return this.total(this.rows) - view;
    const at = anchor ? this.rows.findIndex((r) => r.key === anchor.key) : -1;
    return anchor && at >= 0 ? this.total(this.rows.slice(0, at + 1)) - anchor.bottom : this.element.scrollTop;
  }

  /** range is that of the rows that are seen in a view that begins at top, or nearly. */
  private range(top: number, view: number): { first: number; last: number } {
    let first = 0;
    let at = 0;
    while (first < this.rows.length && at + this.height(this.rows[first]!) < top - beyond) at += this.height(this.rows[first++]!);
    let last = first;
    while (last < this.rows.length && at < top + view + beyond) at += this.height(this.rows[last++]!);
    return { first, last };
  }

  /** place makes the children those of rows[first:last]. Rows that are there stay the same elements, so that focus and selection do. */
  private place(first: number, last: number): void {
    const wanted = new Set(this.rows.slice(first, last).map((r) => r.key));
    for (const [key, { element }] of this.shown) {
      if (wanted.has(key)) continue;
      if (element.contains(document.activeElement)) this.element.focus({ preventScroll: true });
      this.resized.unobserve(element);
      element.remove();
      this.shown.delete(key);
    }
    for (let i = first; i < last; i++) {
      const element = this.elementOf(this.rows[i]!);
      element.setAttribute('aria-setsize', String(this.rows.length));
      element.setAttribute('aria-posinset', String(i + 1));
      const there = this.inner.children[i - first] ?? null;
      if (element !== there) this.inner.insertBefore(element, there);
    }
  }

  private elementOf(row: R): HTMLElement {
    const old = this.shown.get(row.key);
    if (old?.version === row.version) return old.element;
    const element = this.render(row);
    element.setAttribute('role', 'listitem');
    element.dataset['key'] = row.key;
    this.resized.observe(element);
    if (old) {
      this.resized.unobserve(old.element);
      old.element.replaceWith(element);
    }
    this.shown.set(row.key, { element, version: row.version });
    return element;
  }

  /** measure reports whether a row is of another height than was thought. */
  private measure(): boolean {
    let isOther = false;
    for (const [key, { element }] of this.shown) isOther = this.is(key, element.getBoundingClientRect().height) || isOther;
    return isOther;
  }

  private is(key: string, height: number): boolean {
    const known = this.heights.get(key);
    if (known !== undefined && Math.abs(known - height) < same) return false;
    this.heights.set(key, height);
    return true;
  }

  /** measured hears of rows that have changed by themselves, as when a picture has come. */
  private measured(all: ResizeObserverEntry[]): void {
    let isOther = false;
    for (const { target, borderBoxSize } of all) {
      const key = (target as HTMLElement).dataset['key'];
      if (key !== undefined && this.shown.get(key)?.element === target) isOther = this.is(key, borderBoxSize[0]?.blockSize ?? 0) || isOther;
    }
    if (isOther) this.draw(this.anchor);
  }

  /** seen is the first row that is seen, undefined at the end. */
  private seen(): Anchor | undefined {
    if (this.isAtEnd) return undefined;
    const top = this.element.getBoundingClientRect().top;
    for (const e of this.inner.children) {
      const { bottom } = e.getBoundingClientRect();
      if (bottom > top) return { key: (e as HTMLElement).dataset['key'] ?? '', bottom: bottom - top };
    }
    return undefined;
  }
}
