import { el, icon, iconButton } from './dom.js';
import { t } from './i18n.js';

/** What the server takes: files in bytes, and texts, which are to be less than a packet of 1,000,000 bytes. */
const maxBytes = 20_000_000;
const maxText = 100_000;

/** How high the field becomes, in pixels. */
const maxHeight = 160;

const emojis = '😀 😂 😊 😍 😎 🤔 😢 😭 😡 👍 👎 👏 🙏 💪 🎉 🎮 🏆 🔥 ❤️ 💔 ✨ 🌹 ☕ 🍻 👀 ✅ ❌ ❓'.split(' ');

/** Composer is where a user writes. It waits for nothing: what is sent is given away. */
export class Composer {
  readonly element: HTMLElement;
  private readonly field = el('textarea', {
    rows: 1, placeholder: t.write, dir: 'auto', attrs: { 'aria-label': t.write, enterkeyhint: 'send' },
    on: { keydown: (e) => this.key(e), input: () => (this.grow(), this.keep(this.field.value)), paste: (e) => this.pasted(e) },
  });

  constructor(
    private readonly say: (text: string) => void,
    private readonly give: (file: File) => void,
    private readonly complain: (what: string | undefined) => void,
    /** What was begun before, and where what is begun is kept. */
    draft: string,
    private readonly keep: (draft: string) => void,
  ) {
    this.field.value = draft;
    const file = el('input', { type: 'file', accept: 'image/*', hidden: true, multiple: true, attrs: { 'aria-label': t.attach }, on: { change: () => this.chosen(file) } });
    this.element = el(
      'form', { class: 'composer', on: { submit: (e: SubmitEvent) => (e.preventDefault(), this.send()) } },
      ...this.emoji(),
      iconButton('image', t.attach, () => file.click()),
      file,
      this.field,
      el('button', { class: 'primary round', type: 'submit', title: t.send, attrs: { 'aria-label': t.send } }, icon('send')),
    );
  }

  /** focus goes to the field, but not where that would bring up a keyboard. */
  focus(): void {
    if (matchMedia('(hover: hover)').matches) this.field.focus();
  }

  private send(): void {
    const text = this.field.value.trim();
    this.field.focus();
    if (text === '') return;
    if (text.length > maxText) return this.complain(t.tooLong);
    this.field.value = '';
    this.keep('');
    this.grow();
    this.complain(undefined);
    this.say(text);
  }

  private chosen(input: HTMLInputElement): void {
    this.pictures([...(input.files ?? [])]);
    input.value = '';
  }

  private pasted(e: ClipboardEvent): void {
    const files = [...(e.clipboardData?.files ?? [])].filter((f) => f.type.startsWith('image/'));
    if (files.length === 0) return;
    e.preventDefault();
    this.pictures(files);
  }

  private pictures(files: File[]): void {
    this.complain(files.some((f) => f.size > maxBytes) ? t.tooLarge : undefined);
    for (const f of files) if (f.size <= maxBytes) this.give(f);
  }

  private key(e: KeyboardEvent): void {
    if (e.key !== 'Enter' || e.shiftKey || isComposing(e)) return;
    e.preventDefault();
    this.send();
  }

  private grow(): void {
    this.field.style.height = 'auto';
    this.field.style.height = Math.min(this.field.scrollHeight + 2, maxHeight) + 'px'; // and its borders
  }

  private emoji(): HTMLElement[] {
    const pick = (e: string): void => {
      const { selectionStart: from, selectionEnd: to } = this.field;
      this.field.setRangeText(e, from, to, 'end');
      panel.hidePopover();
      this.field.focus();
      this.grow();
      this.keep(this.field.value);
    };
    const panel = el(
      'div', { class: 'emoji', attrs: { popover: 'auto', id: 'emoji', 'aria-label': t.emoji, role: 'group' } },
      ...emojis.map((e) => el('button', { type: 'button', textContent: e, attrs: { 'aria-label': e }, on: { click: () => pick(e) } })),
    );
    const button = el('button', { class: 'plain', type: 'button', title: t.emoji, attrs: { 'aria-label': t.emoji, popovertarget: 'emoji' } }, icon('smile'));
    return [button, panel];
  }
}

/** isComposing reports whether a key is an input method's. Safari has ended the composition by the time it tells the key, whose code is 229. */
export function isComposing(e: KeyboardEvent): boolean {
  return e.isComposing || e.keyCode === 229;
}
