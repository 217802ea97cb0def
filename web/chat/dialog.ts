import { el, put } from './dom.js';
import { t } from './i18n.js';
import { trouble } from './media.js';

/** A text that is asked for. */
export interface Field {
  label: string;
  hint?: string;
  isRequired?: boolean;
  /** What it has to look like, and what is said otherwise. */
  pattern?: string;
  title?: string;
}

export interface Question {
  title: string;
  /** What is shown above the fields. */
  about?: HTMLElement;
  fields: Field[];
  ok: string;
  done: (texts: string[]) => Promise<void>;
  /** Something else that can be done. */
  other?: { label: string; done: () => Promise<void> };
}

/** ask asks for texts, until they are good for something. What goes wrong is said there. */
export function ask(q: Question): void {
  const inputs = q.fields.map((f, i) =>
    el('input', {
      type: 'text', required: f.isRequired ?? false, maxLength: 1000, autocomplete: 'off', spellcheck: false, title: f.title ?? '',
      attrs: { pattern: f.pattern, autocapitalize: 'off', 'aria-describedby': f.hint && `hint-${i}` },
    }),
  );
  const notes = el('div');
  const buttons: HTMLButtonElement[] = [];
  const attempt = async (what: () => Promise<void>): Promise<void> => {
    buttons.forEach((b) => (b.disabled = true));
    try {
      await what();
      dialog.close();
    } catch (err) {
      put(notes, trouble(err));
      buttons.forEach((b) => (b.disabled = false));
    }
  };
  buttons.push(el('button', { class: 'primary', type: 'submit', textContent: q.ok }));
  if (q.other) {
    const { label, done } = q.other;
    buttons.push(el('button', { class: 'danger', type: 'button', textContent: label, on: { click: () => void attempt(done) } }));
  }
  const dialog = el(
    'dialog', { attrs: { 'aria-labelledby': 'question' }, on: { close: () => dialog.remove() } },
    el(
      'form', { on: { submit: (e: SubmitEvent) => (e.preventDefault(), void attempt(() => q.done(inputs.map((i) => i.value.trim())))) } },
      el('h2', { id: 'question', textContent: q.title }),
      q.about,
      ...q.fields.map((f, i) =>
        el('div', {}, el('label', {}, el('span', { textContent: f.label }), inputs[i]), f.hint !== undefined && el('p', { class: 'hint', id: `hint-${i}`, textContent: f.hint })),
      ),
      notes,
      el('div', { class: 'buttons' }, buttons[1], el('button', { type: 'button', textContent: t.cancel, on: { click: () => dialog.close() } }), buttons[0]),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  inputs[0]?.focus();
}
